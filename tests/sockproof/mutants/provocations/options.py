"""Time limits, state, modes and options."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import ctypes
import fcntl
import os
import select
import struct
import time
from collections.abc import Callable
from socket import *
from socket import socket, socketpair

from .common import *


def timed(option: int, call: Callable[[socket], object]) -> object:
    with tcp() as (client, _):
        client.setsockopt(SOL_SOCKET, option, struct.pack("ll", 0, 200000))
        start = time.monotonic()
        answer = outcome(call, client, limit=1)
        took = time.monotonic() - start
        return answer, 0.19 < took < 0.9


@provokes(
    "timeouts_receive_ignored", "timeouts_receive_halved", "timeouts_receive_tenfold", "timeouts_receive_as_eof",
    "timeouts_receive_as_etimedout",
)  # fmt: skip
def receive_limit() -> object:
    return timed(SO_RCVTIMEO, lambda sock: sock.recv(1))


@provokes("timeouts_send_ignored", "timeouts_send_halved", "timeouts_send_as_etimedout")
def send_limit() -> object:
    def send(sock: socket) -> object:
        fill(sock)
        return sock.send(b"x")

    return timed(SO_SNDTIMEO, send)


@provokes("timeouts_send_partial_lost")
def send_limit_after_some() -> object:
    return timed(SO_SNDTIMEO, lambda sock: sock.send(bytes(64 << 20)) > 0)


@provokes("timeouts_receive_get_zero", "timeouts_send_get_zero", "timeouts_range_unchecked")
def limits_read_back() -> object:
    with socket(AF_INET, SOCK_STREAM) as sock:
        seen = []
        for option in (SO_RCVTIMEO, SO_SNDTIMEO):
            sock.setsockopt(SOL_SOCKET, option, struct.pack("ll", 3, 0))
            seen.append(struct.unpack("ll", sock.getsockopt(SOL_SOCKET, option, 16))[0])
        return seen, outcome(sock.setsockopt, SOL_SOCKET, SO_RCVTIMEO, struct.pack("ll", 0, 1000000))


@provokes("timeouts_receive_ignored_by_accept", "timeouts_accept_as_etimedout")
def accept_limit() -> object:
    with listening() as listener:
        listener.setsockopt(SOL_SOCKET, SO_RCVTIMEO, struct.pack("ll", 0, 50000))
        return outcome(listener.accept)


@provokes("timeouts_receive_governs_poll")
def limit_in_poll() -> object:
    left, right = socketpair()
    with left, right:
        left.setsockopt(SOL_SOCKET, SO_RCVTIMEO, struct.pack("ll", 0, 10000))
        start = time.monotonic()
        poll_bits(left, select.POLLIN, 200)
        return time.monotonic() - start > 0.19


@provokes("state_info_always_established", "state_info_half_closed_as_closed", "state_info_fin_wait2_as_fin_wait1")
def states() -> object:
    with tcp() as (client, server):
        client.shutdown(SHUT_WR)
        wait_readable(server)
        until(lambda: client.getsockopt(IPPROTO_TCP, TCP_INFO, 104)[0] == 5)
        return [sock.getsockopt(IPPROTO_TCP, TCP_INFO, 104)[0] for sock in (client, server)]


@provokes("state_info_mss_default", "state_info_options_zero", "state_info_wscale_zero")
def negotiated() -> object:
    with tcp() as (client, _):
        info = client.getsockopt(IPPROTO_TCP, TCP_INFO, 104)
        return info[5] & 7, info[6] > 0, struct.unpack_from("=I", info, 16)[0] > 1000


@provokes("state_info_queue_zero", "state_info_backlog_one_less")
def queue_state() -> object:
    with listening() as listener, create_connection(listener.getsockname()):
        wait_readable(listener)
        return struct.unpack_from("=II", listener.getsockopt(IPPROTO_TCP, TCP_INFO, 104), 24)


@provokes(
    "socket_nonblock_ignored", "socket_cloexec_ignored", "socketpair_nonblock_ignored", "socketpair_cloexec_ignored",
)  # fmt: skip
def creation_flags() -> object:
    ends = (ctypes.c_int * 2)()
    LIBC.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends)
    fds = [LIBC.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), *ends]
    seen = [(fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK, fcntl.fcntl(fd, fcntl.F_GETFD)) for fd in fds]
    for fd in fds:
        os.close(fd)
    return seen


@provokes("socketpair_datagram_as_stream", "socketpair_record_as_stream")
def pair_types() -> object:
    seen = []
    for kind in (SOCK_DGRAM, SOCK_SEQPACKET):
        left, right = socketpair(AF_UNIX, kind)
        with left, right:
            left.send(b"ab")
            left.send(b"cd")
            seen.append(right.recv(10))
    return seen


@provokes("socket_protocol_as_einval")
def odd_protocol() -> object:
    return outcome(socket, AF_INET, SOCK_STREAM, IPPROTO_UDP)


@provokes("blocking_fionbio_ignored", "blocking_fionbio_off_ignored")
def fionbio() -> object:
    with socket(AF_INET, SOCK_STREAM) as sock:
        seen = []
        for mode in (False, True):
            sock.setblocking(mode)
            seen.append(os.get_blocking(sock.fileno()))
        return seen


@provokes("blocking_setfl_ignored", "blocking_setfl_off_ignored", "blocking_getfl_hides", "blocking_getfl_invents")
def file_flags() -> object:
    with socket(AF_INET, SOCK_STREAM) as sock:
        seen = []
        for flags in (os.O_NONBLOCK, 0):
            fcntl.fcntl(sock, fcntl.F_SETFL, flags)
            seen.append(fcntl.fcntl(sock, fcntl.F_GETFL) & os.O_NONBLOCK)
        return seen


@provokes("options_type_wrong", "options_domain_wrong", "options_protocol_zero", "options_length_unreported")
def identity() -> object:
    with socket(AF_INET, SOCK_STREAM) as sock:
        seen = [sock.getsockopt(SOL_SOCKET, option) for option in (SO_TYPE, SO_DOMAIN, SO_PROTOCOL)]
        return seen, len(sock.getsockopt(SOL_SOCKET, SO_TYPE, 16))


@provokes(
    "options_unknown_accepted", "options_length_unchecked", "options_tcp_unknown_accepted",
    "options_nodelay_misreported",
)  # fmt: skip
def odd_options() -> object:
    with socket(AF_INET, SOCK_STREAM) as sock:
        return (
            outcome(sock.setsockopt, SOL_SOCKET, 9999, 1),
            outcome(sock.setsockopt, SOL_SOCKET, SO_KEEPALIVE, b"x"),
            outcome(sock.setsockopt, IPPROTO_TCP, 9999, 1),
            sock.getsockopt(IPPROTO_TCP, TCP_NODELAY),
        )


@provokes("options_passcred_ignored")
def credentials() -> object:
    left, right = socketpair()
    with left, right:
        right.setsockopt(SOL_SOCKET, SO_PASSCRED, 1)
        left.send(b"x")
        return len(right.recvmsg(1, 64)[1])


@provokes("options_pktinfo_ignored", "options_ttl_ignored")
def packet_information() -> object:
    with udp() as (sender, receiver):
        sender.setsockopt(IPPROTO_IP, IP_TTL, 9)
        receiver.setsockopt(IPPROTO_IP, IP_PKTINFO, 1)
        receiver.setsockopt(IPPROTO_IP, IP_RECVTTL, 1)
        sender.send(b"x")
        controls = receiver.recvmsg(1, 256)[1]
        return [(kind, data[0] if kind == IP_TTL else None) for _, kind, data in controls]


@provokes("options_recverr_ignored")
def error_queue() -> object:
    with socket(AF_INET, SOCK_DGRAM) as sender:
        sender.setsockopt(IPPROTO_IP, IP_RECVERR, 1)
        with socket(AF_INET, SOCK_DGRAM) as gone:
            gone.bind(("127.0.0.1", 0))
            name = gone.getsockname()
        sender.sendto(b"x", name)
        until(lambda: poll_bits(sender, 0, 0) != "nothing")
        return outcome(lambda: sender.recvmsg(1, 256, MSG_ERRQUEUE)[0])


@provokes("options_oobinline_ignored")
def urgent_inline() -> object:
    with tcp() as (client, server):
        server.setsockopt(SOL_SOCKET, SO_OOBINLINE, 1)
        client.send(b"u", MSG_OOB)
        return outcome(server.recv, 1, limit=0.1)


@provokes("options_cork_ignored")
def corked() -> object:
    with tcp() as (client, server):
        client.setsockopt(IPPROTO_TCP, TCP_CORK, 1)
        client.send(b"x")
        return poll_bits(server, select.POLLIN, 50)


@provokes("options_defer_accept_ignored")
def deferred() -> object:
    with listening() as listener:
        listener.setsockopt(IPPROTO_TCP, TCP_DEFER_ACCEPT, 5)
        with create_connection(listener.getsockname()):
            return poll_bits(listener, select.POLLIN, 50)


@provokes("options_maxseg_ignored")
def segment_size() -> object:
    with listening() as listener, socket(AF_INET, SOCK_STREAM) as client:
        client.setsockopt(IPPROTO_TCP, TCP_MAXSEG, 600)
        client.connect(listener.getsockname())
        return client.getsockopt(IPPROTO_TCP, TCP_MAXSEG) <= 600, struct.unpack_from(
            "=I", client.getsockopt(IPPROTO_TCP, TCP_INFO, 104), 16
        )[0] <= 600


@provokes("state_info_unacked_zero", "state_info_closed_as_time_wait")
def unacknowledged() -> object:
    with full_listener() as name, socket(AF_INET, SOCK_STREAM) as client, socket(AF_INET, SOCK_STREAM) as alone:
        client.setblocking(False)
        client.connect_ex(name)
        info = client.getsockopt(IPPROTO_TCP, TCP_INFO, 104)
        return struct.unpack_from("=I", info, 24)[0] > 0, alone.getsockopt(IPPROTO_TCP, TCP_INFO, 104)[0]


@provokes("timeouts_receive_zero_at_once", "timeouts_send_zero_at_once")
def no_limit() -> object:
    left, right = socketpair()
    with left, right:
        for option in (SO_RCVTIMEO, SO_SNDTIMEO):
            left.setsockopt(SOL_SOCKET, option, bytes(16))
        fill(left)
        return outcome(left.recv, 1, limit=0.1), outcome(left.send, b"x", limit=0.1)


@provokes("timeouts_send_ignored_by_connect")
def connect_limit() -> object:
    with full_listener() as name, socket(AF_INET, SOCK_STREAM) as client:
        client.setsockopt(SOL_SOCKET, SO_SNDTIMEO, struct.pack("ll", 0, 50000))
        return outcome(client.connect, name)
