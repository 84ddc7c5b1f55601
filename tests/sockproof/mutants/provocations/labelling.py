"""Flow labels, headers and control messages of IPv6, on loopback."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import contextlib
import itertools
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from socket import *
from socket import socket

from .common import *

MANAGER, AUTOMATIC, LABEL, CREATE, ONLY_NEW, REFLECT, PATHMTU, DONTFRAG = 32, 70, 0x54321, 1, 2, 4, 61, 62
HOPOPTS, DSTOPTS, RTHDR, FLOWINFO, PADDING = 54, 59, 57, 11, b"\0\0\1\4\0\0\0\0"
NEW = itertools.count(1)


@contextlib.contextmanager
def six() -> Iterator[tuple[socket, socket]]:
    with socket(AF_INET6, SOCK_DGRAM) as sender, socket(AF_INET6, SOCK_DGRAM) as receiver:
        receiver.bind(("::1", 0))
        sender.connect(receiver.getsockname())
        yield sender, receiver


def ask(end: socket, action: int, *, label: int = LABEL, share: int = 255, flags: int = 0) -> object:
    asked = bytearray(struct.pack("!16sIBBHHHI", inet_pton(AF_INET6, "::1"), label, action, share, 0, 0, 0, 0))
    asked[22:24] = struct.pack("=H", flags)
    told = outcome(end.setsockopt, IPPROTO_IPV6, MANAGER, asked)
    return told, asked[16:20] != bytes(4)


def messages(end: socket, *, most: int = 3) -> object:
    """The control messages of what has come, as far as they do not differ from run to run."""
    seen = []
    end.setblocking(False)
    for _ in range(most):
        with contextlib.suppress(BlockingIOError):
            seen.append([(kind, len(content)) for _, kind, content in end.recvmsg(99, 999)[1]])
    return seen


@provokes("control_label_put_ignored", "control_label_made_anyway", "control_label_choice_untold",
          "control_label_new_ignored", "control_label_share_refused", "control_label_share_open")  # fmt: skip
def requests() -> object:
    label = os.getpid() % 0x700 * 0x100 + next(NEW)  # what was given back lingers
    with six() as (first, second):
        return [
            ask(first, 0, label=label), ask(first, 0, label=0, flags=CREATE), ask(first, 0, label=label, flags=CREATE),
            ask(second, 0, label=label), ask(second, 0, label=label, share=1),
            ask(second, 0, label=label, flags=CREATE | ONLY_NEW), *(ask(first, 1, label=label) for _ in range(3)),
        ]  # fmt: skip


@provokes("control_label_ranges_open", "control_label_reflection_ignored")
def by_settings() -> object:
    settings = Path("/proc/sys/net/ipv6")
    with contextlib.suppress(OSError):
        (settings / "flowlabel_state_ranges").write_text("1")
        (settings / "flowlabel_consistency").write_text("1")
    with socket(AF_INET6) as end:
        return ask(end, 0, label=0x80001, flags=CREATE), ask(end, 0, flags=REFLECT)


@provokes("control_label_lease_wrong")
def leased() -> object:
    with six() as (end, receiver):
        ask(end, 0, flags=CREATE)
        end.setsockopt(IPPROTO_IPV6, 33, 1)
        end.connect((*receiver.getsockname()[:2], LABEL, 0))
        value, length = ctypes.create_string_buffer(32), ctypes.c_uint32(32)
        LIBC.getsockopt(end.fileno(), IPPROTO_IPV6, MANAGER, value, ctypes.byref(length))
        return value.raw[16:20]


@provokes("control_autolabel_lost", "control_autolabel_ignored", "control_autolabel_changes", "control_autolabel_lower")
def labels_of_the_kernel() -> object:
    with contextlib.suppress(OSError):
        Path("/proc/sys/net/ipv6/flowlabel_state_ranges").write_text("1")
    with six() as (sender, receiver):
        receiver.setsockopt(IPPROTO_IPV6, FLOWINFO, 1)
        seen = []
        for _ in range(2):
            sender.send(b"x")
            seen.append([content for _, kind, content in receiver.recvmsg(9, 99)[1] if kind == FLOWINFO])
        sender.setsockopt(IPPROTO_IPV6, AUTOMATIC, 0)
        sender.send(b"x")
        upper = [content[1] & 8 for content in seen[0]]
        return upper, seen[0] == seen[1], len(receiver.recvmsg(9, 99)[1])


@provokes("control_older_lost", "control_older_ignored", "control_routing_lost")
def by_number() -> object:
    with six() as (sender, receiver):
        for option in (2, 8, 3, 4, 5, 56):
            receiver.setsockopt(IPPROTO_IPV6, option, 1)
        sender.sendmsg([b"x"], [(IPPROTO_IPV6, 3, PADDING)])
        segments = struct.pack("=BBBBBBH16s", 0, 2, 4, 0, 0, 0, 0, inet_pton(AF_INET6, "::1"))
        with contextlib.suppress(OSError):
            Path("/proc/sys/net/ipv6/conf/lo/seg6_enabled").write_text("1")
            Path("/proc/sys/net/ipv6/conf/all/seg6_enabled").write_text("1")
        sender.setsockopt(IPPROTO_IPV6, RTHDR, segments)
        outcome(sender.send, b"y")
        return messages(receiver, most=2)


@provokes("control_messages_told_none", "control_messages_of_datagrams", "control_messages_not_kept")
def all_messages() -> object:
    header = struct.pack("Nii", 24, IPPROTO_IPV6, HOPOPTS) + PADDING
    with tcp() as (client, _), six() as (sender, receiver):
        client.setsockopt(IPPROTO_IP, IP_PKTINFO, 1)
        receiver.setsockopt(IPPROTO_IPV6, 53, 1)
        sender.setsockopt(IPPROTO_IPV6, 6, header)
        sender.send(b"x")
        return (
            len(client.getsockopt(IPPROTO_IP, 9, 500)), messages(receiver, most=1),
            outcome(sender.getsockopt, IPPROTO_IPV6, 6, 99),
        )  # fmt: skip


@provokes("control_sticky_untold", "control_sticky_stays", "control_sticky_all_go", "control_sticky_unchecked")
def kept_headers() -> object:
    with six() as (end, _):
        for option in (HOPOPTS, DSTOPTS):
            end.setsockopt(IPPROTO_IPV6, option, PADDING)
        before = end.getsockopt(IPPROTO_IPV6, HOPOPTS, 99)
        end.setsockopt(IPPROTO_IPV6, HOPOPTS, b"")
        told = [end.getsockopt(IPPROTO_IPV6, option, 99) for option in (HOPOPTS, DSTOPTS)]
        return before, told, outcome(end.setsockopt, IPPROTO_IPV6, DSTOPTS, b"\0")


@provokes("control_class_reset_ignored", "control_beyond_taken", "control_dontfrag_not_sent")
def one_datagram() -> object:
    with six() as (sender, _):
        sender.setsockopt(IPPROTO_IPV6, IPV6_TCLASS, 72)
        sender.setsockopt(IPPROTO_IPV6, IPV6_TCLASS, -1)
        tried = (52, struct.pack("i", 256)), (DONTFRAG, struct.pack("i", 1))
        told = [outcome(sender.sendmsg, [bytes(65500)], [(IPPROTO_IPV6, *one)]) for one in tried]
        return sender.getsockopt(IPPROTO_IPV6, IPV6_TCLASS), told


@provokes("control_pathmtu_smallest", "control_pathmtu_unconnected", "control_pathmtu_cut", "control_pathmtu_untold")
def mtu_of_the_path() -> object:
    with six() as (end, receiver), socket(AF_INET6, SOCK_DGRAM) as other:
        end.setsockopt(IPPROTO_IPV6, DONTFRAG, 1)
        end.setsockopt(IPPROTO_IPV6, 60, 1)
        other.connect(receiver.getsockname())
        asked = [outcome(one.getsockopt, IPPROTO_IPV6, PATHMTU, size) for one, size in ((other, 32), (other, 4))]
        with socket(AF_INET6, SOCK_DGRAM) as unconnected:
            asked.append(outcome(unconnected.getsockopt, IPPROTO_IPV6, PATHMTU, 32))
        large = outcome(end.send, bytes(65500))
        return asked, large, messages(end, most=1)
