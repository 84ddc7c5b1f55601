"""Values that options take, refuse, or turn into others."""

import sys
from errno import EINVAL, ENOTCONN
from socket import (
    IP_TTL,
    IPPROTO_IP,
    IPPROTO_IPV6,
    IPPROTO_TCP,
    IPV6_UNICAST_HOPS,
    SO_KEEPALIVE,
    SO_REUSEADDR,
    SOCK_DGRAM,
    SOCK_STREAM,
    SOL_SOCKET,
    TCP_MAXSEG,
)

import pytest

from conformance.configuration.ip_options.headers import PATH_MTU
from conformance.configuration.values.settings import SO_COOKIE, TCP_SYNCNT
from fixtures.evidence.expect import fails
from fixtures.stage.families import over_ip, over_ip4, over_streams, over_unix

HOPS = {"ip4": (IPPROTO_IP, IP_TTL), "ip6": (IPPROTO_IPV6, IPV6_UNICAST_HOPS)}


@pytest.mark.claim("tcp.maxseg.range")
@pytest.mark.parametrize("size", [1, 87, 32768])
@over_ip
def test_segment_size_beyond_its_limits_is_refused(peers, family, size):
    end = peers.socket("end", family.domain, SOCK_STREAM)
    before = end.getsockopt(IPPROTO_TCP, TCP_MAXSEG)

    with fails(EINVAL):
        end.setsockopt(IPPROTO_TCP, TCP_MAXSEG, size)  # decisive

    assert end.getsockopt(IPPROTO_TCP, TCP_MAXSEG) == before


@pytest.mark.claim("tcp.syncnt.range")
@pytest.mark.parametrize("count", [-1, 0, 128, 256])
@over_ip
def test_number_of_syns_beyond_its_limits_is_refused(peers, family, count):
    end = peers.socket("end", family.domain, SOCK_STREAM)
    end.setsockopt(IPPROTO_TCP, TCP_SYNCNT, 127)

    with fails(EINVAL):
        end.setsockopt(IPPROTO_TCP, TCP_SYNCNT, count)  # decisive

    assert end.getsockopt(IPPROTO_TCP, TCP_SYNCNT) == 127


@pytest.mark.claim("ip.ttl.range")
@pytest.mark.parametrize("hops", [-2, 256])
@over_ip
def test_hop_limit_beyond_its_limits_is_refused(peers, family, hops):
    end = peers.socket("end", family.domain, SOCK_DGRAM)
    end.setsockopt(*HOPS[family.name], 255)

    with fails(EINVAL):
        end.setsockopt(*HOPS[family.name], hops)  # decisive

    assert end.getsockopt(*HOPS[family.name]) == 255


@pytest.mark.claim("ip.ttl.never-zero")
@over_ip4
def test_time_to_live_of_zero_is_refused(peers, family):
    end = peers.socket("end", family.domain, SOCK_DGRAM)
    end.setsockopt(IPPROTO_IP, IP_TTL, 1)

    with fails(EINVAL):
        end.setsockopt(IPPROTO_IP, IP_TTL, 0)  # decisive

    assert end.getsockopt(IPPROTO_IP, IP_TTL) == 1


@pytest.mark.claim("ip.ttl.minus-one-resets")
@pytest.mark.usefixtures("far_hosts")
@over_ip
def test_hop_limit_of_minus_one_is_the_default_again(peers, family):
    end = peers.socket("end", family.domain, SOCK_DGRAM)
    default = end.getsockopt(*HOPS[family.name])
    end.setsockopt(*HOPS[family.name], default + 1)

    end.setsockopt(*HOPS[family.name], -1)  # decisive

    assert end.getsockopt(*HOPS[family.name]) == default


@pytest.mark.claim("ip.mtu.unconnected-enotconn")
@pytest.mark.needs("option:IPPROTO_IP.14")
@over_ip
def test_socket_without_a_peer_has_no_path(peers, family):
    end = peers.datagram(family, lane="end")

    with fails(ENOTCONN):
        end.getsockopt(*PATH_MTU[family.name])  # decisive


@pytest.mark.claim("socket.keepalive.taken-by-all")
@pytest.mark.parametrize("kind", [SOCK_DGRAM, SOCK_STREAM], ids=["SOCK_DGRAM", "SOCK_STREAM"])
@over_unix
def test_keepalive_of_a_unix_socket_reads_back(peers, family, kind):
    end = peers.socket("end", family.domain, kind)

    end.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)  # decisive

    assert end.getsockopt(SOL_SOCKET, SO_KEEPALIVE) == 1


@pytest.mark.claim("socket.keepalive.taken-by-all")
@over_ip
def test_keepalive_of_a_datagram_socket_reads_back(peers, family):
    end = peers.socket("end", family.domain, SOCK_DGRAM)

    end.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)  # decisive

    assert end.getsockopt(SOL_SOCKET, SO_KEEPALIVE) == 1


@pytest.mark.claim("socket.options.cut-to-the-room")
@pytest.mark.parametrize("room", [1, 2, 3])
@over_streams
def test_value_is_cut_to_the_room_that_there_is(peers, family, room):
    end = peers.socket("end", family.domain, SOCK_STREAM)
    end.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    told = None

    told = end.getsockopt(SOL_SOCKET, SO_REUSEADDR, room)  # decisive

    assert told == (1).to_bytes(4, sys.byteorder)[:room]


@pytest.mark.claim("socket.cookie.one-of-its-own")
@pytest.mark.needs(f"option:SOL_SOCKET.{SO_COOKIE}")
@over_streams
def test_every_socket_has_a_number_that_stays(peers, family):
    first, second = (peers.socket(lane, family.domain, SOCK_STREAM) for lane in ("first", "second"))
    told, again = first.getsockopt(SOL_SOCKET, SO_COOKIE, 8), None

    again = first.getsockopt(SOL_SOCKET, SO_COOKIE, 8)  # decisive

    assert told == again != bytes(8)
    assert second.getsockopt(SOL_SOCKET, SO_COOKIE, 8) != told
