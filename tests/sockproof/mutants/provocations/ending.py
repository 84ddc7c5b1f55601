"""Shutdown, close and linger."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import contextlib
import struct
import time
from socket import *
from socket import socket, socketpair

from .common import *


@provokes(
    "shutdown_rd_as_rdwr", "shutdown_rd_as_wr", "shutdown_rd_ignored", "shutdown_rdwr_as_rd", "shutdown_rdwr_as_wr",
    "shutdown_rdwr_ignored", "shutdown_wr_as_rd", "shutdown_wr_as_rdwr", "shutdown_wr_ignored",
)  # fmt: skip
def directions() -> object:
    seen = []
    for how in (SHUT_RD, SHUT_WR, SHUT_RDWR):
        left, right = socketpair()
        with left, right:
            left.shutdown(how)
            seen.append((outcome(left.send, b"x"), outcome(left.recv, 1, MSG_DONTWAIT)))
    return seen


@provokes("shutdown_again_refused", "shutdown_unconnected_allowed", "shutdown_how_unchecked")
def odd_shutdowns() -> object:
    with tcp() as (client, _), socket(AF_INET, SOCK_STREAM) as alone:
        client.shutdown(SHUT_WR)
        return outcome(client.shutdown, SHUT_WR), outcome(alone.shutdown, SHUT_WR), outcome(client.shutdown, 7)


@provokes("shutdown_wr_discards_unread")
def half_closed_with_unread() -> object:
    left, right = socketpair()
    with left, right:
        right.send(b"ab")
        left.shutdown(SHUT_WR)
        return outcome(left.recv, 5, MSG_DONTWAIT)


@provokes("shutdown_listener_ignored")
def listener_shut_down() -> object:
    with listening() as listener:
        listener.shutdown(SHUT_RD)
        return outcome(create_connection, listener.getsockname()) == "ECONNREFUSED"


@provokes("close_as_reset", "close_end_withheld")
def plain_close() -> object:
    with tcp() as (client, server):
        client.close()
        return outcome(server.recv, 1)


@provokes("close_unread_as_fin")
def close_with_unread() -> object:
    with tcp() as (client, server):
        server.send(b"x")
        wait_readable(client)
        client.close()
        wait_readable(server)
        return outcome(server.recv, 1)


@provokes("close_unix_unread_as_eof")
def close_unix_with_unread() -> object:
    left, right = socketpair()
    with left, right:
        right.send(b"x")
        left.close()
        return outcome(right.recv, 1)


@provokes("close_duplicate_shuts_down")
def close_one_of_two() -> object:
    with tcp() as (client, server):
        client.dup().close()
        return outcome(server.recv, 1, limit=0.1)


@provokes("close_listener_keeps_listening")
def closed_listener() -> object:
    with listening() as listener:
        name = listener.getsockname()
    return outcome(create_connection, name) == "ECONNREFUSED"


@provokes("close_unsent_discarded")
def close_with_unsent() -> object:
    with tcp() as (client, server):
        sent = fill(client)
        client.close()
        received = 0
        with contextlib.suppress(ConnectionResetError):
            while data := server.recv(1 << 20):
                received += len(data)
        return received == sent


def set_linger(sock: socket, on: int, seconds: int) -> None:
    sock.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", on, seconds))


@provokes("linger_zero_graceful", "linger_option_ignored")
def linger_zero() -> object:
    with tcp() as (client, server):
        set_linger(client, 1, 0)
        client.close()
        wait_readable(server)
        return outcome(server.recv, 1)


@provokes("linger_positive_aborts", "linger_seconds_dropped")
def linger_positive() -> object:
    with tcp() as (client, server):
        set_linger(client, 1, 5)
        client.close()
        wait_readable(server)
        return outcome(server.recv, 1)


def lingering(seconds: int) -> tuple[float, object, bool]:
    """How long close took with data that the peer does not read, its result, and whether all data arrived."""
    with tcp() as (client, server):
        sent = fill(client)
        set_linger(client, 1, seconds)
        start = time.monotonic()
        closed = LIBC.close(client.detach())
        took = time.monotonic() - start
        received = 0
        with contextlib.suppress(ConnectionResetError):
            while data := server.recv(1 << 20):
                received += len(data)
        return round(took), closed, received == sent


@provokes("linger_positive_at_once", "linger_timeout_aborts", "linger_timeout_reported")
def linger_one() -> object:
    return lingering(1)


@provokes("linger_positive_one_second")
def linger_two() -> object:
    return lingering(2)


@provokes("linger_positive_waits_full")
def linger_idle() -> object:
    with tcp() as (client, _):
        set_linger(client, 1, 1)
        start = time.monotonic()
        client.close()
        return time.monotonic() - start > 0.9


@provokes("linger_get_reports_off", "linger_get_reports_ticks", "linger_get_reports_on", "linger_off_as_on")
def linger_read_back() -> object:
    with socket(AF_INET, SOCK_STREAM) as sock:
        seen = [sock.getsockopt(SOL_SOCKET, SO_LINGER, 8)]
        for on, seconds in ((1, 3), (0, 3)):
            set_linger(sock, on, seconds)
            seen.append(sock.getsockopt(SOL_SOCKET, SO_LINGER, 8))
        return [struct.unpack("ii", each)[: 1 + (i == 1)] for i, each in enumerate(seen)]
