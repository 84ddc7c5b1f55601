"""What faults that were invented apart from the catalogue left unnoticed: cut names, full buffers, files, edges."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import tempfile
from socket import *
from socket import socket

from .common import *

IP_RECVTOS = 13


@contextlib.contextmanager
def waiting_datagram() -> Iterator[socket]:
    with udp() as (sender, receiver):
        receiver.setsockopt(IPPROTO_IP, IP_RECVTOS, 1)
        sender.send(b"abcdefgh")
        wait_readable(receiver)
        yield receiver


@provokes("receive_address_length_cut")
def name_in_four_bytes() -> object:
    with waiting_datagram() as receiver:
        data, name, length = ctypes.create_string_buffer(1), ctypes.create_string_buffer(16), ctypes.c_uint32(4)
        LIBC.recvfrom(receiver.fileno(), data, 1, 0, name, ctypes.byref(length))
        return length.value


@provokes("receive_buffers_record_misplaced", "control_class_wider")
def datagram_in_two_buffers() -> object:
    with waiting_datagram() as receiver:
        buffers = [bytearray(2), bytearray(8)]
        _, control, _, _ = receiver.recvmsg_into(buffers, CMSG_SPACE(4))
        return buffers, [len(data) for _, _, data in control]


@provokes("receive_waitall_message_ignored")
def all_of_a_stream() -> object:
    with tcp() as (client, server):
        client.send(b"few")
        wait_readable(server)
        return outcome(lambda: server.recvmsg(9, 0, MSG_WAITALL)[0], limit=2)


@provokes("send_file_full_as_zero", "send_splice_full_as_zero")
def full_buffer() -> object:
    with tcp() as (client, _), tempfile.TemporaryFile() as file:
        out, into = os.pipe()
        file.write(b"content")
        file.flush()
        os.write(into, b"content")
        client.setblocking(False)
        while poll_bits(client, select.POLLOUT, 0) != "nothing":
            fill(client)
        sent = outcome(os.sendfile, client.fileno(), file.fileno(), 0, 7, limit=9)
        return sent, outcome(os.splice, out, client.fileno(), 7, limit=9)


@provokes("poll_entries_file_silent")
def regular_file() -> object:
    poller = select.poll()
    with tempfile.TemporaryFile() as file:
        poller.register(file, select.POLLIN)
        return [bits for _, bits in poller.poll(0)]


@provokes("poll_err_missing_at_unix")
def end_of_a_unix_listener() -> object:
    with socket(AF_UNIX, SOCK_STREAM) as listener, socket(AF_UNIX, SOCK_STREAM) as client:
        listener.bind("")
        listener.listen(1)
        client.connect(listener.getsockname())
        listener.close()
        return poll_bits(client, select.POLLIN)


@provokes("unix_missing_as_refused")
def message_to_nobody() -> object:
    with tempfile.TemporaryDirectory() as folder, socket(AF_UNIX, SOCK_DGRAM) as end:
        return outcome(end.sendto, b"x", f"{folder}/nobody", limit=9)


@provokes("values_switch_sticky", "options_tos_mapped_refused")
def switched_off() -> object:
    with socket(AF_INET6, SOCK_STREAM) as end:
        end.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)
        end.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 0)
        return end.getsockopt(SOL_SOCKET, SO_KEEPALIVE), outcome(end.setsockopt, IPPROTO_IP, IP_TOS, 8, limit=9)


@provokes("state_info_fin_wait1_late")
def fin_behind_data() -> object:
    with tcp() as (client, _):
        fill(client)
        client.shutdown(SHUT_WR)
        return client.getsockopt(IPPROTO_TCP, TCP_INFO, 1)


@provokes("lookup_numeric_family_as_noname")
def number_of_another_family() -> object:
    try:
        return getaddrinfo("127.0.0.1", 80, AF_INET6)
    except gaierror as error:
        return error.errno


@provokes("epoll_edge_datagram_once")
def second_datagram() -> object:
    with udp() as (sender, receiver), contextlib.closing(select.epoll()) as waiter:
        waiter.register(receiver, select.EPOLLIN | select.EPOLLET)
        sender.send(b"first")
        first = len(waiter.poll(2))
        sender.send(b"second")
        return first, len(waiter.poll(2))
