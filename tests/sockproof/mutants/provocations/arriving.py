"""What comes with an accepted socket, a datagram or an address, and what little things cost."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import ctypes
import errno
import os
import struct
import time
from socket import *
from socket import socket, socketpair

from .common import *
from .grouping import group

IP_PKTINFO, IPV6_RECVPKTINFO, IPV6_PKTINFO = 8, 49, 50
SPLICE_F_NONBLOCK = 2
NR_OPEN = "/proc/sys/fs/nr_open"


class AddressInfo(ctypes.Structure):
    """The beginning of a struct addrinfo (getaddrinfo(3))."""

    _fields_ = [(name, ctypes.c_int) for name in ("flags", "family", "type", "protocol")]
    _fields_ += [("length", ctypes.c_uint)]


@provokes("accept_number_high")
def number_of_an_accepted_socket() -> object:
    with tcp() as (_, server):
        return server.fileno() < 500


@provokes("connect_refused_closes")
def socket_that_was_refused() -> object:
    with listening() as listener:
        name = listener.getsockname()
    end = socket(AF_INET, SOCK_STREAM)
    refused = end.connect_ex(name)
    try:
        os.fstat(end.fileno())
    except OSError as error:
        end.detach()
        return refused, errno.errorcode[error.errno or 0]
    end.close()
    return refused


@provokes("cost_tcp_high")
def time_of_a_send() -> object:
    with tcp() as (client, _):
        began = time.thread_time()
        client.send(b"x")
        return time.thread_time() - began > 0.008


@provokes("lookup_numeric_decimal_only")
def host_in_another_base() -> object:
    try:
        return getaddrinfo("0x7f000001", 80, AF_INET, SOCK_STREAM)[0][4]
    except gaierror as error:
        return error.errno


@provokes("lookup_list_length_full")
def length_of_an_address() -> object:
    found = ctypes.POINTER(AddressInfo)()
    LIBC.getaddrinfo(b"127.0.0.1", b"80", None, ctypes.byref(found))
    return found.contents.length


@provokes("multicast_loop_low_byte")
def loop_by_its_low_byte() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end:
        end.setsockopt(IPPROTO_IP, IP_MULTICAST_LOOP, 256)
        return end.getsockopt(IPPROTO_IP, IP_MULTICAST_LOOP)


@provokes("multicast_ttl_minus_cosmetic")
def default_time_to_live() -> object:
    with group() as (sender, receiver, name):
        receiver.setsockopt(IPPROTO_IP, IP_RECVTTL, 1)
        sender.setsockopt(IPPROTO_IP, IP_MULTICAST_TTL, 5)
        sender.setsockopt(IPPROTO_IP, IP_MULTICAST_TTL, -1)
        sender.sendto(b"x", name)
        return receiver.recvmsg(1, 64)[1][0][2][0]


@provokes("receive_pktinfo_first_address")
def address_of_arrival() -> object:
    with socket(AF_INET, SOCK_DGRAM) as receiver, socket(AF_INET, SOCK_DGRAM) as sender:
        receiver.setsockopt(IPPROTO_IP, IP_PKTINFO, 1)
        receiver.bind(("0.0.0.0", 0))
        sender.sendto(b"x", ("127.0.0.5", receiver.getsockname()[1]))
        return inet_ntoa(receiver.recvmsg(1, 64)[1][0][2][8:12])


@provokes("receive_pktinfo_no_interface")
def interface_of_arrival() -> object:
    with socket(AF_INET6, SOCK_DGRAM) as receiver, socket(AF_INET6, SOCK_DGRAM) as sender:
        receiver.setsockopt(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
        receiver.bind(("::", 0))
        sender.sendto(b"x", ("::1", receiver.getsockname()[1]))
        return struct.unpack("i", receiver.recvmsg(1, 64)[1][0][2][16:20])[0] > 0


@provokes("process_limits_as_einval")
def limit_above_the_largest() -> object:
    with open(NR_OPEN, encoding="ascii") as file:
        beyond = int(file.read()) + 1
    if LIBC.setrlimit(7, struct.pack("QQ", beyond, beyond)) == 0:
        return "taken"
    return errno.errorcode[ctypes.get_errno()]


@provokes("options_cork_misreported")
def cork_as_it_is_told() -> object:
    with socket(AF_INET, SOCK_STREAM) as end:
        end.setsockopt(IPPROTO_TCP, TCP_CORK, 1)
        return end.getsockopt(IPPROTO_TCP, TCP_CORK)


@provokes("receive_splice_empty_as_eof")
def splice_of_nothing() -> object:
    reader, writer = os.pipe()
    with tcp() as (client, _):
        client.setblocking(False)
        try:
            return os.splice(client.fileno(), writer, 10, flags=SPLICE_F_NONBLOCK)
        except BlockingIOError:
            return "EAGAIN"
        finally:
            os.close(reader)
            os.close(writer)


@provokes("timeouts_send_tenfold")
def time_limit_of_a_send() -> object:
    near, far = socketpair(AF_UNIX, SOCK_STREAM)
    with near, far:
        near.setblocking(False)
        fill(near)
        near.setblocking(True)
        near.setsockopt(SOL_SOCKET, SO_SNDTIMEO, struct.pack("ll", 0, 400_000))
        began = time.monotonic()
        seen = outcome(near.send, b"x", limit=9)
        return seen, time.monotonic() - began > 3.5
