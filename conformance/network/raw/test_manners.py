"""What raw sockets tell, keep and refuse beside packets: filters, queues, names, and wrong arguments."""

import fcntl
import struct
import sys
from errno import EADDRNOTAVAIL, EAFNOSUPPORT, EDESTADDRREQ, EINVAL, EMSGSIZE, EOPNOTSUPP
from pathlib import Path
from select import POLLERR, POLLIN
from socket import (
    AF_INET,
    IPPROTO_ICMP,
    IPPROTO_IP,
    IPPROTO_RAW,
    IPPROTO_UDP,
    MSG_ERRQUEUE,
    MSG_PEEK,
    MSG_TRUNC,
    SOCK_DGRAM,
)

import pytest

from conformance.addressing.addresses.raw import sockaddr
from conformance.configuration.values.settings import of_type
from conformance.datagram.udp.datagrams import PORT_UNREACHABLE, RECEIVE_ERRORS, extended_error, nobody
from conformance.network.raw.addressed import disconnect, send_to
from conformance.network.raw.headers import HEADER, ICMP_FILTER, IP_HDRINCL, SOL_RAW, UDP_HEADER, datagram, packet, raw
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_ip, over_ip4

pytestmark = pytest.mark.needs("CAP_NET_RAW", "namespace")
SIOCINQ, PROTOCOL = 0x541B, 253
"""asm-generic/sockios.h; a protocol for experiments (RFC 3692)."""
BEFORE = {"ip4": HEADER, "ip6": 0}
"""Bytes of a header in front of what is received."""
FOREIGN = {"ip4": "192.0.2.1", "ip6": "2001:db8::1"}


def sends_itself(peers, family, *packets):
    """A raw socket, and what it has sent over loopback, which it receives."""
    end = raw(peers, family, PROTOCOL)
    for data in packets:
        end.sendto(data, (family.loopback, 0))
    ready(end, POLLIN)
    return end


@pytest.mark.claim("raw.icmp-filter.told")
@over_ip4
def test_filter_is_told_as_it_was_set(peers, family):
    end, wanted = raw(peers, family, IPPROTO_ICMP), struct.pack("I", 0x0101)
    before = end.getsockopt(SOL_RAW, ICMP_FILTER, 4)

    end.setsockopt(SOL_RAW, ICMP_FILTER, wanted + b"more")  # decisive

    assert (before, end.getsockopt(SOL_RAW, ICMP_FILTER, 64)) == (bytes(4), wanted)
    assert end.getsockopt(SOL_RAW, ICMP_FILTER, 1) == wanted[:1]


@pytest.mark.claim("raw.icmp-filter.of-icmp-alone")
@over_ip4
def test_filter_is_for_icmp_alone(peers, family):
    end = raw(peers, family, IPPROTO_UDP)

    with fails(EOPNOTSUPP):
        end.setsockopt(SOL_RAW, ICMP_FILTER, 1)  # decisive
    with fails(EOPNOTSUPP):
        end.getsockopt(SOL_RAW, ICMP_FILTER, 4)  # decisive


@pytest.mark.claim("raw.receive.peek-keeps")
@over_ip
def test_peeked_packet_stays(peers, family):
    end, before = sends_itself(peers, family, b"first", b"second"), BEFORE[family.name]
    peeked = b""

    peeked = end.recv(99, MSG_PEEK)  # decisive

    assert [peeked[before:], end.recv(99)[before:], end.recv(99)[before:]] == [b"first", b"first", b"second"]


@pytest.mark.claim("raw.receive.cut-told")
@over_ip
def test_packet_that_was_cut_says_so(peers, family):
    end = sends_itself(peers, family, b"long", b"long")
    whole, size = BEFORE[family.name] + 4, 0

    size = end.recv_into(bytearray(2), 2, MSG_PEEK | MSG_TRUNC)  # decisive
    _, _, flags, _ = end.recvmsg(2)

    assert (size, flags & MSG_TRUNC, len(end.recv(99))) == (whole, MSG_TRUNC, whole)


@pytest.mark.claim("raw.siocinq.size-of-the-next")
@over_ip
def test_size_of_the_next_packet_is_told(peers, family):
    end, told = sends_itself(peers, family, b"first", b"second one"), bytes(4)

    told = fcntl.ioctl(end, SIOCINQ, bytes(4))  # decisive

    assert int.from_bytes(told, sys.byteorder) == BEFORE[family.name] + 5


@pytest.mark.claim("raw.connect.taken-back")
@over_ip
def test_socket_that_is_disconnected_has_no_peer(peers, family):
    end = raw(peers, family, PROTOCOL)
    end.connect((family.loopback, 0))

    disconnect(end, family)  # decisive

    with fails(EDESTADDRREQ):
        end.send(b"x")


