"""Headers, hops and classes of IPv6 datagrams by options and by messages: which counts, and what is refused."""

import struct
from errno import EINVAL, EMSGSIZE, ENOPROTOOPT, EPERM
from select import POLLIN
from socket import (
    AF_INET6,
    IPPROTO_IPV6,
    IPV6_HOPLIMIT,
    IPV6_RECVHOPLIMIT,
    IPV6_RECVTCLASS,
    IPV6_TCLASS,
    IPV6_UNICAST_HOPS,
    SOCK_DGRAM,
    inet_pton,
)

import pytest

from conformance.configuration.values.settings import of_type, unprivileged, waiting
from conformance.configuration.values.tables import number
from conformance.network.control.messages import EXTENSIONS, IPV6_DSTOPTS, IPV6_HOPOPTS, PADDING, both
from conformance.network.ip_headers.extensions import UNKNOWN, destination_options, routing, send_behind
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import ip6, over

over_ip6 = over(ip6)
IPV6_NEXTHOP, IPV6_RTHDRDSTOPTS, IPV6_RECVRTHDR, IPV6_RTHDR, IPV6_USE_MIN_MTU = 9, 55, 56, 57, 63
IPV6_RECVPATHMTU, IPV6_PATHMTU, IPV6_DONTFRAG = 60, 61, 62
"""linux/in6.h."""
needs_right = pytest.mark.needs("CAP_NET_RAW", "option:IPPROTO_IPV6.IPV6_HOPOPTS")
ROUTE_0 = struct.pack("=BBBBI16s", 0, 2, 0, 1, 0, inet_pton(AF_INET6, "::1"))
"""A routing header of type 0 with one segment left (RFC 2460 4.4)."""


def headers(receiver):
    """The kinds of the messages that come with the next datagram."""
    ready(receiver, POLLIN)
    return [kind for _, kind, _ in waiting(receiver, 300)[1]]


def asking(receiver):
    """The receiver, which asks for the headers of options."""
    for option, _, _ in EXTENSIONS.values():
        receiver.setsockopt(IPPROTO_IPV6, option, 1)
    return receiver


@pytest.mark.claim("ip6.advanced.absent")
@pytest.mark.parametrize("option", [IPV6_NEXTHOP, IPV6_USE_MIN_MTU], ids=["IPV6_NEXTHOP", "IPV6_USE_MIN_MTU"])
@over_ip6
def test_option_that_linux_lacks_is_refused(peers, family, option):
    sender, receiver = both(peers, family)

    with fails(ENOPROTOOPT):
        sender.setsockopt(IPPROTO_IPV6, option, 1)  # decisive
    with fails(EINVAL):
        sender.sendmsg([b"x"], [(IPPROTO_IPV6, option, number(1))], 0, receiver.getsockname())


@pytest.mark.claim("ip6.hoplimit.message-alone")
@over_ip6
def test_hop_limit_of_a_message_is_no_option(peers, family):
    end = peers.socket("end", family.domain, SOCK_DGRAM)

    with fails(ENOPROTOOPT):
        end.setsockopt(IPPROTO_IPV6, IPV6_HOPLIMIT, 9)  # decisive
    with fails(ENOPROTOOPT):
        end.getsockopt(IPPROTO_IPV6, IPV6_HOPLIMIT)


@pytest.mark.claim("ip6.hoplimit.message-of-minus-one")
@over_ip6
def test_hop_limit_of_minus_one_by_a_message_is_the_default(peers, family):
    sender, receiver = both(peers, family)
    receiver.setsockopt(IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1)
    usual = number(sender.getsockopt(IPPROTO_IPV6, IPV6_UNICAST_HOPS))

    sender.sendmsg([b"x"], [(IPPROTO_IPV6, IPV6_HOPLIMIT, number(-1))], 0, receiver.getsockname())  # decisive

    ready(receiver, POLLIN)
    assert of_type(waiting(receiver, 300)[1], IPPROTO_IPV6, IPV6_HOPLIMIT) == [usual]


