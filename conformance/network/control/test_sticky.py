"""Headers that IPv6 sockets send with every datagram: set, told, taken away, refused; and the path's MTU told."""

import struct
from errno import EINVAL, EMSGSIZE, ENOTCONN
from socket import AF_INET6, IPPROTO_IPV6, SOCK_DGRAM, inet_ntop, inet_pton

import pytest

from conformance.configuration.values.settings import cases, of_type, waiting
from conformance.configuration.values.tables import number
from conformance.network.control.messages import IPV6_DSTOPTS, IPV6_HOPOPTS, PADDING, both
from fixtures.evidence.expect import fails
from fixtures.stage.families import ip6, over

over_ip6 = over(ip6)
IPV6_RTHDRDSTOPTS, IPV6_RTHDR, IPV6_RECVPATHMTU, IPV6_PATHMTU, IPV6_DONTFRAG = 55, 57, 60, 61, 62
IPV6_TCLASS, IPV6_RECVTCLASS = 67, 66
"""linux/in6.h."""
SEGMENTS = struct.pack("=BBBBBBH16s", 0, 2, 4, 0, 0, 0, 0, inet_pton(AF_INET6, "fd78::2"))
"""A segment routing header of one segment, which is the last (RFC 8754 2)."""
STICKY = cases(
    IPV6_HOPOPTS=(IPV6_HOPOPTS, PADDING), IPV6_DSTOPTS=(IPV6_DSTOPTS, PADDING),
    IPV6_RTHDRDSTOPTS=(IPV6_RTHDRDSTOPTS, PADDING), IPV6_RTHDR=(IPV6_RTHDR, SEGMENTS),
)  # fmt: skip
sticky = pytest.mark.parametrize(("option", "header"), STICKY)
MTU_INFO = struct.Struct("=HHI16sII")
"""struct ip6_mtuinfo (RFC 3542 11.3): an address with port, flow, host and scope, and the MTU."""
needs_right = pytest.mark.needs("CAP_NET_RAW", "option:IPPROTO_IPV6.IPV6_HOPOPTS")


@pytest.mark.claim("ip6.sticky.told")
@needs_right
@sticky
@over_ip6
def test_header_is_told_as_it_was_set(peers, family, option, header):
    end = peers.socket("end", family.domain, SOCK_DGRAM)
    before = end.getsockopt(IPPROTO_IPV6, option, 100)

    end.setsockopt(IPPROTO_IPV6, option, header)  # decisive

    assert (before, end.getsockopt(IPPROTO_IPV6, option, 100)) == (b"", header)


@pytest.mark.claim("ip6.sticky.empty-takes-away")
@needs_right
@sticky
@over_ip6
def test_header_is_taken_away_by_an_empty_one(peers, family, option, header):
    end = peers.socket("end", family.domain, SOCK_DGRAM)
    end.setsockopt(IPPROTO_IPV6, option, header)

    end.setsockopt(IPPROTO_IPV6, option, b"")  # decisive

    assert end.getsockopt(IPPROTO_IPV6, option, 100) == b""


@pytest.mark.claim("ip6.sticky.each-by-itself")
@needs_right
@over_ip6
def test_one_header_leaves_the_others_alone(peers, family):
    end = peers.socket("end", family.domain, SOCK_DGRAM)
    for option in (IPV6_HOPOPTS, IPV6_DSTOPTS):
        end.setsockopt(IPPROTO_IPV6, option, PADDING)

    end.setsockopt(IPPROTO_IPV6, IPV6_HOPOPTS, b"")  # decisive

    assert [end.getsockopt(IPPROTO_IPV6, option, 100) for option in (IPV6_HOPOPTS, IPV6_DSTOPTS)] == [b"", PADDING]


@pytest.mark.claim("ip6.sticky.malformed-refused")
@needs_right
@pytest.mark.parametrize(
    ("option", "header"),
    cases(
        short=(IPV6_HOPOPTS, b"\0"), odd=(IPV6_HOPOPTS, PADDING + b"\0"), cut=(IPV6_DSTOPTS, b"\0\1" + PADDING[2:]),
        huge=(IPV6_DSTOPTS, b"\0\xff" + bytes(2046) + bytes(8)), routing_type_0=(IPV6_RTHDR, b"\0\2\0\1" + bytes(20)),
        routing_segments=(IPV6_RTHDR, b"\0\2\4\3\0\0\0\0" + bytes(16)),
    ),
)  # fmt: skip
@over_ip6
def test_header_that_is_none_is_refused(peers, family, option, header):
    end = peers.socket("end", family.domain, SOCK_DGRAM)

    with fails(EINVAL):
        end.setsockopt(IPPROTO_IPV6, option, header)  # decisive

    assert end.getsockopt(IPPROTO_IPV6, option, 100) == b""


