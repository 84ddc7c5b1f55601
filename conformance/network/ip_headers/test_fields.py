"""Fields of the header of IP on segments: class of traffic, hops, addresses (RFC 9293 sections 3.9.1 and 3.9.2)."""

import sys
from socket import CMSG_LEN, CMSG_SPACE, IP_TOS, IPPROTO_IP

import pytest

from conformance.network.ip_headers.headers import (
    BETTER,
    CLASS,
    HOPS,
    IP_PKTOPTIONS,
    IP_RECVTOS,
    class_of,
    hops_of,
    network,
    opening,
    prefer_another_address,
)
from fixtures.stage.families import over_ip, over_ip4

POINTS = range(0, 64, 9)
"""Differentiated services code points (RFC 2474 3): every bit of them is set in one and clear in another."""


def connected(remote, *options):
    """The kernel's end of a connection that it opened, with these options set before, and its SYN."""
    client = opening(remote, *options)
    syn = remote.expect("SYN !ACK")
    remote.send("SYN ACK <mss 1460>")
    return client, syn


@pytest.mark.claim("ipheader.class.every-segment")
@over_ip
def test_class_set_before_connect_stands_in_every_segment(remote):
    client, syn = connected(remote, (*CLASS[remote.family], 0x28))  # decisive

    acknowledgement = remote.expect("ACK (0) !SYN")
    client.send(b"data")
    data = remote.expect("PSH ACK (4)")
    assert [class_of(packet) for packet in (syn, acknowledgement, data)] == [0x28] * 3


@pytest.mark.claim("ipheader.class.changes-while-open")
@over_ip
def test_class_set_while_open_stands_in_the_next_segment(remote):
    server = remote.reach()
    server.setsockopt(*CLASS[remote.family], 0x28)  # decisive

    server.send(b"first")
    assert class_of(remote.expect("PSH ACK (5)")) == 0x28
    remote.send("ACK")

    server.setsockopt(*CLASS[remote.family], 0x50)
    server.send(b"second")
    assert class_of(remote.expect("PSH ACK (6)")) == 0x50


@pytest.mark.claim("ipheader.class.passed-unchanged")
@pytest.mark.parametrize("point", POINTS)
@over_ip
def test_code_point_comes_out_as_it_was_set(remote, point):
    server = remote.reach()
    server.setsockopt(*CLASS[remote.family], ~point << 2 & 0xFF)  # every bit otherwise

    server.setsockopt(*CLASS[remote.family], point << 2)  # decisive

    server.send(b"data")

    assert class_of(remote.expect("PSH ACK (4)")) == point << 2


@pytest.mark.claim("ipheader.class.received-told")
@pytest.mark.needs(f"option:IPPROTO_IP.{IP_PKTOPTIONS}")
@over_ip4
def test_class_of_what_came_is_told(remote):
    listener = remote.listener()
    remote.send("SYN", ip={"tos": 0x28})
    remote.expect("SYN ACK")
    remote.send("ACK", ip={"tos": 0x28})
    server = remote.peers.accepting(listener)

    server.setsockopt(IPPROTO_IP, IP_RECVTOS, 1)  # decisive

    told = server.getsockopt(IPPROTO_IP, IP_PKTOPTIONS, CMSG_SPACE(4))
    assert len(told) >= CMSG_LEN(1)
    assert (int.from_bytes(told[12:16], sys.byteorder), told[CMSG_LEN(0)]) == (IP_TOS, 0x28)


@pytest.mark.claim("ipheader.hops.every-segment")
@over_ip
def test_hops_set_before_connect_stand_in_every_segment(remote):
    client, syn = connected(remote, (*HOPS[remote.family], 77))  # decisive

    acknowledgement = remote.expect("ACK (0) !SYN")
    client.send(b"data")
    data = remote.expect("PSH ACK (4)")
    assert [hops_of(packet) for packet in (syn, acknowledgement, data)] == [77] * 3


@pytest.mark.claim("ipheader.hops.changes-while-open")
@over_ip
def test_hops_set_while_open_stand_in_the_next_segment(remote):
    server = remote.reach()
    server.setsockopt(*HOPS[remote.family], 33)  # decisive

    server.send(b"data")

    assert hops_of(remote.expect("PSH ACK (4)")) == 33


@pytest.mark.claim("ipheader.address.kept")
@over_ip
def test_open_connection_keeps_its_address_when_another_is_preferred(remote):
    client = remote.reach(role="active")

    prefer_another_address(remote)  # decisive

    client.send(b"later")
    assert network(remote.expect("PSH ACK (5)")).src == remote.near_host
    assert opening(remote.another("other")).getsockname()[0] == BETTER[remote.family]