@pytest.mark.claim("raw.errors.queued")
@over_ip4
def test_error_is_queued_with_what_caused_it(peers, family):
    end, gone = raw(peers, family), nobody(peers, family)
    end.setsockopt(*RECEIVE_ERRORS[family.name], 1)  # decisive

    end.sendto(datagram(gone[1], b"lost"), (family.loopback, 0))

    ready(end, POLLERR)
    data, ancillary, _, name = end.recvmsg(99, 300, MSG_ERRQUEUE)
    told = of_type(ancillary, *RECEIVE_ERRORS[family.name])
    assert [extended_error(family, one) for one in told] == [PORT_UNREACHABLE[family.name]]
    assert (data.endswith(b"lost"), name and name[0]) == (True, family.loopback)


@pytest.mark.claim("raw.proc.listed")
@over_ip
def test_raw_socket_is_listed(peers, family):
    end = raw(peers, family, PROTOCOL)
    end.bind((family.loopback, 0))
    listed = ""

    listed = Path(f"/proc/thread-self/net/raw{'' if family.domain == AF_INET else '6'}").read_text("ascii")  # decisive

    assert end.fileno() >= 0
    assert f"{PROTOCOL:04X}" in [words[1].rpartition(":")[2] for words in map(str.split, listed.splitlines()[1:])]


@pytest.mark.claim("raw.bind.foreign-refused")
@pytest.mark.usefixtures("only_local")
@over_ip
def test_foreign_address_is_refused(peers, family):
    end = raw(peers, family)

    with fails(EADDRNOTAVAIL):
        end.bind((FOREIGN[family.name], 0))  # decisive


@pytest.mark.claim("raw.send.needs-a-destination")
@over_ip
def test_packet_needs_a_destination(peers, family):
    end = raw(peers, family)

    with fails(EDESTADDRREQ):
        end.send(datagram(9, b"x"))  # decisive


@pytest.mark.claim("raw.send.wrong-address-refused")
@pytest.mark.parametrize("wrong", ["short", "other-family"])
@over_ip4
def test_packet_to_what_is_no_address_is_refused(peers, family, wrong):
    end, address = raw(peers, family), sockaddr(family, family.loopback)

    with fails(EINVAL if wrong == "short" else EAFNOSUPPORT):
        send_to(end, b"x", address[:8] if wrong == "short" else struct.pack("=H", 77) + address[2:])  # decisive


@pytest.mark.claim("raw.send.larger-than-any-packet")
@pytest.mark.parametrize("includes", [0, 1], ids=["without-header", "with-header"])
@over_ip4
def test_packet_larger_than_any_is_refused(peers, family, includes):
    end = raw(peers, family)
    end.setsockopt(IPPROTO_IP, IP_HDRINCL, includes)

    with fails(EMSGSIZE):
        end.sendto(bytes(65536), (family.loopback, 0))  # decisive


@pytest.mark.claim("raw.protocol.of-nobody-is-told")
@over_ip4
def test_packet_of_a_protocol_that_nobody_has_is_told(peers, family):
    told, sender = raw(peers, family, IPPROTO_ICMP, lane="told"), raw(peers, family, IPPROTO_RAW)
    unknown = bytearray(packet(family.loopback, b"x"))
    unknown[9] = PROTOCOL

    sender.sendto(unknown, (family.loopback, 0))  # decisive

    ready(told, POLLIN)
    message = told.recv(200)[HEADER:]
    assert message[:2] == bytes((3, 2))
    assert message[UDP_HEADER + 9] == PROTOCOL


@pytest.mark.claim("raw.send.message-sets-the-header")
@pytest.mark.parametrize(("kind", "place", "value"), [(2, 8, 77), (1, 1, 0x48)], ids=["IP_TTL", "IP_TOS"])
@over_ip4
def test_control_message_sets_a_field_of_the_header(peers, family, kind, place, value):
    end = raw(peers, family, PROTOCOL)

    end.sendmsg([b"x"], [(IPPROTO_IP, kind, struct.pack("i", value))], 0, (family.loopback, 0))  # decisive

    ready(end, POLLIN)
    assert end.recv(99)[place] == value


@pytest.mark.claim("ip.messages.beyond-refused")
@pytest.mark.parametrize(
    ("kind", "value"),
    [(2, struct.pack("i", 0)), (2, struct.pack("i", 256)), (2, b"\1"), (1, struct.pack("i", 256)), (1, b"\1\1"),
     (8, bytes(11)), (7, b"\7\2\4\0")],
    ids=["ttl-0", "ttl-256", "ttl-cut", "tos-256", "tos-cut", "pktinfo-cut", "options-malformed"],
)  # fmt: skip
@pytest.mark.parametrize("of", ["raw", "udp"])
@over_ip4
def test_message_beyond_what_it_can_say_is_refused(peers, family, of, kind, value):
    end = raw(peers, family) if of == "raw" else peers.socket("end", family.domain, SOCK_DGRAM)

    with fails(EINVAL):
        end.sendmsg([bytes(UDP_HEADER)], [(IPPROTO_IP, kind, value)], 0, (family.loopback, 9))  # decisive
