"""Manners of UNIX sockets, and what is taken back or meant for one message only."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import ctypes
import fcntl
import os
import struct
import tempfile
from pathlib import Path
from socket import *
from socket import socket, socketpair

from .common import *
from .local import rights

UDP_CORK, F_GETOWN_EX, SO_ZEROCOPY, MSG_ZEROCOPY, UDP_SEGMENT, UDP_GRO, SO_RCVMARK = 1, 16, 60, 0x4000000, 103, 104, 75
IP_MINTTL, SO_RCVPRIORITY, SO_TIMESTAMP, SO_ATTACH_FILTER, SO_LOCK_FILTER = 21, 82, 29, 26, 44
SO_ATTACH_REUSEPORT_CBPF, DETACH_REUSEPORT = 51, 68


@provokes("unix_raw_refused", "unix_protocol_refused", "unix_levels_taken")
def kinds_of_local_sockets() -> object:
    seen = []
    for kind, protocol in ((SOCK_RAW, 0), (SOCK_STREAM, 1)):
        seen.append(outcome(lambda kind=kind, protocol=protocol: socket(AF_UNIX, kind, protocol).close()))
    with socket(AF_UNIX) as end:
        return seen, outcome(end.setsockopt, IPPROTO_TCP, TCP_NODELAY, 1)


@provokes("unix_peer_extended")
def relative_name_of_a_peer() -> object:
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder, socket(AF_UNIX) as listener, socket(AF_UNIX) as client:
        os.chdir(folder)
        try:
            listener.bind("server")
            listener.listen()
            client.connect("server")
            return client.getpeername()
        finally:
            os.chdir(before)


@provokes("unix_autobind_missing", "unix_autobind_always")
def names_that_nobody_has_given() -> object:
    seen = []
    with socket(AF_UNIX, SOCK_DGRAM) as receiver:
        receiver.bind("")
        for wanted in (0, 1):
            with socket(AF_UNIX, SOCK_DGRAM) as sender:
                sender.setsockopt(SOL_SOCKET, SO_PASSCRED, wanted)
                sender.sendto(b"x", receiver.getsockname())
                seen.append(len(sender.getsockname()))
    return seen


@provokes("unix_record_addressed")
def address_beside_a_connection() -> object:
    left, right = socketpair(AF_UNIX, SOCK_SEQPACKET)
    with left, right:
        return outcome(left.sendto, b"x", b"\0nobody")


@provokes("receive_control_cloexec_first")
def flags_of_descriptors() -> object:
    left, right = socketpair()
    with left, right:
        left.sendmsg([b"x"], rights(left.fileno(), right.fileno()))
        data = right.recvmsg(9, 100, MSG_CMSG_CLOEXEC)[1][0][2]
        numbers = struct.unpack("ii", data)
        seen = [os.get_inheritable(number) for number in numbers]
        for number in numbers:
            os.close(number)
        return seen


@provokes("receive_peek_nameless")
def sender_of_what_is_peeked_at() -> object:
    with udp() as (sender, receiver):
        sender.send(b"x")
        return receiver.recvfrom(9, MSG_PEEK)[1] == sender.getsockname()


@provokes("owners_group_refused", "owners_group_leader")
def group_as_an_owner() -> object:
    with socket() as end:
        answer = outcome(lambda: fcntl.fcntl(end, fcntl.F_SETOWN, -os.getpgrp()))
        return answer, struct.unpack("ii", fcntl.fcntl(end, F_GETOWN_EX, bytes(8)))[0]


@provokes("timeouts_negative_refused", "timeouts_negative_forever")
def negative_time_limit() -> object:
    left, right = socketpair()
    with left, right:
        answer = outcome(left.setsockopt, SOL_SOCKET, SO_RCVTIMEO, struct.pack("ll", -1, 0))
        return answer, outcome(left.recv, 1) if answer == "None" else None


@provokes("values_message_stays", "values_message_unmarked", "values_message_unordered", "receive_many_control_first")
def messages_of_one_datagram() -> object:
    with udp() as (sender, receiver):
        receiver.setsockopt(IPPROTO_IP, IP_RECVTTL, 1)
        receiver.setsockopt(IPPROTO_IP, IP_RECVTTL, 0)
        receiver.setsockopt(SOL_SOCKET, SO_RCVMARK, 1)
        outcome(receiver.setsockopt, SOL_SOCKET, SO_RCVPRIORITY, 1)
        for option in (SO_MARK, SO_PRIORITY):
            outcome(sender.sendmsg, [b"x"], [(SOL_SOCKET, option, struct.pack("i", 5))])
        seen = [receiver.recvmsg(9, 200)[1] for _ in range(2)]
        return seen, several(sender, receiver)


def several(sender: socket, receiver: socket) -> list[int]:
    """How much control data each of two messages of one call has."""
    receiver.setsockopt(SOL_SOCKET, SO_TIMESTAMP, 1)
    for _ in range(2):
        sender.send(b"x")
    rooms, headers = [ctypes.create_string_buffer(200) for _ in range(2)], b""
    for room in rooms:
        headers += struct.pack("PIxxxxPNPNixxxxIxxxx", 0, 0, 0, 0, ctypes.addressof(room), len(room), 0, 0)
    messages = ctypes.create_string_buffer(headers, len(headers))
    LIBC.recvmmsg(receiver.fileno(), messages, 2, 0, None)
    size = len(headers) // 2
    return [struct.unpack_from("N", messages, at * size + 40)[0] > 0 for at in range(2)]


@provokes("values_message_unprivileged")
def mark_without_privilege() -> object:
    with udp() as (sender, _):
        LIBC.unshare(0x10000000)  # a user namespace, without the privileges of the one that has the network
        return outcome(sender.sendmsg, [b"x"], [(SOL_SOCKET, SO_MARK, struct.pack("i", 5))])


@provokes("values_zerocopy_stays", "urgent_inline_stays", "values_hops_stay")
def switches_of_streams_taken_back() -> object:
    with tcp() as (client, server):
        for option in ((SOL_SOCKET, SO_ZEROCOPY), (SOL_SOCKET, SO_OOBINLINE), (IPPROTO_IP, IP_MINTTL)):
            for value in (1, 0):
                client.setsockopt(*option, value)
        client.setsockopt(IPPROTO_IP, IP_MINTTL, 255)
        client.setsockopt(IPPROTO_IP, IP_MINTTL, 0)
        client.send(b"x" * 5000, MSG_ZEROCOPY)
        server.setsockopt(IPPROTO_IP, IP_TTL, 9)
        server.send(b"U", MSG_OOB)
        until(lambda: outcome(client.recv, 1, MSG_OOB | MSG_PEEK) != "EINVAL")
        told = outcome(lambda: len(client.recvmsg(1, 200, MSG_ERRQUEUE)[1]))
        return told, outcome(client.recv, 1, MSG_OOB)


@provokes("broadcast_option_stays", "send_segments_stay", "receive_segments_stay")
def switches_of_datagrams_taken_back() -> object:
    with udp() as (sender, receiver):
        for end, option in ((sender, (SOL_SOCKET, SO_BROADCAST)), (sender, (IPPROTO_UDP, UDP_SEGMENT)),
                            (receiver, (IPPROTO_UDP, UDP_GRO))):  # fmt: skip
            for value in (3, 0):
                end.setsockopt(*option, value)
        sender.send(b"123456")
        first = receiver.recv(100)
        sender.setsockopt(IPPROTO_UDP, UDP_SEGMENT, 3)
        sender.send(b"123456")
        with socket(AF_INET, SOCK_DGRAM) as end:
            for value in (1, 0):
                end.setsockopt(SOL_SOCKET, SO_BROADCAST, value)
            refused = outcome(end.sendto, b"x", ("127.255.255.255", 9))
        return first, receiver.recv(100), refused


@provokes("told_protocols_none")
def sockets_of_protocols() -> object:
    with udp():
        rows = [line.split() for line in Path("/proc/thread-self/net/protocols").read_text().splitlines()[1:]]
        return sum(int(row[2]) for row in rows) > 0


@provokes("send_cork_close_sends", "send_file_datagram_apart", "send_splice_datagram_apart")
def datagrams_out_of_files() -> object:
    seen = []
    with udp() as (sender, receiver):
        sizes(sender, receiver, seen)
        sender.setsockopt(IPPROTO_UDP, UDP_CORK, 1)
        sender.send(b"x")
        sender.close()
        return seen, outcome(receiver.recv, 9, MSG_DONTWAIT)


def sizes(sender: socket, receiver: socket, seen: list[int]) -> None:
    """How long the datagrams of a file and of a pipe are."""
    out, into = os.pipe()
    with tempfile.TemporaryFile() as file:
        file.write(b"abc")
        file.flush()
        os.sendfile(sender.fileno(), file.fileno(), 0, 3)
    os.write(into, b"defg")
    os.splice(out, sender.fileno(), 4)
    os.close(out)
    os.close(into)
    seen += [len(receiver.recv(9)) for _ in range(2)]
    outcome(receiver.recv, 9, MSG_DONTWAIT)
    outcome(receiver.recv, 9, MSG_DONTWAIT)


@provokes("send_splice_more_ignored")
def what_more_holds_back() -> object:
    out, into = os.pipe()
    with udp() as (sender, receiver):
        os.write(into, b"held")
        os.splice(out, sender.fileno(), 4, flags=4)
        held = outcome(receiver.recv, 9, MSG_DONTWAIT)
        sender.send(b"rest")
        os.close(out)
        os.close(into)
        return held, receiver.recv(9)


@provokes("send_file_broken_taken", "send_splice_broken_taken")
def files_for_nobody() -> object:
    left, right = socketpair()
    out, into = os.pipe()
    os.write(into, b"x")
    with left, right, tempfile.TemporaryFile() as file:
        file.write(b"x")
        file.flush()
        right.shutdown(SHUT_RD)
        seen = outcome(os.sendfile, left.fileno(), file.fileno(), 0, 1), outcome(os.splice, out, left.fileno(), 1)
    os.close(out)
    os.close(into)
    return seen


def program(end: socket, option: int, verdict: int) -> str:
    code = ctypes.create_string_buffer(struct.pack("=HBBI", 6, 0, 0, verdict))
    return outcome(end.setsockopt, SOL_SOCKET, option, struct.pack("HxxxxxxP", 1, ctypes.addressof(code)))


@provokes("filters_replace_ignored", "filters_lock_open")
def filters_that_follow() -> object:
    with udp() as (sender, receiver):
        for length in (9, 12):
            program(receiver, SO_ATTACH_FILTER, length)
        sender.send(b"abcdef")
        sender.setsockopt(SOL_SOCKET, SO_LOCK_FILTER, 1)
        return receiver.recv(9), program(sender, SO_ATTACH_REUSEPORT_CBPF, 0)


@provokes("filters_reuseport_drops", "filters_reuseport_forgotten", "filters_reuseport_ends", "filters_reuseport_once")
def programs_of_a_port() -> object:
    ends = [socket(AF_INET, SOCK_DGRAM) for _ in range(3)]
    name, seen = ("127.0.0.1", 0), []
    for number, end in enumerate(ends):
        end.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)
        if number == 2:
            for verdict in (0, 1):
                program(ends[0], SO_ATTACH_REUSEPORT_CBPF, verdict)
        end.bind(name)
        name = end.getsockname()
    seen.append(outcome(ends[0].setsockopt, SOL_SOCKET, DETACH_REUSEPORT, 0))
    program(ends[0], SO_ATTACH_REUSEPORT_CBPF, 0)
    with socket(AF_INET, SOCK_DGRAM) as sender:
        sender.sendto(b"x", name)
        seen.append([outcome(end.recv, 9, MSG_DONTWAIT) for end in ends])
    ends[2].close()
    seen.append(outcome(ends[0].setsockopt, SOL_SOCKET, DETACH_REUSEPORT, 0))
    for end in ends:
        end.close()
    return seen
