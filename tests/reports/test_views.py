from __future__ import annotations

from dataclasses import replace

import pytest

from reports import views
from reports.diagnosis.of_results import of_results
from tests.reports.samples import CLAIMS, INSTANCES, claim, instance, results, run, target


def only_claim(*instances, **changes):
    return views.topics(results(claims=(claim(**changes),), instances=instances))[0].claims[0]


def test_topics_and_claims_stand_in_the_order_of_the_catalogue():
    shown = views.topics(results())

    assert [topic.name for topic in shown] == ["tcp", "multicast", "unix", "options"]
    assert [view.claim for topic in shown for view in topic.claims] == list(CLAIMS)


def test_instances_have_anchors_that_every_run_gives_them():
    shown = views.topics(results())
    found = {view.anchor: view.instance for topic in shown for one in topic.claims for view in one.instances}

    assert found == {views.permanent(one.id): one for one in INSTANCES}


def test_a_topic_counts_its_claims_the_weightiest_first():
    assert views.topics(results())[0].counts == [("deviates", 2), ("conforms", 1)]


def test_an_unknown_claim_has_a_topic_of_its_own():
    shown = views.topics(results(claims=(), instances=(instance(name=""),)))

    assert [(topic.name, topic.claims[0].claim.id) for topic in shown] == [("without a claim", "none")]


@pytest.mark.parametrize(
    ("recorded", "foreseen"),
    [((True,), True), ((False,), False), ((True, True), True), ((True, False), False), ((), False)],
)
def test_a_claim_is_foreseen_only_if_each_of_its_failures_is(recorded, foreseen):
    failed = [instance("deviates", expected=each) for each in recorded]

    assert only_claim(instance(), *failed).foreseen is (foreseen and bool(failed))


def test_instances_stand_with_their_scenario():
    one, two, three = instance(), instance(scenario="test_other"), instance(family="ip6")
    rows = only_claim(one, two, three).scenarios

    assert {name: [view.instance for view in group] for name, group in rows.items()} == {
        one.scenario: [one, three],
        "test_other": [two],
    }


def test_an_instance_is_named_by_its_parameters_or_its_scenario():
    assert only_claim(instance(parameters={"family": "ip4", "size": "1"})).instances[0].name == "family=ip4, size=1"
    assert only_claim(instance(parameters={}, scenario="test_it")).instances[0].name == "test_it"


def test_deviations_come_before_what_is_unclear_and_our_own_errors_last():
    ran = tuple(instance(verdict) for verdict in ("harness-error", "conforms", "inconclusive", "deviates"))
    found = results(instances=tuple(replace(each, claim=f"a.b.c{at}") for at, each in enumerate(ran)))
    shown = views.cards(views.topics(found), of_results(found).groups)

    assert [card.shown.instance.verdict for card in shown] == ["deviates", "inconclusive", "harness-error"]


def test_reasons_stand_once_the_most_frequent_first():
    ran = (instance("unsupported"), *[instance("not-permitted", reason="no\nmore", remedy="ask")] * 2, instance())

    assert views.undecided(results(instances=ran)) == [
        views.Undecided("not-permitted", "no", "ask", 2),
        views.Undecided("unsupported", "unsupported, and no reason was recorded", "", 1),
    ]


def test_facts_that_are_not_known_are_left_out():
    found = dict(views.facts(results(run=run(finished=None), target=target(distribution=""))))

    assert "took" not in found
    assert "distribution" not in found
    assert found["kernel"] == "6.8.0-45-generic x86_64"


def test_facts_tell_how_long_it_took_and_when():
    found = dict(views.facts(results()))

    assert found["took"] == "12.30 s, 2 workers"
    assert found["started"] == "2025-11-21 01:53:20 UTC"


def test_anchors_are_given_once():
    anchors = views.Anchors()

    assert [anchors.name(text) for text in ("a b", "a-b", "a-b-2", "", "¿?")] == [
        "a-b", "a-b-2", "a-b-2-2", "unnamed", "unnamed-2",
    ]  # fmt: skip
