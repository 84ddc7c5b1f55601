"""Datagrams by calls that are not about datagrams, and what a look at one tells of it."""

import os
import sys
from socket import CMSG_LEN, IPPROTO_IP, IPPROTO_IPV6, MSG_PEEK

import pytest

from conformance.datagram.udp.datagrams import ends, recvmmsg, room
from conformance.stream.sending.buffers import file_of
from conformance.waiting.epoll.watching import pipe
from fixtures.stage.families import over_ip

HOPS = {"ip4": (IPPROTO_IP, 2, IPPROTO_IP, 12), "ip6": (IPPROTO_IPV6, 16, IPPROTO_IPV6, 51)}
"""Options that set how far a datagram goes, and that ask how far it has come (linux/in.h, linux/in6.h)."""


@pytest.mark.claim("udp.write.nothing-is-a-datagram")
@over_ip
def test_write_of_no_bytes_sends_an_empty_datagram(peers, family):
    sender, receiver = ends(peers, family)
    sender.connect(receiver.getsockname())

    assert os.write(sender.fileno(), b"") == 0  # decisive
    sender.send(b"behind")

    assert [receiver.recv(100) for _ in range(2)] == [b"", b"behind"]


@pytest.mark.claim("udp.write.buffers-are-one-datagram")
@over_ip
def test_buffers_of_one_writev_are_one_datagram(peers, family):
    sender, receiver = ends(peers, family)
    sender.connect(receiver.getsockname())

    assert os.writev(sender.fileno(), [b"one", b"", b"two"]) == 6  # decisive
    sender.send(b"behind")

    assert [receiver.recv(100) for _ in range(2)] == [b"onetwo", b"behind"]


@pytest.mark.claim("udp.receive.peek-tells-the-sender")
@over_ip
def test_sender_is_told_to_who_only_looks(peers, family):
    sender, receiver = peers.datagram(family, lane="sender"), peers.datagram(family, lane="receiver")
    sender.sendto(b"one", receiver.getsockname())
    seen = []

    seen.append(receiver.recvfrom(100, MSG_PEEK)[1])  # decisive
    seen.append(receiver.recvfrom(100)[1])

    assert seen == [sender.getsockname()] * 2


@pytest.mark.claim("udp.recvmmsg.control-of-each")
@over_ip
def test_each_message_has_its_own_control_message(peers, family):
    sender, receiver = ends(peers, family)
    level, hops, at, ask = HOPS[family.name]
    receiver.setsockopt(at, ask, 1)
    for number in (7, 8, 9):
        sender.setsockopt(level, hops, number)
        sender.sendto(b"one", receiver.getsockname())
    several = room(3)
    controls = several.asks_for_control()

    assert recvmmsg(receiver, several) == 3  # decisive

    told = [control.raw[: one.header.controllen] for control, one in zip(controls, several.messages, strict=True)]
    assert [int.from_bytes(content[CMSG_LEN(0) : CMSG_LEN(4)], sys.byteorder) for content in told] == [7, 8, 9]


@pytest.mark.claim("udp.sendfile.one-datagram")
@over_ip
def test_part_of_a_file_is_one_datagram(peers, family):
    sender, receiver = ends(peers, family)
    sender.connect(receiver.getsockname())

    with file_of(b"of a file, and more") as file:
        assert os.sendfile(sender.fileno(), file, 0, 9) == 9  # decisive
    sender.send(b"behind")

    assert [receiver.recv(100) for _ in range(2)] == [b"of a file", b"behind"]


@pytest.mark.claim("udp.splice.one-datagram")
@over_ip
def test_what_is_in_a_pipe_is_one_datagram(peers, family):
    sender, receiver = ends(peers, family)
    sender.connect(receiver.getsockname())

    with pipe() as (out, into):
        for piece in (b"two", b"pieces"):
            os.write(into, piece)
        assert os.splice(out, sender.fileno(), 9) == 9  # decisive
    sender.send(b"behind")

    assert [receiver.recv(100) for _ in range(2)] == [b"twopieces", b"behind"]
