from __future__ import annotations

import json
from dataclasses import fields

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports import record
from reports.shape import WORDS, first_fault, schema
from reports.store import as_data
from tests.reports import strategies
from tests.reports.samples import green, many, results

DESCRIBING = {"$schema", "$id", "$defs", "title", "description"}


def valid(data):
    return jsonschema.Draft202012Validator(schema()).is_valid(data)


def rules(rule=None):
    """Every rule of the schema, the nested ones too."""
    rule = schema() if rule is None else rule
    yield rule
    inner = [*rule.get("properties", {}).values(), *rule.get("$defs", {}).values()]
    for nested in (*inner, rule.get("items"), rule.get("additionalProperties")):
        if nested:
            yield from rules(nested)


def places(value, path=()):
    """The path to each part of a JSON document."""
    yield path
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in members:
        yield from places(part, (*path, name))


def with_change(data, path, change):
    """A copy of `data` whose part at `path` is replaced, or removed if `change` is REMOVE."""
    copy = json.loads(json.dumps(data))
    parent = copy
    for name in path[:-1]:
        parent = parent[name]
    if change is REMOVE:
        del parent[path[-1]]
    else:
        parent[path[-1]] = change
    return copy


REMOVE = object()
SAMPLE = json.loads(json.dumps(as_data(results())))
PLACES = [path for path in places(SAMPLE) if path]


def test_the_schema_is_valid_itself():
    jsonschema.Draft202012Validator.check_schema(schema())


def test_the_schema_uses_no_word_that_the_checker_does_not_know():
    assert {word for rule in rules() for word in rule} <= WORDS | DESCRIBING


def test_the_schema_and_the_records_have_the_same_members():
    for kind in ("run", "target", "capability", "source", "claim", "check", "event", "trace", "instance"):
        names = {entry.name for entry in fields(getattr(record, kind.capitalize()))}
        assert set(schema()["$defs"][kind]["properties"]) == names, kind


def test_the_schema_knows_the_version_and_the_verdicts_of_the_records():
    assert schema()["properties"]["version"]["maximum"] == record.SCHEMA_VERSION
    assert tuple(schema()["$defs"]["verdict"]["enum"]) == record.VERDICTS


@pytest.mark.parametrize("found", [results(), green(), many(30)])
def test_results_fit_the_schema(found):
    data = json.loads(json.dumps(as_data(found)))

    jsonschema.validate(data, schema(), jsonschema.Draft202012Validator)
    assert first_fault(data) is None


@given(strategies.results)
@settings(max_examples=40, deadline=None)
def test_any_results_fit_the_schema(found):
    data = json.loads(json.dumps(as_data(found)))

    assert valid(data)
    assert first_fault(data) is None


@given(st.sampled_from(PLACES), st.sampled_from([None, True, -1, 3, 1.5, "text", [], {}, [3], {"a": 3}, REMOVE]))
@settings(max_examples=200, deadline=None)
def test_the_checker_and_jsonschema_agree_on_broken_results(path, change):
    broken = with_change(SAMPLE, path, change)

    assert (first_fault(broken) is None) == valid(broken)
