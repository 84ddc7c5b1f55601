"""What a host answers when a router asks who is a member: at the latest by the time that the question gives."""

import time

import pytest

from conformance.network.queriers.queries import (
    GROUP,
    IGMP,
    MAXIMUM,
    MLD,
    OTHER,
    PROTOCOL,
    ask,
    kind_of,
    member,
)
from fixtures.stage.families import ip4, over_ip

SLACK = 2.0
"""Seconds by which a busy machine may be late with its timers."""


def reported(remote, group):
    """The next report that tells of a member of `group` as the answer to a question does."""
    return remote.wire.expect(f"* > * {PROTOCOL[remote.family]} exclude {group} ttl 1")


@pytest.mark.claim("querier.general.answered")
@over_ip
def test_member_is_reported_when_a_router_asks_for_all(remote):
    member(remote, GROUP[remote.family])

    ask(remote)  # decisive

    reported(remote, GROUP[remote.family])


@pytest.mark.claim("querier.general.in-time")
@over_ip
def test_answer_comes_within_the_time_of_the_question(remote):
    member(remote, GROUP[remote.family])
    before = time.time_ns()

    ask(remote)  # decisive

    took = (reported(remote, GROUP[remote.family]).at - before) / 1e9
    assert took <= MAXIMUM + SLACK


@pytest.mark.claim("querier.general.every-group")
@over_ip
def test_every_group_is_reported_when_a_router_asks_for_all(remote):
    member(remote, GROUP[remote.family], OTHER[remote.family])

    ask(remote)  # decisive

    words = reported(remote, GROUP[remote.family]).words
    assert OTHER[remote.family] in words


@pytest.mark.claim("querier.specific.only-that-group")
@over_ip
def test_only_the_group_that_is_asked_for_is_reported(remote):
    member(remote, GROUP[remote.family], OTHER[remote.family])

    ask(remote, GROUP[remote.family])  # decisive

    words = reported(remote, GROUP[remote.family]).words
    assert OTHER[remote.family] not in words


@pytest.mark.claim("querier.older.answered-in-its-version")
@pytest.mark.parametrize("asked", [None, GROUP], ids=["all", "one"])
@over_ip
def test_older_router_is_answered_as_it_understands(remote, asked):
    group = GROUP[remote.family]
    member(remote, group)

    ask(remote, asked and asked[remote.family], older=True)  # decisive

    report = remote.wire.expect(f"* > {group} {PROTOCOL[remote.family]} join {group} ttl 1")
    assert kind_of(remote, report.frame) == (IGMP if remote.family is ip4 else MLD)["older"]
