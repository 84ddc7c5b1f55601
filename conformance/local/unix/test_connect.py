"""connect() to a name in the file system: when it succeeds at once, and what it says when it does not."""

import os
from errno import EACCES, ECONNREFUSED, ECONNRESET, EINVAL, ENOENT, EPERM, EPROTOTYPE
from select import POLLIN
from socket import AF_INET, MSG_DONTWAIT, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM
from sys import byteorder

import pytest

from conformance.datagram.models.libc import disconnect
from conformance.lifecycle.connect.calls import connect_raw
from conformance.local.unix.names import become, calling, connected_kinds, kinds, new, serving
from conformance.stream.sending.limits import give_up_capabilities
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import readiness
from fixtures.stage.children import in_child
from fixtures.stage.users import another_user

open_modes = pytest.mark.parametrize("mode", [0o222, 0o666, 0o777], ids=oct)
shut_modes = pytest.mark.parametrize("mode", [0o444, 0o555, 0o000], ids=oct)


@pytest.mark.claim("unix.connect.complete-without-accept")
@pytest.mark.parametrize("blocking", [True, False], ids=["blocking", "non-blocking"])
@connected_kinds
def test_connect_is_complete_before_accept(peers, folder, kind, blocking):
    listener = serving(peers, folder / "server", kind)
    client = new(peers, kind)
    client.setblocking(blocking)

    client.connect(str(folder / "server"))  # decisive

    assert client.getpeername() == str(folder / "server")
    assert client.send(b"early") == 5
    assert readiness(listener, POLLIN) == POLLIN
    assert peers.accepting(listener).recv(100) == b"early"


@pytest.mark.claim("unix.connect.not-listening-refused")
@connected_kinds
def test_connect_to_a_socket_that_does_not_listen_is_refused(peers, folder, kind):
    end = new(peers, kind, lane="bound")
    end.bind(str(folder / "server"))  # decisive

    with fails(ECONNREFUSED):
        calling(peers, folder / "server", kind)

    end.listen(1)
    calling(peers, folder / "server", kind)


@pytest.mark.claim("unix.connect.no-socket-refused")
@kinds
def test_connect_to_a_file_that_is_no_socket_is_refused(peers, folder, kind):
    (folder / "server").write_bytes(b"")  # decisive

    with fails(ECONNREFUSED):
        calling(peers, folder / "server", kind)


@pytest.mark.claim("unix.connect.left-behind-refused")
@kinds
def test_connect_to_a_file_that_a_server_left_behind_is_refused(peers, folder, kind):
    serving(peers, folder / "server", kind).close()  # decisive

    with fails(ECONNREFUSED):
        calling(peers, folder / "server", kind)


@pytest.mark.claim("unix.connect.missing-file")
@kinds
def test_connect_to_a_name_that_does_not_exist_fails_with_enoent(peers, folder, kind):
    with fails(ENOENT):
        calling(peers, folder / "nobody", kind)  # decisive


@pytest.mark.claim("unix.connect.other-type")
@pytest.mark.parametrize(
    ("served", "asked"),
    [(SOCK_STREAM, SOCK_DGRAM), (SOCK_DGRAM, SOCK_STREAM), (SOCK_STREAM, SOCK_SEQPACKET)],
    ids=["stream-by-datagram", "datagram-by-stream", "stream-by-seqpacket"],
)
def test_connect_to_a_socket_of_another_type_fails(peers, folder, served, asked):
    serving(peers, folder / "server", served)

    with fails(EPROTOTYPE):
        calling(peers, folder / "server", asked)  # decisive


def knock(peers, path, kind):
    """The piece of a child that has no privilege and connects to `path`."""

    def call():
        give_up_capabilities()
        calling(peers, path, kind).close()

    return call


def throw(peers, path):
    """The piece of a child that has no privilege and sends a message to `path`."""

    def call():
        give_up_capabilities()
        new(peers, SOCK_DGRAM).sendto(b"thrown", str(path))

    return call


@pytest.mark.claim("unix.permissions.connect-needs-write")
@shut_modes
@kinds
def test_connect_without_write_permission_is_refused(peers, folder, kind, mode):
    serving(peers, folder / "server", kind)
    (folder / "server").chmod(mode)  # decisive

    with fails(EACCES):
        in_child(knock(peers, folder / "server", kind))


@pytest.mark.claim("unix.permissions.send-needs-write")
@shut_modes
def test_message_to_a_name_without_write_permission_is_refused(peers, folder, mode):
    receiver = serving(peers, folder / "server", SOCK_DGRAM)
    (folder / "server").chmod(mode)  # decisive

    with fails(EACCES):
        in_child(throw(peers, folder / "server"))

    assert readiness(receiver, POLLIN) == 0


@pytest.mark.claim("unix.send.other-type")
@connected_kinds
def test_message_to_the_name_of_a_socket_of_another_type_is_refused(peers, folder, kind):
    serving(peers, folder / "server", kind)
    sender = new(peers, SOCK_DGRAM)

    with fails(EPROTOTYPE):
        sender.sendto(b"thrown", str(folder / "server"))  # decisive


