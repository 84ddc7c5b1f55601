"""What reports consist of, and how several sockets become one record (RFC 3376 3.2 and 4.2, RFC 3810 4.2 and 5.2)."""

import pytest

from conformance.datagram.multicast.filters import EXCLUDE, INCLUDE
from conformance.network.path_mtu.paths import network_of
from conformance.network.queriers.queries import GROUP, OTHER, PROTOCOL, ask, member
from conformance.network.queriers.sources import SOURCES, listener, told
from fixtures.stage.families import ip4, over_ip

HEAD, BEHIND_OPTIONS = 8, 8
"""Bytes before the first record of a report (RFC 3376 4.2), and of the options of IPv6 before the message."""
SOURCE = {"ip4": 4, "ip6": 16}


def message_of(remote, packet):
    """The report in a packet, behind the headers of IP."""
    network = network_of(packet)
    behind = network.ihl * 4 if remote.family is ip4 else 40 + BEHIND_OPTIONS
    return bytes(network)[behind:]


def summed(remote, packet):
    """What the checksum of a report comes to, all of it summed up: zero where it is right."""
    from scapy.layers.inet6 import in6_chksum
    from scapy.utils import checksum

    message = message_of(remote, packet)
    return checksum(message) if remote.family is ip4 else in6_chksum(58, network_of(packet), message)


def records(message, size):
    """Where each record of a report begins, and where the last one ends."""
    places = [HEAD]
    for _ in range(int.from_bytes(message[6:8], "big")):
        start = places[-1]
        sources = int.from_bytes(message[start + 2 : start + 4], "big")
        places.append(start + 4 + size + sources * size + message[start + 1] * 4)
    return places


@pytest.mark.claim("querier.report.well-formed")
@over_ip
def test_report_has_its_checksum_no_other_data_and_nothing_behind(remote):
    member(remote, GROUP[remote.family], OTHER[remote.family])

    ask(remote)  # decisive

    report = remote.wire.expect(f"* > * {PROTOCOL[remote.family]} exclude {GROUP[remote.family]}")
    message = message_of(remote, report)
    *starts, end = records(message, SOURCE[remote.family.name])
    assert [message[start + 1] for start in starts] == [0] * len(starts)
    assert (len(starts) >= 2, end) == (True, len(message))
    assert summed(remote, report) == 0


@pytest.mark.claim("querier.merged.included-together")
@over_ip
def test_sources_that_several_sockets_include_are_included_together(remote):
    first, second, third = SOURCES[remote.family.name]
    sockets = [listener(remote, INCLUDE, first), listener(remote, INCLUDE, second)]  # decisive

    ask(remote, GROUP[remote.family], about=(first, second, third))

    assert told(remote, "include") == [first, second]
    assert len(sockets) == 2


@pytest.mark.claim("querier.merged.excluded-by-all")
@pytest.mark.parametrize("third", [EXCLUDE, INCLUDE], ids=["excluding", "including"])
@over_ip
def test_only_what_all_exclude_and_nobody_includes_is_excluded(remote, third):
    one, two, three = SOURCES[remote.family.name]
    first = listener(remote, EXCLUDE, one, two)
    second = listener(remote, third, *((two, three) if third == EXCLUDE else (one, three)))  # decisive

    ask(remote, GROUP[remote.family])

    assert told(remote, "exclude") == [two]
    assert first.fileno() != second.fileno()
