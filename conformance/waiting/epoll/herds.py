"""Workers that wait for connections in epoll instances, and how many of them one connection wakes."""

from __future__ import annotations

import os
import select
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from conformance.waiting.epoll.watching import pipe
from fixtures.evidence.recorder import RecordedSocket
from fixtures.stage.children import Child, child

WORKERS = 4


@contextmanager
def herd(listener: RecordedSocket, events: int, *, shared: bool) -> Iterator[Callable[[], int]]:
    """`WORKERS` children asleep in epoll_wait(), each in an instance of its own, or all in one.

    What is given tells how many of them have been woken, once one has; a worker that is woken waits for the end of
    the block, so that it does not take the connection from those who are still to be woken.
    """
    with ExitStack() as stack:
        woken_reader, woken_writer = stack.enter_context(pipe())
        ended_reader, ended_writer = stack.enter_context(pipe())
        common = stack.enter_context(select.epoll()) if shared else None
        if common is not None:
            common.register(listener.fileno(), events)

        def work() -> None:
            os.close(ended_writer)
            instance = common if common is not None else select.epoll()
            if common is None:
                instance.register(listener.fileno(), events)
            os.write(woken_writer, b"r")
            instance.poll()
            os.write(woken_writer, b"w")
            os.read(ended_reader, 1)

        workers = [stack.enter_context(child(work)) for _ in range(WORKERS)]
        for _ in workers:
            os.read(woken_reader, 1)
        for worker in workers:
            worker.is_blocked_in("epoll_wait")
        yield lambda: counted(woken_reader, workers)


def counted(reader: int, workers: Sequence[Child]) -> int:
    """How many have been woken: asked when every worker sleeps again, in its first wait or in the one behind it."""
    woken = len(os.read(reader, WORKERS))
    for worker in workers:
        worker.is_blocked_in("one of its waits")
    while select.select([reader], [], [], 0)[0]:
        woken += len(os.read(reader, WORKERS))
    return woken
