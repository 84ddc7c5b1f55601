"""Domains and types apart from TCP and UDP: records, packets of the link layer, and no packets at all."""

from errno import EPERM, EPROTONOSUPPORT, ESOCKTNOSUPPORT, errorcode
from select import POLLIN
from socket import (
    AF_INET6,
    AF_PACKET,
    AF_UNIX,
    CMSG_SPACE,
    IP_TOS,
    IPPROTO_IP,
    IPPROTO_IPV6,
    IPPROTO_SCTP,
    IPV6_V6ONLY,
    MSG_DONTWAIT,
    SO_DOMAIN,
    SO_PROTOCOL,
    SO_TYPE,
    SOCK_DGRAM,
    SOCK_RAW,
    SOCK_SEQPACKET,
    SOCK_STREAM,
    SOL_SOCKET,
    htons,
    socket,
    socketpair,
)  # fmt: skip

import pytest

from conformance.lifecycle.creation.calls import socket_call, without
from conformance.programs.process_models.programs import compiled
from conformance.stream.flags.traffic_class import CLASS, carried_class, tells_class
from fixtures.evidence.expect import fails, one_of
from fixtures.evidence.kernel_view import counted
from fixtures.evidence.waiting import GENEROUS, ready
from fixtures.stage.families import ip4, over_ip, unix

ETHERNET = 14
"""Bytes of an Ethernet header; the last two say what follows."""
ETHERTYPES = {"ip4": 0x0800, "ip6": 0x86DD}
RECORDS = [b"one", b"second", b"3"]


@pytest.mark.claim("unix.seqpacket.keeps-boundaries")
def test_each_receive_gives_one_record():
    one, end = socketpair(AF_UNIX, SOCK_SEQPACKET)
    with one, end:
        for record in RECORDS:
            one.send(record)  # decisive

        received = [end.recv(100, MSG_DONTWAIT) for _ in RECORDS]

    assert received == RECORDS


@pytest.mark.claim("unix.seqpacket.short-read-drops-the-rest")
def test_what_a_short_receive_leaves_of_a_record_is_gone():
    one, end = socketpair(AF_UNIX, SOCK_SEQPACKET)
    with one, end:
        one.send(b"0123456789")  # decisive
        one.send(b"next")

        received = end.recv(4), end.recv(100)

    assert received == (b"0123", b"next")


@pytest.mark.claim("unix.seqpacket.connected-with-an-end")
def test_records_need_a_connection_and_come_to_an_end(peers):
    listener = peers.socket("listener", AF_UNIX, SOCK_SEQPACKET)
    listener.bind(unix.address())
    listener.listen(1)
    client = peers.socket("client", AF_UNIX, SOCK_SEQPACKET)
    client.connect(listener.getsockname())
    server = peers.accepting(listener)
    client.send(b"first")
    client.send(b"last")

    client.close()  # decisive

    assert [server.recv(100) for _ in range(3)] == [b"first", b"last", b""]


def records_over(family):
    """The protocol of a SOCK_SEQPACKET socket, or the name of the errno where there is none."""
    try:
        with socket(family.domain, SOCK_SEQPACKET) as end:
            return end.getsockopt(SOL_SOCKET, SO_PROTOCOL)
    except OSError as error:
        return errorcode[error.errno]


@pytest.mark.claim("ip.seqpacket.not-with-tcp-or-udp")
@over_ip
def test_ip_has_no_records_unless_it_has_sctp(family):
    seen = None
    seen = records_over(family)  # decisive

    one_of(seen, {errorcode[ESOCKTNOSUPPORT]: "Linux net/ipv4/af_inet.c inet_create()",
                  errorcode[EPROTONOSUPPORT]: "socket(2) ERRORS, EPROTONOSUPPORT",
                  IPPROTO_SCTP: "RFC 6458 3.1: one-to-many style"}, what="SOCK_SEQPACKET")  # fmt: skip


@pytest.mark.claim("packet.create.needs-cap-net-raw")
@pytest.mark.needs("capture")
@pytest.mark.parametrize("kind", [SOCK_RAW, SOCK_DGRAM])
def test_packet_socket_is_refused_without_the_capability(kind):
    socket(AF_PACKET, kind).close()

    with fails(EPERM):
        without("CAP_NET_RAW", lambda: socket_call(AF_PACKET, kind))  # decisive


@pytest.mark.claim("packet.create.ethernet-header")
@pytest.mark.needs("capture", "namespace")
@over_ip
def test_packet_socket_gives_frames_with_the_link_layer_header(peers, family):
    receiver, ethertype = peers.datagram(family, lane="receiver"), ETHERTYPES[family.name]
    sniffer = peers.adopt(socket(AF_PACKET, SOCK_RAW, htons(ethertype)))
    sniffer.bind(("lo", ethertype))

    peers.socket("sender", family.domain, SOCK_DGRAM).sendto(b"through the link", receiver.getsockname())  # decisive

    sniffer.settimeout(GENEROUS)
    frame = sniffer.recv(2000)
    assert frame[ETHERNET - 2 : ETHERNET] == ethertype.to_bytes(2, "big")
    assert frame[ETHERNET] >> 4 == (6 if family.domain == AF_INET6 else 4)
    assert frame.endswith(b"through the link")


