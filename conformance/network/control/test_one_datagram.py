"""Control messages that say something of one datagram: the next one and the options of the socket are as before."""

import struct
from select import POLLIN
from socket import (
    IP_RECVTOS,
    IP_TOS,
    IP_TTL,
    IPPROTO_IP,
    IPPROTO_IPV6,
    IPPROTO_UDP,
    IPV6_HOPLIMIT,
    IPV6_RECVHOPLIMIT,
    IPV6_RECVTCLASS,
    IPV6_TCLASS,
    IPV6_UNICAST_HOPS,
    SOCK_DGRAM,
    inet_aton,
)

import pytest

from conformance.configuration.values.lives import settings, told
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_ip

IP_PKTINFO, IP_RECVTTL, UDP_SEGMENT = 8, 12, 103
NUMBER = struct.pack("i", 77)
SEGMENT = (IPPROTO_UDP, UDP_SEGMENT, struct.pack("H", 2))
MESSAGES = {
    "ip4": {
        "IP_TTL": (IPPROTO_IP, IP_TTL, NUMBER),
        "IP_TOS": (IPPROTO_IP, IP_TOS, struct.pack("i", 0x10)), "UDP_SEGMENT": SEGMENT,
        "IP_PKTINFO": (IPPROTO_IP, IP_PKTINFO, struct.pack("=I4s4x", 0, inet_aton("127.0.0.2"))),
    },
    "ip6": {
        "IPV6_HOPLIMIT": (IPPROTO_IPV6, IPV6_HOPLIMIT, NUMBER),
        "IPV6_TCLASS": (IPPROTO_IPV6, IPV6_TCLASS, struct.pack("i", 0x10)), "UDP_SEGMENT": SEGMENT,
    },
}  # fmt: skip
TELLING = {
    "ip4": ((IPPROTO_IP, IP_RECVTTL), (IPPROTO_IP, IP_RECVTOS)),
    "ip6": ((IPPROTO_IPV6, IPV6_RECVHOPLIMIT), (IPPROTO_IPV6, IPV6_RECVTCLASS)),
}


def arrived(receiver, sent):
    """What is told of a datagram of four bytes that `sent` sends: its sender's host, its size, its control messages."""
    sent()
    ready(receiver, POLLIN)
    data, ancillary, _, name = receiver.recvmsg(9, 200)
    left = 4 - len(data)
    while left:
        left -= len(receiver.recv(9))
    return name[0], len(data), ancillary


@pytest.mark.claim("udp.control.of-its-datagram-alone")
@over_ip
def test_control_message_is_for_its_datagram_alone(peers, family):
    sender, receiver = peers.socket("sender", family.domain, SOCK_DGRAM), peers.datagram(family, lane="receiver")
    seen = {}
    for option in TELLING[family.name]:
        receiver.setsockopt(*option, 1)
    to, options = receiver.getsockname(), settings(family, SOCK_DGRAM)
    before, plain = told(sender, options), arrived(receiver, lambda: sender.sendto(b"abcd", to))

    for name, message in MESSAGES[family.name].items():
        special = plain
        special = arrived(receiver, lambda message=message: sender.sendmsg([b"abcd"], [message], 0, to))  # decisive
        seen[name] = special != plain, arrived(receiver, lambda: sender.sendto(b"abcd", to)) == plain

    assert seen == dict.fromkeys(MESSAGES[family.name], (True, True))
    assert told(sender, options) == before


CLASSES = {
    "ip4": (IPPROTO_IP, IP_TOS, IP_RECVTOS),
    "ip6": (IPPROTO_IPV6, IPV6_TCLASS, IPV6_RECVTCLASS),
}


@pytest.mark.claim("udp.class.congestion-bits-told")
@pytest.mark.parametrize("bits", [1, 2, 3], ids=["ECT1", "ECT0", "CE"])
@over_ip
def test_bits_of_congestion_are_told_with_the_class(peers, family, bits):
    level, option, telling = CLASSES[family.name]
    sender, receiver = peers.socket("sender", family.domain, SOCK_DGRAM), peers.datagram(family, lane="receiver")
    receiver.setsockopt(level, telling, 1)
    sender.setsockopt(level, option, 0x28 | bits)  # decisive

    sender.sendto(b"x", receiver.getsockname())

    ((_, _, content),) = receiver.recvmsg(9, 100)[1]
    assert content[0] == 0x28 | bits


LATE = {
    "ip4": ((IPPROTO_IP, IP_TTL, 77), (IPPROTO_IP, IP_TOS, 0x28)),
    "ip6": ((IPPROTO_IPV6, IPV6_UNICAST_HOPS, 77), (IPPROTO_IPV6, IPV6_TCLASS, 0x28)),
}


@pytest.mark.claim("udp.options.hold-from-the-next-datagram")
@over_ip
def test_hops_and_class_hold_from_the_next_datagram_of_a_connection(peers, family):
    sender, receiver = peers.socket("sender", family.domain, SOCK_DGRAM), peers.datagram(family, lane="receiver")
    for level, option in TELLING[family.name]:
        receiver.setsockopt(level, option, 1)
    sender.connect(receiver.getsockname())

    for each in LATE[family.name]:
        sender.setsockopt(*each)  # decisive
    sender.send(b"x")

    assert sorted(content[0] for _, _, content in receiver.recvmsg(9, 200)[1]) == [0x28, 77]
