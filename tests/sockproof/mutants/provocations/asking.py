"""Options and their defaults, epoll, select, files and measures: what the later topics ask of the kernel."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import ctypes
import fcntl
import os
import select
import struct
import tempfile
from socket import *
from socket import socket, socketpair

from .common import *

IP_MTU, SO_BUSY_POLL, EXPEDITED = 14, 46, 0xB8
TCP_QUICKACK, TCP_FASTOPEN_CONNECT, TCP_FASTOPEN_NO_COOKIE, MSG_FASTOPEN = 12, 30, 34, 0x20000000
EPOLLEXCLUSIVE = 1 << 28
RTT, RCV_SPACE = 68, 96
"""Where struct tcp_info has them (linux/tcp.h)."""


def read_back(kind: int, level: int, name: int, value: int) -> object:
    with socket(AF_INET, kind) as end:
        return outcome(end.setsockopt, level, name, value), end.getsockopt(level, name)


@provokes("options_tos_ignored")
def class_on_arrival() -> object:
    with udp() as (sender, receiver):
        receiver.setsockopt(IPPROTO_IP, IP_RECVTOS, 1)
        sender.setsockopt(IPPROTO_IP, IP_TOS, EXPEDITED)
        sender.send(b"x")
        return receiver.recvmsg(10, 100)[1]


@provokes("options_tos_takes_ecn")
def class_of_a_stream() -> object:
    return read_back(SOCK_STREAM, IPPROTO_IP, IP_TOS, EXPEDITED | 3)


@provokes("options_tos_default_set")
def class_by_default() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end:
        return end.getsockopt(IPPROTO_IP, IP_TOS)


@provokes("options_nodelay_default_on")
def nodelay_by_default() -> object:
    with socket(AF_INET, SOCK_STREAM) as end:
        return end.getsockopt(IPPROTO_TCP, TCP_NODELAY)


@provokes("options_recverr_default_on")
def errors_by_default() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end:
        return end.getsockopt(IPPROTO_IP, IP_RECVERR)


@provokes("options_pktinfo_default_on")
def control_by_default() -> object:
    with udp() as (sender, receiver):
        sender.send(b"x")
        return len(receiver.recvmsg(10, 100)[1])


@provokes("options_mtu_smallest")
def mtu_of_loopback() -> object:
    with udp() as (sender, _):
        return sender.getsockopt(IPPROTO_IP, IP_MTU) == 576


@provokes("options_busypoll_unchecked")
def busy_polling_below_zero() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end:
        return outcome(end.setsockopt, SOL_SOCKET, SO_BUSY_POLL, -1)


@provokes("options_quickack_ignored")
def quick_on() -> object:
    with tcp() as (client, _):
        client.setsockopt(IPPROTO_TCP, TCP_QUICKACK, 0)
        client.setsockopt(IPPROTO_TCP, TCP_QUICKACK, 1)
        return client.getsockopt(IPPROTO_TCP, TCP_QUICKACK)


@provokes("options_quickack_permanent", "options_nodelay_hastens_acks")
def quick_off() -> object:
    with tcp() as (client, _):
        client.setsockopt(IPPROTO_TCP, TCP_QUICKACK, 0)
        client.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        return client.getsockopt(IPPROTO_TCP, TCP_QUICKACK)


@provokes("options_fastopen_connect_ignored")
def connecting_with_fast_open() -> object:
    """Without a packet, where the option holds: so nobody is there to refuse."""
    with socket() as end, socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        end.setsockopt(IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, 1)
        end.setsockopt(IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1)
        return outcome(end.connect, nobody.getsockname())


@provokes("flags_fastopen_plain", "flags_fastopen_without_cookie")
def first_data() -> object:
    """What the listener has at once, and how the option stands afterwards."""
    with listening() as listener, socket(AF_INET, SOCK_STREAM) as client:
        sent = outcome(client.sendto, b"x", MSG_FASTOPEN | MSG_DONTWAIT, listener.getsockname())
        return sent, client.getsockopt(IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE)


def edges(events: int) -> object:
    left, right = socketpair()
    with left, right, select.epoll() as waiter:
        waiter.register(right, events)
        left.send(b"x")
        first = len(waiter.poll(0.1))
        left.send(b"y")
        return first, len(waiter.poll(0.1))


@provokes("epoll_edge_once")
def edge_after_edge() -> object:
    return edges(select.EPOLLIN | select.EPOLLET)


@provokes("epoll_exclusive_deaf")
def exclusive() -> object:
    return edges(select.EPOLLIN | EPOLLEXCLUSIVE)


@provokes("epoll_exclusive_unchecked")
def exclusive_with_oneshot() -> object:
    left, right = socketpair()
    with left, right, select.epoll() as waiter:
        return outcome(waiter.register, right, select.EPOLLIN | EPOLLEXCLUSIVE | select.EPOLLONESHOT)


@provokes("epoll_file_allowed")
def watching_a_file() -> object:
    with tempfile.TemporaryFile() as file, select.epoll() as waiter:
        return outcome(waiter.register, file.fileno(), select.EPOLLIN)


@provokes("epoll_close_keeps")
def closing_what_is_watched() -> object:
    left, right = socketpair()
    with left, select.epoll() as waiter:
        waiter.register(right, select.EPOLLIN)
        left.send(b"x")
        right.close()
        return len(waiter.poll(0.1))


@provokes("select_timeout_kept", "select_closed_ignored")
def selecting() -> object:
    empty, limit = ctypes.create_string_buffer(128), (ctypes.c_long * 2)(0, 10_000)
    LIBC.select(0, empty, None, None, limit)
    closed = os.dup(0)
    os.close(closed)
    return list(limit), outcome(select.select, [closed], [], [], 0)


@provokes("close_exec_ignored")
def inheritable() -> object:
    with socket() as end:
        os.set_inheritable(end.fileno(), True)
        by_ioctl = os.get_inheritable(end.fileno())
        fcntl.fcntl(end, fcntl.F_SETFD, 0)
        return by_ioctl, fcntl.fcntl(end, fcntl.F_GETFD)


@provokes("errors_timeout_connecting_as_refused")
def connecting_in_vain() -> object:
    with full_listener() as name, socket() as end:
        end.setsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT, 100)
        end.setsockopt(IPPROTO_TCP, TCP_SYNCNT, 1)
        return outcome(end.connect, name, limit=9)


@provokes("errors_eintr_accepting_lost")
def interrupted_accept() -> object:
    with listening() as listener:
        listener.setsockopt(SOL_SOCKET, SO_RCVTIMEO, struct.pack("ll", 2, 0))
        return interrupted(lambda: LIBC.accept(listener.fileno(), None, None))


class Message(ctypes.Structure):
    """struct mmsghdr of one buffer."""

    _fields_ = [
        ("name", ctypes.c_void_p), ("name_length", ctypes.c_uint), ("buffers", ctypes.c_void_p),
        ("count", ctypes.c_size_t), ("control", ctypes.c_void_p), ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int), ("length", ctypes.c_uint),
    ]  # fmt: skip


@provokes("receive_many_limit_kept")
def receiving_for_a_while() -> object:
    with udp() as (_, receiver):
        limit, message = (ctypes.c_long * 2)(0, 10_000_000), (Message * 1)()
        call = LIBC.recvmmsg
        return interrupted(lambda: call(receiver.fileno(), message, 1, 0, limit), after=0.1)


@provokes("send_file_position_kept", "send_file_position_moved", "send_file_end_as_error")
def positions() -> object:
    with tempfile.TemporaryFile() as file, tcp() as (client, _):
        file.write(b"0123456789")
        file.flush()
        number = file.fileno()
        os.lseek(number, 0, os.SEEK_SET)
        os.sendfile(client.fileno(), number, None, 2)
        first = os.lseek(number, 0, os.SEEK_CUR)
        os.sendfile(client.fileno(), number, 5, 2)
        second = os.lseek(number, 0, os.SEEK_CUR)
        return first, second, outcome(os.sendfile, client.fileno(), number, 10, 2)


@provokes("send_file_from_socket", "send_splice_without_pipe")
def files_that_are_none() -> object:
    with tcp() as (client, server):
        from_socket = outcome(os.sendfile, client.fileno(), client.fileno(), None, 1)
        return from_socket, outcome(LIBC.splice, server.fileno(), None, client.fileno(), None, 1, 0)


@provokes("send_wildcard_other_source")
def source_of_the_wildcard() -> object:
    with socket(AF_INET, SOCK_DGRAM) as server, socket(AF_INET, SOCK_DGRAM) as client:
        server.bind(("", 0))
        client.bind(("127.0.0.1", 0))
        server.sendto(b"x", client.getsockname())
        return client.recvfrom(10)[1][0]


@provokes("state_info_rcvspace_counts_queue")
def room_of_the_receiver() -> object:
    with tcp() as (client, server):
        before = info(server, RCV_SPACE)
        client.send(b"x" * 1000)
        wait_readable(server)
        return info(server, RCV_SPACE) - before


@provokes("state_info_rtt_in_nanoseconds")
def round_trip() -> object:
    with tcp() as (client, _):  # of one measurement the variance is half (RFC 6298 2.2)
        return info(client, RTT) <= 100 * info(client, RTT + 4) + 100


def info(end: socket, place: int) -> int:
    return int(struct.unpack_from("I", end.getsockopt(IPPROTO_TCP, TCP_INFO, 192), place)[0])
