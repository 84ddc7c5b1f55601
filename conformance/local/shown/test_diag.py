"""What sock_diag(7) tells of UNIX sockets, held against what the scenario has made."""

import os
from errno import ENOENT, ESTALE
from socket import SHUT_RD, SHUT_WR, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM

import pytest

from conformance.local.shown.diag import (
    ESTABLISHED,
    EVERYTHING,
    ICONS,
    LISTEN,
    NAME,
    PEER,
    RQLEN,
    SHUTDOWN,
    VFS,
    every,
    inode_of,
    needs_diag,
    shown,
)
from conformance.local.unix.names import calling, connected_kinds, kinds, serving
from conformance.local.unix.pairs import pair
from fixtures.evidence.expect import fails

NOBODYS = 0xFFFFFFF0
"""The inode of no socket."""


@pytest.fixture(autouse=True)
def diagnosis():
    """Asks whether UNIX sockets are shown at all."""
    needs_diag()


@pytest.mark.claim("unix.diag.name")
@kinds
def test_name_is_shown_as_it_was_bound(peers, folder, kind):
    path, abstract = str(folder / "server"), b"\0" + os.urandom(8).hex().encode()
    file, nowhere = serving(peers, path, kind), serving(peers, abstract, kind, lane="abstract")
    names = []

    names = [shown(inode_of(end), NAME).attributes[0] for end in (file, nowhere)]  # decisive

    assert names == [path.encode() + b"\0", abstract] or names == [path.encode(), abstract]


@pytest.mark.claim("unix.diag.file")
@pytest.mark.needs("namespace")  # with a file system of its own: some tell stat(2) of another device than they have
@kinds
def test_file_of_the_name_is_shown_by_device_and_inode(peers, folder, kind):
    end, about = serving(peers, folder / "server", kind), os.stat(folder / "server")
    inode, device = 0, 0

    inode, device = shown(inode_of(end), VFS).numbers(VFS)  # decisive

    assert inode == about.st_ino & 0xFFFFFFFF
    assert device == os.major(about.st_dev) << 20 | os.minor(about.st_dev)


@pytest.mark.claim("unix.diag.peer")
@kinds
def test_peer_is_shown_by_its_inode(peers, kind):
    first, second = pair(peers, kind)
    found = None

    found = shown(inode_of(first), PEER).numbers(PEER)  # decisive

    assert found == [inode_of(second)]
    assert shown(inode_of(second), PEER).numbers(PEER) == [inode_of(first)]


@pytest.mark.claim("unix.diag.waiting-connections")
@pytest.mark.usefixtures("long_queues")
@connected_kinds
def test_connections_that_wait_to_be_accepted_are_listed(peers, folder, kind):
    listener = serving(peers, folder / "server", kind)
    clients = [calling(peers, folder / "server", kind, lane=lane) for lane in ("one", "two")]

    found = shown(inode_of(listener), ICONS | RQLEN)

    assert sorted(found.numbers(ICONS)) == sorted(map(inode_of, clients))
    assert found.numbers(RQLEN) == [2, 8]
    peers.accepting(listener)  # decisive
    assert shown(inode_of(listener), ICONS).numbers(ICONS) == [inode_of(clients[1])]


@pytest.mark.claim("unix.diag.queued-bytes")
@connected_kinds
def test_bytes_in_the_queue_are_counted(peers, kind):
    first, second = pair(peers, kind)
    first.send(b"12345")
    first.send(b"678")  # decisive

    assert shown(inode_of(second), RQLEN).numbers(RQLEN)[0] == 8
    second.recv(5)
    assert shown(inode_of(second), RQLEN).numbers(RQLEN)[0] == 3


@pytest.mark.claim("unix.diag.type-and-state")
@pytest.mark.parametrize("kind", [SOCK_STREAM, SOCK_SEQPACKET], ids=["stream", "seqpacket"])
def test_type_and_state_are_shown(peers, folder, kind):
    listener = serving(peers, folder / "server", kind)
    client = calling(peers, folder / "server", kind)
    found = []

    found = [(each.kind, each.state) for each in map(shown, map(inode_of, (listener, client)))]  # decisive

    assert found == [(kind, LISTEN), (kind, ESTABLISHED)]


@pytest.mark.claim("unix.diag.shutdown")
@pytest.mark.parametrize(("how", "bits"), [(SHUT_RD, 1), (SHUT_WR, 2)], ids=["SHUT_RD", "SHUT_WR"])
@kinds
def test_what_was_shut_down_is_shown_without_being_asked_for(peers, kind, how, bits):
    first, second = pair(peers, kind)
    assert shown(inode_of(first), 0).attributes[SHUTDOWN] == b"\0"

    first.shutdown(how)  # decisive

    assert shown(inode_of(first), 0).attributes[SHUTDOWN] == bytes([bits])
    assert shown(inode_of(second), 0).attributes[SHUTDOWN] in {bytes([bits ^ 3]), b"\0"}


@pytest.mark.claim("unix.diag.states-chosen")
@connected_kinds
def test_list_has_the_sockets_of_the_states_that_were_asked_for(peers, folder, kind):
    listener, (first, _) = serving(peers, folder / "server", kind), pair(peers, kind)
    listening = {each.inode for each in every(1 << LISTEN)}
    connected = listening

    connected = {each.inode for each in every(1 << ESTABLISHED)}  # decisive

    assert inode_of(listener) in listening - connected
    assert inode_of(first) in connected - listening


@pytest.mark.claim("unix.diag.what-was-asked-for")
def test_only_what_was_asked_for_is_shown(peers, folder):
    client = calling(peers, serving(peers, folder / "server").getsockname())
    told = {flag: set() for flag in (0, PEER, RQLEN, EVERYTHING)}

    told = {flag: set(shown(inode_of(client), flag).attributes) for flag in (0, PEER, RQLEN, EVERYTHING)}  # decisive

    assert PEER.bit_length() - 1 in told[PEER] & told[EVERYTHING] - told[0] - told[RQLEN]
    assert RQLEN.bit_length() - 1 in told[RQLEN] & told[EVERYTHING] - told[0] - told[PEER]


@pytest.mark.claim("unix.diag.cookie")
def test_socket_is_found_by_its_own_cookie_only(peers):
    end = peers.socket("end", 1, SOCK_DGRAM)
    end.bind(b"\0" + os.urandom(8).hex().encode())
    known = shown(inode_of(end), 0)

    assert shown(inode_of(end), 0, cookie=known.cookie) == known
    with fails(ESTALE):
        shown(inode_of(end), 0, cookie=(known.cookie[0] ^ 1, known.cookie[1]))  # decisive


@pytest.mark.claim("unix.diag.nobody")
def test_inode_of_nobody_is_not_found(scenario):
    with fails(ENOENT):
        shown(NOBODYS, 0)  # decisive
