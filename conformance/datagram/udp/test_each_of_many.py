"""What sendmmsg(2) and recvmmsg(2) do with each message by itself: its address, its control messages, its flags."""

import ctypes
import struct
from errno import ECONNREFUSED
from select import POLLERR
from socket import (
    CMSG_LEN,
    IP_TTL,
    IPPROTO_IP,
    IPPROTO_IPV6,
    IPV6_HOPLIMIT,
    IPV6_RECVHOPLIMIT,
    MSG_DONTWAIT,
    MSG_TRUNC,
    SOCK_DGRAM,
)

import pytest

from conformance.addressing.addresses.raw import sockaddr
from conformance.datagram.udp.datagrams import batch, ends, nobody, recvmmsg, room, sendmmsg
from conformance.lifecycle.states.messages import over_messages, pair
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_ip

IP_RECVTTL = 12
HOPS = {"ip4": (IPPROTO_IP, IP_TTL, IP_RECVTTL), "ip6": (IPPROTO_IPV6, IPV6_HOPLIMIT, IPV6_RECVHOPLIMIT)}
HEADER = struct.Struct("Nii")
"""struct cmsghdr (cmsg(3))."""


def limited(family, hops):
    """The control data that gives a datagram this many hops."""
    level, kind, _ = HOPS[family.name]
    value = struct.pack("i", hops)
    data = HEADER.pack(CMSG_LEN(len(value)), level, kind) + value
    return ctypes.create_string_buffer(data, len(data))


@pytest.mark.claim("udp.sendmmsg.each-to-its-address")
@over_ip
def test_each_message_goes_to_its_own_address(peers, family):
    receivers = [peers.datagram(family, lane=lane) for lane in ("first", "second")]
    sender, leaving = peers.socket("sender", family.domain, SOCK_DGRAM), batch([b"one", b"two"])
    names = [sockaddr(family, *end.getsockname()[:2]) for end in receivers]
    for message, name in zip(leaving.messages, names, strict=True):
        message.header.name, message.header.namelen = ctypes.cast(name, ctypes.c_void_p).value, len(name)

    assert sendmmsg(sender, leaving) == 2  # decisive

    assert [end.recv(9) for end in receivers] == [b"one", b"two"]


@pytest.mark.claim("udp.sendmmsg.control-of-each")
@over_ip
def test_control_message_is_of_its_message_alone(peers, family):
    sender, receiver = ends(peers, family)
    level, kind, ask = HOPS[family.name]
    receiver.setsockopt(level, ask, 1)
    sender.connect(receiver.getsockname())
    leaving, data = batch([b"1", b"2", b"3"]), limited(family, 9)
    header = leaving.messages[1].header
    header.control, header.controllen = ctypes.addressof(data), len(data)  # decisive

    sendmmsg(sender, leaving)

    came = [receiver.recvmsg(9, 100)[1] for _ in range(3)]
    usual = came[0]
    assert came == [usual, [(level, kind, struct.pack("i", 9))], usual]
    assert usual[0][2] != struct.pack("i", 9)


@pytest.mark.claim("udp.recvmmsg.refusal-before-any")
@over_ip
def test_refusal_is_told_where_no_message_came(peers, family):
    client = peers.datagram(family, lane="client")
    client.connect(nobody(peers, family))
    client.send(b"anyone")  # decisive
    ready(client, POLLERR)

    with fails(ECONNREFUSED):
        recvmmsg(client, room(2), MSG_DONTWAIT)


@pytest.mark.claim("messages.many.cut-one-is-marked")
@pytest.mark.parametrize("flag", [0, MSG_TRUNC], ids=["plain", "MSG_TRUNC"])
@over_messages
def test_message_that_is_cut_is_marked_and_no_other(peers, kind, flag):
    peer, end = pair(peers, kind)
    arriving = batch([bytes(4)] * 3)
    for message in (b"ab", b"abcdef", b"cd"):
        peer.send(message)

    assert recvmmsg(end, arriving, flag) == 3  # decisive

    assert arriving.lengths == [2, 6 if flag else 4, 2]
    assert [flags & MSG_TRUNC for _, flags in arriving.fields] == [0, MSG_TRUNC, 0]
