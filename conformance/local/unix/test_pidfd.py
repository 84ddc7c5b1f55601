"""SO_PEERPIDFD and SO_PASSPIDFD: a descriptor of the process at the other end."""

import os
from errno import ENODATA
from pathlib import Path
from select import select
from socket import AF_INET, AF_UNIX, CMSG_SPACE, SOCK_STREAM, SOL_SOCKET

import pytest

from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import GENEROUS
from fixtures.stage.children import child
from fixtures.stage.families import over_unix

SO_PASSPIDFD, SO_PEERPIDFD, SCM_PIDFD = 76, 77, 4
"""Of asm-generic/socket.h and linux/socket.h."""
since_linux_6_5 = pytest.mark.needs("kernel>=6.5")


def process(pidfd):
    """The process id that the kernel tells of a pidfd (pidfd_open(2))."""
    lines = Path(f"/proc/self/fdinfo/{pidfd}").read_text().splitlines()
    return next(line.split()[1] for line in lines if line.startswith("Pid:"))


def own_process():
    """The same of this process."""
    pidfd = os.pidfd_open(os.getpid())
    try:
        return process(pidfd)
    finally:
        os.close(pidfd)


@pytest.mark.claim("unix.peerpidfd.names-the-peer")
@since_linux_6_5
@over_unix
def test_peer_is_told_by_a_pidfd(stream_pair):
    pidfd = -1

    pidfd = stream_pair.server.getsockopt(SOL_SOCKET, SO_PEERPIDFD)  # decisive

    inherited, told = os.get_inheritable(pidfd), process(pidfd)
    os.close(pidfd)
    assert told == own_process()
    assert not inherited


@pytest.mark.claim("unix.peerpidfd.who-connected")
@since_linux_6_5
@over_unix
def test_pidfd_of_who_connected_is_readable_when_it_ends(peers, family):
    listener = peers.listener(family)

    def connect_and_wait():
        client = peers.socket("client", family.domain, SOCK_STREAM)
        client.connect(listener.getsockname())
        client.recv(1)

    with child(connect_and_wait):
        server = peers.accepting(listener)
        pidfd = server.getsockopt(SOL_SOCKET, SO_PEERPIDFD)
        before = select([pidfd], [], [], 0)[0]
        server.send(b"x")  # decisive
        after = select([pidfd], [], [], GENEROUS)[0]
    os.close(pidfd)
    assert (before, after) == ([], [pidfd])


@pytest.mark.claim("unix.peerpidfd.nobody-yet")
@since_linux_6_5
def test_socket_without_a_peer_has_no_pidfd(peers):
    alone, other = peers.socket("alone", AF_UNIX, SOCK_STREAM), peers.socket("other", AF_INET, SOCK_STREAM)

    with fails(ENODATA):
        alone.getsockopt(SOL_SOCKET, SO_PEERPIDFD)  # decisive
    with fails(ENODATA):
        other.getsockopt(SOL_SOCKET, SO_PEERPIDFD)  # decisive


@pytest.mark.claim("unix.passpidfd.with-every-message")
@since_linux_6_5
@over_unix
def test_pidfd_comes_with_a_message(stream_pair):
    client, server = stream_pair
    server.setsockopt(SOL_SOCKET, SO_PASSPIDFD, 1)  # decisive
    client.send(b"x")

    _, messages, *_ = server.recvmsg(1, CMSG_SPACE(4))

    kinds = [(level, kind) for level, kind, _ in messages]
    numbers = [int.from_bytes(content[:4], "little") for _, _, content in messages]
    told = [process(number) for number in numbers]
    for number in numbers:
        os.close(number)
    assert kinds == [(SOL_SOCKET, SCM_PIDFD)]
    assert told == [own_process()]
