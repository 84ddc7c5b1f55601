"""Errors and signals."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import ctypes
import os
import select
import struct
import time
from socket import *
from socket import socket, socketpair

from .common import *


@provokes("errors_epipe_as_reset", "errors_epipe_as_sent")
def broken_pipe() -> object:
    left, right = socketpair()
    with left:
        right.close()
        return outcome(left.send, b"x")


@provokes("errors_sigpipe_missing")
def sigpipe() -> object:
    left, right = socketpair()
    right.close()
    with left:
        return death(lambda: os.write(left.fileno(), b"x"))


@provokes("errors_sigpipe_nosignal_ignored")
def no_sigpipe() -> object:
    left, right = socketpair()
    right.close()
    with left:
        return death(lambda: left.send(b"x", MSG_NOSIGNAL))


@provokes("errors_reset_as_eof", "errors_reset_as_epipe", "errors_reset_repeated")
def reset_read() -> object:
    with tcp() as (client, server):
        reset(client)
        wait_readable(server)
        return outcome(server.recv, 1), outcome(server.recv, 1)


@provokes("errors_reset_sending_as_epipe", "errors_reset_sending_lost")
def reset_written() -> object:
    with tcp() as (client, server):
        reset(client)
        wait_readable(server)
        return outcome(server.send, b"x")


@provokes("errors_sigpipe_on_reset")
def signal_on_reset() -> object:
    with tcp() as (client, server):
        reset(client)
        wait_readable(server)
        return death(lambda: server.send(b"x"))


@provokes(
    "errors_soerror_always_zero", "errors_soerror_negative", "errors_soerror_not_cleared",
    "errors_soerror_reported_twice",
)  # fmt: skip
def pending_error() -> object:
    with tcp() as (client, server):
        reset(client)
        wait_readable(server)
        twice = [server.getsockopt(SOL_SOCKET, SO_ERROR) for _ in range(2)]
        return twice, outcome(server.recv, 1)


def refused_udp() -> socket:
    with socket(AF_INET, SOCK_DGRAM) as gone:
        gone.bind(("127.0.0.1", 0))
        name = gone.getsockname()
    sender = socket(AF_INET, SOCK_DGRAM)
    sender.connect(name)
    sender.send(b"x")
    wait_readable(sender)
    return sender


@provokes("errors_refused_receiving_lost")
def refused_receive() -> object:
    with refused_udp() as sender:
        return outcome(sender.recv, 1)


@provokes("errors_refused_sending_lost")
def refused_send() -> object:
    with refused_udp() as sender:
        return outcome(sender.send, b"x")


def interrupted_poll(sock: socket) -> object:
    one = ctypes.create_string_buffer(struct.pack("=ihh", sock.fileno(), select.POLLIN, 0))
    return interrupted(lambda: LIBC.poll(one, 1, 2000))


@provokes("errors_eintr_poll_as_timeout", "errors_eintr_poll_restarted", "errors_eintr_receiving_lost")
def interrupted_calls() -> object:
    left, right = socketpair()
    with left, right:
        left.setsockopt(SOL_SOCKET, SO_RCVTIMEO, struct.pack("ll", 2, 0))
        start = time.monotonic()
        polled = interrupted_poll(left), time.monotonic() - start < 1.0
        return polled, interrupted(lambda: LIBC.recv(left.fileno(), ctypes.create_string_buffer(1), 1, 0))


@provokes("select_eintr_restarted")
def interrupted_select() -> object:
    limit = ctypes.create_string_buffer(struct.pack("ll", 2, 0))
    return interrupted(lambda: LIBC.select(0, None, None, None, limit))


@provokes("errors_eintr_partial_lost")
def interrupted_send() -> object:
    with tcp() as (client, _):
        data = ctypes.create_string_buffer(64 << 20)
        sent = interrupted(lambda: LIBC.send(client.fileno(), data, len(data), 0), after=0.2)
        return sent if isinstance(sent, str) else "some"
