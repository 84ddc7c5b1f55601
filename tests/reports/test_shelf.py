"""Instances that are read again from the journal are those that were written there."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings

from reports import html, junit, markdown, shelving, store
from reports.pages import seen_from
from reports.record import Instance, instance_from, text
from reports.shelf import HEAVY, Shelf, Shelved
from reports.store import Journal, read_results, write_results
from tests.reports import strategies
from tests.reports.samples import results


def shelved(path, found):
    """The same results, their instances on a shelf."""
    journal = Journal(path)
    journal.begin(replace(found, instances=()))
    places = [journal.add_text(text(instance)) for instance in found.instances]
    journal.end(found.run)
    shelf = Shelf(path)
    kept = [Shelved.of(json.loads(text(one)), shelf, place) for one, place in zip(found.instances, places, strict=True)]
    return replace(found, instances=tuple(kept))


@given(strategies.results)
@settings(max_examples=40, deadline=None)
def test_a_shelved_instance_has_the_members_of_the_one_that_was_written(tmp_path_factory, found):
    kept = shelved(tmp_path_factory.mktemp("shelf") / "journal.jsonl", found).instances
    for one, again in zip(found.instances, kept, strict=True):
        assert [getattr(again, name) for name in Instance.__dataclass_fields__] == [
            getattr(one, name) for name in Instance.__dataclass_fields__
        ]


def test_nothing_heavy_is_held(tmp_path):
    for instance in shelved(tmp_path / "journal.jsonl", results()).instances:
        assert not HEAVY & vars(instance).keys()


def test_results_and_pages_are_the_same_from_a_shelf(tmp_path):
    found = results()
    kept = shelved(tmp_path / "journal.jsonl", found)

    write_results(kept, tmp_path / "results.json")

    assert read_results(tmp_path / "results.json") == found
    for module in (html, junit, markdown):
        assert module.page(kept) == module.page(found)


def test_a_results_json_of_ours_is_read_with_little_in_memory(tmp_path):
    write_results(results(), tmp_path / "results.json")

    kept = shelving.read_results(tmp_path)

    assert not any(HEAVY & vars(instance).keys() for instance in kept.instances)
    assert replace(kept, instances=()) == replace(results(), instances=())
    assert html.page(kept) == html.page(results())
    assert html.page(seen_from(kept, tmp_path, tmp_path / "a")) == html.page(
        seen_from(results(), tmp_path, tmp_path / "a")
    )


@pytest.mark.parametrize("old", ['"instances": [\n', ',\n"summary"', "RFC 9293", '"version": 1', '"duration"'])
@pytest.mark.parametrize("new", ["", "\n", "é", "]", '"'])
def test_any_other_file_is_read_as_it_always_was(tmp_path, old, new):
    path = tmp_path / "results.json"
    write_results(results(), path)
    path.write_text(path.read_text().replace(old, old.replace("1", "2") + new))

    assert told(shelving.read_results, path) == told(store.read_results, path)


def told(read, path):
    """What is read, with everything in memory, or what is complained of."""
    try:
        found = read(path)
    except store.ResultsError as error:
        return str(error)
    every = (each.text() if isinstance(each, Shelved) else text(each) for each in found.instances)
    return replace(found, instances=tuple(instance_from(json.loads(each)) for each in every))
