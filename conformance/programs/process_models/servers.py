"""Servers in a few lines, as the documents have them: one client after the other, a process each, a thread each."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from select import POLLIN

from fixtures.evidence.recorder import RecordedSocket
from fixtures.evidence.waiting import ready
from fixtures.stage.lifeline import die_with_parent

LARGE = 4096
OTHERS = 2
"""Clients that are served while one is idle."""


def echo_once(connection: RecordedSocket) -> None:
    """Sends back what comes first, and closes."""
    if data := connection.recv(LARGE):
        connection.send(data)
    connection.close()


def echo_all(connection: RecordedSocket) -> None:
    """Sends back all that comes until end of file, and closes."""
    while data := connection.recv(LARGE):
        connection.sendall(data)
    connection.close()


def in_order(listener: RecordedSocket, count: int) -> None:
    """Serves `count` clients, one after the other."""
    for _ in range(count):
        echo_all(listener.accept()[0])


def forked(piece: Callable[[], None]) -> int:
    """The process id of a child that runs `piece` and exits."""
    parent, pid = os.getpid(), os.fork()
    if pid:
        return pid
    status = 1
    try:
        die_with_parent(parent)
        piece()
        status = 0
    except BaseException as error:  # a child that raised must not go on with its parent's work
        print(f"child {os.getpid()}: {error!r}", file=sys.stderr)
    finally:
        os._exit(status)


def in_processes(listener: RecordedSocket, count: int) -> list[int]:
    """Serves `count` clients with a child for each; the exit statuses of the children."""
    children = []
    for _ in range(count):
        connection, _ = listener.accept()

        def serve(connection: RecordedSocket = connection) -> None:
            listener.close()
            echo_once(connection)

        children.append(forked(serve))
        connection.close()
    return [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]


def in_threads(listener: RecordedSocket, count: int) -> None:
    """Serves `count` clients with a thread for each."""
    with ThreadPoolExecutor(count) as pool:
        for served in [pool.submit(echo_once, listener.accept()[0]) for _ in range(count)]:
            served.result()


def asked(client: RecordedSocket, question: bytes) -> bytes:
    """What comes back for `question`. Raises Deviation where nothing does."""
    client.send(question)
    ready(client, POLLIN)
    return client.recv(LARGE)
