"""Calls that are for files: what they say of a socket, and that they leave it as it was."""

import os
import stat
from errno import EINVAL, ENODEV, ENOTDIR, ENOTTY, ENXIO, ESPIPE
from functools import partial
from mmap import PROT_READ
from select import POLLIN
from socket import SOCK_DGRAM, SOCK_STREAM

import pytest

from conformance.local.unix.names import kinds, serving
from conformance.programs.arguments.outcomes import each_fails
from conformance.programs.file_calls.calls import Place, called, is_terminal, mapped, opened
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_all, over_ip, over_streams

ENDS = [(SOCK_STREAM, "stream"), (SOCK_DGRAM, "datagram")]
over_kinds = pytest.mark.parametrize("kind", [kind for kind, _ in ENDS], ids=[name for _, name in ENDS])


@pytest.fixture
def end(peers, family, kind):
    """A socket of the family and the kind that is not connected."""
    return peers.socket("end", family.domain, kind)


@pytest.mark.claim("socket.file.no-offset")
@over_kinds
@over_all
def test_socket_has_no_offset_to_set(end):
    number = end.fileno()
    cases = {
        "lseek(SEEK_SET)": partial(called, "lseek", number, 0, os.SEEK_SET),
        "lseek(SEEK_CUR)": partial(called, "lseek", number, 0, os.SEEK_CUR),
        "lseek(SEEK_END)": partial(called, "lseek", number, 0, os.SEEK_END),
    }

    with each_fails(ESPIPE) as tried:
        tried(cases)  # decisive


@pytest.mark.claim("socket.file.no-offset-to-read-or-write-at")
@over_streams
def test_nothing_is_read_or_written_at_an_offset(stream_pair):
    client, server = stream_pair
    client.send(b"stays")
    ready(server, POLLIN)
    place = Place(b"12345")
    cases = {
        "pread()": partial(called, "pread", server.fileno(), place.bytes, 5, 0),
        "preadv()": partial(called, "preadv", server.fileno(), place.vector, 1, 0),
        "preadv2()": partial(called, "preadv2", server.fileno(), place.vector, 1, 0, 0),
        "pwrite()": partial(called, "pwrite", client.fileno(), place.bytes, 5, 0),
        "pwritev()": partial(called, "pwritev", client.fileno(), place.vector, 1, 0),
        "pwritev2()": partial(called, "pwritev2", client.fileno(), place.vector, 1, 0, 0),
    }

    with each_fails(ESPIPE) as tried:
        tried(cases)  # decisive

    client.send(b"!")
    assert place.bytes.raw == b"12345"
    assert server.recv(5) == b"stays"
    assert server.recv(100) == b"!"


@pytest.mark.claim("socket.file.minus-one-is-no-offset")
@pytest.mark.needs("kernel>=4.6")
@over_streams
def test_offset_of_minus_one_reads_and_writes_as_ever(stream_pair):
    client, server = stream_pair
    sent, room = Place(b"whole"), Place(bytes(5))

    assert called("pwritev2", client.fileno(), sent.vector, 1, -1, 0) == 5  # decisive
    ready(server, POLLIN)

    assert called("preadv2", server.fileno(), room.vector, 1, -1, 0) == 5
    assert room.bytes.raw == b"whole"


@pytest.mark.claim("socket.file.no-synchronization")
@over_kinds
@over_all
def test_socket_is_not_synchronized(end):
    cases = {
        "fsync()": partial(called, "fsync", end.fileno()),
        "fdatasync()": partial(called, "fdatasync", end.fileno()),
    }

    with each_fails(EINVAL) as tried:
        tried(cases)  # decisive


@pytest.mark.claim("socket.file.no-length")
@over_kinds
@over_all
def test_socket_has_no_length_to_set(end):
    with fails(EINVAL):
        called("ftruncate", end.fileno(), 0)  # decisive


@pytest.mark.claim("socket.file.no-space-to-allocate")
@over_kinds
@over_all
def test_socket_has_no_space_to_allocate(end):
    with fails(ENODEV):
        called("fallocate", end.fileno(), 0, 0, 1)  # decisive


@pytest.mark.claim("socket.file.not-mapped")
@pytest.mark.parametrize("protection", [PROT_READ, 3], ids=["PROT_READ", "PROT_READ|PROT_WRITE"])
@kinds
def test_unix_socket_cannot_be_mapped(peers, kind, protection):
    end = peers.socket("end", 1, kind)

    with fails(ENODEV):
        mapped(end.fileno(), protection)  # decisive


@pytest.mark.claim("socket.file.not-mapped")
@over_ip
def test_datagram_socket_cannot_be_mapped(peers, family):
    end = peers.socket("end", family.domain, SOCK_DGRAM)

    with fails(ENODEV):
        mapped(end.fileno())  # decisive


@pytest.mark.claim("socket.file.no-terminal")
@over_kinds
@over_all
def test_socket_is_no_terminal(end):
    with fails(ENOTTY):
        is_terminal(end.fileno())  # decisive


@pytest.mark.claim("socket.file.no-directory")
@over_kinds
@over_all
def test_socket_is_no_directory(end):
    with fails(ENOTDIR):
        called("fchdir", end.fileno())  # decisive


@pytest.mark.claim("socket.file.type")
@over_kinds
@over_all
def test_socket_is_a_file_of_its_own_type(end):
    about = os.stat("/")

    about = os.fstat(end.fileno())  # decisive

    assert stat.S_ISSOCK(about.st_mode)
    assert about.st_size == 0


@pytest.mark.claim("socket.file.inode-of-its-own")
@over_kinds
@over_all
def test_inode_tells_sockets_apart_and_duplicates_together(end, peers, family, kind):
    other, duplicate = peers.socket("other", family.domain, kind), os.dup(end.fileno())

    inodes = [0, 0, 0]
    inodes = [os.fstat(number).st_ino for number in (end.fileno(), duplicate, other.fileno())]  # decisive
    os.close(duplicate)

    assert inodes[0] == inodes[1] != inodes[2]
    assert os.readlink(f"/proc/self/fd/{end.fileno()}") == f"socket:[{inodes[0]}]"


@pytest.mark.claim("unix.path.cannot-be-opened")
@kinds
def test_file_of_a_socket_cannot_be_opened(peers, folder, kind):
    serving(peers, folder / "server", kind)

    with fails(ENXIO):
        opened(folder / "server")  # decisive


@pytest.mark.claim("unix.path.other-inode-than-the-socket")
@kinds
def test_file_of_a_socket_is_another_than_the_socket(peers, folder, kind):
    end = serving(peers, folder / "server", kind)
    about = os.stat(folder / "server")

    assert stat.S_ISSOCK(about.st_mode)
    assert (about.st_dev, about.st_ino) != (os.fstat(end.fileno()).st_dev, os.fstat(end.fileno()).st_ino)
    os.chmod(folder / "server", 0o640)  # decisive
    assert stat.S_IMODE(os.stat(folder / "server").st_mode) == 0o640
    assert stat.S_IMODE(os.fstat(end.fileno()).st_mode) != 0o640
