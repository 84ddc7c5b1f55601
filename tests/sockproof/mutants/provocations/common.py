"""The register of provocations, and what they share: pairs, outcomes, waits."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import select
import signal
import struct
import time
from collections.abc import Callable, Iterator
from socket import *
from socket import socket

from .alarm import OURS

LOOK = 0.005
"""Seconds between two looks."""
PROVOCATIONS: dict[str, Callable[[], object]] = {}
LIBC = ctypes.CDLL(None, use_errno=True)
IP_PKTINFO, IP_RECVERR, IP_RECVTTL, IP_MULTICAST_ALL = 8, 11, 12, 49
SIOCOUTQ, SIOCATMARK, POLLRDHUP = 0x5411, 0x8905, 0x2000
GROUP, ADDRESS = "239.255.7.7", "10.87.0.1"


def provokes(*names: str) -> Callable[[Callable[[], object]], Callable[[], object]]:
    def register(function: Callable[[], object]) -> Callable[[], object]:
        for name in names:
            assert name not in PROVOCATIONS, name
            PROVOCATIONS[name] = function
        return function

    return register


class Blocked(Exception):
    """A call that was expected to return at once did not."""


def _stop(number: int, frame: object) -> None:
    if OURS.is_due:
        raise Blocked


def _result(call: Callable[..., object], arguments: tuple[object, ...]) -> str:
    try:
        return repr(call(*arguments))
    except TimeoutError as error:
        return errno.errorcode.get(error.errno or 0, "timeout")
    except OSError as error:
        return errno.errorcode[error.errno or 0]


def outcome(call: Callable[..., object], *arguments: object, limit: float = 0.3) -> str:
    """The call's result, the name of its errno, or "blocked" where it had to be interrupted after `limit` seconds.

    Its process counts them where it does not wait for a processor.
    """
    signal.signal(signal.SIGALRM, _stop)
    try:
        OURS.set(limit)
        answer = _result(call, arguments)
        OURS.set(0)
        return answer
    except Blocked:
        return "blocked"


def interrupted(call: Callable[[], int], *, after: float = 0.05) -> object:
    """Result or errno of a C call during which a signal handler runs."""
    signal.signal(signal.SIGALRM, lambda number, frame: None)
    OURS.set(after)
    result = call()
    OURS.set(0)
    return result if result >= 0 else errno.errorcode[ctypes.get_errno()]


def until(condition: Callable[[], bool], *, limit: float = 0.3) -> None:
    """Waits until the condition holds, or the limit is over, in which case the caller sees what there is.

    As many looks as it has room for are taken at least, so that a busy machine has longer.
    """
    end, looks = time.monotonic() + limit, 0
    while not condition() and (time.monotonic() < end or looks < limit / LOOK):
        select.select([], [], [], LOOK)
        looks += 1


@contextlib.contextmanager
def tcp(*, backlog: int = 5) -> Iterator[tuple[socket, socket]]:
    with socket(AF_INET, SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(backlog)
        client = create_connection(listener.getsockname())
        server, _ = listener.accept()
    with client, server:
        yield client, server


@contextlib.contextmanager
def udp() -> Iterator[tuple[socket, socket]]:
    with socket(AF_INET, SOCK_DGRAM) as sender, socket(AF_INET, SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        sender.connect(receiver.getsockname())
        yield sender, receiver


@contextlib.contextmanager
def listening(*, backlog: int = 5) -> Iterator[socket]:
    with socket(AF_INET, SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(backlog)
        yield listener


def fill(sock: socket) -> int:
    total = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            total += sock.send(b"x" * 65536, MSG_DONTWAIT)
    return total


def wait_readable(sock: socket, *, bits: int = select.POLLIN) -> None:
    poller = select.poll()
    poller.register(sock, bits)
    poller.poll(2000)


def poll_bits(sock: socket, bits: int, limit: int = 200) -> object:
    poller = select.poll()
    poller.register(sock, bits)
    found = poller.poll(limit)
    return found[0][1] if found else "nothing"


def epoll_bits(sock: socket, bits: int, limit: float = 0.2) -> object:
    with contextlib.closing(select.epoll()) as waiter:
        waiter.register(sock, bits)
        found = waiter.poll(limit)
    return found[0][1] if found else "nothing"


def reset(client: socket) -> None:
    """Makes the peer see a reset."""
    client.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def death(child: Callable[[], object]) -> str:
    """How a forked child ended that ran `child` with SIGPIPE at its default."""
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        with contextlib.suppress(OSError):
            child()
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    return f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else "exit"


@contextlib.contextmanager
def full_listener() -> Iterator[tuple[str, int]]:
    """The name of a listener that answers no SYN, since nobody accepts."""
    with listening(backlog=0) as listener, contextlib.ExitStack() as stack:
        for _ in range(3):
            client = stack.enter_context(socket(AF_INET, SOCK_STREAM))
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        until(lambda: poll_bits(listener, select.POLLIN, 0) != "nothing")
        yield listener.getsockname()
