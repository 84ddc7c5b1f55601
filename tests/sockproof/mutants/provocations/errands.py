"""Errors, control messages, routes, owners and waits beyond the headline calls."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import select
import struct
import tempfile
from socket import *
from socket import socket, socketpair

from .common import *

FIOSETOWN, FIOGETOWN, FIOASYNC, POLLRDNORM = 0x8901, 0x8903, 0x5452, 0x40


def answer(call: Callable[..., object], *arguments: object, limit: float = 10.0) -> str:
    """As outcome, of a call that does not wait: the bound is for what hangs."""
    return outcome(call, *arguments, limit=limit)


def code(result: int) -> object:
    return result if result >= 0 else errno.errorcode[ctypes.get_errno()]


@contextlib.contextmanager
def few_descriptors(more: int) -> Iterator[None]:
    free, before = os.dup(0), resource.getrlimit(resource.RLIMIT_NOFILE)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free + more, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def event(fd: int, events: int) -> object:
    return ctypes.create_string_buffer(struct.pack("=IQ", events, fd), 16)


def entered(instance: int, operation: int, fd: int, events: int = select.EPOLLIN) -> object:
    return code(LIBC.epoll_ctl(instance, operation, fd, event(fd, events)))


@provokes("waits_create_as_enfile")
def making_instances() -> object:
    size, flags = LIBC.epoll_create(0), LIBC.epoll_create1(1)
    with few_descriptors(0):
        return size >= 0, flags >= 0, code(LIBC.epoll_create1(0))


@provokes("waits_wakeup_refused", "waits_circle_allowed",
          "waits_added_late", "waits_inner_silent", "waits_order_lowest")  # fmt: skip
def entering() -> object:
    with udp() as (one, two), select.epoll() as first, select.epoll() as second:
        told = [
            entered(first.fileno(), 1, one.fileno(), select.EPOLLIN | 1 << 29),
            entered(first.fileno(), 77, two.fileno()),
            entered(first.fileno(), 1, first.fileno()), entered(second.fileno(), 1, first.fileno()),
            entered(first.fileno(), 1, second.fileno()),
        ]  # fmt: skip
        two.sendto(b"x", one.getsockname())
        one.send(b"x")
        wait_readable(two)
        wait_readable(one)
        told.append(entered(first.fileno(), 1, two.fileno()))
        inner = len(second.poll(0.2))
        lowest = min(one.fileno(), two.fileno())
        return told, inner, sorted(fd == lowest for _ in range(2) for fd, _ in first.poll(0, 1)), len(first.poll(0))


@provokes("waits_pwait2_early", "waits_pwait2_ends")
def waiting_by_nanoseconds() -> object:
    with udp() as (_, receiver), select.epoll() as instance:
        instance.register(receiver, select.EPOLLIN)
        room = ctypes.create_string_buffer(16)
        began = time.monotonic()
        found = LIBC.epoll_pwait2(instance.fileno(), room, 1, struct.pack("ll", 0, 20_000_000), None, 0)
        took = time.monotonic() - began > 0.019
        endless = interrupted(lambda: LIBC.epoll_pwait2(instance.fileno(), room, 1, None, None, 0))
        return found, took, endless


@provokes(
    "waits_negative_told",
    "waits_bands_unknown",
)
def polling() -> object:
    with udp() as (sender, receiver):
        sender.send(b"x")
        wait_readable(receiver)
        entry = struct.pack("ihh", receiver.fileno(), POLLRDNORM, 0)
        memory = ctypes.create_string_buffer(struct.pack("ihh", -1, 1, 0) + entry)
        told = LIBC.poll(memory, 2, 0), memory.raw[:16]
        late = code(LIBC.ppoll(ctypes.create_string_buffer(entry), 1, struct.pack("ll", -1, 0), None))
        many = ctypes.create_string_buffer(entry * 40)
        with few_descriptors(0):
            resource.setrlimit(resource.RLIMIT_NOFILE, (20, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
            return told, late, code(LIBC.poll(many, 40, 0))


@provokes(
    "waits_above_looked_at",
    "waits_pselect_writes",
)
def selecting() -> object:
    with udp() as (sender, receiver):
        sender.send(b"x")
        wait_readable(receiver)
        fd = receiver.fileno()
        marked = (1 << fd).to_bytes(128, "little")
        above = LIBC.select(fd, ctypes.create_string_buffer(marked), None, None, ctypes.create_string_buffer(16))
        limit = ctypes.create_string_buffer(struct.pack("ll", 0, 9))
        LIBC.pselect(fd + 1, ctypes.create_string_buffer(marked), None, None, limit, None)
        return above, limit.raw[:16], code(LIBC.select(-1, None, None, None, ctypes.create_string_buffer(16)))


@provokes("owners_async_ignored", "owners_async_unasked", "owners_fioasync_ignored", "owners_group_as_process",
          "owners_ioctl_ignored", "owners_new_has_one", "owners_told_none")  # fmt: skip
def owning() -> object:
    with udp() as (_, end):
        pid, number = os.getpid(), struct.pack("i", os.getpid())
        new = struct.unpack("i", fcntl.ioctl(end, FIOGETOWN, bytes(4)))[0] == pid
        fcntl.ioctl(end, FIOSETOWN, number)
        by_ioctl = fcntl.fcntl(end, fcntl.F_GETOWN) == pid
        told = fcntl.ioctl(end, FIOGETOWN, bytes(4)) == number
        fcntl.fcntl(end, fcntl.F_SETOWN, pid)
        flags = [fcntl.fcntl(end, fcntl.F_GETFL) & os.O_ASYNC]
        fcntl.ioctl(end, FIOASYNC, struct.pack("i", 1))
        flags.append(fcntl.fcntl(end, fcntl.F_GETFL) & os.O_ASYNC)
        fcntl.fcntl(end, fcntl.F_SETFL, 0)
        fcntl.fcntl(end, fcntl.F_SETFL, os.O_ASYNC)
        flags.append(fcntl.fcntl(end, fcntl.F_GETFL) & os.O_ASYNC)
        fcntl.fcntl(end, fcntl.F_SETOWN, -os.getpgrp())
        return new, by_ioctl, told, flags, struct.unpack("i", fcntl.ioctl(end, FIOGETOWN, bytes(4)))[0] < 0


@provokes("socket_reliable_as_einval", "unix_addressed_taken", "unix_large_refused",
          "unix_more_refused", "unix_path_as_einval")  # fmt: skip
def local_errors() -> object:
    first, second = socketpair()
    with first, second, tempfile.TemporaryDirectory() as folder:
        return [
            answer(socket, AF_UNIX, SOCK_RDM), answer(first.sendto, b"x", "\0nobody"),
            answer(first.send, bytes(30_000), MSG_DONTWAIT), answer(first.send, b"x", MSG_MORE),
            answer(socket(AF_UNIX, SOCK_STREAM).bind, f"{folder}/missing/name"),
        ]  # fmt: skip


@provokes("socketpair_limit_leaks")
def pair_without_room() -> object:
    before = len(os.listdir("/proc/self/fd"))
    with few_descriptors(1):
        refused = answer(socketpair)
    return refused, len(os.listdir("/proc/self/fd")) - before


@provokes("batches_limit_missing", "batches_time_unchecked", "batches_full_told")
def batches() -> object:
    """Of messages without anything in them, whose headers are all zeros."""
    first, second = socketpair(AF_UNIX, SOCK_DGRAM)
    with udp() as (sender, receiver), first, second:
        nothing = ctypes.create_string_buffer(1025 * 64)
        time = struct.pack("ll", -1, 0)
        told = code(LIBC.sendmmsg(sender.fileno(), nothing, 1025, 0))
        late = code(LIBC.recvmmsg(receiver.fileno(), nothing, 1, 0, time))
        return told, late, code(LIBC.sendmmsg(first.fileno(), nothing, 1000, MSG_DONTWAIT))


@provokes("credentials_number_wrong")
def credentials_of_ours() -> object:
    first, second = socketpair()
    with first, second:
        second.setsockopt(SOL_SOCKET, SO_PASSCRED, 1)
        first.send(b"x")
        return struct.unpack("iii", second.recvmsg(9, 100)[1][0][2])[0] == os.getpid()


@provokes("routes_dontroute_link_refused", "routes_wildcard_unreachable",
          "control_pktinfo_not_sent", "control_origdst_other_port", "control_options_not_told")  # fmt: skip
def sending_otherwise() -> object:
    with udp() as (sender, receiver), listening() as listener, socket(AF_INET, SOCK_STREAM) as client:
        far = answer(sender.sendto, b"x", MSG_DONTROUTE, ("203.0.113.1", 9))
        for option in (20, 6):
            receiver.setsockopt(IPPROTO_IP, option, 1)
        sender.setsockopt(IPPROTO_IP, IP_OPTIONS, b"\7\7\4\0\0\0\0\0")
        info = (IPPROTO_IP, 8, struct.pack("i4s4s", 0, inet_aton("127.0.0.9"), bytes(4)))
        sender.connect(receiver.getsockname())
        told = answer(sender.sendmsg, [b"x"], [info], MSG_DONTROUTE)
        _, ancillary, _, source = receiver.recvmsg(9, 200) if told == "1" else (0, [], 0, ("", 0))
        ports = [one[2:4] == struct.pack("!H", receiver.getsockname()[1]) for _, kind, one in ancillary if kind == 20]
        kinds = sorted(kind for _, kind, _ in ancillary)
        return far, told, kinds, ports, source[0], answer(client.connect, ("0.0.0.0", listener.getsockname()[1]))


@provokes("control_extensions_not_sent")
def headers_that_are_sent() -> object:
    with socket(AF_INET6, SOCK_DGRAM) as sender, socket(AF_INET6, SOCK_DGRAM) as receiver:
        receiver.bind(("::1", 0))
        receiver.setsockopt(IPPROTO_IPV6, 58, 1)
        sender.sendmsg([b"x"], [(IPPROTO_IPV6, 59, b"\0\0\1\4\0\0\0\0")], 0, receiver.getsockname())
        return [kind for _, kind, _ in receiver.recvmsg(9, 200)[1]]


@provokes("routes_pair_as_refused", "ports_spent_connects")
def pair_that_is_taken() -> object:
    with listening() as listener, socket(AF_INET, SOCK_STREAM) as first, socket(AF_INET, SOCK_STREAM) as second:
        for end in (first, second):
            end.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        first.bind(("127.0.0.1", 0))
        second.bind(first.getsockname())
        first.connect(listener.getsockname())
        return answer(second.connect, listener.getsockname())


@provokes("raw_header_missing", "raw_anything_receives", "raw_bind_ignored")
def receiving_raw() -> object:
    """Whoever has sent what it receives: the namespace is shared with other provocations."""
    watcher, deaf = socket(AF_INET, SOCK_RAW, IPPROTO_UDP), socket(AF_INET, SOCK_RAW, IPPROTO_RAW)
    with watcher, deaf, udp() as (sender, _):
        watcher.bind(("127.0.0.1", 0))
        sender.send(b"abcdefghijklmnopqrstuvwxyz")
        wait_readable(watcher)
        return watcher.recv(99)[0], poll_bits(deaf, select.POLLIN), watcher.getsockname()[0]


@provokes("raw_connect_ignored")
def connecting_raw() -> object:
    with socket(AF_INET, SOCK_RAW, IPPROTO_UDP) as end:
        end.connect(("127.0.0.1", 0))
        return answer(end.send, bytes(8))


@provokes("raw_header_surplus")
def receiving_raw_six() -> object:
    with socket(AF_INET6, SOCK_RAW, IPPROTO_UDP) as watcher, socket(AF_INET6, SOCK_DGRAM) as sender:
        sender.sendto(b"x", ("::1", 9))
        wait_readable(watcher)
        return len(watcher.recv(99)) > 40


@provokes("raw_broadcast_allowed", "raw_short_taken", "raw_urgent_allowed")
def sending_raw() -> object:
    with socket(AF_INET, SOCK_RAW, IPPROTO_UDP) as end:
        told = [
            answer(end.sendto, bytes(8), ("127.255.255.255", 0)),
            answer(end.sendto, b"x", MSG_OOB, ("127.0.0.1", 0)),
        ]
        end.setsockopt(IPPROTO_IP, 3, 1)
        return told, answer(end.sendto, bytes(9), ("127.0.0.1", 0))
