"""Who is at the other end: SO_PEERCRED, and SCM_CREDENTIALS with each message."""

import os
from errno import EINVAL, ENOPROTOOPT, EPERM
from socket import SO_PASSCRED, SO_PEERCRED, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.local.unix.names import become, kinds
from conformance.local.unix.pairs import pair
from conformance.local.unix.ucred import SIZE, UCRED, credentials, ours, received
from conformance.stream.sending.limits import give_up_capabilities
from fixtures.evidence.expect import fails
from fixtures.stage.children import child, in_child
from fixtures.stage.families import over_ip, over_unix, unix
from fixtures.stage.users import another_user


def peer_of(end):
    """Who is at the other end, by SO_PEERCRED."""
    return UCRED.unpack(end.getsockopt(SOL_SOCKET, SO_PEERCRED, SIZE))


@pytest.mark.claim("unix.peercred.who-connected")
@over_unix
def test_server_learns_who_connected(peers, family):
    listener = peers.listener(family)

    def call():
        peers.connecting(family, listener.getsockname())  # decisive
        return ours()

    client = in_child(call).value
    listener.setblocking(False)
    assert peer_of(peers.accepting(listener)) == client
    assert client[0] != os.getpid()


@pytest.mark.claim("unix.peercred.who-listened")
@over_unix
def test_client_learns_who_listened(peers, family):
    listener = peers.listener(family, backlog=None)

    def serve():
        listener.listen(1)  # decisive
        return ours()

    server = in_child(serve).value
    assert peer_of(peers.connecting(family, listener.getsockname())) == server
    assert server[0] != os.getpid()


@pytest.mark.claim("unix.peercred.as-of-connect")
@over_unix
def test_credentials_stay_those_of_connect_when_another_process_has_the_socket(peers, family):
    client, server = peers.pair(family)

    assert in_child(lambda: client.send(b"from the child")).status == 0

    expected = in_child(ours).value
    expected = ours()  # decisive
    assert server.recv(100) == b"from the child"
    assert peer_of(server) == expected


@pytest.mark.claim("unix.peercred.user")
@pytest.mark.needs("another-user")
@over_unix
def test_server_learns_that_another_user_connected(peers, family):
    listener, other = peers.listener(family), another_user()

    def call():
        become(other)  # decisive
        peers.connecting(family, listener.getsockname())
        return os.getpid()

    pid = in_child(call).value
    assert peer_of(peers.accepting(listener)) == (pid, other, other)


@pytest.mark.claim("unix.peercred.of-a-pair")
@kinds
def test_both_ends_of_a_pair_name_who_made_it(peers, kind):
    first, second = pair(peers, kind)
    expected = in_child(ours).value
    expected = ours()  # decisive

    assert peer_of(first) == expected
    assert peer_of(second) == expected


@pytest.mark.claim("unix.peercred.nobody-yet")
def test_socket_without_a_peer_names_nobody(peers):
    end = peers.pair(unix).client
    end = peers.socket("client", unix.domain, SOCK_STREAM)  # decisive

    assert peer_of(end) == (0, -1, -1)


@pytest.mark.claim("unix.peercred.read-only")
@kinds
def test_peer_credentials_cannot_be_set(peers, kind):
    first, _ = pair(peers, kind)

    with fails(ENOPROTOOPT):
        first.setsockopt(SOL_SOCKET, SO_PEERCRED, UCRED.pack(1, 0, 0))  # decisive

    assert peer_of(first) == ours()


@pytest.mark.claim("unix.credentials.passcred-reads-back")
@kinds
def test_so_passcred_is_off_at_first_and_reads_back(peers, kind):
    end = peers.socket("client", unix.domain, kind)
    assert end.getsockopt(SOL_SOCKET, SO_PASSCRED) == 0

    end.setsockopt(SOL_SOCKET, SO_PASSCRED, 5)  # decisive

    assert end.getsockopt(SOL_SOCKET, SO_PASSCRED) == 1
    end.setsockopt(SOL_SOCKET, SO_PASSCRED, 0)
    assert end.getsockopt(SOL_SOCKET, SO_PASSCRED) == 0


@pytest.mark.claim("unix.credentials.sender-named")
@kinds
def test_each_message_names_its_sender(peers, kind):
    first, second = pair(peers, kind)
    second.setsockopt(SOL_SOCKET, SO_PASSCRED, 1)  # decisive

    def send():
        first.send(b"child")
        return ours()

    theirs = in_child(send).value
    first.send(b"parent")

    assert received(second) == (b"child", [theirs])
    assert received(second) == (b"parent", [ours()])


@pytest.mark.claim("unix.credentials.only-with-passcred")
@kinds
def test_without_so_passcred_no_credentials_come(peers, kind):
    first, second = pair(peers, kind)
    first.sendmsg([b"named"], credentials(ours()))

    assert received(second) == (b"named", [])

    second.setsockopt(SOL_SOCKET, SO_PASSCRED, 1)  # decisive
    first.sendmsg([b"again"], credentials(ours()))
    assert received(second) == (b"again", [ours()])


@pytest.mark.claim("unix.credentials.forged-refused")
@pytest.mark.parametrize("place", [0, 1, 2], ids=["process", "user", "group"])
@kinds
def test_credentials_of_another_are_refused(peers, kind, place):
    first, second = pair(peers, kind)
    second.setsockopt(SOL_SOCKET, SO_PASSCRED, 1)

    def forge():
        give_up_capabilities()
        who = list(ours())
        who[place] += 1 if place else os.getppid() - os.getpid()  # decisive
        first.sendmsg([b"forged"], credentials(tuple(who)))

    with fails(EPERM, accepted={EINVAL: "user_namespaces(7), User and group ID mappings: the number is not mapped"}):
        in_child(forge)


@pytest.mark.claim("unix.credentials.own-accepted")
@kinds
def test_own_credentials_may_be_specified_without_privilege(peers, kind):
    first, second = pair(peers, kind)
    second.setsockopt(SOL_SOCKET, SO_PASSCRED, 1)

    def send():
        give_up_capabilities()
        first.sendmsg([b"mine"], credentials(ours()))  # decisive
        return ours()

    with child(send) as process:
        theirs = process.ends().value
    assert received(second) == (b"mine", [theirs])


@pytest.mark.claim("unix.credentials.saved-accepted")
@pytest.mark.needs("another-user")
@kinds
def test_saved_user_and_group_may_be_specified_without_privilege(peers, kind):
    (first, second), other = pair(peers, kind), another_user()
    second.setsockopt(SOL_SOCKET, SO_PASSCRED, 1)

    def send():
        saved = (_, user, group) = ours()
        os.setresgid(other, other, group)
        os.setresuid(other, other, user)
        give_up_capabilities()
        first.sendmsg([b"saved"], credentials(saved))  # decisive
        return saved

    with child(send) as process:
        theirs = process.ends().value
    assert received(second) == (b"saved", [theirs])


@pytest.mark.claim("unix.credentials.not-joined-in-a-stream")
def test_bytes_of_two_senders_are_not_joined(peers):
    first, second = pair(peers, 1)
    second.setsockopt(SOL_SOCKET, SO_PASSCRED, 1)  # decisive

    theirs = in_child(lambda: (first.send(b"child"), ours())[1]).value
    first.send(b"parent")

    assert received(second) == (b"child", [theirs])
    assert received(second) == (b"parent", [ours()])


@pytest.mark.claim("ip.peercred.nobody")
@over_ip
def test_peer_over_ip_is_nobody(stream_pair):
    told = None

    told = peer_of(stream_pair.client)  # decisive

    assert told == (0, -1, -1)
