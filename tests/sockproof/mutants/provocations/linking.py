"""What needs the veth link that the test sets up: neighbours, and datagrams that are larger than it takes."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

from socket import *
from socket import socket

from .common import *

IP_MTU_DISCOVER, IP_PMTUDISC_DONT, IP_PMTUDISC_DO = 10, 0, 2
NOBODY = ("10.87.0.99", 9)
LARGER = bytes(3000)


def sent(mode: int) -> str:
    with socket(AF_INET, SOCK_DGRAM) as end:
        end.setsockopt(IPPROTO_IP, IP_MTU_DISCOVER, mode)
        return outcome(end.sendto, LARGER, NOBODY)


@provokes("options_discover_ignored", "options_discover_always_do")
def larger_than_the_link() -> object:
    return sent(IP_PMTUDISC_DONT), sent(IP_PMTUDISC_DO)


@provokes("connect_absent_as_refused")
def connecting_to_nobody_on_the_link() -> object:
    with socket() as end:
        return outcome(end.connect, NOBODY, limit=6)


@provokes("control_errors_without_mtu", "raw_large_taken")
def packets_above_the_mtu() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end, socket(AF_INET, SOCK_RAW, IPPROTO_RAW) as raw:
        end.setsockopt(IPPROTO_IP, 10, 2)
        end.setsockopt(IPPROTO_IP, IP_RECVERR, 1)
        told = outcome(end.sendto, bytes(3000), NOBODY)
        queued = [struct.unpack_from("=IBBBxII", one)[:5] for _, _, one in end.recvmsg(9, 200, MSG_ERRQUEUE)[1]]
        return told, queued, outcome(raw.sendto, bytes([0x45]) + bytes(1700), (NOBODY[0], 0))


@provokes("accept_scope_lost")
def link_local_client() -> object:
    index = if_nametoindex("v0")
    with socket(AF_INET6) as listener, socket(AF_INET6) as client:
        listener.bind(("::", 0))
        listener.listen(1)
        client.connect(("fe80::87", listener.getsockname()[1], 0, index))
        accepted, name = listener.accept()
        accepted.close()
        return name[3] == index


@provokes("receive_scope_lost")
def link_local_sender() -> object:
    index = if_nametoindex("v0")
    with socket(AF_INET6, SOCK_DGRAM) as end:
        end.bind(("fe80::87", 0, 0, index))
        end.sendto(b"x", end.getsockname())
        wait_readable(end)
        return end.recvfrom(1)[1][3] == index
