"""What is received."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import array
import ctypes
import fcntl
import os
import select
import struct
from socket import *
from socket import socket, socketpair

from .common import *


@provokes("receive_peek_consumes", "receive_peek_one_byte")
def peek() -> object:
    left, right = socketpair()
    with left, right:
        left.send(b"ab")
        return right.recv(2, MSG_PEEK), outcome(right.recv, 2, MSG_DONTWAIT)


@provokes("receive_dontwait_ignored", "receive_empty_as_eof")
def nothing_there() -> object:
    left, right = socketpair()
    with left, right:
        return outcome(right.recv, 1, MSG_DONTWAIT)


@provokes("receive_dontwait_sticks")
def receive_sticks() -> object:
    left, right = socketpair()
    with left, right:
        left.send(b"x")
        right.recv(1, MSG_DONTWAIT)
        return os.get_blocking(right.fileno())


@provokes("receive_waitall_ignored", "receive_waitall_partial_lost")
def wait_for_all() -> object:
    left, right = socketpair()
    with left, right:
        left.send(b"ab")
        if os.fork() == 0:
            right.close()
            select.select([], [], [], 0.1)
            left.send(b"c")
            left.shutdown(SHUT_WR)
            os._exit(0)
        left.close()
        data = right.recv(10, MSG_WAITALL)
        os.wait()
        return data


@provokes("receive_trunc_ignored", "receive_cut_as_emsgsize", "receive_tail_kept")
def cut_datagram() -> object:
    with udp() as (sender, receiver):
        sender.send(b"abcdef")
        space = bytearray(2)
        first = outcome(receiver.recv_into, space, 2, MSG_TRUNC)
        return first, outcome(receiver.recv, 10, MSG_DONTWAIT)


@provokes("receive_cut_unmarked")
def cut_mark() -> object:
    with udp() as (sender, receiver):
        sender.send(b"abcdef")
        return receiver.recvmsg(2)[2]


@provokes("receive_exact_marked_cut")
def exact_mark() -> object:
    with udp() as (sender, receiver):
        sender.send(b"abcdef")
        return receiver.recvmsg(6)[2]


@provokes("receive_datagrams_joined")
def two_datagrams() -> object:
    with udp() as (sender, receiver):
        sender.send(b"ab")
        sender.send(b"cd")
        return receiver.recv(10)


@provokes("receive_eof_as_eagain", "receive_eof_as_reset", "receive_eof_once", "receive_unconnected_as_eof")
def end_of_stream() -> object:
    with tcp() as (client, server), socket(AF_INET, SOCK_STREAM) as alone:
        client.shutdown(SHUT_WR)
        return outcome(server.recv, 1), outcome(server.recv, 1), outcome(alone.recv, 1)


@provokes("receive_buffers_first_only", "receive_buffers_last_first")
def scattered() -> object:
    left, right = socketpair()
    with left, right:
        left.send(b"abcdef")
        buffers = [bytearray(2) for _ in range(3)]
        return right.recvmsg_into(buffers)[0], [bytes(buffer) for buffer in buffers]


@provokes("receive_readv_first_only")
def read_scattered() -> object:
    left, right = socketpair()
    with left, right:
        left.send(b"abcdef")
        return os.readv(right.fileno(), [bytearray(2), bytearray(4)])


@provokes("receive_address_wrong_port")
def source_address() -> object:
    with udp() as (sender, receiver):
        sender.send(b"x")
        return receiver.recvfrom(1)[1] == sender.getsockname()


@provokes("receive_control_cut_unmarked")
def control_cut() -> object:
    left, right = socketpair()
    with left, right:
        send_fds(left, [b"x"], [0])
        return right.recvmsg(1, 0)[2]


@provokes("receive_mark_missed", "receive_mark_always")
def urgent_mark() -> object:
    with tcp() as (client, server):
        client.send(b"ab")
        wait_readable(server)
        answer = array.array("i", [0])
        marks = []
        fcntl.ioctl(server, SIOCATMARK, answer)
        marks.append(answer[0])
        client.send(b"u", MSG_OOB)
        poll_bits(server, select.POLLPRI)
        server.recv(2)
        fcntl.ioctl(server, SIOCATMARK, answer)
        return [*marks, answer[0]]


def raw_source(room: int, kind: int = SOCK_DGRAM) -> int:
    """The address length that recvfrom reports for a buffer of `room` bytes."""
    with udp() as (sender, receiver):
        sender.send(b"x")
        length = ctypes.c_uint32(room)
        name = ctypes.create_string_buffer(room)
        LIBC.recvfrom(receiver.fileno(), name, 1, 0, name, ctypes.byref(length))
        return length.value


@provokes("receive_address_length_kept")
def address_length() -> object:
    return raw_source(100)


@provokes("receive_address_length_zero")
def message_address() -> object:
    with udp() as (sender, receiver):
        sender.send(b"x")
        return outcome(lambda: bool(receiver.recvmsg(1)[3]))


@provokes("receive_address_unix_missing")
def unix_address() -> object:
    with socket(AF_UNIX, SOCK_DGRAM) as sender, socket(AF_UNIX, SOCK_DGRAM) as receiver:
        for name, sock in (("s", sender), ("r", receiver)):
            sock.bind(f"\0sockproof-{name}-{os.getpid()}")
        sender.sendto(b"x", receiver.getsockname())
        return receiver.recvfrom(1)[1] == sender.getsockname()


@provokes("receive_control_cloexec_ignored")
def passed_with_cloexec() -> object:
    left, right = socketpair()
    with left, right:
        send_fds(left, [b"x"], [0])
        _, controls, _, _ = right.recvmsg(1, 64, MSG_CMSG_CLOEXEC)
        (fd,) = struct.unpack("i", controls[0][2][:4])
        return fcntl.fcntl(fd, fcntl.F_GETFD), os.close(fd)


@provokes("receive_cut_counted_whole")
def cut_count() -> object:
    with udp() as (sender, receiver):
        sender.send(b"abcdef")
        return LIBC.recv(receiver.fileno(), ctypes.create_string_buffer(8), 2, 0)


@provokes("receive_oob_absent_as_eof")
def no_urgent_data() -> object:
    with tcp() as (_, server):
        return outcome(server.recv, 1, MSG_OOB)


@provokes("receive_oob_unmarked")
def urgent_flag() -> object:
    with tcp() as (client, server):
        client.send(b"u", MSG_OOB)
        poll_bits(server, select.POLLPRI)
        return server.recvmsg(1, 0, MSG_OOB)[2]


@provokes("receive_trunc_stream_copies")
def discarded() -> object:
    with tcp() as (client, server):
        client.send(b"ab")
        wait_readable(server)
        space = bytearray(2)
        return server.recv_into(space, 2, MSG_TRUNC), bytes(space)
