"""What a socket tells of itself, options that no level knows, and the lengths of values."""

import sys
from errno import EINVAL, ENOPROTOOPT
from socket import (
    IPPROTO_TCP,
    IPPROTO_UDP,
    SO_BROADCAST,
    SO_DOMAIN,
    SO_KEEPALIVE,
    SO_PROTOCOL,
    SO_REUSEADDR,
    SO_TYPE,
    SOCK_CLOEXEC,
    SOCK_DGRAM,
    SOCK_NONBLOCK,
    SOCK_STREAM,
    SOL_SOCKET,
)  # fmt: skip

import pytest

from fixtures.evidence.expect import fails
from fixtures.stage.families import over_ip, over_streams

types = pytest.mark.parametrize("kind", [SOCK_STREAM, SOCK_DGRAM], ids=["SOCK_STREAM", "SOCK_DGRAM"])
levels = pytest.mark.parametrize("level", [SOL_SOCKET, IPPROTO_TCP], ids=["SOL_SOCKET", "IPPROTO_TCP"])
switches = pytest.mark.parametrize(
    "option", [SO_KEEPALIVE, SO_REUSEADDR, SO_BROADCAST], ids=["SO_KEEPALIVE", "SO_REUSEADDR", "SO_BROADCAST"]
)
UNKNOWN = 9999


@pytest.mark.claim("socket.so-type.tells-the-type")
@types
@over_streams
def test_type_is_told_without_its_flags(peers, family, kind):
    end = peers.socket("end", family.domain, kind | SOCK_NONBLOCK | SOCK_CLOEXEC)
    told = None

    told = end.getsockopt(SOL_SOCKET, SO_TYPE)  # decisive

    assert told == kind


@pytest.mark.claim("socket.so-domain.tells-the-domain")
@types
@over_streams
def test_domain_is_told(peers, family, kind):
    end = peers.socket("end", family.domain, kind)
    told = None

    told = end.getsockopt(SOL_SOCKET, SO_DOMAIN)  # decisive

    assert told == family.domain


@pytest.mark.claim("socket.so-protocol.tells-the-protocol")
@pytest.mark.parametrize(("kind", "protocol"), [(SOCK_STREAM, IPPROTO_TCP), (SOCK_DGRAM, IPPROTO_UDP)])
@over_ip
def test_protocol_is_told_where_none_was_asked_for(peers, family, kind, protocol):
    end = peers.socket("end", family.domain, kind, 0)
    told = None

    told = end.getsockopt(SOL_SOCKET, SO_PROTOCOL)  # decisive

    assert told == protocol


@pytest.mark.claim("socket.options.unknown-enoprotoopt")
@levels
@over_ip
def test_unknown_option_is_refused(peers, family, level):
    end = peers.socket("end", family.domain, SOCK_STREAM)

    with fails(ENOPROTOOPT):
        end.setsockopt(level, UNKNOWN, 1)  # decisive
    with fails(ENOPROTOOPT):
        end.getsockopt(level, UNKNOWN)  # decisive


@pytest.mark.claim("socket.options.short-value-einval")
@switches
@over_streams
def test_value_that_is_too_short_is_refused(peers, family, option):
    end = peers.socket("end", family.domain, SOCK_STREAM)

    with fails(EINVAL):
        end.setsockopt(SOL_SOCKET, option, b"\1\1\1")  # decisive

    assert end.getsockopt(SOL_SOCKET, option) == 0


@pytest.mark.claim("socket.options.length-told")
@switches
@over_streams
def test_length_of_the_value_is_told(peers, family, option):
    end = peers.socket("end", family.domain, SOCK_STREAM)

    end.setsockopt(SOL_SOCKET, option, 1)  # decisive

    assert end.getsockopt(SOL_SOCKET, option, 64) == (1).to_bytes(4, sys.byteorder)
