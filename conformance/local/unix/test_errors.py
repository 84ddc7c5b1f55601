"""Errors of UNIX sockets: addresses that must not be there, processes that are not, paths that lead nowhere."""

import ctypes
import os
from errno import EISCONN, ELOOP, EMFILE, ENOENT, ENOTDIR, EROFS, ESOCKTNOSUPPORT, ESRCH
from resource import RLIMIT_NOFILE, getrlimit, setrlimit
from socket import (
    AF_UNIX,
    MSG_DONTWAIT,
    MSG_MORE,
    MSG_OOB,
    SO_PASSCRED,
    SO_RCVBUF,
    SOCK_DGRAM,
    SOCK_RDM,
    SOCK_SEQPACKET,
    SOCK_STREAM,
    SOL_SOCKET,
    socketpair,
)

import pytest

from conformance.local.unix.names import kinds
from conformance.local.unix.pairs import pair
from conformance.local.unix.ucred import credentials, first_process, ours, received
from fixtures.evidence.expect import fails
from fixtures.stage.children import in_child
from fixtures.stage.families import over_ip, over_unix
from fixtures.stage.namespaces import unshare

CLONE_NEWPID, CLONE_NEWNS = 0x20000000, 0x20000
MS_RDONLY, MS_REC, MS_PRIVATE = 1, 0x4000, 0x40000
HIGHEST = 4_194_304
"""The highest number that a process of Linux can have (proc(5), pid_max)."""
_libc = ctypes.CDLL(None, use_errno=True)


@pytest.mark.claim("unix.send.addressed-eisconn")
@over_unix
def test_stream_that_is_connected_takes_no_address(stream_pair, peers, family):
    client, server = stream_pair
    listener = peers.listener(family)

    with fails(EISCONN):
        client.sendto(b"x", listener.getsockname())  # decisive

    client.send(b"y")
    assert server.recv(9) == b"y"


@pytest.mark.claim("unix.send.missing-path-enoent")
def test_message_to_a_path_that_is_not_there_is_refused(peers, tmp_path):
    client = peers.socket("client", AF_UNIX, SOCK_DGRAM)

    with fails(ENOENT):
        client.sendto(b"x", str(tmp_path / "nobody"))  # decisive


@pytest.mark.claim("socket.create.no-reliable-datagrams")
@over_unix
def test_unix_socket_of_reliable_datagrams_is_refused(peers, family):
    with fails(ESOCKTNOSUPPORT):
        peers.socket("end", family.domain, SOCK_RDM)  # decisive


@pytest.mark.claim("socket.create.no-reliable-datagrams")
@over_ip
def test_socket_of_reliable_datagrams_is_refused(peers, family):
    with fails(ESOCKTNOSUPPORT):
        peers.socket("end", family.domain, SOCK_RDM)  # decisive


@pytest.mark.claim("unix.credentials.of-nobody-esrch")
@pytest.mark.needs("CAP_SYS_ADMIN", "initial-user-namespace")
@kinds
def test_process_that_is_not_there_cannot_be_named(peers, kind):
    client, _ = pair(peers, kind)
    _, user, group = ours()

    with fails(ESRCH):
        client.sendmsg([b"x"], credentials((HIGHEST, user, group)))  # decisive


@pytest.mark.claim("unix.credentials.translated")
@pytest.mark.needs("CAP_SYS_ADMIN", "namespace")
@kinds
def test_process_of_another_namespace_is_named_as_the_receiver_knows_it(peers, kind):
    client, server = pair(peers, kind)
    server.setsockopt(SOL_SOCKET, SO_PASSCRED, 1)

    def inside():
        unshare(CLONE_NEWPID)
        return first_process(lambda: client.send(b"x"))  # decisive

    outer = in_child(inside).value
    assert received(server)[1][0][0] == outer


@pytest.mark.claim("unix.records.more-has-no-effect")
@pytest.mark.parametrize("kind", [SOCK_DGRAM, SOCK_SEQPACKET], ids=["SOCK_DGRAM", "SOCK_SEQPACKET"])
def test_more_to_come_joins_no_records(peers, kind):
    client, server = pair(peers, kind)

    client.send(b"first", MSG_MORE)  # decisive
    client.send(b"second")

    assert server.recv(99, MSG_DONTWAIT) == b"first"
    assert server.recv(99, MSG_DONTWAIT) == b"second"


