"""Options whose value cannot be read or written, lengths that are none, levels and requests that nobody knows."""

from ctypes import byref, c_int
from errno import EFAULT, EINVAL, ENOPROTOOPT, ENOTTY, EOPNOTSUPP
from functools import partial
from socket import (
    IP_TOS,
    IP_TTL,
    IPPROTO_IP,
    IPPROTO_IPV6,
    IPPROTO_TCP,
    IPV6_UNICAST_HOPS,
    IPV6_V6ONLY,
    SO_BROADCAST,
    SO_KEEPALIVE,
    SO_LINGER,
    SO_OOBINLINE,
    SO_RCVBUF,
    SO_RCVLOWAT,
    SO_RCVTIMEO,
    SO_REUSEADDR,
    SO_SNDBUF,
    SO_SNDTIMEO,
    SOCK_STREAM,
    SOL_SOCKET,
    TCP_KEEPIDLE,
    TCP_MAXSEG,
    TCP_NODELAY,
    TCP_USER_TIMEOUT,
)  # fmt: skip

import pytest

from conformance.programs.arguments.calls import called
from conformance.programs.arguments.outcomes import each_fails
from conformance.programs.arguments.table import FIONREAD, SIOCATMARK, SIOCOUTQ
from fixtures.stage.families import over_ip, over_streams

OF_SOCKETS = {
    "SO_BROADCAST": (SOL_SOCKET, SO_BROADCAST), "SO_KEEPALIVE": (SOL_SOCKET, SO_KEEPALIVE),
    "SO_LINGER": (SOL_SOCKET, SO_LINGER), "SO_OOBINLINE": (SOL_SOCKET, SO_OOBINLINE),
    "SO_RCVBUF": (SOL_SOCKET, SO_RCVBUF), "SO_RCVLOWAT": (SOL_SOCKET, SO_RCVLOWAT),
    "SO_RCVTIMEO": (SOL_SOCKET, SO_RCVTIMEO), "SO_REUSEADDR": (SOL_SOCKET, SO_REUSEADDR),
    "SO_SNDBUF": (SOL_SOCKET, SO_SNDBUF), "SO_SNDTIMEO": (SOL_SOCKET, SO_SNDTIMEO),
}  # fmt: skip
OF_TCP = {
    "TCP_KEEPIDLE": (IPPROTO_TCP, TCP_KEEPIDLE), "TCP_MAXSEG": (IPPROTO_TCP, TCP_MAXSEG),
    "TCP_NODELAY": (IPPROTO_TCP, TCP_NODELAY), "TCP_USER_TIMEOUT": (IPPROTO_TCP, TCP_USER_TIMEOUT),
}  # fmt: skip
OF_IP = {"IP_TOS": (IPPROTO_IP, IP_TOS), "IP_TTL": (IPPROTO_IP, IP_TTL)}
OF_IPV6 = {
    "IPV6_UNICAST_HOPS": (IPPROTO_IPV6, IPV6_UNICAST_HOPS), "IPV6_V6ONLY": (IPPROTO_IPV6, IPV6_V6ONLY),
}  # fmt: skip
OPTIONS = {"ip4": {**OF_SOCKETS, **OF_TCP, **OF_IP}, "ip6": {**OF_SOCKETS, **OF_TCP, **OF_IPV6}, "unix": OF_SOCKETS}
"""The options of a stream socket of each family that can be set and asked for."""
LEVEL = {EOPNOTSUPP: "Linux net/ipv4/ip_sockglue.c, ip_getsockopt(): a level that is not that of IP"}
ROOM = 16
"""Bytes that the value of each of them has room in: a struct timeval is the largest."""


def values(end, family):
    """What the options of that family are now."""
    return {name: end.getsockopt(*option, ROOM) for name, option in OPTIONS[family.name].items()}


