"""Readiness."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import time
from socket import *
from socket import socketpair

from .common import *


@provokes(
    "poll_hup_at_half_close", "poll_rdhup_missing", "poll_in_missing_at_eof", "epoll_rdhup_missing",
    "epoll_in_missing_at_eof", "epoll_hup_at_half_close", "epoll_rdhup_unregistered", "select_read_missing_at_eof",
)  # fmt: skip
def half_closed_bits() -> object:
    with tcp() as (client, server):
        client.shutdown(SHUT_WR)
        bits = select.POLLIN | POLLRDHUP
        return poll_bits(server, bits), epoll_bits(server, bits), len(select.select([server], [], [], 0.1)[0])


@provokes("poll_hup_missing", "poll_err_missing", "poll_in_missing_with_error", "poll_out_missing_with_error")
def reset_bits() -> object:
    with tcp() as (client, server):
        reset(client)
        wait_readable(server)
        return poll_bits(server, select.POLLIN | select.POLLOUT)


@provokes("epoll_hup_missing", "epoll_err_missing", "epoll_out_missing_with_error", "select_write_missing_with_error")
def reset_events() -> object:
    with tcp() as (client, server):
        reset(client)
        wait_readable(server)
        return epoll_bits(server, select.EPOLLIN | select.EPOLLOUT), len(select.select([], [server], [], 0.1)[1])


@provokes("poll_nval_hidden")
def closed_descriptor() -> object:
    reader, writer = os.pipe()
    os.close(reader), os.close(writer)
    poll = select.poll()
    poll.register(reader, select.POLLIN)
    return poll.poll(0) != []


@provokes("poll_out_never")
def writable() -> object:
    with tcp() as (client, _):
        return poll_bits(client, select.POLLOUT)


@provokes("poll_out_when_full")
def not_writable() -> object:
    with tcp() as (client, _):
        fill(client)
        return poll_bits(client, select.POLLOUT, 50)


@provokes("poll_in_missing_at_listener", "select_read_missing_at_listener")
def listener_bits() -> object:
    with listening() as listener, create_connection(listener.getsockname()):
        return poll_bits(listener, select.POLLIN), len(select.select([listener], [], [], 0.1)[0])


@provokes("poll_pri_missing", "epoll_pri_missing", "select_except_missing")
def urgent_bits() -> object:
    with tcp() as (client, server):
        client.send(b"u", MSG_OOB)
        return (
            poll_bits(server, select.POLLPRI),
            epoll_bits(server, select.EPOLLPRI),
            len(select.select([], [], [server], 0.2)[2]),
        )


@provokes("poll_in_with_urgent")
def bits_of_a_lone_urgent_byte() -> object:
    with tcp() as (client, server):
        client.send(b"u", MSG_OOB)
        poll_bits(server, select.POLLPRI)
        return poll_bits(server, select.POLLIN | select.POLLPRI)


@provokes("poll_pri_surplus", "poll_rdhup_surplus", "poll_in_missing_for_datagram")
def normal_data_bits() -> object:
    with tcp() as (client, server), udp() as (sender, receiver):
        client.send(b"x")
        sender.send(b"x")
        wait_readable(server)
        return poll_bits(server, select.POLLIN | select.POLLPRI | POLLRDHUP), poll_bits(receiver, select.POLLIN)


@provokes("poll_timeout_halved", "poll_infinite_ends")
def waiting_time() -> object:
    left, right = socketpair()
    with left, right:
        poller = select.poll()
        poller.register(left, select.POLLIN)
        start = time.monotonic()
        poller.poll(200)
        return time.monotonic() - start > 0.19, outcome(poller.poll, None, limit=0.1)


@provokes("poll_zero_waits")
def no_waiting() -> object:
    left, right = socketpair()
    with left, right:
        start = time.monotonic()
        poll_bits(left, select.POLLIN, 0)
        return time.monotonic() - start < 0.2


@provokes(
    "epoll_edge_as_level", "epoll_oneshot_ignored", "epoll_level_as_edge", "epoll_modify_ignored",
    "epoll_delete_ignored",
)  # fmt: skip
def triggers() -> object:
    seen = []
    left, right = socketpair()
    with left, right:
        right.send(b"x")
        for extra in (0, select.EPOLLET, select.EPOLLONESHOT):
            with contextlib.closing(select.epoll()) as waiter:
                waiter.register(left, select.EPOLLIN | extra)
                seen += [len(waiter.poll(0)), len(waiter.poll(0))]
                waiter.modify(left, select.EPOLLIN)
                seen.append(len(waiter.poll(0)))
                waiter.unregister(left)
                seen.append(len(waiter.poll(0)))
    return seen


@provokes("epoll_add_twice_allowed", "epoll_unknown_allowed")
def registrations() -> object:
    left, right = socketpair()
    with left, right, contextlib.closing(select.epoll()) as waiter:
        unknown = outcome(waiter.modify, left, select.EPOLLIN)
        waiter.register(left, select.EPOLLIN)
        return unknown, outcome(waiter.register, left, select.EPOLLIN)


@provokes("select_counts_descriptors", "select_read_set_kept")
def selected() -> object:
    left, right = socketpair()
    with left, right:
        sets = [(ctypes.c_ulong * 16)() for _ in range(2)]
        right.send(b"x")
        seen = []
        for fd in (left.fileno(), right.fileno()):
            for each in sets:
                each[fd // 64] = 1 << (fd % 64)
            count = LIBC.select(fd + 1, sets[0], sets[1], None, bytes(16))
            seen.append((count, sets[0][fd // 64] != 0))
        return seen


@provokes("poll_err_with_hup", "poll_out_missing_after_shutdown")
def finished_bits() -> object:
    with tcp() as (client, server):
        client.shutdown(SHUT_WR)
        half = poll_bits(client, select.POLLOUT)
        server.shutdown(SHUT_WR)
        wait_readable(client)
        return half, poll_bits(client, select.POLLIN)


@provokes("epoll_timeout_halved", "epoll_cloexec_ignored")
def epoll_waits() -> object:
    with contextlib.closing(select.epoll()) as waiter:
        start = time.monotonic()
        waiter.poll(0.2)
        return time.monotonic() - start > 0.19, os.get_inheritable(waiter.fileno())
