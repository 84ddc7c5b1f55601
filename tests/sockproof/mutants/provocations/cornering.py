"""What shows in one kind of socket, or in one state of it, alone."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import ctypes
import fcntl
import os
import select
import struct
import tempfile
from pathlib import Path
from socket import *
from socket import socket, socketpair

from .common import *
from .local import rights

F_GETPIPE_SZ, SO_PEEK_OFF, SO_ZEROCOPY, MSG_ZEROCOPY = 1032, 42, 60, 0x4000000
IPV6_RECVPKTINFO, IPV6_TCLASS, IPV6_RECVTCLASS = 49, 67, 66


def nobody(end: socket, port: int = 0) -> int:
    """connect() or, with a port, sendto() of one byte to an address without a family; the errno, or 0."""
    address = struct.pack("=H", AF_UNSPEC) + port.to_bytes(2, "big") + inet_aton("127.0.0.1") + bytes(8)
    result = LIBC.sendto(end.fileno(), b"x", 1, 0, address, 16) if port else LIBC.connect(end.fileno(), address, 16)
    return 0 if result >= 0 else ctypes.get_errno()


@provokes("control_mapped_lost", "control_mapped_unset", "control_congestion_cleared")
def datagram_of_ipv4_to_an_ipv6_socket() -> object:
    with socket(AF_INET6, SOCK_DGRAM) as receiver, socket(AF_INET, SOCK_DGRAM) as sender:
        receiver.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 0)
        receiver.bind(("::", 0))
        receiver.setsockopt(IPPROTO_IP, IP_RECVTOS, 1)
        receiver.setsockopt(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
        sender.setsockopt(IPPROTO_IP, IP_TOS, 0x2B)
        sender.sendto(b"x", ("127.0.0.1", receiver.getsockname()[1]))
        return receiver.recvmsg(9, 200)[1]


@provokes("receive_no_buffers_refused", "receive_buffers_few")
def numbers_of_buffers() -> object:
    with tcp() as (client, server):
        client.send(bytes(600))
        select.select([server], [], [])
        none = outcome(lambda: server.recvmsg_into([])[0])
        return none, outcome(lambda: server.recvmsg_into([bytearray(1) for _ in range(600)])[0])


@provokes("unix_instance_refused")
def instance_that_is_passed() -> object:
    left, right = socketpair(AF_UNIX, SOCK_DGRAM)
    with left, right, select.epoll() as instance:
        return outcome(lambda: left.sendmsg([b"x"], rights(instance.fileno())))


@provokes("urgent_second_in_band")
def two_urgent_bytes() -> object:
    with tcp() as (client, server):
        client.send(b"a", MSG_OOB)
        client.send(b"b", MSG_OOB)
        select.select([], [], [server])
        return server.recv(9, MSG_OOB)


@provokes("send_zerocopy_datagram_ignored")
def datagram_without_a_copy() -> object:
    with socket(AF_INET, SOCK_DGRAM) as receiver, socket(AF_INET, SOCK_DGRAM) as sender:
        receiver.bind(("127.0.0.1", 0))
        sender.setsockopt(SOL_SOCKET, SO_ZEROCOPY, 1)
        sender.connect(receiver.getsockname())
        sender.send(bytes(1000), MSG_ZEROCOPY)
        receiver.recv(1000)
        poll = select.poll()
        poll.register(sender, 0)
        return len(poll.poll(100))


@provokes("send_unspec_refused")
def datagram_to_no_family() -> object:
    with socket(AF_INET, SOCK_DGRAM) as receiver, socket(AF_INET, SOCK_DGRAM) as sender:
        receiver.bind(("127.0.0.1", 0))
        return nobody(sender, receiver.getsockname()[1])


@provokes("unix_connect_unspec_taken")
def connection_to_no_family() -> object:
    with socket(AF_UNIX, SOCK_STREAM) as end:
        return nobody(end)


@provokes("send_write_partial")
def large_write() -> object:
    with tcp() as (client, server):
        client.setsockopt(SOL_SOCKET, SO_SNDBUF, 1 << 20)
        server.setsockopt(SOL_SOCKET, SO_RCVBUF, 1 << 20)
        return os.write(client.fileno(), bytes(100_000))


@provokes("errors_sigpipe_unix_write_missing")
def write_to_nobody() -> object:
    seen: list[int] = []
    signal.signal(signal.SIGPIPE, lambda number, _: seen.append(number))
    left, right = socketpair(AF_UNIX, SOCK_STREAM)
    right.close()
    with left:
        outcome(lambda: os.write(left.fileno(), b"x"))
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    return seen


@provokes("unix_abstract_slash_refused")
def abstract_name_like_a_folder() -> object:
    with socket(AF_UNIX, SOCK_DGRAM) as end:
        return outcome(end.bind, b"\0%d/" % os.getpid())


@provokes("unix_path_nowhere_missing")
def path_over_a_file() -> object:
    with tempfile.TemporaryDirectory() as folder, socket(AF_UNIX, SOCK_STREAM) as end:
        (Path(folder) / "file").touch()
        return outcome(end.connect, f"{folder}/file/name")


@provokes("close_duplicate_ends_listener")
def duplicate_of_a_listener() -> object:
    with listening() as listener, socket(AF_INET, SOCK_STREAM) as client:
        os.close(os.dup(listener.fileno()))
        return outcome(client.connect, listener.getsockname())


@provokes("accept_records_never_wait")
def accept_of_records() -> object:
    with socket(AF_UNIX, SOCK_SEQPACKET) as listener:
        listener.bind("")
        listener.listen()
        return outcome(lambda: listener.accept()[1], limit=0.1)


@provokes("accept_gone_nameless")
def client_that_has_gone() -> object:
    with listening() as listener:
        client = socket(AF_INET, SOCK_STREAM)
        client.connect(listener.getsockname())
        name = client.getsockname()
        client.close()
        server, address = listener.accept()
        server.close()
        return address == name


@provokes("epoll_rdhup_when_read")
def end_behind_bytes() -> object:
    with tcp() as (client, server), select.epoll() as instance:
        client.send(b"x")
        client.shutdown(SHUT_WR)
        instance.register(server, select.EPOLLRDHUP)
        return [bits for _, bits in instance.poll(0.2)]


@provokes("poll_hup_when_read")
def hangup_behind_bytes() -> object:
    left, right = socketpair(AF_UNIX, SOCK_STREAM)
    left.send(b"x")
    left.close()
    poll = select.poll()
    with right:
        poll.register(right, select.POLLIN)
        return [bits for _, bits in poll.poll(0)]


@provokes("epoll_empty_unseen")
def datagram_without_a_byte() -> object:
    left, right = socketpair(AF_UNIX, SOCK_DGRAM)
    with left, right, select.epoll() as instance:
        left.send(b"")
        instance.register(right, select.EPOLLIN)
        return [bits for _, bits in instance.poll(0)]


@provokes("arguments_pipe_command_taken")
def command_of_pipes() -> object:
    with socket(AF_INET, SOCK_STREAM) as end:
        return outcome(fcntl.fcntl, end, F_GETPIPE_SZ)


@provokes("values_peek_off_least")
def offset_below_the_least() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end:
        return outcome(end.setsockopt, SOL_SOCKET, SO_PEEK_OFF, -2)


@provokes("credentials_ip_own")
def peer_over_ip() -> object:
    with tcp() as (client, _):
        return client.getsockopt(SOL_SOCKET, SO_PEERCRED, 12) == struct.pack("iii", 0, -1, -1)


@provokes("socket_unspec_as_inet")
def socket_without_a_family() -> object:
    return outcome(lambda: socket(AF_UNSPEC, SOCK_STREAM, 0, None).close())


@provokes("multicast_request_ignored")
def group_that_is_left() -> object:
    request = struct.pack("=I4x", 1) + (struct.pack("=HH", AF_INET, 0) + inet_aton(GROUP)).ljust(128, b"\0")
    with socket(AF_INET, SOCK_DGRAM) as end:
        joined = outcome(end.setsockopt, IPPROTO_IP, 42, request)
        return joined, [outcome(end.setsockopt, IPPROTO_IP, 45, request) for _ in range(2)]


@provokes("values_hops_connected_ignored")
def hops_of_a_connected_socket() -> object:
    with udp() as (client, _):
        client.setsockopt(IPPROTO_IP, IP_TTL, 9)
        return client.getsockopt(IPPROTO_IP, IP_TTL)


@provokes("values_freebind_six_ignored")
def address_of_ipv6_that_is_not_there() -> object:
    with socket(AF_INET6, SOCK_DGRAM) as end:
        end.setsockopt(IPPROTO_IPV6, 78, 1)
        return end.getsockopt(IPPROTO_IPV6, 78)


@provokes("values_no_cookie_ignored")
def listener_without_cookies() -> object:
    with listening() as listener:
        listener.setsockopt(IPPROTO_TCP, 34, 1)
        return listener.getsockopt(IPPROTO_TCP, 34)


@provokes("send_unbound_binds_loopback")
def name_after_the_first_datagram() -> object:
    with socket(AF_INET, SOCK_DGRAM) as receiver, socket(AF_INET, SOCK_DGRAM) as sender:
        receiver.bind(("127.0.0.1", 0))
        sender.sendto(b"x", receiver.getsockname())
        return sender.getsockname()[0]


@provokes("state_counts_handshake_counted")
def counts_of_a_new_connection() -> object:
    with tcp() as (client, _):
        return struct.unpack_from("I", client.getsockopt(IPPROTO_TCP, TCP_INFO, 200), 156)


@provokes("state_counts_received_pieces_zero", "state_counts_sent_pieces_zero", "state_counts_delivered_zero")
def counts_of_segments() -> object:
    with tcp() as (client, server):
        client.send(b"x")
        server.recv(1)
        server.send(b"x")
        client.recv(1)
        told = client.getsockopt(IPPROTO_TCP, TCP_INFO, 200)
        return [bool(struct.unpack_from("I", told, at)[0]) for at in (152, 156, 192)]