@pytest.mark.claim("ip6.tclass.message-of-minus-one")
@pytest.mark.needs("kernel>=6.15")
@over_ip6
def test_class_of_minus_one_by_a_message_is_every_bit(peers, family):
    sender, receiver = both(peers, family)
    receiver.setsockopt(IPPROTO_IPV6, IPV6_RECVTCLASS, 1)

    sender.sendmsg([b"x"], [(IPPROTO_IPV6, IPV6_TCLASS, number(-1))], 0, receiver.getsockname())  # decisive

    ready(receiver, POLLIN)
    assert of_type(waiting(receiver, 300)[1], IPPROTO_IPV6, IPV6_TCLASS) == [number(0xFF)]


@pytest.mark.claim("ip6.tclass.range")
@pytest.mark.parametrize("value", [-2, 256])
@over_ip6
def test_class_beyond_eight_bits_is_refused(peers, family, value):
    end = peers.socket("end", family.domain, SOCK_DGRAM)
    end.setsockopt(IPPROTO_IPV6, IPV6_TCLASS, 0x48)

    with fails(EINVAL):
        end.setsockopt(IPPROTO_IPV6, IPV6_TCLASS, value)  # decisive

    assert end.getsockopt(IPPROTO_IPV6, IPV6_TCLASS) == 0x48


@pytest.mark.claim("ip6.headers.message-drops-the-others")
@needs_right
@over_ip6
def test_header_by_a_message_drops_those_of_the_socket(peers, family):
    sender, receiver = both(peers, family)
    asking(receiver)
    for kind in (IPV6_HOPOPTS, IPV6_DSTOPTS):
        sender.setsockopt(IPPROTO_IPV6, kind, PADDING)

    sender.sendmsg([b"x"], [(IPPROTO_IPV6, IPV6_DSTOPTS, PADDING)], 0, receiver.getsockname())  # decisive

    assert headers(receiver) == [IPV6_DSTOPTS]


@pytest.mark.claim("ip6.headers.other-message-keeps-them")
@needs_right
@over_ip6
def test_hop_limit_by_a_message_leaves_the_headers_of_the_socket(peers, family):
    sender, receiver = both(peers, family)
    asking(receiver)
    for kind in (IPV6_HOPOPTS, IPV6_DSTOPTS):
        sender.setsockopt(IPPROTO_IPV6, kind, PADDING)

    sender.sendmsg([b"x"], [(IPPROTO_IPV6, IPV6_HOPLIMIT, number(9))], 0, receiver.getsockname())  # decisive

    assert headers(receiver) == [IPV6_HOPOPTS, IPV6_DSTOPTS]


@pytest.mark.claim("ip6.headers.empty-message-refused")
@needs_right
@pytest.mark.parametrize("kind", [IPV6_HOPOPTS, IPV6_DSTOPTS], ids=["IPV6_HOPOPTS", "IPV6_DSTOPTS"])
@over_ip6
def test_empty_header_by_a_message_is_refused(peers, family, kind):
    sender, receiver = both(peers, family)
    sender.setsockopt(IPPROTO_IPV6, kind, PADDING)

    with fails(EINVAL):
        sender.sendmsg([b"x"], [(IPPROTO_IPV6, kind, b"")], 0, receiver.getsockname())  # decisive


@pytest.mark.claim("ip6.headers.before-routing-alone-ignored")
@needs_right
@over_ip6
def test_header_before_a_routing_header_is_ignored_without_one(peers, family):
    sender, receiver = both(peers, family)
    asking(receiver)
    sender.setsockopt(IPPROTO_IPV6, IPV6_RTHDRDSTOPTS, PADDING)

    sender.sendto(b"x", receiver.getsockname())  # decisive
    sender.setsockopt(IPPROTO_IPV6, IPV6_DSTOPTS, PADDING)
    sender.sendto(b"y", receiver.getsockname())

    assert [headers(receiver) for _ in range(2)] == [[], [IPV6_DSTOPTS]]


