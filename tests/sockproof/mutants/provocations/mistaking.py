"""Wrong arguments: numbers that are no descriptors, memory that cannot be touched, lengths that nothing has."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import ctypes
import errno
import os
import select
import struct
from socket import *
from socket import socket, socketpair

from .common import *

NOWHERE = ctypes.c_void_p(16)
"""Below everything that a process may map."""
ROOM = ctypes.create_string_buffer(128)
MANY = ctypes.c_size_t(4)
NAME = struct.pack("=HHI8x", AF_INET, 0x0F00, 0x0100007F)


def call(name: str, *arguments: object) -> object:
    result = getattr(LIBC, name)(*arguments)
    return errno.errorcode[ctypes.get_errno()] if result == -1 else result


def length(size: int) -> object:
    return ctypes.byref(ctypes.c_int(size))


@provokes("arguments_closed_as_einval", "arguments_closed_as_notsock", "arguments_closed_as_success")
def no_descriptor() -> object:
    return call("recv", -1, ROOM, MANY, 0)


@provokes("arguments_file_as_badf", "arguments_file_as_einval", "arguments_file_as_success")
def no_socket() -> object:
    number = os.memfd_create("file")
    answer = call("recv", number, ROOM, MANY, 0)
    os.close(number)
    return answer


@provokes("arguments_path_as_einval", "arguments_path_as_success")
def path_alone() -> object:
    number = os.open("/", os.O_PATH)
    answer = call("recv", number, ROOM, MANY, 0)
    os.close(number)
    return answer


@provokes("arguments_address_as_einval", "arguments_address_as_success")
def address_nowhere() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end:
        return call("connect", end.fileno(), NOWHERE, 16)


@provokes("arguments_long_allowed", "arguments_long_as_toolong")
def long_address() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end:
        return call("connect", end.fileno(), ctypes.create_string_buffer(NAME, 200), 129)


@provokes("arguments_short_allowed")
def short_address() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end:
        return call("connect", end.fileno(), NAME, 8)


@provokes("arguments_short_sent")
def short_address_sent_to() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end:
        return call("sendto", end.fileno(), b"x", ctypes.c_size_t(1), 0, NAME, 8)


@provokes("arguments_name_as_einval", "arguments_name_as_success")
def name_nowhere() -> object:
    with socket() as end:
        return call("getsockname", end.fileno(), NOWHERE, length(16))


@provokes("arguments_name_negative_allowed")
def name_of_negative_room() -> object:
    with socket() as end:
        return call("getsockname", end.fileno(), ROOM, length(-1))


@provokes("arguments_accept_kept")
def accepted_nowhere() -> object:
    with listening() as listener, create_connection(listener.getsockname()):
        call("accept", listener.fileno(), NOWHERE, length(16))
        return poll_bits(listener, select.POLLIN, 0)


@provokes("arguments_accept_leaks")
def accepted_and_left() -> object:
    with listening() as listener, create_connection(listener.getsockname()):
        wait_readable(listener)
        free = os.dup(0)
        os.close(free)
        call("accept", listener.fileno(), NOWHERE, length(16))
        next_one = os.dup(0)
        os.close(next_one)
        return next_one - free


@provokes("arguments_data_as_einval", "arguments_datagram_sent")
def datagram_from_nowhere() -> object:
    with udp() as (sender, receiver):
        answer = call("send", sender.fileno(), NOWHERE, MANY, 0)
        return answer, poll_bits(receiver, select.POLLIN, 50)


@provokes("arguments_bytes_sent")
def bytes_from_nowhere() -> object:
    ours, theirs = socketpair()
    with ours, theirs:
        return call("send", ours.fileno(), NOWHERE, MANY, 0), poll_bits(theirs, select.POLLIN, 0)


@provokes("arguments_stream_lost")
def stream_to_nowhere() -> object:
    ours, theirs = socketpair()
    with ours, theirs:
        ours.send(b"x")
        return call("recv", theirs.fileno(), NOWHERE, MANY, 0), poll_bits(theirs, select.POLLIN, 0)


@provokes("arguments_datagram_kept")
def datagram_to_nowhere() -> object:
    with udp() as (sender, receiver):
        sender.send(b"x")
        wait_readable(receiver)
        return call("recv", receiver.fileno(), NOWHERE, MANY, 0), poll_bits(receiver, select.POLLIN, 0)


@provokes("arguments_peek_takes")
def peek_into_nowhere() -> object:
    with udp() as (sender, receiver):
        sender.send(b"x")
        wait_readable(receiver)
        return call("recv", receiver.fileno(), NOWHERE, MANY, MSG_PEEK), poll_bits(receiver, select.POLLIN, 0)


@provokes("arguments_sender_kept")
def sender_to_nowhere() -> object:
    with udp() as (sender, receiver):
        sender.send(b"x")
        wait_readable(receiver)
        call("recvfrom", receiver.fileno(), ROOM, MANY, 0, NOWHERE, length(16))
        return poll_bits(receiver, select.POLLIN, 0)


@provokes("arguments_message_as_einval")
def message_from_nowhere() -> object:
    with udp() as (sender, _):
        return call("sendmsg", sender.fileno(), NOWHERE, 0)


@provokes("arguments_message_takes")
def message_to_nowhere() -> object:
    with udp() as (sender, receiver):
        sender.send(b"x")
        wait_readable(receiver)
        return call("recvmsg", receiver.fileno(), NOWHERE, 0), poll_bits(receiver, select.POLLIN, 0)


@provokes("arguments_oob_sent")
def out_of_band_datagram() -> object:
    with udp() as (sender, _):
        return outcome(sender.send, b"x", MSG_OOB)


@provokes("arguments_send_overflow_allowed", "arguments_receive_overflow_allowed")
def more_than_any_size() -> object:
    ours, theirs = socketpair()
    with ours, theirs:
        vector = struct.pack("PNPN", ctypes.addressof(ROOM), 1, ctypes.addressof(ROOM), 2**63)
        return call("writev", ours.fileno(), vector, 2), call("readv", theirs.fileno(), vector, 2)


@provokes("arguments_option_as_einval", "arguments_option_unwritten_told")
def value_to_nowhere() -> object:
    with socket() as end:
        return call("getsockopt", end.fileno(), SOL_SOCKET, SO_KEEPALIVE, NOWHERE, length(4))


@provokes("arguments_option_set")
def value_from_nowhere() -> object:
    with socket() as end:
        call("setsockopt", end.fileno(), SOL_SOCKET, SO_KEEPALIVE, NOWHERE, 4)
        return end.getsockopt(SOL_SOCKET, SO_KEEPALIVE)


@provokes("arguments_option_negative_allowed")
def value_of_negative_length() -> object:
    with socket() as end:
        return call("setsockopt", end.fileno(), SOL_SOCKET, SO_KEEPALIVE, ROOM, -1)


@provokes("arguments_ioctl_as_einval", "arguments_request_allowed")
def requests() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end:
        return call("ioctl", end.fileno(), 0x541B, NOWHERE), call("ioctl", end.fileno(), 0x5499, ROOM)


@provokes("arguments_poll_as_einval", "arguments_poll_unlimited")
def polling_nowhere() -> object:
    one = struct.pack("ihh", -1, 1, 0)
    return call("poll", NOWHERE, ctypes.c_ulong(1), 0), call("poll", one, ctypes.c_ulong(2**31), 0)


@provokes("arguments_select_unchecked")
def selecting_fewer_than_none() -> object:
    return call("select", -1, None, None, None, ctypes.create_string_buffer(16))


@provokes("arguments_instance_as_badf", "arguments_instance_unchecked")
def no_instance() -> object:
    with socket() as end:
        return call("epoll_wait", end.fileno(), ROOM, 1, 0)


@provokes("arguments_create_unchecked")
def instance_of_no_size() -> object:
    number = call("epoll_create", 0)
    if isinstance(number, int):
        os.close(number)
    return isinstance(number, int)


@provokes("arguments_edge_lost", "arguments_event_as_success")
def event_to_nowhere() -> object:
    ours, theirs = socketpair()
    with ours, theirs, select.epoll() as epoll:
        epoll.register(theirs, select.EPOLLIN | select.EPOLLET)
        ours.send(b"x")
        return call("epoll_wait", epoll.fileno(), NOWHERE, 1, 0), epoll.poll(0) != []


@provokes("arguments_event_registered")
def event_from_nowhere() -> object:
    ours, theirs = socketpair()
    with ours, theirs, select.epoll() as epoll:
        call("epoll_ctl", epoll.fileno(), 1, theirs.fileno(), NOWHERE)
        return outcome(epoll.unregister, theirs)


@provokes("arguments_event_changed")
def event_changed_from_nowhere() -> object:
    ours, theirs = socketpair()
    with ours, theirs, select.epoll() as epoll:
        epoll.register(theirs, select.EPOLLIN)
        ours.send(b"x")
        call("epoll_ctl", epoll.fileno(), 3, theirs.fileno(), NOWHERE)
        return epoll.poll(0) != []


@provokes("arguments_pair_left", "arguments_pair_told")
def pair_nowhere() -> object:
    free = os.dup(0)
    os.close(free)
    answer = call("socketpair", AF_UNIX, SOCK_STREAM, 0, NOWHERE)
    next_one = os.dup(0)
    os.close(next_one)
    return answer, next_one - free


@provokes("arguments_type_unchecked", "arguments_protocol_unchecked")
def kinds_that_there_are_not() -> object:
    found = call("socket", AF_INET, 9, 0), call("socket", AF_INET, SOCK_STREAM, 2**30)
    for number in found:
        if isinstance(number, int):
            os.close(number)
    return [isinstance(number, int) for number in found]


@provokes("arguments_direction_as_einval")
def wrong_direction() -> object:
    ours, theirs = socketpair()
    reader, writer = os.pipe()
    with ours, theirs:
        answer = call("splice", writer, None, ours.fileno(), None, MANY, 0)
    os.close(reader)
    os.close(writer)
    return answer


@provokes("arguments_file_sent")
def file_from_nowhere() -> object:
    ours, theirs = socketpair()
    number = os.memfd_create("file")
    os.write(number, b"content")
    with ours, theirs:
        answer = call("sendfile", ours.fileno(), number, NOWHERE, MANY), poll_bits(theirs, select.POLLIN, 0)
    os.close(number)
    return answer


@provokes("arguments_splice_flags_ignored", "arguments_splice_offset_ignored")
def spliced_wrongly() -> object:
    ours, theirs = socketpair()
    reader, writer = os.pipe()
    os.write(writer, b"12345678")
    with ours, theirs:
        at = ctypes.create_string_buffer(8)
        offset = call("splice", reader, at, ours.fileno(), None, MANY, 0)
        flags = call("splice", reader, None, ours.fileno(), None, MANY, 0x100)
    os.close(reader)
    os.close(writer)
    return offset, flags