@pytest.mark.claim("unix.create.no-packets")
@pytest.mark.needs("namespace", "own-counters")
@pytest.mark.parametrize("kind", [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET])
def test_unix_sockets_exchange_without_packets(wire, kind):
    with counted() as deltas:
        one, other = socketpair(AF_UNIX, kind)
        with one, other:
            one.send(b"there")  # decisive
            other.send(b"and back")

            assert other.recv(100, MSG_DONTWAIT) == b"there"
            assert one.recv(100, MSG_DONTWAIT) == b"and back"

    wire.never("* > * TCP any")
    wire.never("* > * UDP")
    wire.never("* > * IP")
    assert (deltas["Ip.OutRequests"], deltas["Tcp.OutSegs"], deltas["Udp.OutDatagrams"]) == (0, 0, 0)


@pytest.mark.claim("unix.create.connects-without-packets")
@pytest.mark.needs("namespace", "own-counters")
def test_unix_stream_connects_without_a_handshake(peers, wire):
    with counted() as deltas:
        client, server = peers.pair(unix)
        client.send(b"hello")

        assert server.recv(100) == b"hello"

    wire.never("* > * TCP any")
    wire.never("* > * UDP")
    wire.never("* > * IP")
    assert deltas["Tcp.ActiveOpens"] == 0
    peers.pair(ip4)  # decisive
    wire.expect("client > * SYN")
    assert deltas["Tcp.ActiveOpens"] == 1


@pytest.mark.claim("ip.create.family-decides-the-header")
@over_ip
def test_packets_are_of_the_family_of_their_socket(peers, family, wire):
    sender, receiver = (peers.datagram(family, lane=lane) for lane in ("sender", "receiver"))

    sender.sendto(b"x", receiver.getsockname())  # decisive

    packet = wire.expect("sender > receiver UDP (1)")
    assert packet.layers.type == ETHERTYPES[family.name]


@pytest.mark.claim("ip6.create.mapped-address-has-options-of-ip4")
@pytest.mark.usefixtures("mapped_addresses")
@pytest.mark.needs("ipv6")
def test_class_of_what_goes_to_a_mapped_address_is_set_by_ip_tos(peers):
    receiver, sender = peers.datagram(ip4, lane="receiver"), peers.socket("sender", AF_INET6, SOCK_DGRAM)
    tells_class(receiver, ip4)

    sender.setsockopt(IPPROTO_IP, IP_TOS, CLASS)  # decisive

    sender.sendto(b"x", (f"::ffff:{ip4.loopback}", receiver.getsockname()[1]))
    ready(receiver, POLLIN)
    assert carried_class(receiver.recvmsg(1, CMSG_SPACE(4))[1], ip4) == CLASS


@pytest.mark.claim("ip6.create.mapped-address-sends-ip4")
@pytest.mark.needs("ipv6")
def test_packets_to_a_mapped_address_are_of_ip4(peers, wire):
    receiver = peers.datagram(ip4, lane="receiver")
    sender = peers.socket("sender", AF_INET6, SOCK_DGRAM)
    sender.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 0)

    sender.sendto(b"x", (f"::ffff:{ip4.loopback}", receiver.getsockname()[1]))  # decisive

    packet = wire.expect("* > receiver UDP (1)")
    assert packet.layers.type == ETHERTYPES["ip4"]


LOCAL = '#include <sys/socket.h>\n_Static_assert(AF_LOCAL == %s, "one number");\n'


@pytest.mark.claim("unix.create.local-is-another-name")
@pytest.mark.needs("command:cc")
def test_the_two_names_of_local_sockets_are_one_number(tmp_path):
    program = LOCAL % "AF_INET"
    program = LOCAL % "AF_UNIX"  # decisive

    done = compiled(tmp_path, program, "-fsyntax-only")

    assert done.returncode == 0, done.stderr


@pytest.mark.claim("raw.create.needs-a-protocol")
@pytest.mark.needs("CAP_NET_RAW")
@over_ip
def test_raw_socket_of_protocol_zero_is_refused(family):
    with fails(EPROTONOSUPPORT):
        socket_call(family.domain, SOCK_RAW, 0)  # decisive


@pytest.mark.claim("socket.protocol.of-raw-sockets")
@pytest.mark.needs("CAP_NET_RAW")
@over_ip
def test_raw_socket_tells_its_protocol_and_type(peers, family):
    end = peers.socket("end", family.domain, SOCK_RAW, 253)
    seen = None

    seen = [end.getsockopt(SOL_SOCKET, option) for option in (SO_PROTOCOL, SO_TYPE, SO_DOMAIN)]  # decisive

    assert seen == [253, SOCK_RAW, family.domain]