@pytest.mark.claim("ip6.headers.sent-in-their-order")
@needs_right
@over_ip6
def test_headers_are_sent_in_the_order_of_the_standard(peers, family):
    sender, receiver = both(peers, family)
    asking(receiver)
    mixed = [(IPPROTO_IPV6, kind, PADDING) for kind in (IPV6_DSTOPTS, IPV6_RTHDRDSTOPTS, IPV6_HOPOPTS)]

    sender.sendmsg([b"x"], mixed, 0, receiver.getsockname())  # decisive

    assert headers(receiver) == [IPV6_HOPOPTS, IPV6_DSTOPTS]


@pytest.mark.claim("ip6.headers.hop-by-hop-once")
@needs_right
@over_ip6
def test_hop_by_hop_header_is_given_once(peers, family):
    sender, receiver = both(peers, family)

    with fails(EINVAL):
        sender.sendmsg([b"x"], [(IPPROTO_IPV6, IPV6_HOPOPTS, PADDING)] * 2, 0, receiver.getsockname())  # decisive


@pytest.mark.claim("ip6.headers.need-privilege")
@pytest.mark.parametrize("kind", [IPV6_HOPOPTS, IPV6_DSTOPTS], ids=["IPV6_HOPOPTS", "IPV6_DSTOPTS"])
@over_ip6
def test_header_of_options_needs_privilege(peers, family, kind):
    sender, receiver = both(peers, family)

    with fails(EPERM):
        unprivileged(lambda: sender.setsockopt(IPPROTO_IPV6, kind, PADDING))  # decisive
    with fails(EPERM):
        unprivileged(lambda: sender.sendmsg([b"x"], [(IPPROTO_IPV6, kind, PADDING)], 0, receiver.getsockname()))


@pytest.mark.claim("ip6.routing-header.type-0-refused")
@needs_right
@over_ip6
def test_routing_header_of_type_0_is_refused(peers, family):
    sender, receiver = both(peers, family)

    with fails(EINVAL):
        sender.setsockopt(IPPROTO_IPV6, IPV6_RTHDR, ROUTE_0)  # decisive
    with fails(EINVAL):
        sender.sendmsg([b"x"], [(IPPROTO_IPV6, IPV6_RTHDR, ROUTE_0)], 0, receiver.getsockname())


@pytest.mark.claim("ip6.headers.told-in-their-order")
@over_ip6
def test_headers_are_told_in_the_order_in_which_they_came(remote):
    receiver = remote.peers.datagram(remote.family, lane="receiver", host=remote.near_host)
    asking(receiver)
    receiver.setsockopt(IPPROTO_IPV6, IPV6_RECVRTHDR, 1)
    came = destination_options(UNKNOWN), routing(0, 0), destination_options(UNKNOWN, UNKNOWN)

    send_behind(remote, *came, bound=receiver)  # decisive

    ready(receiver, POLLIN)
    told = waiting(receiver, 300)[1]
    assert [kind for _, kind, _ in told] == [IPV6_DSTOPTS, IPV6_RTHDR, IPV6_DSTOPTS]
    assert len(told[0][2]) < len(told[2][2])


@pytest.mark.claim("ip6.pathmtu.before-what-waits")
@pytest.mark.needs("option:IPPROTO_IPV6.62", "option:IPPROTO_IPV6.60")  # IPV6_DONTFRAG, IPV6_RECVPATHMTU
@over_ip6
def test_mtu_of_the_path_is_told_before_the_datagrams_that_wait(peers, family, link):
    end = peers.datagram(family, lane="end", host=link.near_host(family))
    for option in (IPV6_DONTFRAG, IPV6_RECVPATHMTU):
        end.setsockopt(IPPROTO_IPV6, option, 1)
    end.sendto(b"waits", end.getsockname())
    ready(end, POLLIN)

    with fails(EMSGSIZE):
        end.sendto(bytes(3000), (link.far_host(family), 9))  # decisive

    data, told = waiting(end, 300)
    assert (data, len(of_type(told, IPPROTO_IPV6, IPV6_PATHMTU))) == (b"", 1)
    assert end.recv(9) == b"waits"
