"""What newer kernels tell of a peer, and let it not do: SO_PEERGROUPS and SO_PASSRIGHTS."""

import os
import struct
from errno import ENODATA, ENOPROTOOPT, EPERM, ERANGE
from select import POLLIN
from socket import SCM_RIGHTS, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.local.unix.names import kinds
from conformance.local.unix.pairs import pair
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.children import in_child
from fixtures.stage.families import over_unix
from fixtures.stage.users import another_user

SO_PEERGROUPS, SO_PASSRIGHTS = 59, 83
"""asm-generic/socket.h."""
since_linux_6_16 = pytest.mark.needs("kernel>=6.16")
with_groups = pytest.mark.needs("another-user")
told_groups = pytest.mark.needs(f"option:SOL_SOCKET.{SO_PEERGROUPS}")


def groups_of(value):
    """An array of gid_t."""
    return list(struct.unpack(f"={len(value) // 4}I", value))


def called_by_a_member(peers, family, groups):
    """What a listener has accepted from a child that is in these groups and has ended."""
    listener = peers.listener(family)

    def call():
        os.setgroups(groups)
        peers.connecting(family, listener.getsockname())

    assert in_child(call).status == 0
    return peers.accepting(listener)


@pytest.mark.claim("unix.peergroups.who-connected")
@told_groups
@with_groups
@over_unix
def test_groups_of_who_connected_are_told(peers, family):
    groups, listener = sorted([os.getegid(), another_user()]), peers.listener(family)

    def call():
        os.setgroups(groups)  # decisive
        peers.connecting(family, listener.getsockname())

    assert in_child(call).status == 0
    server = peers.accepting(listener)
    assert groups_of(server.getsockopt(SOL_SOCKET, SO_PEERGROUPS, 64)) == groups


@pytest.mark.claim("unix.peergroups.too-little-room")
@told_groups
@with_groups
@over_unix
def test_too_little_room_for_the_groups_is_refused(peers, family):
    server = called_by_a_member(peers, family, sorted([os.getegid(), another_user()]))

    with fails(ERANGE):
        server.getsockopt(SOL_SOCKET, SO_PEERGROUPS, 4)  # decisive


@pytest.mark.claim("unix.peergroups.nobody-yet")
@told_groups
@over_unix
def test_socket_without_a_peer_has_no_groups(peers, family):
    end = peers.socket("end", family.domain, SOCK_STREAM)

    with fails(ENODATA):
        end.getsockopt(SOL_SOCKET, SO_PEERGROUPS, 64)  # decisive


@pytest.mark.claim("unix.peergroups.read-only")
@told_groups
@over_unix
def test_groups_of_a_peer_cannot_be_set(stream_pair):
    with fails(ENOPROTOOPT):
        stream_pair.server.setsockopt(SOL_SOCKET, SO_PEERGROUPS, os.getegid())  # decisive


@pytest.mark.claim("unix.passrights.on-at-first")
@since_linux_6_16
@kinds
@over_unix
def test_descriptors_are_taken_at_first(peers, family, kind):
    told = None

    told = pair(peers, kind).server.getsockopt(SOL_SOCKET, SO_PASSRIGHTS)  # decisive

    assert told == 1


@pytest.mark.claim("unix.passrights.off-refuses-descriptors")
@since_linux_6_16
@kinds
@over_unix
def test_descriptor_for_who_takes_none_is_refused_to_the_sender(peers, family, kind):
    client, server = pair(peers, kind)
    server.setsockopt(SOL_SOCKET, SO_PASSRIGHTS, 0)  # decisive

    with fails(EPERM):
        client.sendmsg([b"with a descriptor"], [(SOL_SOCKET, SCM_RIGHTS, struct.pack("i", client.fileno()))])

    client.send(b"without")
    ready(server, POLLIN)
    assert server.recv(99) == b"without"


@pytest.mark.claim("unix.passrights.of-the-receiver")
@since_linux_6_16
@over_unix
def test_who_takes_no_descriptors_may_send_them(stream_pair):
    client, server = stream_pair
    client.setsockopt(SOL_SOCKET, SO_PASSRIGHTS, 0)

    client.sendmsg([b"x"], [(SOL_SOCKET, SCM_RIGHTS, struct.pack("i", client.fileno()))])  # decisive

    ready(server, POLLIN)
    _, [(_, kind, descriptors)], _, _ = server.recvmsg(1, 64)
    os.close(struct.unpack("i", descriptors)[0])
    assert kind == SCM_RIGHTS