@pytest.mark.claim("ip6.tclass.minus-one-resets")
@over_ip6
def test_class_of_minus_one_is_the_default_again(peers, family):
    end = peers.socket("end", family.domain, SOCK_DGRAM)
    end.setsockopt(IPPROTO_IPV6, IPV6_TCLASS, 0x48)

    end.setsockopt(IPPROTO_IPV6, IPV6_TCLASS, -1)  # decisive

    assert end.getsockopt(IPPROTO_IPV6, IPV6_TCLASS) == 0


@pytest.mark.claim("ip6.messages.beyond-refused")
@pytest.mark.parametrize(
    ("kind", "value"),
    cases(
        hops_256=(52, number(256)), hops_below=(52, number(-2)), class_256=(67, number(256)), class_cut=(67, b"\0"),
        dontfrag_2=(IPV6_DONTFRAG, number(2)), pktinfo_cut=(50, bytes(16)), flow_cut=(11, b"\0"),
        hop_header_cut=(IPV6_HOPOPTS, b"\0\1\0\0"),
    ),
)  # fmt: skip
@over_ip6
def test_message_beyond_what_it_can_say_is_refused(peers, family, kind, value):
    sender, receiver = both(peers, family)

    with fails(EINVAL):
        sender.sendmsg([b"x"], [(IPPROTO_IPV6, kind, value)], 0, receiver.getsockname())  # decisive


@pytest.mark.claim("ip6.dontfrag.of-one-datagram")
@over_ip6
def test_one_datagram_is_not_to_be_fragmented(peers, family, link):
    with link.far.entered():
        receiver = peers.datagram(family, lane="receiver", host=link.far_host(family))
    sender = peers.socket("sender", family.domain, SOCK_DGRAM)
    whole = [(IPPROTO_IPV6, IPV6_DONTFRAG, number(1))]

    with fails(EMSGSIZE):
        sender.sendmsg([bytes(3000)], whole, 0, receiver.getsockname())  # decisive

    sender.sendto(bytes(3000), receiver.getsockname())
    assert receiver.recv(4000) == bytes(3000)


@pytest.mark.claim("ip6.pathmtu.told-when-connected")
@over_ip6
def test_mtu_of_the_path_is_told_when_connected(peers, family, link):
    end = peers.socket("end", family.domain, SOCK_DGRAM)
    with fails(ENOTCONN):
        end.getsockopt(IPPROTO_IPV6, IPV6_PATHMTU, MTU_INFO.size)

    end.connect((link.far_host(family), 9))  # decisive

    assert MTU_INFO.unpack(end.getsockopt(IPPROTO_IPV6, IPV6_PATHMTU, MTU_INFO.size))[-1] == 1500


@pytest.mark.claim("ip6.pathmtu.room-for-less-refused")
@over_ip6
def test_mtu_of_the_path_needs_its_room(peers, family, link):
    end = peers.socket("end", family.domain, SOCK_DGRAM)
    end.connect((link.far_host(family), 9))

    with fails(EINVAL):
        end.getsockopt(IPPROTO_IPV6, IPV6_PATHMTU, MTU_INFO.size - 1)  # decisive


@pytest.mark.claim("ip6.pathmtu.told-of-what-was-too-large")
@pytest.mark.needs("option:IPPROTO_IPV6.62", "option:IPPROTO_IPV6.60")  # IPV6_DONTFRAG, IPV6_RECVPATHMTU
@over_ip6
def test_mtu_of_the_path_is_told_of_a_datagram_that_was_too_large(peers, family, link):
    end = peers.socket("end", family.domain, SOCK_DGRAM)
    end.setsockopt(IPPROTO_IPV6, IPV6_DONTFRAG, 1)
    end.setsockopt(IPPROTO_IPV6, IPV6_RECVPATHMTU, 1)  # decisive

    with fails(EMSGSIZE):
        end.sendto(bytes(3000), (link.far_host(family), 9))

    end.setblocking(False)
    data, ancillary = waiting(end, 300)
    told = [MTU_INFO.unpack(one) for one in of_type(ancillary, IPPROTO_IPV6, IPV6_PATHMTU)]
    assert (data, [(inet_ntop(AF_INET6, host), mtu) for *_, host, _, mtu in told]) == (
        b"",
        [(link.far_host(family), 1500)],
    )
