"""What /proc/net/unix, /proc/PID/fdinfo and ioctl(2) tell of UNIX sockets."""

import os
from errno import EINVAL, EMFILE, ENOENT, EOPNOTSUPP, EPERM
from fcntl import F_GETFL, fcntl
from pathlib import Path
from resource import RLIMIT_NOFILE, getrlimit, setrlimit
from socket import MSG_OOB, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM

import pytest

from conformance.local.shown.asking import (
    FIONREAD,
    SIOCATMARK,
    SIOCOUTQ,
    asked,
    descriptors_in,
    file_of,
    row_of,
)
from conformance.local.unix.names import calling, connected_kinds, kinds, new, serving
from conformance.local.unix.pairs import pair
from conformance.local.unix.rights import rights
from conformance.stream.sending.limits import give_up_capabilities
from fixtures.evidence.expect import fails
from fixtures.stage.children import in_child

MANY = 300
"""More than the kernel's table has places for sockets without a name, so that some share one."""
LISTENING, UNCONNECTED, CONNECTED = 0x10000, 1, 3
"""__SO_ACCEPTCON, SS_UNCONNECTED and SS_CONNECTED of linux/net.h."""


@pytest.mark.claim("unix.table.row-of-a-socket")
@connected_kinds
def test_each_socket_has_a_row_with_type_state_and_name(peers, folder, kind):
    listener = serving(peers, folder / "server", kind)
    client, idle = calling(peers, folder / "server", kind), new(peers, kind, lane="idle")
    rows = []

    rows = [row_of(end) for end in (listener, client, idle)]  # decisive

    name = os.fsencode(folder / "server")
    assert rows == [(LISTENING, kind, UNCONNECTED, name), (0, kind, CONNECTED, b""), (0, kind, UNCONNECTED, b"")]


@pytest.mark.claim("unix.table.null-bytes-as-at")
@kinds
def test_null_bytes_of_an_abstract_name_are_shown_as_at(peers, kind):
    end, name = new(peers, kind, lane="end"), os.urandom(8).hex().encode()

    end.bind(b"\0" + name + b"\0\0end")  # decisive

    row = row_of(end)
    assert row is not None
    assert row.name == b"@" + name + b"@@end"


@pytest.mark.claim("unix.fdinfo.descriptors-that-wait")
@pytest.mark.needs("kernel>=5.8")
@kinds
def test_descriptors_that_wait_are_counted(peers, held, kind):
    first, second = pair(peers, kind)
    _, writing = held.pipe()
    assert descriptors_in(second) == 0

    first.sendmsg([b"x"], rights(writing, writing))  # decisive
    first.sendmsg([b"x"], rights(writing))

    assert (descriptors_in(first), descriptors_in(second)) == (0, 3)
    held.receive(second)
    assert descriptors_in(second) == 1


@pytest.mark.claim("unix.fdinfo.descriptors-before-accept")
@pytest.mark.needs("kernel>=6.1")
@connected_kinds
def test_listener_counts_descriptors_of_whom_it_has_not_accepted(peers, folder, held, kind):
    listener = serving(peers, folder / "server", kind)
    _, writing = held.pipe()
    for lane in ("one", "two"):
        calling(peers, folder / "server", kind, lane=lane).sendmsg([b"x"], rights(writing))  # decisive

    assert descriptors_in(listener) == 2
    assert descriptors_in(peers.accepting(listener)) == 1
    assert descriptors_in(listener) == 1


@pytest.mark.claim("unix.unread.all-of-a-connection")
@connected_kinds
def test_unread_bytes_of_a_connection_are_added_up(peers, kind):
    first, second = pair(peers, kind)
    first.send(b"12345")
    first.send(b"678")  # decisive

    assert asked(second, FIONREAD) == 8
    second.recv(5)
    assert asked(second, FIONREAD) == 3


@pytest.mark.claim("unix.unread.next-datagram")
def test_size_of_the_next_datagram_is_told(peers):
    first, second = pair(peers, SOCK_DGRAM)
    assert asked(second, FIONREAD) == 0
    first.send(b"12345")  # decisive
    first.send(b"678")

    assert asked(second, FIONREAD) == 5
    second.recv(1)
    assert asked(second, FIONREAD) == 3


