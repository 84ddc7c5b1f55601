"""Listening and connecting."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import select
import struct
import tempfile
from socket import *
from socket import socket

from .common import *


def queued(backlog: int) -> int:
    """How many connections are answered before the listener accepts any."""
    with listening(backlog=backlog) as listener, contextlib.ExitStack() as stack:
        for count in range(20):
            client = stack.enter_context(socket(AF_INET, SOCK_STREAM))
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
            if poll_bits(client, select.POLLOUT, 50) != select.POLLOUT:
                return count
        return 20


@provokes(
    "listen_backlog_ignored", "listen_backlog_one_less", "listen_backlog_one_more", "listen_backlog_halved",
    "listen_backlog_unlimited",
)  # fmt: skip
def queue_of_four() -> object:
    return queued(4)


@provokes("listen_zero_as_large", "listen_zero_refused")
def queue_of_none() -> object:
    return outcome(queued, 0, limit=3)


@provokes("listen_negative_refused", "listen_negative_as_zero")
def queue_of_negative() -> object:
    with socket(AF_INET, SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0))
        if LIBC.listen(listener.fileno(), -1):
            return "refused"
        return struct.unpack_from("=I", listener.getsockopt(IPPROTO_TCP, TCP_INFO, 104), 28)[0] > 0


@provokes("listen_again_ignored", "listen_again_refused")
def second_listen() -> object:
    with listening() as listener:
        answer = outcome(listener.listen, 9)
        return answer, struct.unpack_from("=I", listener.getsockopt(IPPROTO_TCP, TCP_INFO, 104), 28)[0]


@provokes("listen_acceptconn_zero", "listen_acceptconn_one")
def acceptconn() -> object:
    with listening() as listener, socket(AF_INET, SOCK_STREAM) as other:
        return [each.getsockopt(SOL_SOCKET, SO_ACCEPTCONN) for each in (listener, other)]


@provokes("listen_unbound_refused", "listen_datagram_allowed")
def odd_listeners() -> object:
    with socket(AF_INET, SOCK_STREAM) as stream, socket(AF_INET, SOCK_DGRAM) as datagram:
        return outcome(stream.listen, 1), outcome(datagram.listen, 1)


def accepted(listener: socket, flags: int) -> tuple[int, bytes]:
    name, length = ctypes.create_string_buffer(64), ctypes.c_uint32(64)
    fd = LIBC.accept4(listener.fileno(), name, ctypes.byref(length), flags)
    return fd, name.raw[: min(length.value, 64)]


@provokes(
    "accept_nonblock_ignored", "accept_cloexec_ignored", "accept_address_is_own", "accept_address_wrong_port",
    "accept_address_length_kept",
)  # fmt: skip
def accept_flags() -> object:
    with listening() as listener, create_connection(listener.getsockname()) as client:
        fd, name = accepted(listener, SOCK_NONBLOCK | SOCK_CLOEXEC)
        seen = fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK, fcntl.fcntl(fd, fcntl.F_GETFD)
        os.close(fd)
        return seen, name[2:4] == struct.pack("!H", client.getsockname()[1]), len(name)


@provokes("accept_flags_unchecked")
def accept_unknown_flags() -> object:
    with listening() as listener, create_connection(listener.getsockname()):
        return accepted(listener, 0x10)[0] < 0


@provokes("accept_nonblock_inherited")
def accept_blocking_mode() -> object:
    with listening() as listener, create_connection(listener.getsockname()):
        os.set_blocking(listener.fileno(), False)
        fd, _ = accepted(listener, 0)
        return os.get_blocking(fd), os.close(fd)


@provokes("accept_empty_waits", "accept_empty_as_aborted", "accept_notlistening_as_eagain")
def accept_nothing() -> object:
    with listening() as listener, socket(AF_INET, SOCK_STREAM) as alone:
        listener.setblocking(False)
        return outcome(listener.accept), outcome(alone.accept)


@provokes("accept_newest_first")
def accept_order() -> object:
    with listening() as listener, create_connection(listener.getsockname()) as first:
        second = create_connection(listener.getsockname())
        server, name = listener.accept()
        with second, server:
            return name == first.getsockname()


@provokes("connect_refused_as_timeout", "connect_refused_as_success", "connect_refused_as_reset")
def refused() -> object:
    with listening() as listener:
        name = listener.getsockname()
    with socket(AF_INET, SOCK_STREAM) as client:
        return outcome(client.connect, name)


@provokes(
    "connect_nonblock_as_eagain", "connect_nonblock_as_success", "connect_nonblock_waits",
    "connect_connected_allowed",
)  # fmt: skip
def nonblocking_connect() -> object:
    with listening() as listener, socket(AF_INET, SOCK_STREAM) as client:
        client.setblocking(False)
        first = client.connect_ex(listener.getsockname())
        poll_bits(client, select.POLLOUT)
        client.connect_ex(listener.getsockname())
        return first, client.connect_ex(listener.getsockname())


@provokes("connect_datagram_unspec_ignored", "connect_datagram_again_refused")
def reconnected() -> object:
    with udp() as (sender, receiver):
        again = outcome(sender.connect, receiver.getsockname())
        LIBC.connect(sender.fileno(), bytes(16), 16)
        return again, outcome(sender.getpeername)


@provokes("connect_unix_missing_as_refused")
def connect_missing() -> object:
    with socket(AF_UNIX) as client:
        return outcome(client.connect, "/nonexistent/socket")


@provokes("connect_unix_refused_as_missing")
def connect_nobody() -> object:
    with tempfile.TemporaryDirectory() as folder, socket(AF_UNIX) as one, socket(AF_UNIX) as client:
        one.bind(f"{folder}/s")
        return outcome(client.connect, f"{folder}/s")


@provokes("connect_pending_as_connected", "connect_pending_as_inprogress", "poll_out_while_connecting")
def pending_connect() -> object:
    with full_listener() as name, socket(AF_INET, SOCK_STREAM) as client:
        client.setblocking(False)
        client.connect_ex(name)
        return client.connect_ex(name), poll_bits(client, select.POLLOUT, 20)


@provokes("connect_stream_unspec_refused", "connect_family_as_einval")
def odd_connects() -> object:
    with tcp() as (client, _), socket(AF_INET, SOCK_STREAM) as other:
        wrong = struct.pack("=HHI", AF_APPLETALK, 0, 0) + bytes(8)
        failed = LIBC.connect(other.fileno(), wrong, 16), ctypes.get_errno()
        return failed, LIBC.connect(client.fileno(), bytes(16), 16), outcome(client.getpeername)


@provokes("connect_stream_unspec_stays_shut")
def next_connection_of_what_was_shut_down() -> object:
    with tcp() as (client, _), listening() as listener:
        client.shutdown(SHUT_RDWR)
        LIBC.connect(client.fileno(), bytes(16), 16)
        client.connect(listener.getsockname())
        return outcome(client.send, b"x", MSG_NOSIGNAL)


@provokes("connect_unix_full_as_inprogress")
def full_unix_listener() -> object:
    with socket(AF_UNIX) as listener, contextlib.ExitStack() as stack:
        listener.bind(f"\0sockproof-{os.getpid()}")
        listener.listen(0)
        answers = []
        for _ in range(3):
            client = stack.enter_context(socket(AF_UNIX))
            client.setblocking(False)
            answers.append(client.connect_ex(listener.getsockname()))
        return answers


@provokes("listen_connected_allowed", "listen_inuse_missing", "listen_somaxconn_refused")
def odd_listens() -> object:
    with tcp() as (client, _), socket(AF_INET, SOCK_STREAM) as one, socket(AF_INET, SOCK_STREAM) as two:
        for each in (one, two):
            each.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        one.bind(("127.0.0.1", 0))
        two.bind(one.getsockname())
        return outcome(client.listen, 1), outcome(one.listen, 1 << 20), outcome(two.listen, 1)


@provokes("accept_reuse_not_inherited")
def inherited_reuse() -> object:
    with socket(AF_INET, SOCK_STREAM) as listener:
        listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with create_connection(listener.getsockname()), listener.accept()[0] as server:
            return server.getsockopt(SOL_SOCKET, SO_REUSEADDR)


@provokes("connect_datagram_new_port")
def connecting_again_keeps_the_port() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end, socket(AF_INET, SOCK_DGRAM) as one, socket(AF_INET, SOCK_DGRAM) as other:
        one.bind(("127.0.0.1", 0)), other.bind(("127.0.0.1", 0))
        end.connect(one.getsockname())
        first = end.getsockname()
        end.connect(other.getsockname())
        return end.getsockname() == first


@provokes("opening_send_as_epipe")
def sent_before_the_answer() -> object:
    with full_listener() as name, socket(AF_INET, SOCK_STREAM) as client:
        client.setblocking(False)
        client.connect_ex(name)
        return outcome(client.send, b"data")


@provokes("shutdown_connecting_refused")
def given_up_before_the_answer() -> object:
    with full_listener() as name, socket(AF_INET, SOCK_STREAM) as client:
        client.setblocking(False)
        client.connect_ex(name)
        return outcome(client.shutdown, SHUT_RDWR)


@provokes("close_listener_for_all")
def listener_closed_by_a_duplicate() -> object:
    with listening() as listener:
        listener.dup().close()
        with socket(AF_INET, SOCK_STREAM) as client:
            return outcome(client.connect, listener.getsockname())