@pytest.mark.claim("unix.rcvbuf.bounds-nothing")
@pytest.mark.needs("buffers:100000")
@kinds
def test_size_of_the_receive_buffer_bounds_nothing(peers, kind):
    client, server = pair(peers, kind)
    server.setsockopt(SOL_SOCKET, SO_RCVBUF, 1)
    sent = None

    sent = client.send(bytes(30_000), MSG_DONTWAIT)  # decisive

    assert sent == 30_000
    assert len(server.recv(30_000)) == 30_000


@pytest.mark.claim("unix.urgent.byte-beside-the-stream")
@pytest.mark.needs("kernel>=5.15")
def test_urgent_byte_is_received_beside_the_stream(peers):
    client, server = pair(peers, SOCK_STREAM)

    client.send(b"abU", MSG_OOB)  # decisive

    assert server.recv(9, MSG_OOB) == b"U"
    assert server.recv(9, MSG_DONTWAIT) == b"ab"


@pytest.mark.claim("unix.socketpair.limit-of-descriptors")
def test_pair_needs_two_free_descriptors_and_takes_none_otherwise(scenario):
    def make():
        before, number = getrlimit(RLIMIT_NOFILE), os.dup(0)
        os.close(number)
        setrlimit(RLIMIT_NOFILE, (number + 1, before[1]))  # decisive
        with fails(EMFILE):
            socketpair(AF_UNIX, SOCK_STREAM)
        setrlimit(RLIMIT_NOFILE, before)
        return number, os.dup(0)

    number, free = in_child(make).value
    assert free == number


def looping(folder):
    """A path of links that lead to each other."""
    (folder / "one").symlink_to(folder / "other")
    (folder / "other").symlink_to(folder / "one")
    return folder / "one" / "name"


def behind_a_file(folder):
    """A path in which a file stands for a directory."""
    (folder / "file").write_bytes(b"")
    return folder / "file" / "name"


PATHS = {
    ELOOP: looping,
    ENOENT: lambda folder: folder / "missing" / "name",
    ENOTDIR: behind_a_file,
}


@pytest.mark.claim("unix.path.leads-nowhere")
@pytest.mark.parametrize(("error", "path"), PATHS.items(), ids=["ELOOP", "ENOENT", "ENOTDIR"])
@over_unix
def test_path_that_leads_nowhere_is_refused(peers, family, folder, error, path):
    end, name = peers.socket("end", family.domain, SOCK_STREAM), str(path(folder))

    with fails(error):
        end.bind(name)  # decisive


CALLS = {
    "connect": (SOCK_STREAM, lambda end, name: end.connect(name)),
    "connect of a datagram socket": (SOCK_DGRAM, lambda end, name: end.connect(name)),
    "sendto": (SOCK_DGRAM, lambda end, name: end.sendto(b"x", name)),
}


@pytest.mark.claim("unix.path.connect-leads-nowhere")
@pytest.mark.parametrize(("kind", "call"), CALLS.values(), ids=CALLS)
@pytest.mark.parametrize(("error", "path"), PATHS.items(), ids=["ELOOP", "ENOENT", "ENOTDIR"])
@over_unix
def test_path_to_a_peer_that_leads_nowhere_is_refused(peers, family, folder, error, path, kind, call):
    end, name = peers.socket("end", family.domain, kind), str(path(folder))

    with fails(error):
        call(end, name)  # decisive


@pytest.mark.claim("unix.path.read-only")
@pytest.mark.needs("CAP_SYS_ADMIN")
@over_unix
def test_file_system_that_is_read_only_takes_no_name(peers, family, tmp_path):
    end = peers.socket("end", family.domain, SOCK_STREAM)

    def bind():
        unshare(CLONE_NEWNS)
        assert _libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None) == 0
        assert _libc.mount(b"none", bytes(tmp_path), b"tmpfs", MS_RDONLY, None) == 0
        os.chdir(tmp_path)
        end.bind("name")  # decisive

    with fails(EROFS):
        in_child(bind)
