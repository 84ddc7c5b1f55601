"""Raw sockets of IPv6: checksums that they ask for, messages of ICMPv6 that come, and packets that are too large."""

import struct
from errno import EINVAL, ENOPROTOOPT
from select import POLLIN
from socket import IPPROTO_ICMPV6, IPPROTO_IPV6, SOCK_DGRAM, SOCK_RAW, SOCK_STREAM, inet_pton

import pytest

from conformance.network.raw.headers import ICMP6_FILTER, raw
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import ip6, over

IPV6_CHECKSUM, EXPERIMENTAL, UNKNOWN = 7, 253, 200
"""linux/in6.h; a protocol and a type of message for experiments (RFC 3692, RFC 4443 2.1)."""
FILTER = 32
"""Bytes of a struct icmp6_filter (RFC 3542 3.2)."""
over_ip6 = over(ip6)
needs_raw = pytest.mark.needs("CAP_NET_RAW", "namespace")


def both(peers, family):
    """A sender and a receiver of the protocol for experiments."""
    return (raw(peers, family, EXPERIMENTAL, lane=lane) for lane in ("sender", "receiver"))


@pytest.mark.claim("raw.checksum.off-unless-asked")
@needs_raw
@over_ip6
def test_checksum_is_left_alone_once_it_is_off_again(peers, family):
    sender, receiver = both(peers, family)
    before = sender.getsockopt(IPPROTO_IPV6, IPV6_CHECKSUM)
    sender.setsockopt(IPPROTO_IPV6, IPV6_CHECKSUM, 2)

    sender.setsockopt(IPPROTO_IPV6, IPV6_CHECKSUM, -1)  # decisive
    sender.sendto(b"ab\0\0cd", (family.loopback, 0))

    assert (before, receiver.recv(100)) == (-1, b"ab\0\0cd")


@pytest.mark.claim("raw.checksum.odd-refused")
@needs_raw
@over_ip6
def test_odd_place_of_a_checksum_is_refused(peers, family):
    end = raw(peers, family, EXPERIMENTAL)

    with fails(EINVAL):
        end.setsockopt(IPPROTO_IPV6, IPV6_CHECKSUM, 3)  # decisive

    assert end.getsockopt(IPPROTO_IPV6, IPV6_CHECKSUM) == -1


@pytest.mark.claim("raw.checksum.not-of-others")
@pytest.mark.parametrize("kind", [SOCK_DGRAM, SOCK_STREAM], ids=["SOCK_DGRAM", "SOCK_STREAM"])
@over_ip6
def test_checksum_is_an_option_of_raw_sockets(peers, family, kind):
    end = peers.socket("end", family.domain, kind)

    with fails(ENOPROTOOPT):
        end.setsockopt(IPPROTO_IPV6, IPV6_CHECKSUM, 2)  # decisive
    with fails(ENOPROTOOPT):
        end.getsockopt(IPPROTO_IPV6, IPV6_CHECKSUM)


@pytest.mark.claim("raw.checksum.not-of-others")
@needs_raw
@over_ip6
def test_checksum_of_icmp6_is_no_option(peers, family):
    end = raw(peers, family, IPPROTO_ICMPV6)

    with fails(EINVAL):
        end.setsockopt(IPPROTO_IPV6, IPV6_CHECKSUM, 2)  # decisive


@pytest.mark.claim("raw.icmp6.filter-told")
@needs_raw
@over_ip6
def test_filter_is_told_and_keeps_nothing_out_at_first(peers, family):
    end, some = raw(peers, family, IPPROTO_ICMPV6), bytes(range(FILTER))
    before = end.getsockopt(IPPROTO_ICMPV6, ICMP6_FILTER, FILTER)

    end.setsockopt(IPPROTO_ICMPV6, ICMP6_FILTER, some)  # decisive

    assert (before, end.getsockopt(IPPROTO_ICMPV6, ICMP6_FILTER, FILTER)) == (bytes(FILTER), some)


@pytest.mark.claim("raw.icmp6.empty-filter-changes-nothing")
@needs_raw
@over_ip6
def test_empty_filter_leaves_the_one_before(peers, family):
    end, some, told = raw(peers, family, IPPROTO_ICMPV6), bytes(range(FILTER)), None
    end.setsockopt(IPPROTO_ICMPV6, ICMP6_FILTER, some)

    end.setsockopt(IPPROTO_ICMPV6, ICMP6_FILTER, b"")
    told = end.getsockopt(IPPROTO_ICMPV6, ICMP6_FILTER, FILTER)  # decisive

    assert told == some


@pytest.mark.claim("raw.icmp6.unknown-received")
@needs_raw
@over_ip6
def test_message_of_an_unknown_type_is_received(remote):
    watcher = raw(remote.peers, remote.family, IPPROTO_ICMPV6)
    watcher.setsockopt(IPPROTO_ICMPV6, ICMP6_FILTER, everything_but(UNKNOWN))

    remote.send(f"ICMPv6 type {UNKNOWN} code 7")  # decisive

    ready(watcher, POLLIN)
    assert watcher.recv(100)[:2] == bytes([UNKNOWN, 7])


@pytest.mark.claim("raw.icmp6.wrong-checksum-dropped")
@needs_raw
@over_ip6
def test_message_with_a_wrong_checksum_is_dropped(remote):
    watcher = raw(remote.peers, remote.family, IPPROTO_ICMPV6)
    watcher.setsockopt(IPPROTO_ICMPV6, ICMP6_FILTER, everything_but(UNKNOWN))
    wrong = remote.craft(f"ICMPv6 type {UNKNOWN} code 1")
    wrong.lastlayer().cksum = 1  # decisive

    remote.put(wrong)
    remote.came(wrong)
    remote.send(f"ICMPv6 type {UNKNOWN} code 2")

    ready(watcher, POLLIN)
    assert watcher.recv(100)[:2] == bytes([UNKNOWN, 2])


def everything_but(kind):
    """A filter that keeps out what is not of this type: a bit that is set blocks on Linux (linux/icmpv6.h)."""
    words = [0xFFFFFFFF] * 8
    words[kind >> 5] &= ~(1 << (kind & 31))
    return struct.pack("=8I", *words)


@pytest.mark.claim("raw.ip6.larger-in-fragments")
@needs_raw
@over_ip6
def test_packet_larger_than_the_link_arrives_whole(peers, family, link, wire):
    from conformance.configuration.ip_options.headers import fragments_with_more

    with link.far.entered():
        receiver = raw(peers, family, EXPERIMENTAL, lane="receiver")
    sender = raw(peers, family, EXPERIMENTAL, lane="sender")
    data = bytes(range(250)) * 12

    sender.sendto(data, (link.far_host(family), 0))  # decisive

    ready(receiver, POLLIN)
    assert receiver.recv(4000) == data
    wire.settle()
    assert fragments_with_more(wire.frames) == 2


@pytest.mark.claim("raw.ip6.protocol-raw-has-the-header")
@needs_raw
@over_ip6
def test_socket_of_any_protocol_sends_with_its_own_header(peers, family):
    sender, receiver = peers.socket("sender", family.domain, SOCK_RAW, 255), raw(peers, family, EXPERIMENTAL)
    host = inet_pton(family.domain, family.loopback)
    header = struct.pack("!IHBB16s16s", 6 << 28, 4, EXPERIMENTAL, 9, host, host)

    sender.sendto(header + b"data", (family.loopback, 0))  # decisive

    assert receiver.recv(100) == b"data"
