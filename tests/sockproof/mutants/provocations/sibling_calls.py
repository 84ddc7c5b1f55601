"""What one call does, and its sibling does not: messages, buffers, flags and errors."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import ctypes
import errno
import os
import select
import signal
import struct
import time
from socket import *
from socket import socket, socketpair

from .common import *
from .local import rights
from .packets import FRAME, packets
from .rawness import raw

UNDEFINED, SO_TIMESTAMP = 0x800000, 29
HEADER = struct.Struct("PIPNPNi0PI0P")
"""struct mmsghdr: name, buffers, control data, flags, length."""


class Messages:
    """An array of struct mmsghdr, each with a buffer, and the memory to which they refer."""

    def __init__(self, *data: bytes, names: tuple[bytes, ...] = (), control: bytes = b"") -> None:
        self.kept = [ctypes.create_string_buffer(each, max(1, len(each))) for each in data]
        self.names = [ctypes.create_string_buffer(each, len(each)) for each in names]
        self.control = ctypes.create_string_buffer(control, max(1, len(control)))
        self.vectors = [
            ctypes.create_string_buffer(struct.pack("PN", ctypes.addressof(buffer), len(each)))
            for buffer, each in zip(self.kept, data, strict=True)
        ]
        self.array = ctypes.create_string_buffer(b"".join(map(self._header, range(len(data)))))

    def _header(self, at: int) -> bytes:
        name = (ctypes.addressof(self.names[at]), len(self.names[at])) if self.names else (0, 0)
        control = (ctypes.addressof(self.control), len(self.control)) if len(self.control) > 1 else (0, 0)
        return HEADER.pack(*name, ctypes.addressof(self.vectors[at]), 1, *control, 0, 0)

    def told(self) -> list[tuple[int, int]]:
        """The flags and the length of each."""
        rows = [HEADER.unpack_from(self.array.raw, at * HEADER.size) for at in range(len(self.kept))]
        return [(row[6], row[7]) for row in rows]


def sent(result: int) -> int:
    return result if result >= 0 else -ctypes.get_errno()


def name_of(end: socket) -> bytes:
    host, port = end.getsockname()
    return struct.pack("=H", AF_INET) + port.to_bytes(2, "big") + inet_aton(host) + bytes(8)


@provokes("receive_peek_error_stays", "receive_many_refusal_none")
def refusal() -> object:
    seen: list[object] = []
    for peeks in (True, False):
        with udp() as (sender, receiver):
            receiver.close()
            sender.send(b"x")
            wait_readable(sender)
            call = (lambda: sender.recv(1, MSG_PEEK)) if peeks else (
                lambda: sent(LIBC.recvmmsg(sender.fileno(), Messages(b"x").array, 1, MSG_DONTWAIT, None)))  # fmt: skip
            seen.append((outcome(call), sender.getsockopt(SOL_SOCKET, SO_ERROR)))
    return seen


@provokes("receive_idle_flags_refused", "send_idle_flags_refused")
def bits_of_nobody() -> object:
    left, right = socketpair(AF_UNIX, SOCK_STREAM)
    with left, right:
        taken = outcome(left.send, b"x", UNDEFINED)
        left.send(b"y")
        return taken, outcome(right.recv, 1, UNDEFINED)


@provokes("receive_length_hidden", "send_write_two_messages", "send_write_nothing_unsent")
def records() -> object:
    left, right = socketpair(AF_UNIX, SOCK_DGRAM)
    with left, right:
        right.setblocking(False)
        os.write(left.fileno(), b"")
        os.write(left.fileno(), b"abc")
        return [outcome(right.recv_into, bytearray(2), 2, MSG_TRUNC) for _ in range(3)]


@provokes("reading_rest_kept")
def beginning_of_a_message() -> object:
    left, right = socketpair(AF_UNIX, SOCK_DGRAM)
    with left, right:
        left.send(b"abc")
        left.send(b"de")
        return os.read(right.fileno(), 2), os.read(right.fileno(), 9)


@provokes("receive_beyond_written", "receive_vectors_written")
def room_behind() -> object:
    left, right = socketpair(AF_UNIX, SOCK_STREAM)
    with left, right:
        message, buffer = Messages(bytes(16)), bytearray(8)
        left.send(b"ab")
        right.recv_into(buffer)
        left.send(b"cd")
        LIBC.recvmsg(right.fileno(), message.array, 0)
        return buffer, struct.unpack("PN", message.vectors[0].raw[:16])[1]


@provokes("timeouts_second_at_once")
def second_time_out() -> object:
    left, right = socketpair(AF_UNIX, SOCK_STREAM)
    with left, right:
        right.setsockopt(SOL_SOCKET, SO_RCVTIMEO, struct.pack("ll", 0, 100_000))
        outcome(right.recv, 1)
        began = time.monotonic()
        outcome(right.recv, 1)
        return time.monotonic() - began >= 0.1


@provokes("stamping_at_reading")
def time_of_a_datagram() -> object:
    with udp() as (sender, receiver):
        receiver.setsockopt(SOL_SOCKET, SO_TIMESTAMP, 1)
        for _ in range(50):  # until times are taken on arrival
            sender.send(b"x")
            wait_readable(receiver)
            here = time.time()
            select.select([], [], [], 0.005)
            seconds, micro = struct.unpack("ll", receiver.recvmsg(9, 99)[1][0][2])
            if seconds + micro / 1e6 <= here:
                return True
        return False


@provokes("receive_many_cut_unmarked", "receive_many_ends_early")
def several_at_once() -> object:
    with udp() as (sender, receiver):
        receiver.setsockopt(SOL_SOCKET, SO_RCVTIMEO, struct.pack("ll", 0, 200_000))
        message = Messages(bytes(2), bytes(2))
        sender.send(b"abc")
        began = time.monotonic()
        got = outcome(lambda: sent(LIBC.recvmmsg(receiver.fileno(), message.array, 2, 0, None)))
        return got, message.told(), time.monotonic() - began >= 0.15


@provokes("send_many_to_first", "send_many_control_lost")
def each_by_itself() -> object:
    with socket(AF_INET, SOCK_DGRAM) as sender, udp() as (_, first), udp() as (_, second):
        hops = (struct.pack("Nii", CMSG_LEN(4), IPPROTO_IP, IP_TTL) + struct.pack("i", 9)).ljust(CMSG_SPACE(4), b"\0")
        message = Messages(b"a", b"b", names=(name_of(first), name_of(second)), control=hops)
        first.setsockopt(IPPROTO_IP, IP_RECVTTL, 1)
        second.settimeout(0.2)
        LIBC.sendmmsg(sender.fileno(), message.array, 2, 0)
        return first.recvmsg(9, 99)[1], outcome(second.recv, 9)


@provokes("unix_rights_none_refused")
def no_descriptor() -> object:
    left, right = socketpair(AF_UNIX, SOCK_DGRAM)
    with left, right:
        return outcome(lambda: left.sendmsg([b"x"], rights()))


@provokes("errors_sigpipe_records")
def record_to_nobody() -> object:
    seen: list[int] = []
    signal.signal(signal.SIGPIPE, lambda number, _: seen.append(number))
    left, right = socketpair(AF_UNIX, SOCK_SEQPACKET)
    right.close()
    with left:
        refused = outcome(lambda: os.write(left.fileno(), b"x"))
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    return refused, seen


@provokes("errors_refusal_pending")
def refusal_of_a_connection() -> object:
    with listening() as listener, socket(AF_INET, SOCK_STREAM) as client:
        address = listener.getsockname()
        listener.close()
        return outcome(client.connect, address), errno.errorcode.get(client.getsockopt(SOL_SOCKET, SO_ERROR))


@provokes("raw_confirm_refused", "raw_nothing_unsent", "raw_listen_taken", "raw_shutdown_taken", "raw_hops_lost")
def raw_manners() -> object:
    high, low = divmod(os.getpid() % 65536, 256)
    own = f"127.{high}.{low}.9"
    with raw() as end, raw() as other:
        end.bind((own, 0))  # others provoke beside it
        with contextlib.suppress(BlockingIOError):
            while end.recv(99, MSG_DONTWAIT):  # what came to any address before
                pass
        end.settimeout(0.2)
        end.setsockopt(IPPROTO_IP, IP_RECVTTL, 1)
        told = outcome(other.sendto, b"x", MSG_CONFIRM, (own, 0))
        hops = outcome(lambda: end.recvmsg(99, 99)[1])
        nothing = outcome(other.sendto, b"", (own, 0)), outcome(lambda: len(end.recv(99)))
        return told, hops, nothing, outcome(other.listen), outcome(other.shutdown, SHUT_RDWR)


@provokes("packet_flags_taken")
def flags_of_a_packet() -> object:
    with packets() as (end, other):
        other.send(FRAME)
        wait_readable(end)
        return outcome(lambda: len(end.recv(2000, MSG_OOB)))
