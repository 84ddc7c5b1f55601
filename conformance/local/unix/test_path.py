"""Sockets with a name in the file system: what bind() makes, what is left of it, and how long it may be."""

import os
import stat
from errno import EADDRINUSE, ECONNREFUSED, EINVAL, ENOENT
from select import POLLIN
from socket import SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.local.unix.names import (
    FAMILY,
    LONGEST,
    WHOLE,
    bind_raw,
    calling,
    connected_kinds,
    kinds,
    name_of,
    new,
    serving,
    sockaddr_un,
)  # fmt: skip
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import readiness
from fixtures.stage.children import in_child


@pytest.mark.claim("unix.path.bind-makes-a-socket-file")
@kinds
def test_bind_makes_a_file_of_type_socket(peers, folder, kind):
    new(peers, kind).bind(str(folder / "server"))  # decisive

    assert os.listdir(folder) == ["server"]
    about = (folder / "server").lstat()
    assert stat.S_ISSOCK(about.st_mode)
    assert (about.st_uid, about.st_gid) == (os.geteuid(), os.getegid())


@pytest.mark.claim("unix.path.mode-is-all-but-umask")
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o177], ids=oct)
@kinds
def test_file_has_all_permissions_that_the_umask_leaves(peers, folder, kind, mask):
    def make():
        os.umask(0o777 & ~mask)
        os.umask(mask)  # decisive
        new(peers, kind).bind(str(folder / "server"))

    in_child(make)

    assert stat.S_IMODE((folder / "server").lstat().st_mode) == 0o777 & ~mask


@pytest.mark.claim("unix.path.outlives-the-socket")
@kinds
def test_file_stays_when_the_socket_is_closed(peers, folder, kind):
    server = serving(peers, folder / "server", kind)

    server.close()  # decisive

    assert os.listdir(folder) == ["server"]
    assert stat.S_ISSOCK((folder / "server").lstat().st_mode)
    with fails(ECONNREFUSED):
        calling(peers, folder / "server", kind)


@pytest.mark.claim("unix.path.existing-name-refused")
@pytest.mark.parametrize("reuse", [0, 1], ids=["plain", "SO_REUSEADDR"])
@pytest.mark.parametrize("alive", [True, False], ids=["bound", "left-behind"])
@kinds
def test_bind_to_a_name_that_exists_is_refused(peers, folder, kind, alive, reuse):
    first = serving(peers, folder / "server", kind)
    inode = (folder / "server").lstat().st_ino
    if not alive:
        first.close()
    second = new(peers, kind)
    second.setsockopt(SOL_SOCKET, SO_REUSEADDR, reuse)

    with fails(EADDRINUSE):
        second.bind(str(folder / "server"))  # decisive

    assert (folder / "server").lstat().st_ino == inode
    assert name_of(second)[1] == 2


@pytest.mark.claim("unix.path.existing-name-refused")
def test_bind_does_not_replace_a_file_of_another_type(peers, folder):
    (folder / "server").write_bytes(b"not a socket")  # decisive

    with fails(EADDRINUSE):
        new(peers).bind(str(folder / "server"))

    assert (folder / "server").read_bytes() == b"not a socket"


@pytest.mark.claim("unix.path.unlink-frees-the-name")
@connected_kinds
def test_name_can_be_bound_again_after_unlink(peers, folder, kind):
    serving(peers, folder / "server", kind).close()

    os.unlink(folder / "server")  # decisive
    server = serving(peers, folder / "server", kind)

    calling(peers, folder / "server", kind).send(b"hello")
    assert peers.accepting(server).recv(100) == b"hello"


@pytest.mark.claim("unix.path.unlink-steals-the-name")
@connected_kinds
def test_unlink_and_bind_take_the_name_from_a_server_that_runs(peers, folder, kind):
    old = serving(peers, folder / "server", kind, lane="old")
    early = calling(peers, folder / "server", kind, lane="early")

    os.unlink(folder / "server")
    new_one = serving(peers, folder / "server", kind, lane="new")  # decisive
    calling(peers, folder / "server", kind, lane="late").send(b"late")

    assert peers.accepting(new_one).recv(100) == b"late"
    early.send(b"early")
    assert peers.accepting(old).recv(100) == b"early"
    assert readiness(old, POLLIN) == 0


