"""How long a datagram is, asked with MSG_TRUNC and without a buffer."""

import ctypes
import os
from errno import EAGAIN
from select import POLLIN
from socket import MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC, SOCK_DGRAM, SOCK_SEQPACKET, socketpair

import pytest

from conformance.datagram.udp.datagrams import ends
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_ip

_libc = ctypes.CDLL(None, use_errno=True)
_libc.recv.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
_libc.recv.restype = ctypes.c_ssize_t


def measured(receiver):
    """What two peeks say of a datagram, what taking it says, and what comes next; only the last call has a buffer."""
    ready(receiver, POLLIN)
    peeks = [length(receiver, MSG_PEEK), length(receiver, MSG_PEEK)]
    return peeks, length(receiver, 0), receiver.recv(100)


def length(receiver, flags):
    """recv(2) of no bytes with MSG_TRUNC."""
    count = _libc.recv(receiver.fileno(), None, 0, flags | MSG_TRUNC)
    if count < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return count


@pytest.mark.claim("datagram.flags.trunc-measures-without-a-buffer")
@over_ip
def test_length_is_told_without_a_buffer(peers, family):
    sender, receiver = ends(peers, family)
    seen = None
    sender.sendto(b"0123456789", receiver.getsockname())
    sender.sendto(b"next", receiver.getsockname())

    seen = measured(receiver)  # decisive

    assert seen == ([10, 10], 10, b"next")
    with fails(EAGAIN):
        length(receiver, MSG_DONTWAIT)


@pytest.mark.claim("unix.flags.trunc-measures-without-a-buffer")
@pytest.mark.parametrize("kind", [SOCK_DGRAM, SOCK_SEQPACKET], ids=["datagram", "seqpacket"])
def test_length_of_a_record_is_told_without_a_buffer(kind):
    seen = None
    sender, receiver = socketpair(type=kind)
    with sender, receiver:
        sender.send(b"0123456789")
        sender.send(b"next")

        seen = measured(receiver)  # decisive

        with fails(EAGAIN):
            length(receiver, MSG_DONTWAIT)
    assert seen == ([10, 10], 10, b"next")
