"""Options that are younger than the manual pages."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import struct
from socket import *
from socket import socket, socketpair

from .common import *
from .values import answer, four, kept, six

PACING, TXTIME, NETNS_COOKIE, PEERGROUPS, PASSRIGHTS, TCP_ULP = 47, 61, 71, 59, 83, 31


@provokes("values_pacing_ignored", "values_ulp_named", "values_ulp_unchecked")
def of_streams() -> object:
    with four(SOCK_STREAM) as end:
        told = end.getsockopt(IPPROTO_TCP, TCP_ULP, 16), answer(end.setsockopt, IPPROTO_TCP, TCP_ULP, b"nosuch")
        return told, kept(end, SOL_SOCKET, PACING, 70000)


@provokes("values_txtime_unchecked")
def time_to_send() -> object:
    with udp() as (sender, receiver):
        return answer(sender.sendmsg, [b"x"], [(SOL_SOCKET, TXTIME, bytes(8))], 0, receiver.getsockname())


@provokes("values_namespace_shared", "values_namespace_each")
def cookies() -> object:
    with four() as end, six() as other:
        seen = [one.getsockopt(SOL_SOCKET, NETNS_COOKIE, 8) for one in (end, other)]
        return seen[0] == seen[1], seen[0] == struct.pack("=Q", 1)


@provokes("credentials_groups_of_nobody", "credentials_groups_settable")
def groups() -> object:
    first, second = socketpair()
    with first, second, socket(AF_UNIX) as alone:
        nobody = answer(alone.getsockopt, SOL_SOCKET, PEERGROUPS, 64)
        return nobody, answer(first.setsockopt, SOL_SOCKET, PEERGROUPS, 0)


@provokes("credentials_passrights_ignored", "credentials_passrights_off", "credentials_passrights_sender")
def refused_descriptors() -> object:
    first, second = socketpair()
    with first, second:
        before = second.getsockopt(SOL_SOCKET, PASSRIGHTS)
        refuses = kept(second, SOL_SOCKET, PASSRIGHTS, 0)
    first, second = socketpair()
    with first, second:
        first.setsockopt(SOL_SOCKET, PASSRIGHTS, 0)
        rights = [(SOL_SOCKET, SCM_RIGHTS, struct.pack("i", 0))]
        return before, refuses, answer(first.sendmsg, [b"x"], rights)
