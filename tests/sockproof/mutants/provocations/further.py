"""What no headline call shows by itself: refusals, inheritance, duplicates, surplus signals and waits."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import struct
import time
from socket import *
from socket import socket, socketpair

from .common import *

SIOCOUTQNSD, NOTSENT_BYTES, MOST_BUFFERS = 0x894B, 144, 1024
NEVER = 9999
"""An interface index that nothing has."""


def linger(seconds: int) -> bytes:
    return struct.pack("ii", 1, seconds)


@provokes("accept_datagram_as_einval")
def accepting_from_datagrams() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end:
        return outcome(end.accept)


@provokes("accept_emfile_as_enfile")
def accepting_without_a_descriptor() -> object:
    with listening() as listener, create_connection(listener.getsockname()):
        free = os.dup(0)
        os.close(free)
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (free, before[1]))
        answer = outcome(listener.accept)
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        return answer


@provokes("accept_linger_not_inherited")
def inherited_linger() -> object:
    with listening() as listener:
        listener.setsockopt(SOL_SOCKET, SO_LINGER, linger(5))
        with create_connection(listener.getsockname()), listener.accept()[0] as server:
            return server.getsockopt(SOL_SOCKET, SO_LINGER, 8)


@provokes("broadcast_connect_allowed")
def connecting_to_broadcast() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end:
        return outcome(end.connect, ("127.255.255.255", 9))


@provokes("connect_unreachable_as_refused")
def connecting_a_stream_to_broadcast() -> object:
    with socket(AF_INET, SOCK_STREAM) as end:
        return outcome(end.connect, ("255.255.255.255", 9))


@provokes("buffers_notsent_zero", "state_info_notsent_zero")
def what_is_unsent() -> object:
    with tcp() as (client, _):
        fill(client)
        told = client.getsockopt(IPPROTO_TCP, TCP_INFO, 256)[NOTSENT_BYTES : NOTSENT_BYTES + 4]
        return any(fcntl.ioctl(client, SIOCOUTQNSD, bytes(4))), any(told)


@provokes("close_listener_ends_accepted")
def closed_listener() -> object:
    with listening() as listener, create_connection(listener.getsockname()) as client, listener.accept()[0]:
        listener.close()
        return outcome(client.recv, 1, MSG_DONTWAIT)


@provokes("errors_sigpipe_on_datagram")
def datagram_to_nobody() -> object:
    left, right = socketpair(AF_UNIX, SOCK_DGRAM)
    with left:
        right.close()
        return death(lambda: left.send(b"x"))


@provokes("errors_sigpipe_on_success", "errors_sigpipe_on_receive")
def sending_and_reading_the_end() -> object:
    left, right = socketpair()
    with left, right:
        right.shutdown(SHUT_WR)
        return death(lambda: left.send(b"x")), death(lambda: left.recv(1))


@provokes("linger_shutdown_waits")
def shutting_down_with_linger() -> object:
    with tcp() as (client, _):
        client.setsockopt(SOL_SOCKET, SO_LINGER, linger(1))
        fill(client)
        began = time.monotonic()
        client.shutdown(SHUT_WR)
        waited = time.monotonic() - began > 0.5
        reset(client)
        return waited


@provokes("linger_unix_waits")
def closing_unix_with_linger() -> object:
    left, right = socketpair()
    with right:
        left.setsockopt(SOL_SOCKET, SO_LINGER, linger(1))
        began = time.monotonic()
        left.close()
        return time.monotonic() - began > 0.5


@provokes("listen_acceptconn_settable", "multicast_all_unchecked", "multicast_loop_large_refused")
def odd_options() -> object:
    with listening() as stream, socket(AF_INET, SOCK_DGRAM) as end:
        return (
            outcome(stream.setsockopt, SOL_SOCKET, SO_ACCEPTCONN, 0),
            outcome(end.setsockopt, IPPROTO_IP, IP_MULTICAST_ALL, 7),
            outcome(end.setsockopt, IPPROTO_IP, IP_MULTICAST_LOOP, 2),
        )


@provokes("multicast_loop_unchecked")
def odd_loop() -> object:
    with socket(AF_INET6, SOCK_DGRAM) as end:
        return outcome(end.setsockopt, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 2)


@provokes("multicast_byte_ignored")
def option_of_one_byte() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end:
        end.setsockopt(IPPROTO_IP, IP_MULTICAST_TTL, b"\x07")
        return end.getsockopt(IPPROTO_IP, IP_MULTICAST_TTL)


@provokes("multicast_join_interface_unchecked")
def joining_nowhere() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end:
        request = struct.pack("4s4si", inet_aton(GROUP), bytes(4), NEVER)
        return outcome(end.setsockopt, IPPROTO_IP, IP_ADD_MEMBERSHIP, request)


@provokes("reuse_group_as_wildcard")
def bound_to_a_group() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end:
        end.bind((GROUP, 0))
        return end.getsockname()[0]


@provokes("listen_unnamed_allowed", "shutdown_unix_unconnected_refused")
def unix_alone() -> object:
    with socket(AF_UNIX, SOCK_STREAM) as end, socket(AF_UNIX, SOCK_STREAM) as other:
        return outcome(end.listen, 1), outcome(other.shutdown, SHUT_RD)


@provokes("send_buffers_too_many_cut", "send_writev_too_many_cut", "send_empty_as_byte")
def odd_sends() -> object:
    left, right = socketpair()
    pieces = [b"x"] * (MOST_BUFFERS + 1)
    with left, right:
        sent = outcome(left.sendmsg, pieces), outcome(os.writev, left.fileno(), pieces), outcome(left.send, b"")
        return *sent, outcome(right.recv, 10, MSG_DONTWAIT)


@provokes("shutdown_duplicate_ignored")
def shut_down_beside_a_duplicate() -> object:
    left, right = socketpair()
    with left, right, contextlib.closing(left.dup()):
        left.shutdown(SHUT_WR)
        return outcome(right.recv, 1, MSG_DONTWAIT)


@provokes("shutdown_listener_wr_stops")
def listener_shut_for_writing() -> object:
    with listening() as listener:
        listener.shutdown(SHUT_WR)
        return outcome(create_connection, listener.getsockname()) == "ECONNREFUSED"
