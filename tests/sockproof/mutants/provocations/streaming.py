"""Streams read, sent and tuned otherwise than documented."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import array
import ctypes
import fcntl
import os
import select
import struct
import termios
from socket import *
from socket import socket, socketpair

from .common import *

SO_BUF_LOCK = 72
RANGE = "net/ipv4/tcp_available_congestion_control"


@provokes("reading_whole_awaited")
def more_than_is_there() -> object:
    left, right = socketpair()
    with left, right:
        left.send(b"abc")
        return outcome(right.recv, 10)


@provokes("reading_piece_capped")
def two_sends() -> object:
    left, right = socketpair()
    with left, right:
        left.send(b"abc")
        left.send(b"def")
        return right.recv(10)


@provokes("reading_rest_lost")
def in_pieces() -> object:
    left, right = socketpair()
    with left, right:
        left.send(b"abcdef")
        return right.recv(3), outcome(right.recv, 3, MSG_DONTWAIT)


@provokes("reading_end_overtakes")
def data_before_the_end() -> object:
    with tcp() as (client, server):
        client.send(b"abc")
        client.shutdown(SHUT_WR)
        wait_readable(server, bits=POLLRDHUP)
        return outcome(server.recv, 10)


@provokes("reading_end_counted")
def count_before_the_end() -> object:
    with tcp() as (client, server):
        client.send(b"abc")
        client.shutdown(SHUT_WR)
        wait_readable(server, bits=POLLRDHUP)
        answer = array.array("i", [0])
        fcntl.ioctl(server, termios.FIONREAD, answer)
        return answer[0]


@provokes("reading_nothing_refused")
def no_bytes() -> object:
    left, right = socketpair()
    with left, right:
        left.send(b"abc")
        return LIBC.recv(right.fileno(), ctypes.create_string_buffer(1), 0, 0)


@provokes("reading_nothing_consumes")
def read_no_bytes() -> object:
    with udp() as (sender, receiver):
        sender.send(b"x")
        return os.read(receiver.fileno(), 0), outcome(receiver.recv, 1, MSG_DONTWAIT)


@provokes("reading_read_peeks")
def read_twice() -> object:
    left, right = socketpair()
    with left, right:
        left.send(b"abc")
        return os.read(right.fileno(), 3), outcome(right.recv, 3, MSG_DONTWAIT)


@provokes("reading_eintr_restarted")
def interrupted_receive() -> object:
    left, right = socketpair()
    with left, right:
        right.setsockopt(SOL_SOCKET, SO_RCVTIMEO, struct.pack("ll", 2, 0))
        return interrupted(lambda: LIBC.recv(right.fileno(), ctypes.create_string_buffer(1), 1, 0))


@provokes("reading_datagram_waitall")
def whole_datagram() -> object:
    with udp() as (sender, receiver):
        sender.send(b"abc")
        return outcome(receiver.recv, 10, MSG_WAITALL)


@provokes("reading_control_altered")
def passed() -> object:
    left, right = socketpair()
    with left, right:
        send_fds(left, [b"x"], [0])
        return right.recvmsg(1, 64)[1][0][1]


@provokes("reading_lowat_default_large")
def default_low_mark() -> object:
    with socket(AF_INET, SOCK_STREAM) as sock:
        return sock.getsockopt(SOL_SOCKET, SO_RCVLOWAT)


@provokes("reading_lowat_zero_kept")
def low_mark_of_nothing() -> object:
    with socket(AF_INET, SOCK_STREAM) as sock:
        sock.setsockopt(SOL_SOCKET, SO_RCVLOWAT, 0)
        return sock.getsockopt(SOL_SOCKET, SO_RCVLOWAT)


@provokes("urgent_byte_kept")
def urgent_twice() -> object:
    with tcp() as (client, server):
        client.send(b"u", MSG_OOB)
        poll_bits(server, select.POLLPRI)
        return server.recv(1, MSG_OOB), outcome(server.recv, 1, MSG_OOB)


@provokes("urgent_inline_reversed")
def urgent_in_line() -> object:
    with tcp() as (client, server):
        server.setsockopt(SOL_SOCKET, SO_OOBINLINE, 1)
        client.send(b"u", MSG_OOB)
        poll_bits(server, select.POLLPRI)
        return outcome(server.recv, 1, MSG_DONTWAIT)


@provokes("urgent_mark_passed")
def up_to_the_mark() -> object:
    with tcp() as (client, server):
        client.send(b"abu", MSG_OOB)
        client.send(b"cd")
        until(lambda: poll_bits(server, select.POLLPRI, 0) != "nothing")
        return server.recv(10)


@provokes("urgent_owner_ignored")
def owner() -> object:
    with tcp() as (_, server):
        fcntl.fcntl(server, fcntl.F_SETOWN, os.getpid())
        return fcntl.fcntl(server, fcntl.F_GETOWN) == os.getpid()


@provokes("flags_more_dropped")
def more_and_rest() -> object:
    with tcp() as (client, server):
        client.send(b"ab", MSG_MORE)
        client.send(b"cd")
        wait_readable(server)
        return server.recv(10)


@provokes("flags_more_sticks")
def after_more() -> object:
    with tcp() as (client, server):
        client.send(b"ab", MSG_MORE)
        client.send(b"cd")
        wait_readable(server)
        return client.getsockopt(IPPROTO_TCP, TCP_CORK)


@provokes("flags_more_datagram_split")
def datagram_of_two() -> object:
    with udp() as (sender, receiver):
        sender.send(b"ab", MSG_MORE)
        sender.send(b"cd")
        return receiver.recv(10)


@provokes("delivery_send_waits")
def unacknowledged() -> object:
    with tcp() as (client, server):
        server.setsockopt(SOL_SOCKET, SO_RCVBUF, 2304)
        fill(client)
        client.setsockopt(SOL_SOCKET, SO_SNDBUF, 4_000_000)
        return outcome(client.send, b"x")


@provokes("blocking_duplicate_unshared")
def mode_of_a_duplicate() -> object:
    left, right = socketpair()
    with left, right, right.dup() as other:
        fcntl.fcntl(right, fcntl.F_SETFL, os.O_NONBLOCK)
        return fcntl.fcntl(other, fcntl.F_GETFL) & os.O_NONBLOCK


@provokes("buffers_accepted_not_inherited")
def sizes_of_the_accepted() -> object:
    with listening() as listener:
        listener.setsockopt(SOL_SOCKET, SO_RCVBUF, 10000)
        with create_connection(listener.getsockname()), listener.accept()[0] as server:
            return server.getsockopt(SOL_SOCKET, SO_RCVBUF)


def locks(option: int) -> object:
    with tcp() as (client, server):
        if option:
            client.setsockopt(SOL_SOCKET, option, 10000)
        server.send(b"x")
        client.recv(1)
        return client.getsockopt(SOL_SOCKET, SO_BUF_LOCK)


@provokes("buffers_receive_still_tuned")
def lock_of_receive_size() -> object:
    return locks(SO_RCVBUF)


@provokes("buffers_send_still_tuned")
def lock_of_send_size() -> object:
    return locks(SO_SNDBUF)


@provokes("buffers_receive_never_tuned")
def no_lock() -> object:
    return locks(0)


def algorithm(sock: socket) -> bytes:
    return sock.getsockopt(IPPROTO_TCP, TCP_CONGESTION, 16).rstrip(b"\0")


def other_algorithm() -> bytes:
    """An algorithm that is not the default, if there is one."""
    with socket(AF_INET, SOCK_STREAM) as sock, open(f"/proc/sys/{RANGE}", encoding="ascii") as file:
        return next((name.encode() for name in file.read().split() if name.encode() != algorithm(sock)), b"reno")


@provokes("congestion_choice_ignored", "congestion_name_wrong")
def chosen() -> object:
    with socket(AF_INET, SOCK_STREAM) as sock:
        sock.setsockopt(IPPROTO_TCP, TCP_CONGESTION, other_algorithm())
        return algorithm(sock)


@provokes("congestion_unknown_accepted")
def unknown_algorithm() -> object:
    with socket(AF_INET, SOCK_STREAM) as sock:
        return outcome(sock.setsockopt, IPPROTO_TCP, TCP_CONGESTION, b"nosuch")


@provokes("congestion_accepted_not_inherited")
def algorithm_of_the_accepted() -> object:
    with listening() as listener:
        listener.setsockopt(IPPROTO_TCP, TCP_CONGESTION, other_algorithm())
        with create_connection(listener.getsockname()), listener.accept()[0] as server:
            return algorithm(server)


@provokes("reading_unconnected_as_eof")
def never_connected() -> object:
    with socket(AF_UNIX, SOCK_STREAM) as sock:
        return outcome(sock.recv, 1)


@provokes("buffers_send_never_tuned")
def lock_before_connect() -> object:
    with tcp() as (client, _):
        return client.getsockopt(SOL_SOCKET, SO_BUF_LOCK)
