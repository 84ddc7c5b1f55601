"""The columns of /proc/net/tcp, udp and raw, and of their namesakes for IPv6 (proc(5))."""

import os
from pathlib import Path
from select import POLLIN
from socket import AF_INET6, SO_RCVBUF, SOCK_DGRAM, SOL_SOCKET
from typing import NamedTuple

import pytest

from conformance.datagram.udp.datagrams import all_came_through
from conformance.lifecycle.linger.unsent import jam
from conformance.local.unix.names import become
from conformance.network.raw.headers import raw
from fixtures.evidence.waiting import ready
from fixtures.stage.children import in_child
from fixtures.stage.families import over_ip
from fixtures.stage.users import another_user

ESTABLISHED = 1


class Row(NamedTuple):
    """A line of such a table, its numbers as numbers."""

    local: int
    remote: int
    state: int
    unsent: int
    unread: int
    user: int
    lost: int | None


def row_of(end, table):
    """The line of that socket, of which each address is its port. Raises LookupError where it has none."""
    name = table + ("6" if end.family == AF_INET6 else "")
    inode = str(os.fstat(end.fileno()).st_ino)
    for line in Path(f"/proc/thread-self/net/{name}").read_text("ascii").splitlines()[1:]:
        words = line.split()
        if words[9] == inode:
            unsent, unread = words[4].split(":")
            ports = [int(words[at].rpartition(":")[2], 16) for at in (1, 2)]
            lost = int(words[12]) if table != "tcp" else None
            return Row(*ports, int(words[3], 16), int(unsent, 16), int(unread, 16), int(words[7]), lost)
    raise LookupError(name)


@pytest.mark.claim("ip.proc.ends-of-a-connection")
@over_ip
def test_line_of_a_connection_has_both_ends_and_what_is_unread(stream_pair):
    client, server = stream_pair
    client.send(b"12345")
    ready(server, POLLIN)
    row = None

    row = row_of(server, "tcp")  # decisive

    assert row[:3] == (server.getsockname()[1], client.getsockname()[1], ESTABLISHED)
    assert (row.unsent, row.unread) == (0, 5)


@pytest.mark.claim("ip.proc.unsent-bytes")
@pytest.mark.usefixtures("usual_windows")
@pytest.mark.unwatched
@over_ip
def test_line_of_a_connection_has_what_is_unsent(stream_pair):
    client, server = stream_pair
    row, taken = row_of(client, "tcp"), len(jam(client))

    row = row_of(client, "tcp")  # decisive

    unread = row_of(server, "tcp").unread
    assert 0 < row.unsent <= taken
    assert row.unsent >= taken - unread


@pytest.mark.claim("udp.proc.ends-and-queue")
@over_ip
def test_line_of_a_datagram_socket_has_its_peer_and_what_is_unread(peers, family):
    sender, receiver = (peers.datagram(family, lane=lane) for lane in ("sender", "receiver"))
    receiver.connect(sender.getsockname())
    before = row_of(receiver, "udp")
    sender.sendto(bytes(1000), receiver.getsockname())  # decisive
    ready(receiver, POLLIN)

    row = row_of(receiver, "udp")

    assert row[:3] == (receiver.getsockname()[1], sender.getsockname()[1], ESTABLISHED)
    assert before.unread == 0
    assert row.unread >= 1000


@pytest.mark.claim("udp.proc.lost-are-counted")
@pytest.mark.unwatched
@over_ip
def test_line_of_a_datagram_socket_counts_what_was_lost(peers, family):
    sender, receiver = peers.socket("sender", family.domain, SOCK_DGRAM), peers.datagram(family, lane="receiver")
    receiver.setsockopt(SOL_SOCKET, SO_RCVBUF, 1)
    assert row_of(receiver, "udp").lost == 0

    for _ in range(20):
        sender.sendto(bytes(1000), receiver.getsockname())  # decisive
    all_came_through(peers, family)

    received = row_of(receiver, "udp").unread
    assert 0 < row_of(receiver, "udp").lost <= 20
    assert received


@pytest.mark.claim("raw.proc.lost-are-counted")
@pytest.mark.needs("CAP_NET_RAW", "namespace")
@pytest.mark.unwatched
@over_ip
def test_line_of_a_raw_socket_counts_what_was_lost(peers, family):
    watcher, receiver = raw(peers, family), peers.datagram(family, lane="receiver")
    watcher.setsockopt(SOL_SOCKET, SO_RCVBUF, 1)
    sender = peers.socket("sender", family.domain, SOCK_DGRAM)
    assert row_of(watcher, "raw").lost == 0

    for _ in range(20):
        sender.sendto(bytes(1000), receiver.getsockname())  # decisive
    all_came_through(peers, family)

    assert row_of(watcher, "raw").lost > 0


@pytest.mark.claim("ip.proc.user-of-a-socket")
@pytest.mark.parametrize("table", ["tcp", "udp"])
@over_ip
def test_line_of_a_socket_has_the_user_who_made_it(peers, family, table):
    def shown():
        become(another_user())  # decisive
        end = peers.listener(family) if table == "tcp" else peers.datagram(family, lane="end")
        return row_of(end, table).user - os.getuid(), os.getuid()

    user, own = in_child(shown).value
    assert user == 0
    assert own != os.getuid()
