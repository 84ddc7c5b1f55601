"""Options that not everybody may set."""

import sys
from errno import EACCES, EPERM
from socket import IPPROTO_IP, IPPROTO_IPV6, SO_MARK, SO_PRIORITY, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.configuration.values.settings import (
    IP_TRANSPARENT,
    IPV6_TRANSPARENT,
    SO_DEBUG,
    SO_RCVMARK,
    of_type,
    unprivileged,
    waiting,
)
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_ip, over_streams

TRANSPARENT = {"ip4": (IPPROTO_IP, IP_TRANSPARENT), "ip6": (IPPROTO_IPV6, IPV6_TRANSPARENT)}
FOREIGN = {"ip4": "192.0.2.7", "ip6": "2001:db8::7"}
MARK = (0x50C4).to_bytes(4, sys.byteorder)


@pytest.mark.claim("socket.priority.above-six-needs-privilege")
@pytest.mark.needs("option:SOL_SOCKET.SO_PRIORITY")
@over_streams
def test_priority_above_six_is_refused_without_privilege(peers, family):
    end = peers.socket("end", family.domain, SOCK_DGRAM)

    with fails(EPERM):
        unprivileged(lambda: end.setsockopt(SOL_SOCKET, SO_PRIORITY, 7))  # decisive

    assert end.getsockopt(SOL_SOCKET, SO_PRIORITY) == 0


@pytest.mark.claim("socket.priority.reads-back")
@pytest.mark.needs("option:SOL_SOCKET.SO_PRIORITY")
@pytest.mark.parametrize("priority", [1, 6])
@over_streams
def test_priority_up_to_six_is_free_and_reads_back(peers, family, priority):
    end = peers.socket("end", family.domain, SOCK_DGRAM)
    assert end.getsockopt(SOL_SOCKET, SO_PRIORITY) == 0

    unprivileged(lambda: end.setsockopt(SOL_SOCKET, SO_PRIORITY, priority))  # decisive

    assert end.getsockopt(SOL_SOCKET, SO_PRIORITY) == priority


@pytest.mark.claim("socket.mark.needs-privilege")
@pytest.mark.needs("option:SOL_SOCKET.SO_MARK")
@over_ip
def test_mark_is_refused_without_privilege(peers, family):
    end = peers.socket("end", family.domain, SOCK_DGRAM)

    with fails(EPERM):
        unprivileged(lambda: end.setsockopt(SOL_SOCKET, SO_MARK, 1))  # decisive

    assert end.getsockopt(SOL_SOCKET, SO_MARK) == 0


@pytest.mark.claim("socket.mark.of-what-is-sent")
@pytest.mark.needs("CAP_NET_ADMIN", f"option:SOL_SOCKET.{SO_RCVMARK}", "option:SOL_SOCKET.SO_MARK")
@over_ip
def test_datagram_has_the_mark_of_its_socket(peers, family):
    sender, receiver = peers.socket("sender", family.domain, SOCK_DGRAM), peers.datagram(family, lane="receiver")
    receiver.setsockopt(SOL_SOCKET, SO_RCVMARK, 1)
    sender.setsockopt(SOL_SOCKET, SO_MARK, MARK)  # decisive

    sender.sendto(b"marked", receiver.getsockname())

    ready(receiver, 1)
    assert of_type(waiting(receiver, 100)[1], SOL_SOCKET, SO_MARK) == [MARK]
    assert sender.getsockopt(SOL_SOCKET, SO_MARK, 4) == MARK


@pytest.mark.claim("socket.debug.needs-privilege")
@pytest.mark.needs("option:SOL_SOCKET.SO_DEBUG")
@over_streams
def test_debugging_is_refused_without_privilege(peers, family):
    end = peers.socket("end", family.domain, SOCK_STREAM)

    with fails(EACCES):
        unprivileged(lambda: end.setsockopt(SOL_SOCKET, SO_DEBUG, 1))  # decisive

    assert end.getsockopt(SOL_SOCKET, SO_DEBUG) == 0


@pytest.mark.claim("ip.transparent.needs-privilege")
@pytest.mark.needs("option:IPPROTO_IP.IP_TRANSPARENT")
@over_ip
def test_transparency_is_refused_without_privilege(peers, family):
    end = peers.socket("end", family.domain, SOCK_STREAM)

    with fails(EPERM):
        unprivileged(lambda: end.setsockopt(*TRANSPARENT[family.name], 1))  # decisive

    assert end.getsockopt(*TRANSPARENT[family.name]) == 0


@pytest.mark.claim("ip.transparent.binds-what-is-not-local")
@pytest.mark.needs("CAP_NET_ADMIN", "option:IPPROTO_IP.IP_TRANSPARENT")
@over_ip
def test_transparent_socket_is_bound_to_an_address_of_another_host(peers, family):
    end = peers.socket("end", family.domain, SOCK_STREAM)
    end.setsockopt(*TRANSPARENT[family.name], 1)  # decisive

    end.bind((FOREIGN[family.name], 0))

    assert end.getsockname()[0] == FOREIGN[family.name]
