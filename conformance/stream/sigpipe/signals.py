"""How often SIGPIPE comes, and to which thread."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from signal import SIG_BLOCK, SIG_DFL, SIG_IGN, SIGPIPE
from typing import Any

from fixtures.evidence.scenario import note
from fixtures.evidence.verdicts import Deviation


@contextmanager
def sigpipe(*, times: int) -> Iterator[None]:
    """The block is hit by SIGPIPE exactly `times` times. Raises Deviation otherwise.

    Counted by the handler in C, which writes a byte for each signal: two that come together are two.
    """
    __tracebackhide__ = True
    with _hits() as count:
        yield
        seen = count()
    expected = f"{times} × SIGPIPE"
    note(expected, f"{seen} × SIGPIPE", holds=seen == times)
    if seen != times:
        raise Deviation(f"expected  {expected}\nobserved  {seen} × SIGPIPE")


@contextmanager
def _hits() -> Iterator[Callable[[], int]]:
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    handler, descriptor = signal.signal(SIGPIPE, lambda *_: None), signal.set_wakeup_fd(writer)
    try:
        yield lambda: _drained(reader).count(SIGPIPE)
    finally:
        signal.set_wakeup_fd(descriptor)
        signal.signal(SIGPIPE, handler)
        os.close(reader)
        os.close(writer)


def _drained(reader: int) -> bytes:
    try:
        return os.read(reader, 4096)
    except BlockingIOError:
        return b""


def by_default(piece: Callable[[], Any]) -> Callable[[], Any]:
    """`piece`, with the default action of SIGPIPE before it: to kill. For child processes; Python ignores SIGPIPE."""
    return _with_action(SIG_DFL, piece)


def ignored(piece: Callable[[], Any]) -> Callable[[], Any]:
    """`piece`, with SIGPIPE ignored. For child processes."""
    return _with_action(SIG_IGN, piece)


def _with_action(action: signal.Handlers, piece: Callable[[], Any]) -> Callable[[], Any]:
    def run() -> Any:
        signal.signal(SIGPIPE, action)
        return piece()

    return run


def pending_by_thread(write: Callable[[], Any]) -> tuple[bool, bool]:
    """Whether SIGPIPE is pending in the thread that called `write`, and in the main thread, which did not.

    A signal for the whole process would be pending in both (signal(7)). For child processes: SIGPIPE stays blocked.
    """
    signal.pthread_sigmask(SIG_BLOCK, {SIGPIPE})
    seen: list[bool] = []

    def writing() -> None:
        write()
        seen.append(SIGPIPE in signal.sigpending())

    writer = threading.Thread(target=writing)
    writer.start()
    writer.join()
    return bool(seen and seen[0]), SIGPIPE in signal.sigpending()
