"""Another signal than SIGIO, and owners of three kinds: F_SETSIG and F_SETOWN_EX."""

import struct
from concurrent.futures import ThreadPoolExecutor
from fcntl import F_GETFL, F_SETFL, F_SETOWN, fcntl
from os import O_ASYNC, getpgrp, getpid
from select import POLLIN
from signal import SIG_BLOCK, SIGIO, SIGRTMIN, pthread_sigmask, sigpending, sigtimedwait
from threading import get_native_id

import pytest

from fixtures.evidence.waiting import GENEROUS, until
from fixtures.stage.children import in_child
from fixtures.stage.families import over_streams

F_SETSIG, F_GETSIG, F_SETOWN_EX, F_GETOWN_EX = 10, 11, 15, 16
F_OWNER_TID = 0
POLL_IN = 1
"""asm-generic/fcntl.h, asm-generic/siginfo.h."""
OWNER = struct.Struct("ii")
"""struct f_owner_ex: the kind, and the number."""
OWNERS = {"thread": (F_OWNER_TID, get_native_id), "process": (1, getpid), "group": (2, getpgrp)}


@pytest.mark.claim("socket.sigio.chosen-signal")
@over_streams
def test_chosen_signal_comes_and_tells_what_happened(stream_pair):
    client, server = stream_pair

    def signalled():
        pthread_sigmask(SIG_BLOCK, {SIGIO, SIGRTMIN})
        fcntl(server, F_SETSIG, SIGRTMIN)  # decisive
        fcntl(server, F_SETOWN, getpid())
        fcntl(server, F_SETFL, fcntl(server, F_GETFL) | O_ASYNC)
        client.send(b"data")
        told = sigtimedwait({SIGIO, SIGRTMIN}, GENEROUS / 2)
        return told and (told.si_signo, told.si_code, told.si_band & POLLIN)

    assert in_child(signalled).value == (SIGRTMIN, POLL_IN, POLLIN)


@pytest.mark.claim("socket.sigio.chosen-signal-reads-back")
@over_streams
def test_chosen_signal_is_told(peers, family):
    end = peers.listener(family)
    before = fcntl(end, F_GETSIG)

    fcntl(end, F_SETSIG, SIGRTMIN)  # decisive

    assert (before, fcntl(end, F_GETSIG)) == (0, SIGRTMIN)


@pytest.mark.claim("socket.owner.of-a-thread")
@pytest.mark.parametrize("kind", OWNERS)
@over_streams
def test_owner_of_each_kind_is_told(peers, family, kind):
    end = peers.listener(family)
    which, number = OWNERS[kind]
    owner = OWNER.pack(which, number())

    fcntl(end, F_SETOWN_EX, owner)  # decisive

    assert fcntl(end, F_GETOWN_EX, bytes(OWNER.size)) == owner


@pytest.mark.claim("socket.sigio.of-one-thread")
@over_streams
def test_signal_of_a_thread_is_no_other_threads(stream_pair):
    client, server = stream_pair

    def waits():
        pthread_sigmask(SIG_BLOCK, {SIGIO})
        fcntl(server, F_SETOWN_EX, OWNER.pack(F_OWNER_TID, get_native_id()))
        fcntl(server, F_SETFL, fcntl(server, F_GETFL) | O_ASYNC)  # decisive
        client.send(b"data")
        until(lambda: SIGIO in sigpending(), what="SIGIO for the thread that owns the socket")
        with ThreadPoolExecutor(1) as another:
            return SIGIO in another.submit(sigpending).result()

    assert in_child(waits).value is False
