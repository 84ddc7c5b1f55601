"""What a dictionary knew by one name it knows by another."""

from __future__ import annotations

from reports.diagnosis.dictionary import Dictionary, Fault, every_fault, made, ordered
from tests.dictionary import moved, renamed, stale

A, B, OTHER = "conformance/a.py::test_a[ip4]", "conformance/a.py::test_a[ip6]", "conformance/a.py::test_ab"


def dictionary() -> Dictionary:
    return made(
        dict.fromkeys(ordered([A, B, OTHER]), "claim"), [Fault("fault", "It breaks.", "RFC 1", ("claim",), 0b101)]
    )


def fell(dictionary: Dictionary) -> set[str]:
    return {name for fault in every_fault(dictionary) for name in dictionary.names(fault.fell)}


def test_a_scenario_takes_what_was_known_to_another_file() -> None:
    found = moved(dictionary(), "conformance/a.py::test_a", "conformance/z.py::test_new")

    assert set(found.instances) == {"conformance/z.py::test_new[ip4]", "conformance/z.py::test_new[ip6]", OTHER}
    assert fell(found) == {"conformance/z.py::test_new[ip4]", OTHER}


def test_a_file_goes_with_all_of_its_scenarios() -> None:
    found = moved(dictionary(), "conformance/a.py", "conformance/z.py")

    assert fell(found) == {each.replace("a.py", "z.py") for each in (A, OTHER)}


def test_what_has_no_name_is_forgotten() -> None:
    found = renamed(dictionary(), lambda name: None if name == A else name)

    assert (set(found.instances), fell(found)) == ({B, OTHER}, {OTHER})


def test_scenarios_that_no_file_has_are_told() -> None:
    assert stale(dictionary()) == ["conformance/a.py::test_a", "conformance/a.py::test_ab"]
