"""What is sent."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import tempfile
from socket import *
from socket import socket, socketpair

from .common import *


@provokes("send_partial_as_complete", "send_partial_one_more", "send_partial_one_less", "send_partial_as_eagain")
def partial() -> object:
    with tcp() as (client, server):
        length = 64 << 20
        sent = outcome(client.send, bytes(length), MSG_DONTWAIT)
        if sent == "EAGAIN":
            return "EAGAIN"
        taken, received = int(str(sent)), 0
        client.shutdown(SHUT_WR)
        while data := server.recv(1 << 20):
            received += len(data)
        return taken - received


@provokes("send_full_as_enobufs", "send_full_as_zero", "send_dontwait_ignored")
def full() -> object:
    with contextlib.ExitStack() as stack:
        left, _ = (stack.enter_context(end) for end in socketpair())
        left.setblocking(False)
        with contextlib.suppress(OSError):
            while left.send(bytes(65536)):
                pass
        left.setblocking(True)
        return outcome(left.send, b"x", MSG_DONTWAIT)


@provokes("send_dontwait_sticks")
def dontwait_sticks() -> object:
    left, right = socketpair()
    with left, right:
        left.send(b"x", MSG_DONTWAIT)
        return os.get_blocking(left.fileno())


@provokes("send_blocking_short")
def blocking_short() -> object:
    with tcp() as (client, server):
        if os.fork() == 0:
            client.close()
            while server.recv(1 << 20):
                pass
            os._exit(0)
        size = 32 << 20
        sent = client.send(bytes(size))
        client.shutdown(SHUT_WR)
        os.wait()
        return sent == size


@provokes("send_buffers_first_only", "send_buffers_last_lost", "send_buffers_reversed")
def several_buffers() -> object:
    left, right = socketpair()
    with left, right:
        return left.sendmsg([b"ab", b"cd", b"ef"]), right.recv(10)


@provokes("send_writev_first_only", "send_writev_reversed")
def written_buffers() -> object:
    left, right = socketpair()
    with left, right:
        return os.writev(left.fileno(), [b"ab", b"cd", b"ef"]), right.recv(10)


@provokes("send_control_dropped", "receive_control_lost")
def passed_descriptor() -> object:
    left, right = socketpair()
    with left, right:
        send_fds(left, [b"x"], [0])
        _, fds, _, _ = recv_fds(right, 1, 1)
        for fd in fds:
            os.close(fd)
        return len(fds)


@provokes("send_address_ignored")
def other_address() -> object:
    with udp() as (sender, _), socket(AF_INET, SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        sender.sendto(b"x", other.getsockname())
        return poll_bits(other, select.POLLIN)


@provokes("send_unaddressed_accepted")
def unaddressed() -> object:
    with socket(AF_INET, SOCK_DGRAM) as sender:
        return outcome(sender.send, b"x")


@provokes("send_toolong_accepted", "send_toolong_as_enobufs")
def too_long() -> object:
    with udp() as (sender, _):
        return outcome(sender.send, bytes(70000))


@provokes("send_datagram_tail_lost")
def long_datagram() -> object:
    with udp() as (sender, receiver):
        return sender.send(bytes(2000)), len(receiver.recv(4000))


@provokes("send_empty_dropped", "receive_empty_datagram_skipped")
def empty_datagram() -> object:
    with udp() as (sender, receiver):
        sender.send(b"")
        sender.send(b"behind")
        wait_readable(receiver)
        return outcome(receiver.recv, 10, MSG_DONTWAIT)


@provokes("send_more_ignored")
def more() -> object:
    with udp() as (sender, receiver):
        sender.send(b"ab", MSG_MORE)
        sender.send(b"cd")
        return receiver.recv(10)


@provokes("send_oob_in_band", "send_oob_dropped", "receive_oob_in_band", "receive_oob_refused")
def urgent() -> object:
    with tcp() as (client, server):
        client.send(b"n")
        client.send(b"u", MSG_OOB)
        poll_bits(server, select.POLLPRI)
        return outcome(server.recv, 1, MSG_OOB)


@provokes("send_unconnected_as_epipe")
def unconnected_unix() -> object:
    with socket(AF_UNIX, SOCK_STREAM) as alone:
        return outcome(alone.send, b"x", MSG_NOSIGNAL)


@provokes("send_file_one_less", "send_file_offset_kept")
def from_file() -> object:
    left, right = socketpair()
    with left, right, tempfile.TemporaryFile() as file:
        file.write(b"abcdef")
        file.flush()
        offset = ctypes.c_long(1)
        return LIBC.sendfile(left.fileno(), file.fileno(), ctypes.byref(offset), 4), offset.value


@provokes("send_full_as_sent")
def full_datagram_queue() -> object:
    left, right = socketpair(AF_UNIX, SOCK_DGRAM)
    with left, right:
        for _ in range(2000):
            try:
                left.send(b"x", MSG_DONTWAIT)
            except BlockingIOError:
                return "EAGAIN"
        return "all"


@provokes("send_port_zero_accepted")
def to_port_zero() -> object:
    with socket(AF_INET, SOCK_DGRAM) as sender:
        return outcome(sender.sendto, b"data", ("127.0.0.1", 0))