@pytest.mark.claim("arguments.option.unreadable-value")
@over_streams
def test_value_that_cannot_be_read_is_not_set(peers, memory, family):
    end = peers.socket("end", family.domain, SOCK_STREAM)
    before, places = values(end, family), {"unreadable": memory.nowhere, "readable in part": memory.ending(b"\1")}
    cases = {
        f"{name} {how}": partial(called, "setsockopt", end.fileno(), *option, at, ROOM)
        for name, option in OPTIONS[family.name].items()
        for how, at in places.items()
    }

    with each_fails(EFAULT) as tried:
        tried(cases)  # decisive

    assert values(end, family) == before


@pytest.mark.claim("arguments.option.negative-length")
@over_streams
def test_length_below_zero_is_refused(peers, memory, family):
    end = peers.socket("end", family.domain, SOCK_STREAM)
    before, value = values(end, family), memory.holding(bytes([1]) * ROOM)
    options = OPTIONS[family.name].items()
    cases = {
        f"setsockopt {name}": partial(called, "setsockopt", end.fileno(), *each, value, -1) for name, each in options
    }
    cases |= {
        f"getsockopt {name}": partial(called, "getsockopt", end.fileno(), *each, value, byref(c_int(-1)))
        for name, each in options
        if each[0] != IPPROTO_IPV6
    }

    with each_fails(EINVAL) as tried:
        tried(cases)  # decisive

    assert values(end, family) == before


@pytest.mark.claim("arguments.option.unwritable-value")
@over_streams
def test_value_that_cannot_be_written_is_not_told(peers, memory, family):
    end = peers.socket("end", family.domain, SOCK_STREAM)
    room, value = byref(c_int(ROOM)), memory.holding(bytes(ROOM))
    places = {
        "value": (memory.nowhere, room),
        "end of the value": (memory.ending(b"?"), room),
        "length": (value, memory.nowhere),
    }
    cases = {
        f"{name}, {what}": partial(called, "getsockopt", end.fileno(), *option, *at)
        for name, option in OPTIONS[family.name].items()
        for what, at in places.items()
    }

    with each_fails(EFAULT) as tried:
        tried(cases)  # decisive


@pytest.mark.claim("arguments.option.unknown-level")
@over_ip
def test_level_that_nobody_knows_is_refused(peers, memory, family):
    end = peers.socket("end", family.domain, SOCK_STREAM)
    value, cases = memory.holding(bytes(4)), {}
    for level in (-1, 9999, 2**31 - 1):
        cases[f"setsockopt of level {level}"] = partial(called, "setsockopt", end.fileno(), level, 1, value, 4)
        cases[f"getsockopt of level {level}"] = partial(
            called, "getsockopt", end.fileno(), level, 1, value, byref(c_int(4))
        )

    with each_fails(ENOPROTOOPT, accepted=LEVEL) as tried:
        tried(cases)  # decisive


@pytest.mark.claim("arguments.ioctl.unwritable")
@over_ip
def test_count_that_cannot_be_written_is_not_told(stream_pair, memory):
    client, server = stream_pair
    client.send(b"queued")
    requests = {"FIONREAD": FIONREAD, "SIOCATMARK": SIOCATMARK, "SIOCOUTQ": SIOCOUTQ}
    places = {"unwritable": memory.nowhere, "writable in part": memory.ending(b"??")}
    cases = {
        f"{name} {how}": partial(called, "ioctl", server.fileno(), request, at)
        for name, request in requests.items()
        for how, at in places.items()
    }

    with each_fails(EFAULT) as tried:
        tried(cases)  # decisive

    assert server.recv(100) == b"queued"


@pytest.mark.claim("arguments.ioctl.unknown-request")
@over_streams
def test_request_that_nobody_knows_is_refused(stream_pair, memory):
    client, _ = stream_pair
    room = memory.holding(bytes(64))
    requests = (0, 0x5499, 0xFFFFFFFF)
    cases = {hex(request): partial(called, "ioctl", client.fileno(), request, room) for request in requests}

    with each_fails(ENOTTY, accepted={EINVAL: "ioctl(2), ERRORS, EINVAL"}) as tried:
        tried(cases)  # decisive

    assert memory.at(room, 64) == bytes(64)
