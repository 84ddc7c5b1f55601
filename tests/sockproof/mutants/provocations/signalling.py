"""What is signalled of sockets, what a signal interrupts, and options that are seldom switched off."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import fcntl
import signal
from collections.abc import Callable
from pathlib import Path
from socket import *
from socket import socket, socketpair
from tempfile import TemporaryDirectory

from .common import *


def asynchronous(end: socket, happen: Callable[[], object], *, off: bool = False) -> object:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGIO})
    fcntl.fcntl(end, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(end, fcntl.F_GETFL)
    fcntl.fcntl(end, fcntl.F_SETFL, flags | os.O_ASYNC)
    if off:
        fcntl.fcntl(end, fcntl.F_SETFL, flags)
    happen()
    told = signal.sigtimedwait({signal.SIGIO}, 0.3)
    return told and told.si_signo


@provokes("owners_async_messages_ignored")
def message() -> object:
    left, right = socketpair(AF_UNIX, SOCK_DGRAM)
    with left, right:
        return asynchronous(right, lambda: left.send(b"x"))


@provokes("owners_async_stays_on")
def no_longer() -> object:
    left, right = socketpair()
    with left, right:
        return asynchronous(right, lambda: left.send(b"x"), off=True)


@provokes("owners_async_end_untold")
def end() -> object:
    left, right = socketpair()
    with left, right:
        return asynchronous(right, lambda: left.shutdown(SHUT_WR))


@provokes("owners_async_inherited")
def accepted() -> object:
    with listening() as listener, socket(AF_INET) as client:
        fcntl.fcntl(listener, fcntl.F_SETFL, os.O_ASYNC)
        client.connect(listener.getsockname())
        server = listener.accept()[0]
        with server:
            return fcntl.fcntl(server, fcntl.F_GETFL) & os.O_ASYNC


@provokes("errors_eintr_messages_lost")
def receive_of_a_message() -> object:
    left, right = socketpair(AF_UNIX, SOCK_DGRAM)
    with left, right:
        return interrupted(lambda: int(LIBC.recv(right.fileno(), ctypes.create_string_buffer(9), 9, 0)))


@provokes("errors_eintr_room_lost")
def send_of_a_message() -> object:
    left, right = socketpair(AF_UNIX, SOCK_DGRAM)
    with left, right:
        left.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                left.send(b"x")
        left.setblocking(True)
        return interrupted(lambda: int(LIBC.send(left.fileno(), b"x", 1, 0)))


@provokes("unix_send_permission_unchecked")
def forbidden() -> object:
    with TemporaryDirectory(dir="/tmp") as folder, socket(AF_UNIX, SOCK_DGRAM) as receiver:
        receiver.bind(f"{folder}/name")
        Path(folder).chmod(0o755)
        Path(f"{folder}/name").chmod(0o444)
        with socket(AF_UNIX, SOCK_DGRAM) as sender:
            return without_capabilities(lambda: outcome(sender.sendto, b"x", f"{folder}/name"))


def without_capabilities(call: Callable[[], str]) -> str:
    reader, writer = os.pipe()
    if os.fork() == 0:
        LIBC.capset(struct.pack("=Ii", 0x20080522, 0), bytes(24))
        os.write(writer, call().encode("ascii"))
        os._exit(0)
    os.close(writer)
    os.wait()
    return os.read(reader, 100).decode("ascii")


@provokes("values_preferences_ignored")
def preferences() -> object:
    with socket(AF_INET6, SOCK_DGRAM) as end:
        end.setsockopt(IPPROTO_IPV6, 72, 1)
        return end.getsockopt(IPPROTO_IPV6, 72)


@provokes("values_fragments_stay_on")
def fragments() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end:
        end.setsockopt(IPPROTO_IP, 25, 1)
        end.setsockopt(IPPROTO_IP, 25, 0)
        return end.getsockopt(IPPROTO_IP, 25)


@provokes("values_transparent_stays_on")
def transparent() -> object:
    with socket(AF_INET) as end:
        end.setsockopt(IPPROTO_IP, 19, 1)
        end.setsockopt(IPPROTO_IP, 19, 0)
        return end.getsockopt(IPPROTO_IP, 19)
