"""UNIX sockets: names, permissions, descriptors and credentials."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import array
import contextlib
import ctypes
import os
import resource
import select
import struct
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from socket import *
from socket import socket, socketpair

from .common import *

MOST_RIGHTS = 253


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def local(kind: int = SOCK_STREAM) -> socket:
    return socket(AF_UNIX, kind)


@contextlib.contextmanager
def served(name: str | bytes, kind: int = SOCK_STREAM) -> Iterator[socket]:
    with local(kind) as end:
        end.bind(name)
        if kind != SOCK_DGRAM:
            end.listen()
        yield end


def abstract(text: str) -> bytes:
    return b"\0" + f"{os.getpid()}{text}".encode()


def bind_raw(end: socket, address: bytes) -> str:
    result = LIBC.bind(end.fileno(), address, len(address))
    return str(result) if result == 0 else os.strerror(ctypes.get_errno())


def family() -> bytes:
    return struct.pack("=H", AF_UNIX)


@provokes("bind_unix_name_kept")
def binding_after_unlink() -> object:
    with folder() as place:
        with served(f"{place}/name"):
            os.unlink(place / "name")
        with local() as second:
            return outcome(second.bind, f"{place}/name")


@provokes("bind_abstract_name_kept")
def binding_an_abstract_name_again() -> object:
    name = abstract(os.urandom(8).hex())
    with served(name):
        pass
    with local() as second:
        return outcome(second.bind, name)


@provokes("bind_abstract_makes_file")
def files_of_an_abstract_name() -> object:
    with folder() as place, served(abstract(f"{place}/name")):
        return os.listdir(place)


@provokes("bind_unix_again_allowed")
def binding_a_bound_socket() -> object:
    with folder() as place, served(f"{place}/name") as end:
        return outcome(end.bind, f"{place}/other")


@provokes("bind_unix_autobind_ignored")
def binding_the_family_alone() -> object:
    with local() as end:
        return bind_raw(end, family()), len(end.getsockname())


@provokes("bind_unix_length_unchecked")
def binding_more_than_the_structure() -> object:
    with local() as end:
        return bind_raw(end, family() + b"/nowhere/name".ljust(120, b"\0"))


@provokes("bind_unix_long_refused")
def binding_the_longest_path() -> object:
    with folder() as place, local() as end:
        path = os.fsencode(place).ljust(103, b"/") + b"name"
        return bind_raw(end, family() + path + b"\0")


@provokes("connect_abstract_umask_counts")
def connecting_under_a_umask() -> object:
    before = os.umask(0o777)
    with served(abstract("masked")) as listener, local() as client:
        answer = outcome(client.connect, listener.getsockname())
    os.umask(before)
    return answer


@provokes("connect_unix_nonblock_inprogress")
def connecting_without_blocking() -> object:
    with served(abstract("quick")) as listener, local() as client:
        client.setblocking(False)
        return outcome(client.connect, listener.getsockname())


@provokes("connect_unix_type_unchecked")
def connecting_to_another_type() -> object:
    with folder() as place, served(f"{place}/name", SOCK_DGRAM) as listener, local() as client:
        return outcome(client.connect, listener.getsockname())


def peer_of(end: socket) -> tuple[bool, int, int]:
    """Whether the process is this one, user and group."""
    pid, user, group = struct.unpack("iii", end.getsockopt(SOL_SOCKET, SO_PEERCRED, 12))
    return pid == os.getpid(), user, group


def told(call: Callable[[], object]) -> object:
    """What a forked child tells of `call`."""
    out, into = os.pipe()
    if os.fork() == 0:
        os.write(into, repr(call()).encode())
        os._exit(0)
    os.wait()
    os.close(into)
    answer = os.read(out, 1000)
    os.close(out)
    return answer.decode()


@provokes("credentials_peer_own")
def peer_of_a_pair_of_the_parent() -> object:
    left, right = socketpair()
    with left, right:
        return told(lambda: peer_of(left))


@provokes("credentials_peer_process_zero", "credentials_peer_settable")
def peer_of_a_pair() -> object:
    left, right = socketpair()
    with left, right:
        settable = outcome(left.setsockopt, SOL_SOCKET, SO_PEERCRED, struct.pack("iii", 1, 0, 0))
        return peer_of(left), settable


@provokes("credentials_peer_nobody_own")
def peer_of_nobody() -> object:
    with local() as end:
        return peer_of(end)


def rights(*descriptors: int) -> list[tuple[int, int, bytes]]:
    return [(SOL_SOCKET, SCM_RIGHTS, array.array("i", descriptors).tobytes())]


@provokes("send_rights_closed_allowed", "send_rights_too_many_allowed")
def passing_what_cannot_be_passed() -> object:
    left, right = socketpair()
    with left, right:
        closed = outcome(left.sendmsg, [b"x"], rights(100_000))
        return closed, outcome(left.sendmsg, [b"x"], rights(*[left.fileno()] * (MOST_RIGHTS + 1)))


@provokes("send_rights_tcp_refused")
def passing_over_tcp() -> object:
    with tcp() as (client, _):
        return outcome(client.sendmsg, [b"x"], rights(client.fileno()))


@provokes("receive_rights_kept")
def receiving_without_room() -> object:
    left, right = socketpair()
    out, into = os.pipe()
    with left, right:
        left.sendmsg([b"x"], rights(into))
        os.close(into)
        return right.recv(10), poll_bits_of(out)


def poll_bits_of(descriptor: int) -> object:
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    found = poller.poll(0)
    return found[0][1] if found else "nothing"


@provokes("receive_rights_limit_fails")
def receiving_more_than_the_limit() -> object:
    left, right = socketpair()
    with left, right:
        left.sendmsg([b"x"], rights(*[left.fileno()] * 10))
        free = os.dup(0)
        os.close(free)
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (free + 2, before[1]))
        answer = outcome(lambda: right.recvmsg(10, 1000)[0])
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        return answer


def drop_capabilities() -> None:
    """All of them, by capset(2) version 3."""
    header, data = struct.pack("=Ii", 0x20080522, 0), struct.pack("=6I", *[0] * 6)
    LIBC.capset(header, data)


@provokes("send_credentials_unchecked")
def forging_credentials() -> object:
    left, right = socketpair()

    def forge() -> object:
        drop_capabilities()
        forged = struct.pack("iii", os.getppid(), os.getuid(), os.getgid())
        return outcome(left.sendmsg, [b"x"], [(SOL_SOCKET, SCM_CREDENTIALS, forged)])

    with left, right:
        return told(forge)


@provokes("send_unix_permission_asked")
def sending_after_chmod() -> object:
    with folder() as place, served(f"{place}/name") as listener, local() as client:
        client.connect(listener.getsockname())
        os.chmod(place / "name", 0)
        return outcome(client.send, b"x")


@provokes("send_unix_stranger_allowed")
def sending_to_a_connected_socket() -> object:
    with served(abstract("a"), SOCK_DGRAM) as server, served(abstract("b"), SOCK_DGRAM) as friend:
        server.connect(friend.getsockname())
        with local(SOCK_DGRAM) as stranger:
            return outcome(stranger.sendto, b"x", server.getsockname())


@provokes("send_oob_records_allowed")
def urgent_data_of_records() -> object:
    left, right = socketpair(AF_UNIX, SOCK_DGRAM)
    with left, right:
        return outcome(left.send, b"x", MSG_OOB)


@provokes("socketpair_domain_unchecked")
def pair_of_the_internet() -> object:
    return outcome(lambda: [end.close() for end in socketpair(AF_INET, SOCK_STREAM)])


@provokes("socketpair_one_way")
def both_ways() -> object:
    left, right = socketpair()
    with left, right:
        return outcome(right.send, b"x", MSG_NOSIGNAL)
