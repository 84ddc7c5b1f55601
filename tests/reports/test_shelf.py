"""Instances that are read again from the journal are those that were written there."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given, settings

from reports import html, junit, markdown
from reports.record import Instance, text
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
