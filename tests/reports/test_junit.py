from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from reports.junit import page
from tests.reports import strategies
from tests.reports.samples import INJECTION, green, instance, results

TOTALS = ("tests", "failures", "errors", "skipped")


def root_of(found):
    return ElementTree.fromstring(page(found).encode())


def only_case(one):
    return next(root_of(results(instances=(one,))).iter("testcase"))


def properties(case):
    return [(entry.get("name"), entry.get("value")) for entry in case.iter("property")]


@given(strategies.results)
@settings(max_examples=40, deadline=None)
def test_any_results_make_valid_xml_whose_totals_add_up(found):
    root = root_of(found)
    suites = root.findall("testsuite")

    for name in TOTALS:
        assert int(root.get(name)) == sum(int(suite.get(name)) for suite in suites)
    for suite in suites:
        seen = [len(suite.findall(path)) for path in ("testcase", "*/failure", "*/error", "*/skipped")]
        assert [int(suite.get(name)) for name in TOTALS] == seen


def test_totals_of_the_sample():
    root = root_of(results())

    assert [root.get(name) for name in TOTALS] == ["9", "2", "1", "2"]
    assert [suite.get("name") for suite in root] == ["tcp", "multicast", "unix", "options"]
    assert root[0].get("timestamp") == "2025-11-21T01:53:20+00:00"


@pytest.mark.parametrize(
    ("verdict", "element"),
    [
        ("conforms", None),
        ("deviates", "failure"),
        ("inconclusive", "failure"),
        ("harness-error", "error"),
        ("unsupported", "skipped"),
        ("not-permitted", "skipped"),
    ],
)
def test_the_element_of_each_verdict(verdict, element):
    case = only_case(instance(verdict, reason="because\nof this", remedy="do that", details="the whole"))

    assert [child.tag for child in case] == ["properties", *filter(None, [element])]
    if element:
        assert case[1].get("message") == "because"
        assert case[1].get("type") == verdict
        assert case[1].text == "the whole\nremedy: do that"


def test_a_recorded_deviation_is_no_failure_and_keeps_its_verdict():
    case = only_case(instance("deviates", expected=True, known="It is so."))

    assert case.find("failure") is None
    assert ("known", "It is so.") in properties(case)
    assert ("verdict", "deviates") in properties(case)


def test_a_case_says_which_claim_it_is_of():
    case = only_case(instance(pcap="pcap/a.pcapng"))

    assert case.get("classname") == "tcp.linger.zero-aborts"
    assert case.get("name") == "test_close_with_zero_linger_resets[ip4]"
    assert case.get("time") == "0.004100"
    assert properties(case) == [
        ("claim", "tcp.linger.zero-aborts"),
        ("verdict", "conforms"),
        ("source", "RFC 9293 3.10.5"),
        ("source", "socket(7) SO_LINGER"),
        ("pcap", "pcap/a.pcapng"),
    ]


def test_markup_and_control_characters_are_harmless():
    case = only_case(instance("harness-error", reason=f"\x00\x1b[31m{INJECTION}\ufffe"))

    assert case.find("error").get("message") == INJECTION


def test_a_verdict_without_reason_says_so():
    assert only_case(instance("deviates"))[1].get("message") == "deviates, and no reason was recorded"


def test_a_green_run_has_no_failure():
    assert [root_of(green()).get(name) for name in TOTALS] == ["1", "0", "0", "0"]
