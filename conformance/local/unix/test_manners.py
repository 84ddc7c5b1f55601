"""What else UNIX sockets are known by: their types, protocols, levels, and names that nobody has given."""

import os
import re
from errno import EOPNOTSUPP
from select import POLLIN
from socket import (
    AF_UNIX,
    IPPROTO_TCP,
    SO_PASSCRED,
    SO_PROTOCOL,
    SO_TYPE,
    SOCK_DGRAM,
    SOCK_RAW,
    SOL_SOCKET,
    TCP_NODELAY,
)  # fmt: skip

import pytest

from conformance.local.unix.names import connected_kinds, kinds, new, serving
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import readiness
from fixtures.stage.families import unix

senders = pytest.mark.parametrize("call", ["sendto", "connect"])
"""The calls with which a datagram socket first addresses another one."""


def within(folder, monkeypatch):
    """Paths without a directory are those of `folder` from now on."""
    monkeypatch.chdir(folder)


@pytest.mark.claim("unix.create.raw-is-datagram")
def test_raw_socket_is_a_datagram_socket(peers):
    sender, receiver = new(peers, SOCK_RAW), serving(peers, "", SOCK_DGRAM)

    sender.sendto(b"one", receiver.getsockname())  # decisive

    assert sender.getsockopt(SOL_SOCKET, SO_TYPE) == SOCK_DGRAM
    assert receiver.recv(100) == b"one"


@pytest.mark.claim("unix.create.number-of-the-family")
@kinds
def test_number_of_the_family_is_taken_as_a_protocol(peers, kind):
    end, server = peers.socket("end", AF_UNIX, kind, AF_UNIX), serving(peers, "", kind)

    end.connect(server.getsockname())  # decisive

    assert end.getpeername() == server.getsockname()
    assert end.getsockopt(SOL_SOCKET, SO_PROTOCOL) == 0


@pytest.mark.claim("unix.options.no-other-level")
@kinds
def test_level_of_another_protocol_is_not_supported(peers, kind):
    end = new(peers, kind)

    with fails(EOPNOTSUPP):
        end.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)  # decisive
    with fails(EOPNOTSUPP):
        end.getsockopt(IPPROTO_TCP, TCP_NODELAY)  # decisive


@pytest.mark.claim("unix.path.relative-told-to-the-peer")
@connected_kinds
def test_peer_is_told_the_path_as_it_was_bound(peers, folder, monkeypatch, kind):
    within(folder, monkeypatch)
    listener, client = serving(peers, "server", kind), new(peers, kind)

    client.connect(str(folder / "server"))  # decisive

    assert client.getpeername() == "server"
    assert peers.accepting(listener).getsockname() == "server"


@pytest.mark.claim("unix.path.relative-told-to-the-peer")
def test_receiver_is_told_the_path_as_its_sender_has_bound_it(peers, folder, monkeypatch):
    within(folder, monkeypatch)
    sender, receiver = serving(peers, "sender", SOCK_DGRAM), serving(peers, "receiver", SOCK_DGRAM)

    sender.sendto(b"one", os.fspath(folder / "receiver"))  # decisive

    assert receiver.recvfrom(100) == (b"one", "sender")


@pytest.mark.claim("unix.abstract.autobind-when-addressing")
@senders
def test_datagram_socket_with_so_passcred_gets_a_name(peers, call):
    receiver, sender = serving(peers, "", SOCK_DGRAM), new(peers, SOCK_DGRAM)
    sender.setsockopt(SOL_SOCKET, SO_PASSCRED, 1)  # decisive
    to = receiver.getsockname()

    {"sendto": lambda: sender.sendto(b"one", to), "connect": lambda: sender.connect(to)}[call]()

    assert re.fullmatch(rb"\0[0-9a-f]{5}", os.fsencode(sender.getsockname()))


@pytest.mark.claim("unix.abstract.no-name-without-so-passcred")
@senders
def test_datagram_socket_without_so_passcred_stays_without_a_name(peers, call):
    receiver, sender = serving(peers, "", SOCK_DGRAM), new(peers, SOCK_DGRAM)
    to = receiver.getsockname()
    calls = {"sendto": lambda: sender.sendto(b"one", to), "connect": lambda: sender.connect(to) or sender.send(b"one")}

    calls[call]()  # decisive

    assert receiver.recv(100) == b"one"
    assert sender.getsockname() in ("", b"")


@pytest.mark.claim("unix.datagram.others-still-reachable")
def test_sendto_of_a_connected_socket_reaches_another(peers):
    sender, receiver, other = (peers.datagram(unix, lane=lane) for lane in ("sender", "receiver", "other"))
    sender.connect(receiver.getsockname())

    sender.sendto(b"elsewhere", other.getsockname())  # decisive

    assert other.recv(100) == b"elsewhere"
    assert readiness(receiver, POLLIN) == 0
