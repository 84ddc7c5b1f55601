"""The file of faults: what is written is read, what is wrong is refused, what is unknown is left out."""

from __future__ import annotations

import json

import pytest

from reports.diagnosis.dictionary import (
    SHIPPED,
    Fault,
    every_fault,
    from_ranges,
    joined,
    known_as,
    made,
    members,
    ordered,
    ranges,
    read,
    write,
)
from reports.files import ResultsError

INSTANCES = {
    "conformance/a/test_a.py::test_one[ip4]": "a.one.holds",
    "conformance/a/test_a.py::test_one[ip6]": "a.one.holds",
    "conformance/a/test_a.py::test_two": "a.two.holds",
    "conformance/b/test_b.py::test_three[a[b]-1]": "b.three.holds",
}


def fault(name: str, fell: int, unknown: int = 0) -> Fault:
    return Fault(name, f"{name} is broken.", "socket(7)", ("a.one.holds",), fell, unknown)


@pytest.mark.parametrize("bits", [0, 1, 0b1011, 0b11110, 1 << 400 | 7])
def test_a_set_is_written_as_ranges(bits):
    assert from_ranges(ranges(bits)) == bits
    assert sum(1 << at for at in members(bits)) == bits


def test_ranges_are_short():
    assert ranges(0b110111) == "0-2,4-5"


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "faults.json"
    write(path, INSTANCES, [fault("one", 0b11), fault("two", 0b1000, 0b0100)], {"kernel": "Linux 6"})
    found = read(path)

    assert dict(zip(found.instances, found.claims, strict=True)) == INSTANCES
    assert [(each.id, each.fell, each.unknown) for each in found.faults] == [("one", 3, 0), ("two", 8, 4)]


def test_faults_of_one_signature_are_one_and_silent_ones_none(tmp_path):
    path = tmp_path / "faults.json"
    write(path, INSTANCES, [fault("one", 3), fault("quiet", 0), fault("same", 3), fault("other", 3, 4)], {})
    found = read(path)

    assert [each.names for each in found.faults] == [("one", "same"), ("other",)]
    assert [each.id for each in found.silent] == ["quiet"]


def test_instances_that_are_not_known_are_left_out(tmp_path):
    path = tmp_path / "faults.json"
    write(path, INSTANCES, [fault("one", 3)], {})

    assert read(path).bits(["conformance/new.py::test_new", *list(INSTANCES)[1:3]]) == 0b110
    assert read(path).bits(f"/elsewhere/suite/{name}" for name in INSTANCES) == 0b1111


def test_the_place_of_the_suite_does_not_matter():
    assert known_as("/opt/sockproof/suite/conformance/a/test_a.py::test_one[ip4]") == next(iter(INSTANCES))


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema": "other"}', "\x00", '{"schema": "sockproof-fault-dictionary", "version": 1}']
)
def test_what_is_no_dictionary_is_refused(tmp_path, text):
    path = tmp_path / "faults.json"
    path.write_text(text)

    with pytest.raises(ResultsError, match=r"faults\.json is no fault dictionary"):
        read(path)


@pytest.mark.parametrize("fell", ["x", "3-", "0-99999999999", "-1"])
def test_ranges_that_cannot_be_are_refused(fell):
    with pytest.raises(ValueError, match=r"range|beyond"):
        from_ranges(fell)


def test_a_newer_file_is_refused(tmp_path):
    path = tmp_path / "faults.json"
    path.write_text(json.dumps({"schema": "sockproof-fault-dictionary", "version": 2}))

    with pytest.raises(ResultsError, match="use a newer sockproof"):
        read(path)


def test_what_is_shipped_is_in_order_and_speaks_of_the_claims_that_fall():
    found = read(SHIPPED)

    assert list(found.instances) == ordered(found.instances)
    assert len(found.faults) > 700
    deaf = [each.id for each in found.faults if not set(each.claims) & found.claims_of(each.fell)]
    assert len(deaf) < 0.05 * len(found.faults), deaf


def test_what_is_asked_later_is_added_and_does_not_pretend_to_know_more():
    older = made(INSTANCES, [fault("old", 0b0001), fault("again", 0b1000), fault("same", 0b0001)])
    newer = {"conformance/a/test_a.py::test_new": "a.new.holds", "conformance/a/test_a.py::test_two": "a.two.holds"}
    found = joined(older, newer, [fault("new", 0b11), fault("again", 0b10)])
    by_id = {each.id: each for each in every_fault(found)}

    assert list(found.names(by_id["old"].fell)) == ["conformance/a/test_a.py::test_one[ip4]"]
    assert list(found.names(by_id["same"].unknown)) == ["conformance/a/test_a.py::test_new"]
    assert set(found.names(by_id["new"].fell)) == set(newer)
    assert list(found.names(by_id["again"].fell)) == ["conformance/a/test_a.py::test_two"]
    assert list(found.instances) == ordered(found.instances)