@pytest.mark.claim("unix.permissions.write-is-enough")
@open_modes
@kinds
def test_connect_with_write_permission_is_allowed(peers, folder, kind, mode):
    serving(peers, folder / "server", kind)
    (folder / "server").chmod(0o000)
    (folder / "server").chmod(mode)  # decisive

    assert in_child(knock(peers, folder / "server", kind)).status == 0


def knock_as_other(peers, folder, path, kind=SOCK_STREAM):
    """The piece of a child that is another user and connects to `path`."""

    def call():
        become(another_user())
        give_up_capabilities()
        calling(peers, path, kind).close()

    folder.chmod(0o755)
    return call


@pytest.mark.claim("unix.permissions.connect-needs-write")
@pytest.mark.needs("another-user")
@pytest.mark.parametrize("mode", [0o755, 0o444, 0o770], ids=oct)
def test_another_user_may_not_connect_without_write_permission(peers, folder, mode):
    serving(peers, folder / "server")
    (folder / "server").chmod(0o777)
    (folder / "server").chmod(mode)  # decisive

    with fails(EACCES):
        in_child(knock_as_other(peers, folder, folder / "server"))


@pytest.mark.claim("unix.permissions.write-is-enough")
@pytest.mark.needs("another-user")
@pytest.mark.parametrize("mode", [0o666, 0o222, 0o002], ids=oct)
def test_another_user_may_connect_with_write_permission(peers, folder, mode):
    serving(peers, folder / "server")
    (folder / "server").chmod(mode)  # decisive

    assert in_child(knock_as_other(peers, folder, folder / "server")).status == 0


@pytest.mark.claim("unix.permissions.owner-decides")
@pytest.mark.needs("another-user", "CAP_CHOWN")
def test_another_user_may_connect_once_the_file_is_theirs(peers, folder):
    serving(peers, folder / "server")
    (folder / "server").chmod(0o700)
    with fails(EACCES):
        in_child(knock_as_other(peers, folder, folder / "server"))

    os.chown(folder / "server", another_user(), -1)  # decisive

    assert in_child(knock_as_other(peers, folder, folder / "server")).status == 0
    with fails(EACCES):
        in_child(knock(peers, folder / "server", SOCK_STREAM))


@pytest.mark.claim("unix.permissions.search-of-the-directory")
@pytest.mark.parametrize("mode", [0o666, 0o000], ids=oct)
def test_directory_that_may_not_be_searched_keeps_its_sockets_to_itself(peers, folder, mode):
    inner = folder / "inner"
    inner.mkdir()
    serving(peers, inner / "server")
    (inner / "server").chmod(0o777)
    inner.chmod(mode)  # decisive

    with fails(EACCES):
        in_child(knock(peers, inner / "server", SOCK_STREAM))


@pytest.mark.claim("unix.permissions.bind-needs-a-writable-directory")
@pytest.mark.parametrize("mode", [0o555, 0o666], ids=oct)
def test_bind_in_a_directory_that_may_not_be_written_is_refused(peers, folder, mode):
    folder.chmod(mode)  # decisive

    def make():
        give_up_capabilities()
        new(peers).bind(str(folder / "server"))

    with fails(EACCES):
        in_child(make)


@pytest.mark.claim("unix.permissions.accepted-stay")
def test_permissions_are_asked_at_connect_and_not_later(peers, folder):
    listener = serving(peers, folder / "server")
    client = calling(peers, folder / "server")
    server = peers.accepting(listener)

    (folder / "server").chmod(0o000)

    def talk():
        give_up_capabilities()
        return client.send(b"still allowed")  # decisive

    in_child(talk)
    assert server.recv(100) == b"still allowed"


@pytest.mark.claim("unix.datagram.engaged-refuses-to-connect")
def test_datagram_socket_with_another_peer_cannot_be_connected_to(peers, folder):
    server, friend = (serving(peers, folder / name, SOCK_DGRAM, lane=name) for name in ("server", "friend"))
    server.connect(str(folder / "friend"))  # decisive

    with fails(EPERM):
        calling(peers, folder / "server", SOCK_DGRAM)

    friend.connect(str(folder / "server"))


@pytest.mark.claim("unix.datagram.left-with-unread-told")
def test_peer_is_told_that_its_datagram_was_not_read(peers, folder):
    leaver, left, other = (serving(peers, folder / name, SOCK_DGRAM, lane=name) for name in ("leaver", "left", "other"))
    leaver.connect(str(folder / "left"))
    left.connect(str(folder / "leaver"))
    left.send(b"never read")

    leaver.connect(str(folder / "other"))  # decisive

    with fails(ECONNRESET):
        left.recv(100, MSG_DONTWAIT)
    assert other.getsockname() == leaver.getpeername()
    assert readiness(leaver, POLLIN) == 0


@pytest.mark.claim("unix.connect.no-family-refused")
@connected_kinds
def test_socket_with_connections_cannot_be_connected_to_no_family(peers, kind):
    end = new(peers, kind)

    with fails(EINVAL):
        disconnect(end)  # decisive


@pytest.mark.claim("unix.connect.family-einval")
@kinds
def test_connect_to_an_address_of_another_family_is_refused(peers, kind):
    client = new(peers, kind)

    with fails(EINVAL):
        connect_raw(client, AF_INET.to_bytes(2, byteorder) + bytes(14))  # decisive
