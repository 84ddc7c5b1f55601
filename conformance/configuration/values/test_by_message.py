"""Control messages that set the mark or the priority of one datagram, and of no other."""

import sys
from errno import EPERM
from socket import SO_MARK, SO_PRIORITY, SOCK_DGRAM, SOL_SOCKET

import pytest

from conformance.configuration.values.settings import SO_RCVMARK, of_type, unprivileged, waiting
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_ip

SO_RCVPRIORITY = 82
"""asm-generic/socket.h."""


def number(value):
    """An int as control messages have it."""
    return value.to_bytes(4, sys.byteorder)


def told(sender, receiver, option, values):
    """What `option` the receiver is told of datagrams with these control messages, None for one without."""
    seen = []
    for value in values:
        ancillary = [(SOL_SOCKET, option, number(value))] if value is not None else []
        sender.sendmsg([b"one"], ancillary, 0, receiver.getsockname())
        ready(receiver, 1)
        seen += of_type(waiting(receiver, 100)[1], SOL_SOCKET, option)
    return seen


@pytest.mark.claim("socket.mark.of-one-datagram")
@pytest.mark.needs("CAP_NET_ADMIN", f"option:SOL_SOCKET.{SO_RCVMARK}", "option:SOL_SOCKET.SO_MARK")
@over_ip
def test_control_message_marks_one_datagram(peers, family):
    sender, receiver = peers.socket("sender", family.domain, SOCK_DGRAM), peers.datagram(family, lane="receiver")
    receiver.setsockopt(SOL_SOCKET, SO_RCVMARK, 1)
    sender.setsockopt(SOL_SOCKET, SO_MARK, 3)
    seen = []

    seen = told(sender, receiver, SO_MARK, [7, None])  # decisive

    assert seen == [number(7), number(3)]


@pytest.mark.claim("socket.mark.message-needs-privilege")
@pytest.mark.needs("option:SOL_SOCKET.SO_MARK")
@over_ip
def test_mark_of_one_datagram_needs_privilege(peers, family):
    sender, receiver = peers.socket("sender", family.domain, SOCK_DGRAM), peers.datagram(family, lane="receiver")
    mark, to = [(SOL_SOCKET, SO_MARK, number(7))], receiver.getsockname()

    with fails(EPERM):
        unprivileged(lambda: sender.sendmsg([b"one"], mark, 0, to))  # decisive


@pytest.mark.claim("socket.priority.of-one-datagram")
@pytest.mark.needs("kernel>=6.14", f"option:SOL_SOCKET.{SO_RCVPRIORITY}")
@over_ip
def test_control_message_gives_one_datagram_its_priority(peers, family):
    sender, receiver = peers.socket("sender", family.domain, SOCK_DGRAM), peers.datagram(family, lane="receiver")
    receiver.setsockopt(SOL_SOCKET, SO_RCVPRIORITY, 1)
    sender.setsockopt(SOL_SOCKET, SO_PRIORITY, 2)
    seen = []

    seen = told(sender, receiver, SO_PRIORITY, [5, None])  # decisive

    assert seen == [number(5), number(2)]
