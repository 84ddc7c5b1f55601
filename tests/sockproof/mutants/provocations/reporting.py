"""Kinds of public bug reports: batches, segments, pidfds, values cut short, families that are none."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import ctypes
import os
import select
import struct
from socket import *
from socket import socket, socketpair

from .common import *
from .mistaking import MANY, NOWHERE, call

UDP_SEGMENT, UDP_GRO, SO_PASSPIDFD, SO_PEERPIDFD = 103, 104, 76, 77
DATA = ctypes.create_string_buffer(b"data", 4)


def header(address: int, size: int, control: bytes = b"") -> tuple[bytes, object]:
    """A struct mmsghdr with one buffer, and the memory to which it refers."""
    vector = ctypes.create_string_buffer(struct.pack("PN", address, size), 16)
    room = ctypes.create_string_buffer(control, max(1, len(control)))
    place = ctypes.addressof(room) if control else 0
    packed = struct.pack("PIPNPNi0PI0P", 0, 0, ctypes.addressof(vector), 1, place, len(control), 0, 0)
    return packed, (vector, room)


def batch(*addresses: int) -> tuple[bytes, object]:
    made = [header(address, 4) for address in addresses]
    return b"".join(each for each, _ in made), [memory for _, memory in made]


@provokes("arguments_batch_fails", "arguments_batch_skips")
def batch_with_a_bad_message() -> object:
    good, bad = ctypes.addressof(DATA), 16
    with udp() as (sender, _):
        messages, _memory = batch(good, bad, good)
        return call("sendmmsg", sender.fileno(), messages, 3, 0)


@provokes("arguments_batch_error_lost")
def batch_into_bad_memory() -> object:
    with udp() as (sender, receiver):
        for _ in range(2):
            sender.send(b"data")
        wait_readable(receiver)
        messages, _memory = batch(ctypes.addressof(DATA), 16)
        return call("recvmmsg", receiver.fileno(), messages, 2, 0, None), outcome(receiver.recv, 1, MSG_DONTWAIT)


@provokes("arguments_bytes_counted")
def bytes_readable_in_part() -> object:
    page = os.sysconf("SC_PAGE_SIZE")
    mapped = LIBC.mmap
    mapped.restype = ctypes.c_void_p
    start = mapped(None, ctypes.c_size_t(2 * page), 3, 0x22, -1, ctypes.c_long(0))
    LIBC.mprotect(ctypes.c_void_p(start + page), ctypes.c_size_t(page), 0)
    ours, theirs = socketpair()
    with ours, theirs:
        return call("send", ours.fileno(), ctypes.c_void_p(start + page - 2), MANY, 0)


@provokes("arguments_control_ignored")
def malformed_control() -> object:
    with udp() as (sender, _):
        packed, _memory = header(ctypes.addressof(DATA), 4, struct.pack("Nii", 1, SOL_SOCKET, 1))
        return call("sendmsg", sender.fileno(), packed, 0)


@provokes("arguments_control_leaks")
def rights_into_nowhere() -> object:
    ours, theirs = socketpair()
    with ours, theirs:
        send_fds(ours, [b"x"], [0])
        free = os.dup(0)
        os.close(free)
        packed, _memory = header(ctypes.addressof(DATA), 1)
        fields = list(struct.unpack("PIPNPNi0PI0P", packed))
        fields[4:6] = [16, 64]
        call("recvmsg", theirs.fileno(), struct.pack("PIPNPNi0PI0P", *fields), 0)
        next_one = os.dup(0)
        os.close(next_one)
        return next_one - free


@provokes("bind_unspec_refused", "bind_family_allowed")
def bound_without_a_family() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end, socket(AF_INET, SOCK_DGRAM) as other:
        wildcard = call("bind", end.fileno(), bytes(16), 16)
        return wildcard, call("bind", other.fileno(), struct.pack("=HHI8x", 0, 0, 0x0100007F), 16)


@provokes("connect_datagram_unspec_keeps_name")
def dissolved() -> object:
    with udp() as (sender, _):
        call("connect", sender.fileno(), bytes(16), 16)
        return sender.getsockname()[1] != 0


@provokes("credentials_pidfd_as_einval")
def pidfd_of_nobody() -> object:
    with socket(AF_UNIX) as end:
        return outcome(end.getsockopt, SOL_SOCKET, SO_PEERPIDFD)


@provokes("credentials_pidfd_inherited")
def inheritable_pidfd() -> object:
    ours, theirs = socketpair()
    with ours, theirs:
        number = ours.getsockopt(SOL_SOCKET, SO_PEERPIDFD)
    inherited = os.get_inheritable(number)
    os.close(number)
    return inherited


@provokes("credentials_pidfd_own")
def pidfd_of_a_child() -> object:
    with socket(AF_UNIX) as listener:
        listener.bind("")
        listener.listen()
        pid = os.fork()
        if pid == 0:
            with socket(AF_UNIX) as client:
                client.connect(listener.getsockname())
                os._exit(0)
        server, _ = listener.accept()
        os.waitpid(pid, 0)
        with server:
            number = server.getsockopt(SOL_SOCKET, SO_PEERPIDFD)
        ended = select.select([number], [], [], 0)[0] != []
        os.close(number)
        return ended


@provokes("options_passpidfd_ignored")
def pidfd_with_a_message() -> object:
    ours, theirs = socketpair()
    with ours, theirs:
        theirs.setsockopt(SOL_SOCKET, SO_PASSPIDFD, 1)
        ours.send(b"x")
        messages = theirs.recvmsg(1, CMSG_SPACE(4))[1]
    for _, _, content in messages:
        os.close(int.from_bytes(content[:4], "little"))
    return len(messages)


@provokes("epoll_surplus_lost")
def more_edges_than_places() -> object:
    pairs = [socketpair() for _ in range(3)]
    with select.epoll() as epoll:
        for ours, theirs in pairs:
            epoll.register(theirs, select.EPOLLIN | select.EPOLLET)
            ours.send(b"x")
        found = [len(epoll.poll(0, 1)) for _ in range(4)]
    for ours, theirs in pairs:
        ours.close()
        theirs.close()
    return found


@provokes("options_segment_ignored", "send_segments_unlimited")
def segments() -> object:
    with udp() as (sender, receiver):
        sender.setsockopt(IPPROTO_UDP, UDP_SEGMENT, 100)
        sender.send(bytes(250))
        wait_readable(receiver)
        return len(receiver.recv(1000)), outcome(sender.send, bytes(60000))


@provokes("options_segment_unchecked")
def segments_of_any_size() -> object:
    with udp() as (sender, _):
        return outcome(sender.setsockopt, IPPROTO_UDP, UDP_SEGMENT, 70000)


@provokes("send_segments_stick")
def segments_of_one_call() -> object:
    with udp() as (sender, _):
        sender.sendmsg([bytes(250)], [(IPPROTO_UDP, UDP_SEGMENT, struct.pack("H", 100))])
        return sender.getsockopt(IPPROTO_UDP, UDP_SEGMENT)


@provokes("options_gro_ignored")
def segments_together() -> object:
    with udp() as (sender, receiver):
        sender.setsockopt(IPPROTO_UDP, UDP_SEGMENT, 100)
        receiver.setsockopt(IPPROTO_UDP, UDP_GRO, 1)
        sender.send(bytes(250))
        wait_readable(receiver)
        return len(receiver.recv(1000))


@provokes("options_info_refused", "options_room_refused")
def values_cut_short() -> object:
    with socket() as end:
        short = outcome(end.getsockopt, IPPROTO_TCP, TCP_NODELAY, 1)
        return short, outcome(lambda: len(end.getsockopt(IPPROTO_TCP, TCP_INFO, 8)))


@provokes("receive_splice_end_as_eagain")
def splice_at_the_end() -> object:
    ours, theirs = socketpair()
    reader, writer = os.pipe()
    ours.close()
    with theirs:
        answer = call("splice", theirs.fileno(), None, writer, None, MANY, 0)
    os.close(reader)
    os.close(writer)
    return answer


@provokes("receive_trunc_empty_zero")
def length_without_a_buffer() -> object:
    with udp() as (sender, receiver):
        sender.send(b"0123456789")
        wait_readable(receiver)
        return call("recv", receiver.fileno(), None, ctypes.c_size_t(0), MSG_TRUNC | MSG_PEEK)


assert NOWHERE.value == 16


@provokes("buffers_rcvlowat_get_refused", "timeouts_get_refused")
def values_that_cannot_be_asked_for() -> object:
    with socket() as end:
        return outcome(end.getsockopt, SOL_SOCKET, SO_RCVLOWAT), outcome(end.getsockopt, SOL_SOCKET, SO_RCVTIMEO, 16)


@provokes("errors_soerror_unix_refused", "keepalive_unix_refused", "linger_unix_refused")
def settings_of_unix_sockets() -> object:
    with socket(AF_UNIX) as end:
        seen = outcome(end.getsockopt, SOL_SOCKET, SO_ERROR), outcome(end.setsockopt, SOL_SOCKET, SO_KEEPALIVE, 1)
        return *seen, outcome(end.setsockopt, SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 1))


@provokes("buffers_receive_datagram_ignored", "options_tcp_datagram_allowed", "reuse_port_datagram_refused")
def settings_of_datagram_sockets() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end:
        seen = (
            outcome(end.setsockopt, SOL_SOCKET, SO_REUSEPORT, 1),
            outcome(end.setsockopt, IPPROTO_TCP, TCP_NODELAY, 1),
        )
        end.setsockopt(SOL_SOCKET, SO_RCVBUF, 5000)
        return *seen, end.getsockopt(SOL_SOCKET, SO_RCVBUF)


@provokes("send_file_nothing_refused")
def file_of_nothing() -> object:
    ours, theirs = socketpair()
    number = os.memfd_create("file")
    with ours, theirs:
        answer = call("sendfile", ours.fileno(), number, None, ctypes.c_size_t(0))
    os.close(number)
    return answer


@provokes("receive_address_of_stream")
def sender_of_a_stream() -> object:
    with tcp() as (client, server):
        client.send(b"x")
        wait_readable(server)
        size = ctypes.c_int(64)
        call(
            "recvfrom",
            server.fileno(),
            DATA,
            ctypes.c_size_t(4),
            0,
            ctypes.create_string_buffer(64),
            ctypes.byref(size),
        )
        return size.value


@provokes("receive_header_flags_kept")
def flags_of_a_cut_datagram() -> object:
    with udp() as (sender, receiver):
        sender.send(b"0123456789")
        wait_readable(receiver)
        return receiver.recvmsg(4)[2]
