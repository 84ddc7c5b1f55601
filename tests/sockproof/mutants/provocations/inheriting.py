"""What accepted sockets have of their listeners."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import fcntl
import os
from socket import *
from socket import socket

from .common import *
from .values import program, truth

Option = tuple[int, int, int | bytes]
SETTINGS: dict[int, tuple[Option, ...]] = {
    AF_INET: (
        (SOL_SOCKET, SO_RCVLOWAT, 9), (SOL_SOCKET, SO_PRIORITY, 5), (IPPROTO_TCP, 18, 77), (IPPROTO_IP, IP_TTL, 9),
    ),
    AF_INET6: ((IPPROTO_IPV6, IPV6_UNICAST_HOPS, 9),),
    AF_UNIX: ((SOL_SOCKET, SO_PASSCRED, 1), (SOL_SOCKET, SO_KEEPALIVE, 1)),
}  # fmt: skip


def child_of(family: int, *before: Option, after: tuple[Option, ...] = ()) -> object:
    """What the accepted socket has of what is set, before and after the handshake, and its owner."""
    with socket(family, SOCK_STREAM) as listener, socket(family, SOCK_STREAM) as client:
        listener.bind({AF_INET: ("127.0.0.1", 0), AF_INET6: ("::1", 0)}.get(family, ""))
        for option in before:
            listener.setsockopt(*option)
        fcntl.fcntl(listener, fcntl.F_SETOWN, os.getpid())
        listener.listen()
        client.connect(listener.getsockname())
        wait_readable(listener)
        for option in after:
            listener.setsockopt(*option)
        with listener.accept()[0] as server:
            told = [truth(server, level, name) for level, name, _ in (*before, *after)]
            return told, fcntl.fcntl(server, fcntl.F_GETOWN) != 0


@provokes("accept_options_socket_lost", "accept_options_own_copied", "accept_options_tcp_lost",
          "accept_options_ip_lost", "accept_owner_inherited", "accept_options_late_counted")  # fmt: skip
def over_ip4() -> object:
    return child_of(AF_INET, *SETTINGS[AF_INET], after=((SOL_SOCKET, SO_KEEPALIVE, 1),))


@provokes("accept_options_ip6_lost")
def over_ip6() -> object:
    return child_of(AF_INET6, *SETTINGS[AF_INET6])


@provokes("accept_options_unix_copied", "accept_options_unix_lost")
def over_unix() -> object:
    return child_of(AF_UNIX, *SETTINGS[AF_UNIX])


@provokes("accept_options_filter_lost")
def with_a_filter() -> object:
    value, code = program((6, 0xFFFF))
    return child_of(AF_INET, (SOL_SOCKET, 26, value)), code is None
