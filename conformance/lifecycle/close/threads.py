"""A thread that waits in a call, as another thread of the same process can see it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from fixtures.evidence.waiting import until

T = TypeVar("T")


@contextmanager
def waiting_thread(call: Callable[[], T], *, wake: Callable[[], object]) -> Iterator[Future[T]]:
    """The future of a `call` in which a thread now sleeps. `wake` is called when the block ends, to end the call."""
    begun: list[int] = []

    def run() -> T:
        begun.append(threading.get_native_id())
        return call()

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(run)
        try:
            until(lambda: bool(begun) and _sleeps(begun[0]), what="a thread asleep in the call")
            yield future
        finally:
            wake()


def _sleeps(thread: int) -> bool:
    """Whether the thread is in state S of proc_pid_stat(5)."""
    stat = Path(f"/proc/self/task/{thread}/stat").read_text(encoding="ascii", errors="replace")
    return stat.rpartition(")")[2].split()[0] == "S"
