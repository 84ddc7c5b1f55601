from __future__ import annotations

from dataclasses import replace

import pytest

from reports import summary
from reports.record import VERDICTS
from tests.reports.samples import INSTANCES, claim, green, instance, results, run


def of(*verdicts, **changes):
    return results(instances=tuple(instance(verdict, **changes) for verdict in verdicts))


def test_counts_have_every_verdict():
    assert summary.counts(results()) == {
        "conforms": 3, "deviates": 2, "unsupported": 1, "not-permitted": 1, "inconclusive": 1, "harness-error": 1,
    }  # fmt: skip
    assert set(summary.counts(of())) == set(VERDICTS)


@pytest.mark.parametrize(
    ("verdicts", "share"),
    [
        ((), 0),
        (("conforms",), 1),
        (("conforms", "deviates", "unsupported", "not-permitted"), 0.5),
        (("inconclusive",), 0),
    ],
)
def test_decided_share(verdicts, share):
    assert summary.decided_share(of(*verdicts)) == share


@pytest.mark.parametrize(
    ("verdicts", "verdict"),
    [
        (VERDICTS, "deviates"),
        (("conforms", "harness-error", "inconclusive"), "harness-error"),
        (("conforms", "inconclusive"), "inconclusive"),
        (("unsupported", "not-permitted", "conforms"), "conforms"),
        (("unsupported", "not-permitted"), "not-permitted"),
        (("unsupported",), "unsupported"),
        ((), "not-run"),
    ],
)
def test_the_weightiest_verdict_is_the_claims(verdicts, verdict):
    found = replace(of(*verdicts), claims=(claim(),))

    assert summary.claim_verdicts(found) == {claim().id: verdict}
    assert summary.claim_counts(found)[verdict] == 1


def test_an_instance_of_an_unknown_claim_is_counted():
    assert summary.claim_verdicts(replace(green(), claims=()))["tcp.linger.zero-aborts"] == "conforms"


@pytest.mark.parametrize(
    ("verdict", "expected", "code"),
    [
        ("conforms", False, 0),
        ("deviates", False, 1),
        ("deviates", True, 0),
        ("inconclusive", False, 1),
        ("harness-error", False, 1),
        ("unsupported", False, 1),
        ("not-permitted", False, 1),
    ],
)
def test_exit_code_of_one_instance(verdict, expected, code):
    assert summary.exit_code(of(verdict, expected=expected)) == code


def test_skipped_instances_beside_decided_ones_are_green():
    assert summary.exit_code(of("conforms", "unsupported", "not-permitted")) == 0


def test_nothing_at_all_is_red():
    assert summary.exit_code(of()) == 1


def test_unexpected_leaves_out_what_is_recorded():
    assert summary.unexpected(results()) == (INSTANCES[1], INSTANCES[7], INSTANCES[8])
    assert summary.foreseen(results()) == {"deviates": 1}


def test_the_paragraph_says_what_matters():
    said = summary.in_words(results())

    assert said.startswith("9 instances of 7 claims on host, Linux 6.8.0-45-generic: 3 conforms, 2 deviates,")
    assert "56 % decided." in said
    assert "Unexpected: conformance/tcp/test_linger.py::test_close_with_zero_linger_resets[ip6] deviates," in said
    assert "test_linger" not in summary.in_words(results(), told="above")
    assert "\n" not in said


def test_the_paragraph_of_a_green_run():
    assert summary.in_words(green()).endswith("1 conforms. 100 % decided. Nothing unexpected.")


def test_the_paragraph_names_what_deviates_as_recorded():
    foreseen = tuple(
        instance("deviates", f"a.b.{at}", id=f"{at}{twice}", expected=True) for at in range(7) for twice in "xy"
    )

    assert summary.in_words(results(instances=foreseen)).endswith(
        "Nothing unexpected. 7 claims do not hold, as recorded (14 instances): "
        "a.b.0, a.b.1, a.b.2, a.b.3, a.b.4 and 2 more; "
        "the report has the reasons, under What differs."
    )


def test_the_paragraph_of_a_run_that_decided_nothing():
    assert "Nothing was decided, so the run counts as failed." in summary.in_words(of("unsupported"))


def test_the_paragraph_names_a_few_and_counts_the_rest():
    assert " and 7 more." in summary.in_words(of(*["deviates"] * 12))


@pytest.mark.parametrize(("interrupted", "how"), [(True, "was interrupted"), (False, "did not come to its end")])
def test_the_paragraph_of_a_run_cut_short(interrupted, how):
    found = results(run=run(complete=False, interrupted=interrupted, collected=40))

    assert summary.in_words(found).endswith(f"The run {how}: 9 of 40 instances are here.")


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0 %"), (0.001, "1 %"), (0.556, "56 %"), (0.999, "99 %"), (1, "100 %")]
)
def test_percent_is_whole_only_when_it_is_all(share, text):
    assert summary.percent(share) == text
