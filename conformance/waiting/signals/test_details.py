"""What a signal of F_SETSIG tells: which descriptor, and what has happened to it."""

import ctypes
import os
import struct
from fcntl import F_GETFL, F_SETFL, F_SETOWN, fcntl, ioctl
from os import O_ASYNC, getpgrp, getpid
from select import POLLIN, POLLOUT
from signal import SIG_BLOCK, SIGIO, SIGRTMIN, pthread_sigmask, sigtimedwait
from socket import SOCK_STREAM

import pytest

from fixtures.evidence.libc import checked
from fixtures.evidence.waiting import GENEROUS, ready
from fixtures.stage.children import in_child
from fixtures.stage.families import over_ip, over_streams

F_SETSIG, F_GETSIG, F_GETOWN_EX, F_OWNER_PGRP = 10, 11, 16, 2
POLL_IN, POLL_OUT = 1, 2
FIOSETOWN, SIOCSPGRP, FIOGETOWN, SIOCGPGRP = 0x8901, 0x8902, 0x8903, 0x8904
"""asm-generic/fcntl.h, asm-generic/siginfo.h, asm-generic/sockios.h."""
SIGINFO, SIGNALFD = struct.Struct("iii4xli96x"), struct.Struct("IiiIIiIII92x")
"""siginfo_t of a SIGIO (sigaction(2)): number, errno, code, band, descriptor; and struct signalfd_siginfo."""
_libc = ctypes.CDLL(None, use_errno=True)


def chosen():
    """The set of signals that holds the one that is chosen."""
    return (1 << SIGRTMIN - 1).to_bytes(128, "little")


def by_wait():
    """Code, descriptor and band of the signal that sigtimedwait(2) gives."""
    told, limit = ctypes.create_string_buffer(SIGINFO.size), struct.pack("ll", int(GENEROUS), 0)
    checked(_libc.sigtimedwait(chosen(), told, limit))
    _, _, code, band, number = SIGINFO.unpack(told.raw)
    return code, number, band


def by_signalfd():
    """Code, descriptor and band of the signal that a signalfd(2) gives."""
    with os.fdopen(checked(_libc.signalfd(-1, chosen(), 0)), "rb", buffering=0) as told:
        ready(told, POLLIN)
        _, _, code, _, _, number, _, band, _ = SIGNALFD.unpack(told.read(SIGNALFD.size))
    return code, number, band


def asks(end):
    """The chosen signal comes to this process, and waits until it is asked for."""
    pthread_sigmask(SIG_BLOCK, {SIGIO, SIGRTMIN})
    fcntl(end, F_SETSIG, SIGRTMIN)
    fcntl(end, F_SETOWN, getpid())
    fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_ASYNC)


@pytest.mark.claim("socket.sigio.descriptor-is-told")
@pytest.mark.parametrize("told_by", [by_wait, by_signalfd])
@over_streams
def test_signal_tells_the_descriptor_and_that_it_is_readable(stream_pair, told_by):
    client, server = stream_pair

    def told():
        asks(server)  # decisive
        client.send(b"data")
        code, number, band = told_by()
        return code, number == server.fileno(), band & (POLLIN | POLLOUT)

    assert in_child(told).value == (POLL_IN, True, POLLIN)


@pytest.mark.claim("socket.sigio.connected-is-output")
@pytest.mark.parametrize("told_by", [by_wait, by_signalfd])
@over_ip
def test_signal_of_a_connection_tells_that_it_is_writable(peers, family, told_by):
    listener, client = peers.listener(family), peers.socket("client", family.domain, SOCK_STREAM)

    def told():
        asks(client)
        client.connect(listener.getsockname())  # decisive
        code, number, band = told_by()
        return code, number == client.fileno(), band & (POLLIN | POLLOUT)

    assert in_child(told).value == (POLL_OUT, True, POLLOUT)


@pytest.mark.claim("socket.sigio.zero-is-the-usual-one")
@over_streams
def test_signal_of_number_zero_is_sigio_again(stream_pair):
    client, server = stream_pair

    def signalled():
        asks(server)
        fcntl(server, F_SETSIG, 0)  # decisive
        client.send(b"data")
        told = sigtimedwait({SIGIO, SIGRTMIN}, GENEROUS / 2)
        return fcntl(server, F_GETSIG), told and told.si_signo

    assert in_child(signalled).value == (0, SIGIO)


@pytest.mark.claim("socket.owner.group-by-ioctl")
@pytest.mark.parametrize("tell", [FIOGETOWN, SIOCGPGRP], ids=["FIOGETOWN", "SIOCGPGRP"])
@pytest.mark.parametrize("own", [FIOSETOWN, SIOCSPGRP], ids=["FIOSETOWN", "SIOCSPGRP"])
@over_streams
def test_group_is_set_and_told_by_ioctl(peers, family, own, tell):
    end = peers.listener(family)

    def leader():
        os.setpgrp()
        ioctl(end, own, struct.pack("i", -getpgrp()))  # decisive
        (told,) = struct.unpack("i", ioctl(end, tell, bytes(4)))
        return told == -getpgrp(), fcntl(end, F_GETOWN_EX, bytes(8)) == struct.pack("ii", F_OWNER_PGRP, getpgrp())

    assert in_child(leader).value == (True, True)
