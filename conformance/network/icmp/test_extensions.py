"""Where the extensions of an error begin (RFC 4884): IP_RECVERR_RFC4884 and IPV6_RECVERR_RFC4884."""

import struct
from errno import EINVAL
from select import POLLERR
from socket import IPPROTO_IP, IPPROTO_IPV6, MSG_ERRQUEUE, SOCK_DGRAM

import pytest

from conformance.configuration.values.settings import of_type
from conformance.datagram.udp.datagrams import RECEIVE_ERRORS
from conformance.network.fragments.pieces import receiver_of
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_ip

pytestmark = pytest.mark.needs("kernel>=5.9")
EXTENSIONS = {"ip4": (IPPROTO_IP, 26), "ip6": (IPPROTO_IPV6, 31)}
"""linux/in.h, linux/in6.h."""
WORDS = {"ip4": ("ICMP type 3 code 1", 32 << 16), "ip6": ("ICMPv6 type 1 code 3", 16 << 24)}
"""An error, and its field of the length: 128 bytes in words of four or of eight (RFC 4884 4)."""
QUOTED, INVALID = 128, 1
HEADERS = {"ip4": 20 + 8, "ip6": 40 + 8}
TOLD = struct.Struct("=HBx")
"""struct sock_ee_data_rfc4884 (linux/errqueue.h): where the extensions begin, and flags."""
HEADER = b"\x20\0\0\0"
"""Of version 2, without a checksum (RFC 4884 7)."""
WELL_FORMED, SHORT = struct.pack("!HBB4s", 8, 1, 1, b"data"), struct.pack("!HBB4s", 2, 1, 1, b"data")
"""An object, and one that says to be shorter than its own header."""


def told(remote, extensions, *, option):
    """What the error queue of a connected socket has of an error with these extensions."""
    end, family = receiver_of(remote), remote.family.name
    end.connect(remote.address)
    end.setsockopt(*RECEIVE_ERRORS[family], 1)
    end.setsockopt(*EXTENSIONS[family], option)
    end.send(bytes(300))
    sent = bytes(remote.expect("UDP").frame[14:])[:QUOTED]
    text, information = WORDS[family]
    remote.send(text, about=sent + extensions, information=information)
    ready(end, POLLERR)
    ((value),) = of_type(end.recvmsg(999, 999, MSG_ERRQUEUE)[1], *RECEIVE_ERRORS[family])
    return TOLD.unpack_from(value, 12)


@pytest.mark.claim("icmp.extensions.place-told")
@pytest.mark.parametrize(("content", "flags"), [(WELL_FORMED, 0), (SHORT, INVALID)], ids=["well-formed", "malformed"])
@over_ip
def test_place_of_extensions_is_told(remote, content, flags):
    seen = None

    seen = told(remote, HEADER + content, option=1)  # decisive

    assert seen == (QUOTED - HEADERS[remote.family.name], flags)


@pytest.mark.claim("icmp.extensions.untold-unless-asked-for")
@over_ip
def test_place_of_extensions_is_not_told_unasked(remote):
    seen = None

    seen = told(remote, HEADER + WELL_FORMED, option=0)  # decisive

    assert seen == (0, 0)


@pytest.mark.claim("icmp.extensions.option-is-a-switch")
@pytest.mark.parametrize("value", [2, -1])
@over_ip
def test_option_takes_nothing_but_a_switch(peers, family, value):
    end = peers.socket("end", family.domain, SOCK_DGRAM)

    with fails(EINVAL):
        end.setsockopt(*EXTENSIONS[family.name], value)  # decisive

    assert end.getsockopt(*EXTENSIONS[family.name]) == 0
