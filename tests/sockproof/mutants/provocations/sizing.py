"""Buffers."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import array
import fcntl
import select
import termios
from socket import *
from socket import socket, socketpair

from .common import *


def size(option: int, value: int) -> object:
    with socket(AF_INET, SOCK_STREAM) as sock:
        answer = outcome(sock.setsockopt, SOL_SOCKET, option, value)
        return answer, sock.getsockopt(SOL_SOCKET, option)


@provokes("buffers_send_undoubled", "buffers_send_doubled_twice", "buffers_send_ignored", "buffers_send_get_halved")
def send_size() -> object:
    return size(SO_SNDBUF, 30000)


@provokes(
    "buffers_receive_undoubled", "buffers_receive_doubled_twice", "buffers_receive_ignored",
    "buffers_receive_get_halved",
)  # fmt: skip
def receive_size() -> object:
    return size(SO_RCVBUF, 30000)


@provokes("buffers_send_small_refused", "buffers_send_minimum_hidden")
def small_send_size() -> object:
    return size(SO_SNDBUF, 1)


@provokes("buffers_receive_small_refused", "buffers_receive_minimum_hidden")
def small_receive_size() -> object:
    return size(SO_RCVBUF, 1)


@provokes("buffers_send_large_refused", "buffers_send_maximum_hidden")
def large_send_size() -> object:
    return size(SO_SNDBUF, 1 << 29)


@provokes("buffers_receive_large_refused", "buffers_receive_maximum_hidden")
def large_receive_size() -> object:
    return size(SO_RCVBUF, 1 << 29)


@provokes("buffers_send_cosmetic")
def send_size_felt() -> object:
    left, right = socketpair()
    with left, right:
        left.setsockopt(SOL_SOCKET, SO_SNDBUF, 4096)
        return left.getsockopt(SOL_SOCKET, SO_SNDBUF), fill(left) < 20000


@provokes("buffers_sndlowat_settable", "buffers_sndlowat_misreported", "buffers_rcvlowat_misreported")
def low_marks() -> object:
    with socket(AF_INET, SOCK_STREAM) as sock:
        sock.setsockopt(SOL_SOCKET, SO_RCVLOWAT, 9)
        marks = [sock.getsockopt(SOL_SOCKET, option) for option in (SO_SNDLOWAT, SO_RCVLOWAT)]
        return outcome(sock.setsockopt, SOL_SOCKET, SO_SNDLOWAT, 9), marks


@provokes("buffers_rcvlowat_ignored")
def low_mark_felt() -> object:
    with tcp() as (client, server):
        server.setsockopt(SOL_SOCKET, SO_RCVLOWAT, 5)
        client.send(b"ab")
        return poll_bits(server, select.POLLIN, 50)


def asked(sock: socket, request: int) -> int:
    answer = array.array("i", [0])
    fcntl.ioctl(sock, request, answer)
    return answer[0]


@provokes("buffers_unread_zero", "buffers_unread_one_more", "buffers_unread_counts_header")
def unread() -> object:
    with tcp() as (client, server), udp() as (sender, receiver):
        client.send(b"abc")
        sender.send(b"abc")
        wait_readable(server)
        wait_readable(receiver)
        return asked(server, termios.FIONREAD), asked(receiver, termios.FIONREAD)


@provokes("buffers_unsent_zero", "buffers_unsent_one_less", "buffers_unsent_never_empty")
def unsent() -> object:
    with tcp() as (client, server):
        empty = asked(client, SIOCOUTQ)
        sent = fill(client)
        for _ in range(30):  # what has come is in both counts until it is acknowledged, which may take 40 ms
            left = sent - asked(client, SIOCOUTQ) - asked(server, termios.FIONREAD)
            if left == 0:
                break
            poll_bits(client, 0, 10)
        return empty, left


@provokes("buffers_receive_cosmetic")
def receive_size_felt() -> object:
    with udp() as (sender, receiver):
        receiver.setsockopt(SOL_SOCKET, SO_RCVBUF, 4096)
        for _ in range(20):
            sender.send(bytes(1000))
        kept = 0
        while outcome(receiver.recv, 1, MSG_DONTWAIT) != "EAGAIN":
            kept += 1
        return receiver.getsockopt(SOL_SOCKET, SO_RCVBUF), kept < 20


@provokes("buffers_listener_counts")
def counts_of_listener() -> object:
    with listening() as listener:
        return outcome(asked, listener, termios.FIONREAD)
