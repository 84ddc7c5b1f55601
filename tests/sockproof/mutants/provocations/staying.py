"""What stays as it was set, and what a wait, a header and the flags of a descriptor tell beside what was asked."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import sys
from socket import *
from socket import socket

from .common import *


@provokes("epoll_hup_missing_when_new")
def wait_of_a_new_socket() -> object:
    with socket(AF_INET, SOCK_STREAM) as end, contextlib.closing(select.epoll()) as waiter:
        waiter.register(end, select.EPOLLIN)
        return [bits for _, bits in waiter.poll(0)]


@provokes("epoll_modify_out_ignored")
def modified_to_writable() -> object:
    with tcp() as (client, _), contextlib.closing(select.epoll()) as waiter:
        waiter.register(client, 0)
        waiter.modify(client, select.EPOLLOUT)
        return [bits for _, bits in waiter.poll(0)]


@provokes("lookup_passive_family_loopback")
def wildcard_of_a_family() -> object:
    return getaddrinfo(None, "80", AF_INET, SOCK_STREAM, 0, AI_PASSIVE)


@provokes("blocking_flags_close_on_exec")
def status_flags() -> object:
    with socket(AF_INET, SOCK_STREAM) as end:
        return fcntl.fcntl(end, fcntl.F_GETFL)


@provokes("values_again_ignored", "values_connecting_forgets", "values_setting_spreads")
def values_of_a_connected_socket() -> object:
    with udp() as (_, receiver), socket(AF_INET, SOCK_DGRAM) as end:
        end.setsockopt(SOL_SOCKET, SO_PRIORITY, 3)
        end.setsockopt(SOL_SOCKET, SO_PRIORITY, 5)
        end.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)
        end.connect(receiver.getsockname())
        return end.getsockopt(SOL_SOCKET, SO_PRIORITY), end.getsockopt(SOL_SOCKET, SO_OOBINLINE)


@provokes("receive_header_flags_echoed")
def flags_of_a_peek() -> object:
    with udp() as (sender, receiver):
        sender.send(b"x")
        wait_readable(receiver)
        return receiver.recvmsg(9, 0, MSG_PEEK)[2]


@provokes("epoll_edge_listener_once")
def second_connection() -> object:
    with listening() as listener, contextlib.closing(select.epoll()) as waiter, contextlib.ExitStack() as held:
        waiter.register(listener, select.EPOLLIN | select.EPOLLET)
        seen = []
        for _ in range(2):
            held.enter_context(create_connection(listener.getsockname()))
            seen.append(len(waiter.poll(0.3)))
        return seen


@provokes("close_exec_spreads", "close_duplicate_itself_refused")
def flags_of_duplicates() -> object:
    with socket(AF_INET, SOCK_STREAM) as end:
        other = os.dup(end.fileno())
        fcntl.fcntl(other, fcntl.F_SETFD, 0)
        fcntl.fcntl(end, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
        seen = fcntl.fcntl(other, fcntl.F_GETFD), outcome(os.dup2, end.fileno(), end.fileno())
        os.close(other)
        return seen[0], seen[1].isdigit()


@provokes("send_nosignal_address_refused", "send_rights_buffers_refused", "send_control_level_refused")
def messages_of_any_shape() -> object:
    with udp() as (sender, receiver):
        named = outcome(sender.sendto, b"x", MSG_NOSIGNAL, receiver.getsockname())
    one, two = socketpair()
    with one, two:
        rights = SOL_SOCKET, SCM_RIGHTS, one.fileno().to_bytes(4, sys.byteorder)
        several = outcome(one.sendmsg, [b"a", b"b"], [rights])
        return named, several, outcome(one.sendmsg, [b"a"], [(IPPROTO_IP, 1, bytes(4))])


@provokes("unix_rights_number_high")
def number_of_a_descriptor() -> object:
    one, two = socketpair()
    with one, two:
        send_fds(one, [b"x"], [0])
        _, came, _, _ = recv_fds(two, 1, 1)
        os.close(came[0])
        return came[0] > 200
