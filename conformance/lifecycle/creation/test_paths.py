"""Sockets below /proc: what a path to a descriptor is good for, and where the kernel lists them."""

import os
from errno import ENXIO
from pathlib import Path
from socket import SOCK_DGRAM, SOCK_STREAM

import pytest

from fixtures.evidence.expect import fails
from fixtures.stage.families import over_all, over_ip

KINDS = {"tcp": SOCK_STREAM, "udp": SOCK_DGRAM}
MANY, PIECE = 100, 1000
"""Sockets whose lines fill several pages, and bytes that are read at once."""
LISTENING, CLOSED = "0A", "07"
"""States as /proc/net/tcp and udp number them (proc_pid_net(5), include/net/tcp_states.h)."""


@pytest.mark.claim("socket.path.cannot-be-opened")
@over_all
def test_socket_cannot_be_opened_by_its_path(peers, family):
    end = peers.socket("end", family.domain, SOCK_STREAM)

    with fails(ENXIO):
        os.open(f"/proc/self/fd/{end.fileno()}", os.O_RDWR)  # decisive


@pytest.mark.claim("ip.proc.lists-the-sockets")
@pytest.mark.parametrize("kind", ["tcp", "udp"])
@pytest.mark.needs("descriptors:150", "own-ports")  # in a list that others change a line may move meanwhile
@over_ip
def test_long_list_that_is_read_in_pieces_has_each_socket_once(peers, family, kind):
    several = [peers.socket(f"end{number}", family.domain, KINDS[kind]) for number in range(MANY)]
    for end in several:
        end.bind((family.loopback, 0))
        if kind == "tcp":
            end.listen(1)
    lines = []

    with Path(f"/proc/thread-self/net/{kind}{'6' if family.name == 'ip6' else ''}").open("rb", buffering=0) as table:
        lines = b"".join(iter(lambda: table.read(PIECE), b"")).decode("ascii").splitlines()  # decisive

    inodes = [line.split()[9] for line in lines]
    assert [inodes.count(str(os.fstat(end.fileno()).st_ino)) for end in several] == [1] * MANY


@pytest.mark.claim("ip.proc.lists-the-sockets")
@pytest.mark.usefixtures("many_ports")
@pytest.mark.usefixtures("long_queues")
@pytest.mark.needs("descriptors:250", "own-ports")
@pytest.mark.unwatched  # a connection is no subject here, and two hundred have many packets
@over_ip
def test_listener_and_connections_that_are_read_in_pieces_are_there_once(peers, family):
    listener = peers.listener(family)
    several = [peers.connecting(family, listener.getsockname(), lane=f"end{number}") for number in range(MANY)]
    lines = []

    with Path(f"/proc/thread-self/net/tcp{'6' if family.name == 'ip6' else ''}").open("rb", buffering=0) as table:
        lines = b"".join(iter(lambda: table.read(PIECE), b"")).decode("ascii").splitlines()  # decisive

    inodes = [line.split()[9] for line in lines]
    assert [inodes.count(str(os.fstat(end.fileno()).st_ino)) for end in (listener, *several)] == [1] * (1 + MANY)


def listed(kind, family, inode):
    """The columns of the line of this socket in /proc/net; None where there is none."""
    name = kind + ("6" if family.name == "ip6" else "")
    lines = Path(f"/proc/thread-self/net/{name}").read_text(encoding="ascii").splitlines()
    return next((line.split() for line in lines if line.split()[9:10] == [str(inode)]), None)


@pytest.mark.claim("ip.proc.lists-the-sockets")
@over_ip
def test_listener_and_datagram_socket_are_listed(peers, family):
    listener = peers.listener(family)
    datagram = peers.socket("datagram", family.domain, SOCK_DGRAM)
    datagram.bind((family.loopback, 0))  # decisive

    for kind, end, state in (("tcp", listener, LISTENING), ("udp", datagram, CLOSED)):
        line = listed(kind, family, os.fstat(end.fileno()).st_ino)
        assert line is not None
        port, uid = int(line[1].rpartition(":")[2], 16), int(line[7])
        assert (port, line[3], uid) == (end.getsockname()[1], state, os.getuid())