@pytest.mark.claim("unix.unread.not-of-a-listener")
@connected_kinds
def test_listener_has_nothing_to_read(peers, folder, kind):
    listener = serving(peers, folder / "server", kind)

    with fails(EINVAL):
        asked(listener, FIONREAD)  # decisive


@pytest.mark.claim("unix.unsent.until-the-peer-reads")
@kinds
def test_memory_of_what_was_sent_is_counted_until_it_is_read(peers, kind):
    first, second = pair(peers, kind)
    assert asked(first, SIOCOUTQ) == 0

    first.send(bytes(1000))  # decisive

    assert asked(first, SIOCOUTQ) >= 1000
    second.recv(1000)
    assert asked(first, SIOCOUTQ) == 0


@pytest.mark.claim("unix.urgent.mark-is-told")
@pytest.mark.needs("kernel>=5.15")
def test_urgent_byte_is_at_the_mark(peers):
    first, second = pair(peers, SOCK_STREAM)
    first.send(b"ab")
    first.send(b"U", MSG_OOB)  # decisive

    assert asked(second, SIOCATMARK) == 0
    assert second.recv(100) == b"ab"
    assert asked(second, SIOCATMARK) == 1


@pytest.mark.claim("unix.urgent.no-mark-of-records")
@pytest.mark.needs("kernel>=5.15")
@pytest.mark.parametrize("kind", [SOCK_DGRAM, SOCK_SEQPACKET], ids=["datagram", "seqpacket"])
def test_records_have_no_mark(peers, kind):
    with fails(EOPNOTSUPP):
        asked(pair(peers, kind).client, SIOCATMARK)  # decisive


@pytest.mark.claim("unix.file.of-its-name")
@pytest.mark.needs("CAP_NET_ADMIN", "kernel>=4.13")
@kinds
def test_file_of_the_name_is_opened_wherever_it_is_now(peers, folder, kind, held):
    end = serving(peers, folder / "server", kind)
    os.rename(folder / "server", folder / "moved")
    number = end.fileno()

    number = held.keep(file_of(end))  # decisive

    assert os.path.samestat(os.fstat(number), os.stat(folder / "moved"))
    assert fcntl(number, F_GETFL) & os.O_PATH


@pytest.mark.claim("unix.file.none-of-an-abstract-name")
@pytest.mark.needs("CAP_NET_ADMIN", "kernel>=4.13")
@kinds
def test_abstract_name_has_no_file(peers, kind):
    abstract = serving(peers, b"\0" + os.urandom(8).hex().encode(), kind)

    for end in (abstract, new(peers, kind)):
        with fails(ENOENT):
            file_of(end)  # decisive


@pytest.mark.claim("unix.file.needs-privilege")
@pytest.mark.needs("kernel>=4.13")
def test_file_of_the_name_needs_privilege(peers, folder):
    end = serving(peers, folder / "server")

    def ask():
        give_up_capabilities()
        return file_of(end)

    with fails(EPERM):
        in_child(ask)  # decisive


@pytest.mark.claim("unix.file.needs-a-descriptor")
@pytest.mark.needs("kernel>=4.13", "CAP_NET_ADMIN")
def test_file_of_the_name_needs_a_descriptor_that_is_free(peers, folder):
    end = serving(peers, folder / "server")

    def ask():
        number = os.dup(0)
        os.close(number)
        setrlimit(RLIMIT_NOFILE, (number, getrlimit(RLIMIT_NOFILE)[1]))  # decisive
        return file_of(end)

    with fails(EMFILE):
        in_child(ask)


@pytest.mark.claim("unix.table.row-of-a-socket")
@pytest.mark.needs("descriptors:400", "own-ports")
def test_each_of_many_sockets_has_a_row(peers):
    several = [new(peers, lane=f"end{number}") for number in range(MANY)]
    rows = []

    rows = [line.split()[-1] for line in Path("/proc/thread-self/net/unix").read_bytes().splitlines()]  # decisive

    assert {str(os.fstat(end.fileno()).st_ino).encode() for end in several} <= set(rows)
