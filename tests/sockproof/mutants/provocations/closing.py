"""Keepalive, connections that time out, and what close() leaves."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import ctypes
import fcntl
import os
import struct
import threading
from socket import *
from socket import socket

from .common import *

OPTIONS = (TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT)


def deafen(sock: socket) -> None:
    """Drops what arrives, by a filter that keeps nothing."""
    program = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))
    sock.setsockopt(SOL_SOCKET, 26, struct.pack("@HP", 1, ctypes.addressof(program)))


@provokes(
    "keepalive_count_doubled", "keepalive_count_ignored", "keepalive_idle_ignored", "keepalive_interval_ignored",
    "keepalive_values_always_standard", "keepalive_values_halved", "keepalive_default_on", "keepalive_off_ignored",
    "keepalive_range_unchecked",
)  # fmt: skip
def keepalive_options() -> object:
    with socket(AF_INET, SOCK_STREAM) as sock:
        seen = [sock.getsockopt(SOL_SOCKET, SO_KEEPALIVE)]
        for option in OPTIONS:
            seen.append(sock.getsockopt(IPPROTO_TCP, option))
            sock.setsockopt(IPPROTO_TCP, option, 4)
            seen.append(sock.getsockopt(IPPROTO_TCP, option))
        sock.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)
        sock.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 0)
        seen.append(sock.getsockopt(SOL_SOCKET, SO_KEEPALIVE))
        return seen, outcome(sock.setsockopt, IPPROTO_TCP, TCP_KEEPCNT, 128)


@provokes("keepalive_listener_not_inherited")
def keepalive_of_an_accepted_socket() -> object:
    with listening() as listener:
        listener.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)
        with create_connection(listener.getsockname()), listener.accept()[0] as server:
            return server.getsockopt(SOL_SOCKET, SO_KEEPALIVE)


@provokes("keepalive_unacknowledged_counts")
def keepalive_and_the_user_timeout() -> object:
    with socket(AF_INET, SOCK_STREAM) as sock:
        sock.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)
        return sock.getsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT)


@provokes("errors_timeout_as_eof", "errors_timeout_as_reset")
def unacknowledged() -> object:
    with tcp() as (client, server):
        client.setsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT, 300)
        deafen(server)
        client.send(b"lost")
        return outcome(client.recv, 1, limit=5)


@provokes("buffers_unsent_on_wire_missing")
def on_its_way() -> object:
    with tcp() as (client, server):
        deafen(server)
        client.send(b"lost")
        return struct.unpack("i", fcntl.ioctl(client, SIOCOUTQ, bytes(4)))


@provokes("timeouts_receive_ends_connection")
def after_the_time_limit() -> object:
    with tcp() as (_client, server):
        server.setsockopt(SOL_SOCKET, SO_RCVTIMEO, struct.pack("ll", 0, 10000))
        outcome(server.recv, 1)
        return outcome(server.send, b"x")


@provokes("close_eof_ends_both")
def after_the_end() -> object:
    with tcp() as (client, server):
        client.shutdown(SHUT_WR)
        return outcome(server.recv, 1), outcome(server.send, b"x")


@provokes("close_eof_unread_resets")
def after_an_end_that_nobody_read() -> object:
    with tcp() as (client, server):
        client.shutdown(SHUT_WR)
        poll_bits(server, select.POLLIN)
        server.close()
        return outcome(client.recv, 1)


@provokes("close_descriptor_kept")
def after_close() -> object:
    with tcp() as (client, _):
        descriptor = client.detach()
        os.close(descriptor)
        return outcome(os.fstat, descriptor) == "EBADF"


@provokes("close_reader_woken")
def reader_in_another_thread() -> object:
    with tcp() as (client, server):
        reader = threading.Thread(target=client.recv, args=(1,))
        reader.start()
        until(lambda: False, limit=0.1)
        client.close()
        reader.join(0.3)
        waits = reader.is_alive()
        server.close()
        reader.join()
        return waits
