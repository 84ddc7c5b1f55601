"""socket(), bind() and the names of sockets, beyond what naming.py has."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import os
import resource
from socket import *
from socket import socket

from .common import *


def made(domain: int, kind: int, protocol: int = 0) -> object:
    """Type and protocol of what socket() gives, or its errno."""
    ctypes.set_errno(0)
    descriptor = LIBC.socket(domain, kind, protocol)
    if descriptor < 0:
        return errno.errorcode[ctypes.get_errno()]
    with socket(fileno=descriptor) as end:
        return end.type, end.proto


@provokes("socket_datagram_as_stream", "socket_stream_as_datagram", "socket_record_as_stream", "socket_record_over_tcp",
          "socket_explicit_refused", "socket_protocol_unchecked", "socket_flags_unchecked",
          "socket_family_as_einval")  # fmt: skip
def kinds() -> object:
    asked = (
        (AF_INET, SOCK_DGRAM), (AF_INET, SOCK_STREAM), (AF_UNIX, SOCK_SEQPACKET), (AF_INET, SOCK_SEQPACKET),
        (AF_INET, SOCK_STREAM, IPPROTO_TCP), (AF_INET, SOCK_STREAM, IPPROTO_UDP), (AF_INET, SOCK_STREAM | 1 << 20),
        (255, SOCK_STREAM),
    )  # fmt: skip
    return [made(*one) for one in asked]


@provokes("socket_emfile_as_enfile")
def at_the_limit() -> object:
    limits, last = resource.getrlimit(resource.RLIMIT_NOFILE), os.dup(0)
    resource.setrlimit(resource.RLIMIT_NOFILE, (last, limits[1]))
    seen = made(AF_INET, SOCK_STREAM)
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    os.close(last)
    return seen


@provokes("socket_unix_sends_packets")
def beside_unix() -> object:
    before = sent()
    socket(AF_UNIX).close()
    return sent() - before > 0


def sent() -> int:
    with open("/proc/thread-self/net/snmp", encoding="ascii") as file:
        lines = [line.split() for line in file if line.startswith("Udp:")]
    return int(dict(zip(*lines, strict=True))["OutDatagrams"])


def bound(domain: int, address: bytes) -> object:
    with socket(domain, SOCK_STREAM) as end:
        ctypes.set_errno(0)
        return LIBC.bind(end.fileno(), address, len(address)), ctypes.get_errno()


def six(host: str, scope: int) -> bytes:
    return struct.pack("=HHI16sI", AF_INET6, 0, 0, inet_pton(AF_INET6, host), scope)


@provokes("bind_family_as_einval", "bind_invalid_allowed", "bind_nodevice_as_einval", "bind_scope_for_all")
def odd_addresses() -> object:
    odd = [(AF_INET, six("::1", 0)), (AF_INET, bytes([2, 0, 0, 0])), (AF_INET6, six("fe80::1", 0x7FFFFFFF)),
           (AF_INET6, six("::1", 5))]  # fmt: skip
    return [bound(domain, address) for domain, address in odd]


@provokes("bind_notlocal_never")
def not_local_but_free() -> object:
    with socket(AF_INET, SOCK_STREAM) as end:
        end.setsockopt(IPPROTO_IP, 15, 1)
        return outcome(end.bind, ("192.0.2.1", 0))


@provokes("bind_ephemeral_outside")
def chosen_port() -> object:
    with socket(AF_INET, SOCK_STREAM) as end:
        end.bind(("127.0.0.1", 0))
        return end.getsockname()[1] > 1100


@provokes("bind_v6only_late_allowed", "bind_v6only_misreported")
def late_v6only() -> object:
    with socket(AF_INET6, SOCK_STREAM) as end:
        end.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 1)
        end.bind(("::", 0))
        return end.getsockopt(IPPROTO_IPV6, IPV6_V6ONLY), outcome(end.setsockopt, IPPROTO_IPV6, IPV6_V6ONLY, 0)


@provokes("connect_scope_unchecked")
def unscoped() -> object:
    with socket(AF_INET6, SOCK_STREAM) as end:
        return outcome(end.connect, ("fe80::1", 9, 0, 0))


@provokes("names_peer_lost_after_fin")
def finished_peer() -> object:
    with tcp() as (client, server):
        client.close()
        wait_readable(server)
        return outcome(server.getpeername)[:8] == "ENOTCONN"


@provokes("names_unbound_as_loopback", "names_sock_other_port", "names_sock_port_host_order")
def further_names() -> object:
    with socket(AF_INET, SOCK_STREAM) as unbound, udp() as (sender, receiver), listening() as listener:
        sender.send(b"x")
        wait_readable(receiver)
        source = outcome(receiver.recvfrom, 1, MSG_DONTWAIT)
        with socket(AF_INET, SOCK_STREAM) as client:
            reached = outcome(client.connect, listener.getsockname())
        return unbound.getsockname()[0], repr(sender.getsockname()) in source, reached
