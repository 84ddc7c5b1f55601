"""Many descriptors, system calls by number, and processes that are stopped while they wait."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import select
import signal
import struct
from socket import *
from socket import socketpair

from .common import *
from .local import told

SELECT, PSELECT6, PPOLL, KCMP = 23, 270, 271, 312
"""Of x86_64."""


def timed(call: int, number: int) -> int:
    """What a wait of ten seconds for a descriptor that is ready leaves of its limit, in whole seconds."""
    limit = ctypes.create_string_buffer(struct.pack("ll", 10, 0), 16)
    one = ctypes.create_string_buffer(struct.pack("ihh", number, select.POLLIN, 0), 8)
    bits = ctypes.create_string_buffer((1 << number).to_bytes(256, "little"), 256)
    if call == PPOLL:
        LIBC.syscall(call, one, 1, limit, None, 8)
    else:
        LIBC.syscall(call, number + 1, bits, None, None, limit, None)
    return struct.unpack("ll", limit.raw)[0]


@provokes("syscall_select_kept", "syscall_pselect_kept", "syscall_ppoll_kept")
def limits_of_system_calls() -> object:
    left, right = socketpair()
    with left, right:
        left.send(b"x")
        return [timed(call, right.fileno()) for call in (SELECT, PSELECT6, PPOLL)]


@provokes("syscall_sticky_ignored")
def limit_that_is_sticky() -> object:
    def waited() -> object:
        LIBC.personality(0x4000000)
        limit = ctypes.create_string_buffer(struct.pack("ll", 10, 0), 16)
        return interrupted(lambda: LIBC.syscall(PSELECT6, 0, None, None, None, limit, None)), limit.raw

    return told(waited)


@provokes("syscall_large_refused", "large_poll_page", "large_select_word")
def many_descriptors() -> object:
    left, right = socketpair()
    with left, right:
        left.send(b"x")
        number = fcntl.fcntl(right.fileno(), fcntl.F_DUPFD, 100)
        bits = ctypes.create_string_buffer((1 << number).to_bytes(256, "little"), 256)
        raw = LIBC.syscall(PSELECT6, 2000, bits, None, None, bytes(16), None)
        entry = struct.pack("ihh", left.fileno(), select.POLLIN, 0)
        entries = ctypes.create_string_buffer(entry * 600 + struct.pack("ihh", number, select.POLLIN, 0))
        polled = LIBC.poll(entries, 601, 0)
        selected = len(select.select([number], [], [], 0)[0])
        os.close(number)
        return raw, polled, selected


@provokes("syscall_kcmp_first", "syscall_kcmp_same", "told_epoll_data", "told_epoll_events", "epoll_exclusive_nested")
def epoll_seen_from_outside() -> object:
    left, right = socketpair()
    with left, right, contextlib.closing(select.epoll()) as one, contextlib.closing(select.epoll()) as other:
        for end in (left, right):
            number = os.dup2(end.fileno(), 99)
            LIBC.epoll_ctl(one.fileno(), 1, number, struct.pack("=IQ", select.EPOLLIN, 1 << 60))
        slots = [struct.pack("=IIQ", one.fileno(), number, offset) for offset in (0, 1)]
        pid = os.getpid()
        same = [LIBC.syscall(KCMP, pid, pid, 7, left.fileno(), slot) for slot in slots]
        shown = os.open(f"/proc/self/fdinfo/{one.fileno()}", os.O_RDONLY)
        lines = [line.split()[3:6:2] for line in os.read(shown, 4096).split(b"\n") if line.startswith(b"tfd")]
        os.close(shown), os.close(number)
        nested = outcome(other.register, one.fileno(), select.EPOLLIN | select.EPOLLEXCLUSIVE)
        return sorted(each == 0 for each in same), lines, nested


def stopped(call: Callable[[], object]) -> object:
    """What a call gives during which the process is stopped and goes on."""
    parent = os.getpid()

    def is_in(state: str) -> bool:
        with open(f"/proc/{parent}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(")")[2].split()[0] == state

    if os.fork() == 0:
        for state, number in (("S", signal.SIGSTOP), ("T", signal.SIGCONT)):
            until(lambda state=state: is_in(state), limit=1.0)
            os.kill(parent, number)
        os._exit(0)
    try:
        return call()
    finally:
        os.wait()


@provokes("stopped_poll_ends")
def poll_of_a_process_that_is_stopped() -> object:
    def waited() -> object:
        left, right = socketpair()
        with left, right:
            one = ctypes.create_string_buffer(struct.pack("ihh", left.fileno(), select.POLLIN, 0), 8)
            return stopped(lambda: LIBC.poll(one, 1, 1200))

    return told(waited)


@provokes("epoll_eintr_restarted")
def epoll_wait_that_is_interrupted() -> object:
    left, right = socketpair()
    with left, right, contextlib.closing(select.epoll()) as one:
        one.register(left.fileno(), select.EPOLLIN)
        return interrupted(lambda: LIBC.epoll_wait(one.fileno(), bytes(12), 1, 2000))
