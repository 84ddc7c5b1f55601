"""The catalogue as it is shipped, and what the loader says about a faulty one."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from sockproof.mutants import MutantError
from sockproof.mutants.catalogue import Mutant, load, reconcile, select
from sockproof.mutants.state import names

GOOD = {
    "id": '"poll.out.never"', "area": '"poll"', "deviation": '"d"', "violates": '"poll(2), POLLOUT"',
    "claims": '["poll.out.*"]', "mechanism": '"preload"', "argument": '"poll_out_never"', "expect": '"kill"',
}  # fmt: skip


def entry(**changes: str) -> str:
    table = {**GOOD, **changes}
    return "\n[[mutant]]\n" + "".join(f"{key} = {value}\n" for key, value in table.items() if value)


def shipped(mechanism: str) -> list[Mutant]:
    return [mutant for mutant in load() if mutant.mechanism == mechanism]


def test_catalogue_and_library_know_the_same_mutants() -> None:
    assert sorted(mutant.argument for mutant in shipped("preload")) == sorted(names())


def test_ids_follow_from_the_names() -> None:
    for mutant in shipped("preload"):
        assert re.sub(r"[.-]", "_", mutant.id) == mutant.argument


def test_every_mechanism_and_expectation_is_there() -> None:
    expected = Counter((mutant.mechanism, mutant.expect) for mutant in load())

    assert set(expected) == {("preload", "kill"), ("nft", "kill"), ("sysctl", "adapt"), ("sysctl", "kill")}
    assert expected["preload", "kill"] >= 110
    assert expected["nft", "kill"] >= 20
    assert expected["sysctl", "adapt"] >= 25


def test_no_two_say_the_same() -> None:
    assert [text for text, count in Counter(mutant.deviation for mutant in load()).items() if count > 1] == []


def write(folder: Path, text: str, name: str = "poll.toml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_good_entry_is_loaded_with_its_place(tmp_path: Path) -> None:
    (mutant,) = load(write(tmp_path, entry()))

    assert (mutant.id, mutant.line, mutant.file.name) == ("poll.out.never", 2, "poll.toml")
    assert mutant.names_claim("poll.out.room")
    assert not mutant.names_claim("poll.in.data")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"deviation": ""}, "poll.out.never lacks 'deviation'"),
        ({"colour": '"red"'}, "unknown key 'colour'; known are id,"),
        ({"deviation": '" "'}, "deviation = ' ' is not a non-empty text"),
        ({"claims": '"poll"'}, "claims = 'poll' is not a list of claim ids"),
        ({"deadline": "0"}, "deadline = 0 is not a positive number of seconds"),
        ({"id": '"poll.Out"'}, "id 'poll.Out' is not area.subject.deviation in lower case"),
        ({"id": '"epoll.out.never"'}, "does not begin with its area 'poll'"),
        ({"id": '"send.out.x"', "area": '"send"'}, "is of the area 'send', but lies in poll.toml"),
        ({"mechanism": '"magic"'}, "mechanism 'magic' is none of preload, nft, sysctl"),
        ({"expect": '"die"'}, "expect 'die' is none of kill, adapt, equivalent"),
        ({"expect": '"equivalent"'}, "called equivalent without a reason"),
        ({"argument": '"no_such"'}, "argument 'no_such' is not a name of preload/mutants.def"),
        ({"mechanism": '"sysctl"', "argument": '"vm.x=1"'}, "argument 'vm.x=1' is not net.name=value"),
        ({"mechanism": '"nft"', "argument": '"drop"', "hook": '"input"'}, "lacks a counter"),
        ({"mechanism": '"nft"', "argument": '"counter drop"'}, "needs a hook: input, output, egress"),
        ({"hook": '"input"'}, "an nft rule, and nothing else, needs a hook"),
    ],
)
def test_faulty_entry_is_named_with_file_and_line(changes: dict[str, str], sentence: str, tmp_path: Path) -> None:
    with pytest.raises(MutantError) as raised:
        load(write(tmp_path, "# first line\n" + entry(**changes)))

    assert f"{tmp_path}/poll.toml:3: " in str(raised.value)
    assert sentence in str(raised.value)


def test_all_faults_are_reported_at_once(tmp_path: Path) -> None:
    write(tmp_path, entry() + entry(id='"poll.Bad"') + entry())
    write(tmp_path, "[[mutant]\n", name="broken.toml")

    with pytest.raises(MutantError) as raised:
        load(tmp_path)

    first, second, third = str(raised.value).splitlines()
    assert first.startswith(f"{tmp_path}/broken.toml:1: cannot be read: ")
    assert second.startswith(f"{tmp_path}/poll.toml:12: id 'poll.Bad'")
    assert third == f"{tmp_path}/poll.toml:22: id 'poll.out.never' is already used at poll.toml:2"


def test_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MutantError, match="no mutants in"):
        load(tmp_path)


def test_selection_by_id_pattern_and_area(tmp_path: Path) -> None:
    mutants = load(write(tmp_path, entry() + entry(id='"poll.zero.waits"', argument='"poll_zero_waits"')))

    assert [mutant.id for mutant in select(mutants, ids=["poll.z*"])] == ["poll.zero.waits"]
    assert len(select(mutants, area="poll")) == 2
    with pytest.raises(MutantError, match="no mutant is called 'nothing'"):
        select(mutants, ids=["nothing"])
    with pytest.raises(MutantError, match="no area is called 'sending'; choose from poll"):
        select(mutants, area="sending")


def test_reconciling_names_empty_and_unknown_claims(tmp_path: Path) -> None:
    mutants = load(write(tmp_path, entry() + entry(id='"poll.zero.waits"', argument='"poll_zero_waits"', claims="[]")))

    assert reconcile(mutants, ["poll.out.room"]) == [
        f"{tmp_path}/poll.toml:12: poll.zero.waits names no claim that must notice it, and awaits none"
    ]
    assert "names the claim 'poll.out.*', which does not exist" in reconcile(mutants, [])[0]
