"""What a host answers when a router asks who wants certain sources of a group (RFC 3376 5.2, RFC 3810 6.2)."""

import pytest

from conformance.datagram.multicast.filters import EXCLUDE, INCLUDE
from conformance.network.queriers.queries import GROUP, OTHER, PROTOCOL, all_answered, ask, member
from conformance.network.queriers.sources import SOURCES, listener, told
from fixtures.evidence.expect import in_addr
from fixtures.remote.host import HARDWARE
from fixtures.stage.families import over_ip


@pytest.mark.claim("querier.sources.wanted-alone")
@over_ip
def test_of_the_sources_that_are_asked_for_the_wanted_are_told(remote):
    first, second, third = SOURCES[remote.family.name]
    listener(remote, INCLUDE, first, second)

    ask(remote, GROUP[remote.family], about=(second, third))  # decisive

    assert told(remote, "include") == [second]


@pytest.mark.claim("querier.sources.excluded-told-as-such")
@over_ip
def test_member_that_excludes_sources_answers_with_those(remote):
    first, second, _ = SOURCES[remote.family.name]
    listener(remote, EXCLUDE, first)

    ask(remote, GROUP[remote.family], about=(first, second))  # decisive

    assert told(remote, "exclude") == [first]


@pytest.mark.claim("querier.sources.none-untold")
@pytest.mark.parametrize("mode", [INCLUDE, EXCLUDE], ids=["include", "exclude"])
@over_ip
def test_nothing_is_told_where_none_of_the_sources_is_wanted(remote, mode):
    first, second, _ = SOURCES[remote.family.name]
    listener(remote, mode, first)
    member(remote, OTHER[remote.family])

    unwanted = second if mode == INCLUDE else first
    ask(remote, GROUP[remote.family], about=(unwanted,))  # decisive

    all_answered(remote)
    remote.wire.never(f"* > * {PROTOCOL[remote.family]} include {GROUP[remote.family]}")
    questions = [frame.data for frame in remote.wire.frames if frame.data[6:12] == HARDWARE]
    assert any(in_addr(unwanted) in question for question in questions)