@pytest.mark.claim("unix.path.unlink-while-bound")
@connected_kinds
def test_unlinked_server_gets_no_newcomers_and_keeps_who_has_come(peers, folder, kind):
    server = serving(peers, folder / "server", kind)
    client = calling(peers, folder / "server", kind)

    os.unlink(folder / "server")  # decisive

    with fails(ENOENT):
        calling(peers, folder / "server", kind, lane="late")
    client.send(b"still here")
    assert peers.accepting(server).recv(100) == b"still here"


@pytest.mark.claim("unix.path.name-reads-back")
@kinds
def test_name_reads_back_with_its_null_byte(peers, folder, kind):
    path = os.fsencode(folder / "server")
    end = new(peers, kind)

    bind_raw(end, sockaddr_un(path))  # decisive

    name, length = name_of(end)
    assert name == FAMILY + path + b"\0"
    assert length == 2 + len(path) + 1


@pytest.mark.claim("unix.path.unnamed-has-no-path")
@kinds
def test_socket_without_a_name_reads_back_as_its_family_alone(peers, folder, kind):
    serving(peers, folder / "server", kind)

    unnamed = serving(peers, folder / "other", kind)
    unnamed = calling(peers, folder / "server", kind)  # decisive

    assert name_of(unnamed) == (FAMILY, 2)
    assert unnamed.getpeername() == str(folder / "server")


@pytest.mark.claim("unix.path.one-name-for-ever")
@kinds
def test_second_bind_of_a_socket_is_refused(peers, folder, kind):
    end = new(peers, kind)
    end.bind(str(folder / "server"))  # decisive

    with fails(EINVAL):
        end.bind(str(folder / "other"))

    assert not (folder / "other").exists()


@pytest.mark.claim("unix.path.cut-without-a-word")
def test_path_of_more_than_107_bytes_is_cut_and_two_may_become_one(peers, folder):
    stem = os.fsencode(folder).ljust(LONGEST - 1, b"/")[:-4] + b"long"  # slashes in a row are one
    first, second = new(peers, lane="first"), new(peers, lane="second")

    bind_raw(first, sockaddr_un(stem + b"er.one"))  # decisive

    assert len(stem) == LONGEST - 1
    assert os.listdir(folder) == ["long"]
    with fails(EADDRINUSE):
        bind_raw(second, sockaddr_un(stem + b"er.two"))


@pytest.mark.claim("unix.path.longest")
@pytest.mark.parametrize("size", [LONGEST - 1, LONGEST])
def test_sun_path_may_be_full(peers, folder, size):
    path = os.fsencode(folder).ljust(size, b"/")[:-4] + b"full"
    end = new(peers)

    bind_raw(end, FAMILY + path)  # decisive

    assert os.listdir(folder) == ["full"]
    assert stat.S_ISSOCK((folder / "full").lstat().st_mode)
    assert name_of(end)[1] == 2 + size + 1


@pytest.mark.claim("unix.path.longer-than-the-structure")
def test_address_longer_than_the_structure_is_refused(peers, folder):
    path = os.fsencode(folder / "server").ljust(WHOLE - 1, b"\0")
    end = new(peers, SOCK_STREAM)

    with fails(EINVAL):
        bind_raw(end, FAMILY + path)  # decisive

    assert os.listdir(folder) == []


@pytest.mark.claim("unix.path.relative-reads-back")
@kinds
def test_relative_name_reads_back_as_it_was_given(peers, folder, kind):
    def bound():
        os.chdir(folder)
        end = new(peers, kind)
        end.bind("server")  # decisive
        return end.getsockname()

    assert in_child(bound).value == "server"
    assert os.listdir(folder) == ["server"]


@pytest.mark.claim("unix.path.symbolic-link-exists")
@kinds
def test_link_that_leads_nowhere_is_a_name_that_exists(peers, folder, kind):
    (folder / "server").symlink_to("nowhere")  # decisive
    end = new(peers, kind)

    with fails(EADDRINUSE):
        end.bind(str(folder / "server"))

    assert os.listdir(folder) == ["server"]
