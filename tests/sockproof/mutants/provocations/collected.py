"""Sockets in flight that hold one another, or are held."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import array
import os
import resource
import select
from socket import *
from socket import socket, socketpair

from .common import *
from .local import drop_capabilities, rights, told


def wait_for_end(reading: int) -> object:
    """Whether the pipe ends; garbage is looked for whenever a socket is closed."""

    def gone() -> bool:
        socket(AF_UNIX, SOCK_STREAM).close()
        poller = select.poll()
        poller.register(reading, select.POLLIN)
        return any(bits & select.POLLHUP for _, bits in poller.poll(0))

    until(gone)
    return gone()


def ring(flags: int = 0) -> int:
    """The reading end of a pipe whose other end lies in the queue of a socket that holds itself."""
    left, right = socketpair()
    reading, writing = os.pipe()
    left.sendmsg([b"x"], rights(right.fileno(), writing), flags)
    left.close(), right.close(), os.close(writing)
    return reading


@provokes("collected_ring_never", "collected_urgent_never")
def closing_a_ring() -> object:
    return wait_for_end(ring()), wait_for_end(ring(MSG_OOB))


@provokes("collected_listener_never", "collected_unaccepted_too")
def listener_in_its_own_queue() -> object:
    seen = []
    for accepts in (True, False):
        reading, writing = os.pipe()
        with socket(AF_UNIX, SOCK_STREAM) as listener, socket(AF_UNIX, SOCK_STREAM) as client:
            listener.bind(""), listener.listen()
            client.connect(listener.getsockname())
            client.sendmsg([b"x"], rights(listener.fileno(), writing))
            os.close(writing)
            if accepts:
                with listener.accept()[0] as server:
                    seen.append(received(server))
            listener.close()
            seen.append(wait_for_end(reading))
    return seen


def received(end: socket, flags: int = 0) -> object:
    """How many descriptors come; they are closed."""
    try:
        _, ancillary, _, _ = end.recvmsg(1, 100, MSG_DONTWAIT | flags)
    except BlockingIOError:
        return "nothing"
    numbers = array.array("i", b"".join(content for _, _, content in ancillary))
    for number in numbers:
        os.close(number)
    return len(numbers)


@provokes("collected_held_too")
def descriptors_beside_a_close() -> object:
    left, right = socketpair()
    with left, right:
        left.sendmsg([b"x"], rights(left.fileno()))
        socket(AF_UNIX, SOCK_STREAM).close()
        return received(right)


@provokes("collected_peeked_too")
def peeking_at_a_full_socket() -> object:
    left, right = socketpair()
    over, queue = socketpair()
    with left, right, over, queue:
        left.sendmsg([b"x"], rights(left.fileno()))
        over.sendmsg([b"x"], rights(right.fileno()))
        return received(queue, MSG_PEEK), received(right)


def crowd() -> object:
    """What is answered when too many were in flight, and then none are."""
    drop_capabilities()
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    answers = set()
    for _ in range(2):
        left, right = socketpair()
        with left, right:
            answers.add(sent_in_time(left))
            seen = [outcome(left.sendmsg, [b"x"], rights(*[left.fileno()] * 150)) for _ in range(3)]
            for _ in range(4):
                received_many(right)
    return sorted(answers), "ETOOMANYREFS" in seen


def sent_in_time(end: socket) -> object:
    """Other processes of the user may have many in flight, for a moment."""
    for _ in range(100):
        if (told := outcome(end.sendmsg, [b"x"], rights(*[end.fileno()] * 150))) != "ETOOMANYREFS":
            break
        select.select([], [], [], 0.02)
    return told


def received_many(end: socket) -> None:
    with contextlib.suppress(BlockingIOError):
        end.recv(1, MSG_DONTWAIT)


@provokes("collected_still_counted")
def too_many_in_flight() -> object:
    return told(crowd)


@provokes("collected_privilege_ignored")
def more_sent_than_may_be_open() -> object:
    """Few of them at the same time: the kernel counts those of the user, in other processes too."""

    def send_many() -> object:
        resource.setrlimit(resource.RLIMIT_NOFILE, (2000, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        left, right = socketpair()
        with left, right:
            for _ in range(9):
                seen = outcome(left.sendmsg, [b"x"], rights(*[left.fileno()] * 250))
                received_many(right)
        return seen

    return told(send_many)
