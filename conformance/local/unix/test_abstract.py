"""Abstract names: no file, every byte counts, gone with the socket, known in one network namespace only."""

import os
import re
from contextlib import nullcontext
from errno import EADDRINUSE, ECONNREFUSED
from pathlib import Path
from socket import SO_PASSCRED, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.local.unix.names import (
    FAMILY,
    WHOLE,
    bind_raw,
    calling,
    connected_kinds,
    kinds,
    name_of,
    new,
    serving,
    shown_names,
)
from conformance.stream.sending.limits import give_up_capabilities
from fixtures.evidence.expect import fails
from fixtures.stage.children import in_child
from fixtures.stage.families import unix
from fixtures.stage.namespaces import fresh_namespace

LENGTHS = (3, 4, 8, 33, 64, 100, 107)
"""Bytes behind the null byte, up to as many as sun_path has; fewer may be the name of somebody else."""


def of_ones_own(name):
    """An abstract name that nobody has had before: namespaces may be shared, and a kernel slow to forget a name."""
    return b"\0%s %s" % (os.urandom(8).hex().encode(), name)


@pytest.mark.claim("unix.abstract.no-file")
@kinds
def test_abstract_name_is_in_the_kernel_and_not_in_the_file_system(peers, folder, kind):
    name = of_ones_own(b"/" + os.fsencode(folder / "server"))

    serving(peers, name, kind)  # decisive

    assert os.listdir(folder) == []
    assert "@" + name[1:].decode() in shown_names()
    assert calling(peers, name, kind).getpeername() == name


@pytest.mark.claim("unix.abstract.length-counts")
@kinds
def test_name_with_null_bytes_behind_is_another_name(peers, kind):
    name = of_ones_own(b"padded")

    padded = new(peers, kind, lane="listener")
    bind_raw(padded, (FAMILY + name).ljust(WHOLE, b"\0"))  # decisive

    assert name_of(padded)[1] == WHOLE
    with fails(ECONNREFUSED):
        calling(peers, name, kind)
    assert name_of(serving(peers, name, kind, lane="exact")) == (FAMILY + name, 2 + len(name))


@pytest.mark.claim("unix.abstract.taken")
@kinds
def test_name_that_is_taken_is_refused(peers, kind):
    name = of_ones_own(b"taken")
    serving(peers, name, kind)  # decisive

    with fails(EADDRINUSE):
        new(peers, kind).bind(name)


@pytest.mark.claim("unix.abstract.gone-with-the-socket")
@kinds
def test_name_is_free_when_the_last_descriptor_is_closed(peers, kind):
    name = of_ones_own(b"brief")
    server = serving(peers, name, kind)
    duplicate = os.dup(server.fileno())
    server.close()
    with fails(EADDRINUSE):
        new(peers, kind).bind(name)

    os.close(duplicate)  # decisive

    with fails(ECONNREFUSED):
        calling(peers, name, kind)
    serving(peers, name, kind)


@pytest.mark.claim("unix.abstract.permissions-mean-nothing")
@connected_kinds
def test_neither_umask_nor_fchmod_keeps_anyone_out(peers, kind):
    def serve():
        give_up_capabilities()  # one with CAP_DAC_OVERRIDE would not be asked for a permission
        os.umask(0o777)
        server = serving(peers, of_ones_own(b"open"), kind)
        os.fchmod(server.fileno(), 0)
        calling(peers, server.getsockname(), kind).send(b"in")  # decisive
        return peers.accepting(server).recv(100)

    assert in_child(serve).value == b"in"


@pytest.mark.claim("unix.abstract.autobind")
@kinds
def test_bind_of_the_family_alone_gives_a_name_of_five_digits(peers, kind):
    ends = [new(peers, kind, lane=lane) for lane in ("first", "second")]

    for end in ends:
        bind_raw(end, FAMILY)  # decisive

    names = {end.getsockname() for end in ends}
    assert len(names) == 2
    assert all(re.fullmatch(rb"\0[0-9a-f]{5}", name) for name in names)


@pytest.mark.claim("unix.abstract.autobind-by-passcred")
def test_socket_with_so_passcred_gets_a_name_when_it_connects(peers):
    listener = peers.listener(unix)
    client = new(peers)
    client.setsockopt(SOL_SOCKET, SO_PASSCRED, 1)  # decisive

    client.connect(listener.getsockname())

    assert re.fullmatch(rb"\0[0-9a-f]{5}", os.fsencode(client.getsockname()))


@pytest.mark.claim("unix.abstract.one-network-namespace")
@pytest.mark.needs("namespace")
@kinds
def test_abstract_name_is_unknown_in_another_network_namespace(peers, kind):
    name = of_ones_own(b"here")
    serving(peers, name, kind)
    place = nullcontext()
    place = fresh_namespace()  # decisive

    with place:
        with fails(ECONNREFUSED):
            calling(peers, name, kind)
        serving(peers, name, kind, lane="there")


@pytest.mark.claim("unix.path.every-network-namespace")
@pytest.mark.needs("namespace")
@connected_kinds
def test_path_is_reached_from_another_network_namespace(peers, folder, kind):
    server = serving(peers, folder / "server", kind)
    here = Path("/proc/thread-self/ns/net").stat().st_ino

    with fresh_namespace():
        there = Path("/proc/thread-self/ns/net").stat().st_ino
        calling(peers, folder / "server", kind).send(b"from there")  # decisive

    assert there != here
    assert peers.accepting(server).recv(100) == b"from there"


@pytest.mark.claim("unix.local.no-packets")
@pytest.mark.needs("buffers:100000")
@pytest.mark.parametrize("kind", [SOCK_STREAM], ids=["stream"])
def test_nothing_of_a_unix_connection_is_on_any_interface(peers, wire, kind):
    client, server = peers.pair(unix)

    client.sendall(b"x" * 10_000)  # decisive
    received = server.recv(20_000)
    client.close()

    assert len(received) == 10_000
    wire.never("* > * TCP any")
    wire.never("* > * UDP")
    wire.never("* > * IP")
    assert server.recv(1) == b""


@pytest.mark.claim("unix.abstract.of-any-length")
@connected_kinds
def test_abstract_name_may_have_any_length(peers, kind):
    names = [b"\0" + os.urandom(length) for length in LENGTHS]
    seen = []

    for name in names:
        serving(peers, name, kind)  # decisive
        seen.append(calling(peers, name, kind).getpeername())

    assert seen == names


LIKE_PATHS = [b"/", b"a/", b"a/b/", b"..", b"missing/name", b"\xff\xfe", b" "]


@pytest.mark.claim("unix.abstract.no-path")
@pytest.mark.parametrize("end", LIKE_PATHS, ids=repr)
@kinds
def test_abstract_name_that_looks_like_a_path_is_a_name(peers, kind, end):
    name = of_ones_own(end)

    serving(peers, name, kind)  # decisive

    assert calling(peers, name, kind).getpeername() == name
