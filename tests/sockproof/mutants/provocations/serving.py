"""What goes with sockets in a server: children, threads, limits, costs, and the files and wakers of listeners."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import resource
import select
import signal
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from socket import *
from socket import socket, socketpair

from .common import *


def gone(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()[0] == "Z"
    return True


def brief(count: int = 1) -> list[int]:
    """Children that have ended."""
    pids = []
    for _ in range(count):
        if (pid := os.fork()) == 0:
            os._exit(0)
        pids.append(pid)
    until(lambda: all(gone(pid) for pid in pids))
    return pids


def left(pids: list[int]) -> int:
    return sum(Path(f"/proc/{pid}").exists() for pid in pids)


@provokes("process_zombie_missing")
def zombies() -> object:
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return left(brief())


@provokes("process_ignored_kept")
def ignored_children() -> object:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    return left(brief())


@provokes("process_wait_once")
def waiting_in_a_loop() -> object:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pids = brief(3)
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    return left(pids)


@provokes("process_wnohang_waits")
def waiting_without_hanging() -> object:
    if (pid := os.fork()) == 0:
        until(lambda: False, limit=1.0)
        os._exit(0)
    found = os.waitpid(pid, os.WNOHANG) == (0, 0)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)
    return found


@provokes("process_threads_detached", "process_detach_ignored")
def threads() -> object:
    """Whether a thread that was left alone can be joined, and one that was detached cannot."""
    seen = []
    for detach in (False, True):
        thread = ctypes.c_ulong()
        LIBC.pthread_create(ctypes.byref(thread), None, LIBC.pause, None)
        if detach:
            LIBC.pthread_detach(thread)
        seen.append(LIBC.pthread_timedjoin_np(thread, None, bytes(16)) == errno.EINVAL)
    return seen


@provokes("process_limits_unchecked")
def limit_above_the_limit() -> object:
    most = int(Path("/proc/sys/fs/nr_open").read_text("ascii")) + 1
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    except (OSError, ValueError) as error:
        return type(error).__name__
    return "taken"


@provokes("process_tee_takes")
def copying() -> object:
    (source, into), (_, out) = os.pipe(), os.pipe()
    os.write(into, b"twice")
    os.set_blocking(source, False)
    return LIBC.tee(source, out, 5, 0), outcome(os.read, source, 5)


def costs(call: Callable[[], object], bound: float) -> bool:
    """Whether one of ten calls takes less processor time than `bound` seconds."""
    found = []
    for _ in range(10):
        began = time.thread_time()
        call()
        found.append(time.thread_time() - began)
    return min(found) < bound


@provokes("cost_sendfile_high")
def cost_of_sendfile() -> object:
    with tempfile.TemporaryFile() as file, tcp() as (client, _):
        file.write(b"x")
        file.flush()
        return costs(lambda: os.sendfile(client.fileno(), file.fileno(), 0, 1), 0.001)


@provokes("cost_unix_high")
def cost_of_a_unix_stream() -> object:
    one, other = socketpair()
    with one, other:
        return costs(lambda: one.send(b"x"), 0.001)


class Message(ctypes.Structure):
    """struct mmsghdr of no buffer."""

    _fields_ = [("header", ctypes.c_char * 56), ("length", ctypes.c_uint), ("padding", ctypes.c_uint)]


@provokes("cost_batch_high")
def cost_of_a_batch() -> object:
    with udp() as (sender, _):
        return costs(lambda: LIBC.sendmmsg(sender.fileno(), (Message * 2)(), 2, 0), 0.001)


@provokes("cost_epoll_high")
def cost_of_epoll() -> object:
    with select.epoll() as waiter:
        return costs(lambda: waiter.poll(0), 0.001)


@provokes("cost_thread_high")
def cost_of_a_thread() -> object:
    def start() -> None:
        thread = ctypes.c_ulong()
        LIBC.pthread_create(ctypes.byref(thread), None, LIBC.getpid, None)
        LIBC.pthread_join(thread, None)

    return costs(start, 0.01)


@contextlib.contextmanager
def path(*, mask: int = 0o022) -> Iterator[tuple[Path, socket]]:
    """A path in a folder of its own, and a listener there."""
    with tempfile.TemporaryDirectory() as folder, socket(AF_UNIX, SOCK_STREAM) as listener:
        before = os.umask(mask)
        listener.bind(f"{folder}/name")
        os.umask(before)
        listener.listen()
        yield Path(folder) / "name", listener


@provokes("bind_unix_file_plain", "bind_unix_mode_all")
def file_of_a_socket() -> object:
    with path() as (name, _):
        return stat.filemode(name.stat().st_mode)


@provokes("close_unix_removes_file")
def file_of_a_closed_socket() -> object:
    with path() as (name, listener):
        listener.close()
        return name.exists()


@provokes("connect_unix_needs_read")
def connecting_to_what_cannot_be_read() -> object:
    with path() as (name, _), socket(AF_UNIX, SOCK_STREAM) as client:
        name.chmod(0o222)
        return outcome(client.connect, str(name))


def without_capabilities(call: Callable[[], object]) -> object:
    """What a child without any tells of `call`."""
    out, into = os.pipe()
    if os.fork() == 0:
        LIBC.capset(b"\x22\x05\x08\x20\0\0\0\0", bytes(24))
        os.write(into, repr(call()).encode())
        os._exit(0)
    os.wait()
    os.close(into)
    return os.read(out, 1000).decode()


@provokes("connect_unix_permission_unchecked")
def connecting_without_permission() -> object:
    with path() as (name, _), socket(AF_UNIX, SOCK_STREAM) as client:
        name.chmod(0)
        return without_capabilities(lambda: outcome(client.connect, str(name)))


@provokes("bind_unix_permission_unchecked")
def binding_without_permission() -> object:
    with tempfile.TemporaryDirectory() as folder, socket(AF_UNIX, SOCK_STREAM) as end:
        os.chmod(folder, 0o500)
        answer = without_capabilities(lambda: outcome(end.bind, f"{folder}/name"))
        os.chmod(folder, 0o700)
        return answer


def woken(events: int) -> int:
    """How many of two epoll instances are told of one connection while both wait."""
    with listening() as listener, contextlib.ExitStack() as stack:
        out, into = os.pipe()
        for _ in range(2):
            if os.fork() == 0:
                with select.epoll() as waiter:
                    waiter.register(listener, events)
                    os.write(into, b"r")
                    os.write(into, b"w" * len(waiter.poll(1.5)))
                os._exit(0)
        started = b""
        while started.count(b"r") < 2:
            started += os.read(out, 2 - len(started))
        until(lambda: False, limit=0.1)
        stack.enter_context(create_connection(listener.getsockname()))
        for _ in range(2):
            os.wait()
        os.write(into, b"e")
        return os.read(out, 10).count(b"w")


@provokes("epoll_exclusive_always")
def all_are_woken() -> object:
    return woken(select.EPOLLIN)


@provokes("epoll_exclusive_ignored")
def some_are_woken() -> object:
    return woken(select.EPOLLIN | (1 << 28))


@provokes("reuse_udp_first_receives")
def last_receives() -> object:
    with socket(AF_INET, SOCK_DGRAM) as first, socket(AF_INET, SOCK_DGRAM) as second:
        for end in (first, second):
            end.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
            end.bind(("127.0.0.1", first.getsockname()[1]))
        with socket(AF_INET, SOCK_DGRAM) as sender:
            sender.sendto(b"x", first.getsockname())
        return poll_bits(first, select.POLLIN, 50), poll_bits(second, select.POLLIN, 50)
