from __future__ import annotations

from dataclasses import replace

from reports.history import folders, read, turns
from reports.store import write_results
from tests.reports.samples import instance, results


def run(place, started, *instances):
    place.mkdir()
    found = results(instances=instances)
    write_results(replace(found, run=replace(found.run, started=started)), place / "results.json")
    return place


def test_turns_are_told_by_claim_with_their_instances(tmp_path):
    run(tmp_path / "b", 2, instance("deviates", id="a"), instance("conforms", id="c"))
    run(tmp_path / "a", 1, instance("conforms", id="a"), instance("conforms", id="c"))

    (before, after), troubles = read(folders(tmp_path))

    assert ([before.place.name, after.place.name], troubles) == (["a", "b"], [])
    (turn,) = turns(before, after)
    assert (turn.before, turn.after, turn.instances) == ("conforms", "deviates", ("a",))


def test_same_verdicts_are_no_turn(tmp_path):
    for number in (1, 2):
        run(tmp_path / str(number), number, instance("deviates", id="a"))

    (before, after), _ = read(folders(tmp_path))

    assert list(turns(before, after)) == []


def test_links_and_strange_folders_are_left_out(tmp_path):
    run(tmp_path / "one", 1, instance("conforms", id="a"))
    (tmp_path / "latest").symlink_to("one")
    (tmp_path / "notes").mkdir()

    assert [each.name for each in folders(tmp_path)] == ["one"]


def test_broken_results_are_told_and_left_out(tmp_path):
    run(tmp_path / "one", 1, instance("conforms", id="a"))
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "results.json").write_text("{")

    found, troubles = read(folders(tmp_path))

    assert (len(found), len(troubles)) == (1, 1)
    assert "two" in troubles[0]
