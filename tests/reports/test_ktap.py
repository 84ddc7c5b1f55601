"""KTAP as the kernel's documentation has it: versions, plans that fit, results in order, two blanks a level."""

from __future__ import annotations

import re

import pytest

from reports.ktap import page
from tests.reports.samples import instance, results

RESULT = re.compile(r"(?P<state>ok|not ok) (?P<number>\d+) (?P<name>[^#\n]+)(?: # SKIP .*)?$")


def results_in(lines):
    return [RESULT.match(line) for line in lines if re.match(r"(not )?ok ", line)]


def parts(text):
    lines = text.splitlines()
    return [line for line in lines if not line.startswith("  ")], [line[2:] for line in lines if line.startswith("  ")]


def test_plan_and_results_fit_at_both_levels():
    outer, inner = parts(page(results()))
    plans = [int(line[3:]) for line in inner if line.startswith("1..")]

    assert outer[:2] == ["KTAP version 1", f"1..{len(plans)}"]
    assert [int(each["number"]) for each in results_in(outer)] == list(range(1, len(plans) + 1))
    assert len(results_in(inner)) == sum(plans) == len(results().instances)
    assert inner.count("KTAP version 1") == len(plans)


@pytest.mark.parametrize(
    ("verdict", "state", "skipped"),
    [("conforms", "ok", False), ("deviates", "not ok", False), ("inconclusive", "not ok", False),
     ("harness-error", "not ok", False), ("unsupported", "ok", True), ("not-permitted", "ok", True)],
)  # fmt: skip
def test_state_of_each_verdict(verdict, state, skipped):
    text = page(results(instances=(instance(verdict, reason="because\nof # this"),)))

    line = next(each for each in parts(text)[1] if RESULT.match(each))
    assert (RESULT.match(line)["state"], "# SKIP" in line) == (state, skipped)


def test_a_recorded_deviation_is_an_expected_failure_with_its_reason():
    text = page(results(instances=(instance("deviates", expected=True, known="It is so. (https://example.org/#a)"),)))

    assert "[ip4] # XFAIL It is so.\n" in text


def test_topic_fails_with_one_of_its_instances():
    text = page(results(instances=(instance("conforms"), instance("deviates", id="other"))))

    assert [each["state"] for each in results_in(parts(text)[0])] == ["not ok"]


def test_name_cannot_end_its_line_or_begin_a_directive():
    text = page(results(instances=(instance("conforms", id="t.py::test[a\n1..9 # SKIP]"),)))

    assert "1..9 % SKIP" in text
    assert len(results_in(parts(text)[1])) == 1
