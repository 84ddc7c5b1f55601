"""Options of IPv4 on segments: unknown ones, routes, time stamps (RFC 9293 section 3.9.2, RFC 1122 section 4.2.3.8)."""

from socket import IPPROTO_IP, inet_aton

import pytest

from conformance.network.ip_headers.headers import (
    GIVEN,
    IP_OPTIONS,
    LATER,
    LOOSE_ROUTE,
    RECEIVED,
    RECORD_ROUTE,
    TIME_STAMP,
    answer,
    coming_by,
    network,
    opening,
    option_of,
    route_to,
)
from fixtures.evidence.expect import one_of
from fixtures.stage.families import over_ip4

UNKNOWN = [b"\x9e\x04\x01\x02", b"\xde\x04\x00\x00", b"\x5e\x08abcdef", b"\x01\x01\x9e\x02"]
"""Experimental options of RFC 4727, with the bit that has them copied and without."""
needs_options = pytest.mark.needs("option:IPPROTO_IP.IP_OPTIONS")
KEPT = "Linux net/ipv4/tcp_ipv4.c tcp_v4_syn_recv_sock(): the route of the first segment stays"
OVERRIDDEN = "RFC 9293 3.9.2.1: the later route should override"


def open_by(remote, sysctl):
    """The kernel's end of a connection, all of whose first segments came by way of a router."""
    accepting_routes(sysctl)
    sysctl("net.ipv4.tcp_syncookies", 1)  # a cookie for every SYN would have no room for a route
    listener = remote.listener()
    remote.send("SYN <mss 1460>", ip=coming_by(RECEIVED))
    first = answer(remote, "SYN ACK")
    remote.send("ACK", ip=coming_by(RECEIVED))
    return remote.peers.accepting(listener), first


def accepting_routes(sysctl):
    """Segments with source routes are taken, by both settings that decide it."""
    for interface in ("all", "tap0"):
        sysctl(f"net.ipv4.conf.{interface}.accept_source_route", 1)


def unknown(option):
    """The fields of a header that has it."""
    from scapy.layers.inet import IPOption

    return {"options": IPOption(option)}


@pytest.mark.claim("ipheader.options.unknown-ignored")
@pytest.mark.parametrize("option", UNKNOWN, ids=bytes.hex)
@over_ip4
def test_syn_with_an_unknown_option_is_answered(remote, option):
    remote.listener()

    remote.send("SYN", ip=unknown(option))  # decisive

    remote.expect("SYN ACK")


@pytest.mark.claim("ipheader.options.unknown-ignored")
@pytest.mark.parametrize("option", UNKNOWN, ids=bytes.hex)
@over_ip4
def test_data_with_an_unknown_option_is_read(remote, option):
    server = remote.reach()

    remote.send("PSH ACK (5)", payload=b"taken", ip=unknown(option))  # decisive

    remote.expect("ACK ack 6")
    assert server.recv(10) == b"taken"


@pytest.mark.claim("ipheader.route.given-by-application")
@needs_options
@over_ip4
def test_route_of_the_application_stands_in_the_syn(remote):
    opening(remote, (IPPROTO_IP, IP_OPTIONS, route_to(GIVEN)))  # decisive

    syn = answer(remote, "SYN !ACK")

    assert network(syn).dst == GIVEN
    assert option_of(syn, LOOSE_ROUTE) == route_to(remote.host)[:-1]


@pytest.mark.claim("ipheader.route.given-beats-received")
@needs_options
@over_ip4
def test_route_of_the_application_beats_that_of_an_answer(remote, sysctl):
    accepting_routes(sysctl)
    remote.towards(opening(remote, (IPPROTO_IP, IP_OPTIONS, route_to(GIVEN))))
    answer(remote, "SYN !ACK")

    remote.send("SYN ACK <mss 1460>", ip=coming_by(RECEIVED))  # decisive

    assert network(answer(remote, "ACK !SYN")).dst == GIVEN


@pytest.mark.claim("ipheader.route.received-goes-back")
@over_ip4
def test_answers_go_back_by_the_route_of_a_syn(remote, sysctl):
    server, first = open_by(remote, sysctl)

    server.send(b"later")  # decisive

    later = answer(remote, "PSH ACK (5)")
    assert [network(packet).dst for packet in (first, later)] == [RECEIVED, RECEIVED]
    assert option_of(later, LOOSE_ROUTE) == route_to(remote.host)[:-1]


@pytest.mark.claim("ipheader.route.later-may-override")
@over_ip4
def test_route_of_a_later_segment_overrides_or_not(remote, sysctl):
    server, _ = open_by(remote, sysctl)

    remote.send("PSH ACK (5)", ip=coming_by(LATER))  # decisive

    assert len(server.recv(10)) == 5
    server.send(b"way back")
    one_of(network(answer(remote, "PSH ACK (8)")).dst, {RECEIVED: KEPT, LATER: OVERRIDDEN}, what="next hop")


@pytest.mark.claim("ipheader.options.route-recorded")
@needs_options
@over_ip4
def test_route_is_recorded_where_the_application_asks(remote):
    opening(remote, (IPPROTO_IP, IP_OPTIONS, bytes([RECORD_ROUTE, 11, 4]) + bytes(9)))  # decisive

    syn = answer(remote, "SYN !ACK")

    assert option_of(syn, RECORD_ROUTE) == bytes([RECORD_ROUTE, 11, 8]) + inet_aton(remote.near_host) + bytes(4)


@pytest.mark.claim("ipheader.options.time-stamped")
@needs_options
@over_ip4
def test_time_is_stamped_where_the_application_asks(remote):
    opening(remote, (IPPROTO_IP, IP_OPTIONS, bytes([TIME_STAMP, 12, 5, 0]) + bytes(8)))  # decisive

    syn = answer(remote, "SYN !ACK")

    assert option_of(syn, TIME_STAMP)[:4] == bytes([TIME_STAMP, 12, 9, 0])
