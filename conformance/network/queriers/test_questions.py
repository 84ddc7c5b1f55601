"""Which questions are taken, by their form and their way (RFC 3376 4, 7.1 and 9.1, RFC 3810 5 and 6.2)."""

import pytest

from conformance.network.queriers.queries import EVERYBODY, GROUP, OTHER, PROTOCOL, ask, member, question, unanswered
from fixtures.stage.families import ip4, ip6, over, over_ip, over_ip4

WRONG = 0x1234
"""A checksum that no question of these scenarios has."""
UNKNOWN = 0x99
"""A type of message that IGMP does not have."""


def answered(remote):
    """The next report that has GROUP as the answer to a question."""
    return remote.wire.expect(f"* > * {PROTOCOL[remote.family]} exclude {GROUP[remote.family]}")


def with_type(asked, kind):
    """A question of IGMP with another type, and the checksum of that."""
    load = bytearray(asked.load)
    load[2:4] = (int.from_bytes(load[2:4], "big") - ((kind - load[0]) << 8)).to_bytes(2, "big")
    load[0] = kind
    asked.load = bytes(load)
    return asked


@pytest.mark.claim("querier.checksum.wrong-ignored")
@over_ip
def test_question_with_a_wrong_checksum_is_ignored(remote):
    member(remote, GROUP[remote.family], OTHER[remote.family])
    asked = question(remote, GROUP[remote.family])
    if remote.family is ip4:
        asked.load = asked.load[:2] + WRONG.to_bytes(2, "big") + asked.load[4:]
    else:
        asked.lastlayer().cksum = WRONG

    remote.put(asked)  # decisive

    unanswered(remote, asked)


@pytest.mark.claim("querier.length.unknown-ignored")
@over_ip
def test_question_of_a_length_that_no_version_has_is_ignored(remote):
    member(remote, GROUP[remote.family], OTHER[remote.family])
    asked = question(remote, GROUP[remote.family], older=True, behind=b"\0\0")

    remote.put(asked)  # decisive

    unanswered(remote, asked)


@pytest.mark.claim("querier.extra.ignored")
@over_ip
def test_bytes_behind_the_fields_are_passed_over(remote):
    member(remote, GROUP[remote.family])

    remote.put(question(remote, GROUP[remote.family], behind=b"more"))  # decisive

    answered(remote)


@pytest.mark.claim("querier.unicast.answered")
@over_ip
def test_question_to_the_address_of_the_host_is_answered(remote):
    member(remote, GROUP[remote.family])
    asked = question(remote)
    asked.dst = remote.near_host

    remote.put(asked)  # decisive

    answered(remote)


@pytest.mark.claim("querier.general.to-another-group")
@over_ip
def test_general_question_to_another_group_is_answered(remote):
    member(remote, GROUP[remote.family])
    asked = question(remote)
    assert asked.dst == EVERYBODY[remote.family]
    asked.dst = GROUP[remote.family]

    remote.put(asked)  # decisive

    answered(remote)


@pytest.mark.claim("querier.type.unknown-ignored")
@over_ip4
def test_message_of_an_unknown_type_is_ignored(remote):
    member(remote, GROUP[ip4], OTHER[ip4])
    asked = with_type(question(remote, GROUP[ip4]), UNKNOWN)

    remote.put(asked)  # decisive

    unanswered(remote, asked)


@pytest.mark.claim("querier.alert.not-asked-for")
@over_ip4
def test_question_without_the_alert_is_answered(remote):
    member(remote, GROUP[ip4])
    asked = question(remote, GROUP[ip4])
    asked.options = []

    remote.put(asked)  # decisive

    answered(remote)


@pytest.mark.claim("querier.alert.asked-for")
@over(ip6)
def test_question_of_mld_without_the_alert_is_ignored(remote):
    from scapy.layers.inet6 import IPv6

    member(remote, GROUP[ip6], OTHER[ip6])
    whole = question(remote, GROUP[ip6])
    asked = IPv6(src=whole.src, dst=whole.dst, hlim=1) / whole.lastlayer().copy()

    remote.put(asked)  # decisive

    unanswered(remote, asked)
    ask(remote, GROUP[ip6])
    answered(remote)


@pytest.mark.claim("querier.hops.more-ignored")
@over(ip6)
def test_question_with_more_hops_than_one_is_ignored(remote):
    member(remote, GROUP[ip6], OTHER[ip6])
    asked = question(remote, GROUP[ip6])
    asked.hlim = 2

    remote.put(asked)  # decisive

    unanswered(remote, asked)
    ask(remote, GROUP[ip6])
    answered(remote)
