"""What an administrator does to sockets: SOCK_DESTROY and TCP_REPAIR."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import struct
from socket import *
from socket import socket

from .common import *
from .values import answer

TCP_REPAIR, TCP_REPAIR_QUEUE, TCP_QUEUE_SEQ, SO_COOKIE = 19, 20, 21, 57


def destroy(end: socket, cookie: bytes) -> object:
    """What sock_diag(7) answers to SOCK_DESTROY of a bound datagram socket."""
    host, port = end.getsockname()
    names = struct.pack("!HH16s16s4x", port, 0, inet_aton(host), bytes(4)) + cookie
    body = struct.pack("=BBBxI", AF_INET, IPPROTO_UDP, 0, 0xFFFFFFFF) + names
    with socket(AF_NETLINK, SOCK_RAW, 4) as asked:
        asked.settimeout(2)
        asked.send(struct.pack("=IHHII", 16 + len(body), 21, 5, 1, 0) + body)
        return errno.errorcode.get(-struct.unpack_from("=i", asked.recv(4096), 16)[0], "done")


@provokes("destroyed_socket_lives", "destroyed_told_as_reset", "destroyed_cookie_ignored")
def ended_from_outside() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end:
        end.bind(("127.0.0.1", 0))
        end.setblocking(False)
        wrong = destroy(end, b"\1" * 8)
        return wrong, destroy(end, end.getsockopt(SOL_SOCKET, SO_COOKIE, 8)), answer(end.recv, 1)


@provokes("destroyed_by_anybody")
def ended_by_anybody() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end:
        end.bind(("127.0.0.1", 0))
        LIBC.capset(struct.pack("=Ii", 0x20080522, 0), bytes(24))
        return destroy(end, end.getsockopt(SOL_SOCKET, SO_COOKIE, 8))


@provokes("repair_mode_ignored", "repair_numbers_stale", "repair_close_tells")
def repaired() -> object:
    with tcp() as (client, server):
        client.setsockopt(IPPROTO_TCP, TCP_REPAIR, 1)
        queue = answer(client.setsockopt, IPPROTO_TCP, TCP_REPAIR_QUEUE, 1)
        number = answer(client.getsockopt, IPPROTO_TCP, TCP_QUEUE_SEQ)
        client.close()
        server.settimeout(0.2)
        return queue, number == "1", answer(server.recv, 1)


@provokes("repair_listener_allowed", "repair_queues_open")
def nothing_to_repair() -> object:
    with listening() as listener:
        asked = (TCP_REPAIR, 1), (TCP_REPAIR_QUEUE, 1)
        return [answer(listener.setsockopt, IPPROTO_TCP, *one) for one in asked]


@provokes("repair_connect_asks")
def connected_in_repair() -> object:
    with socket(AF_INET, SOCK_STREAM) as end:
        end.bind(("127.0.0.1", 0))
        end.setsockopt(IPPROTO_TCP, TCP_REPAIR, 1)
        return answer(end.connect, ("127.0.0.1", 9))
