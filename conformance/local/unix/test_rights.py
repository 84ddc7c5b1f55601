"""SCM_RIGHTS: what arrives is another descriptor of the same open file description."""

import fcntl
import os
from errno import EBADF
from socket import (
    CMSG_SPACE,
    MSG_CMSG_CLOEXEC,
    MSG_DONTWAIT,
    MSG_PEEK,
    SCM_CREDENTIALS,
    SO_PASSCRED,
    SOCK_DGRAM,
    SOCK_SEQPACKET,
    SOCK_STREAM,
    SOL_SOCKET,
)  # fmt: skip

import pytest

from conformance.local.unix.names import kinds
from conformance.local.unix.pairs import pair
from conformance.local.unix.rights import Held, at_end, rights, room
from conformance.local.unix.ucred import SIZE, UCRED, ours
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import readiness
from fixtures.stage.children import in_child
from fixtures.stage.families import over_ip, unix

NEVER_OPEN = 1 << 20
"""A number of a descriptor that nobody has."""


@pytest.mark.claim("unix.rights.like-dup")
@kinds
def test_descriptor_that_arrives_shares_offset_and_status_flags(peers, folder, held, kind):
    sender, receiver = pair(peers, kind)
    ours = held.file(folder / "file", b"0123456789")
    assert os.read(ours, 3) == b"012"

    sender.sendmsg([b"X"], rights(ours))  # decisive
    theirs = held.receive(receiver).only

    assert theirs != ours
    assert os.read(theirs, 2) == b"34"
    assert os.lseek(ours, 0, os.SEEK_CUR) == 5
    fcntl.fcntl(theirs, fcntl.F_SETFL, os.O_NONBLOCK)
    assert fcntl.fcntl(ours, fcntl.F_GETFL) & os.O_NONBLOCK


@pytest.mark.claim("unix.rights.to-another-process")
def test_descriptor_that_a_child_opened_arrives_in_its_parent(peers, folder, held):
    sender, receiver = pair(peers, SOCK_STREAM)

    def open_and_pass():
        with Held() as mine:
            return sender.sendmsg([b"X"], rights(mine.file(folder / "file", b"from the child")))  # decisive

    assert in_child(open_and_pass).value == 1

    theirs = held.receive(receiver).only
    assert os.read(theirs, 100) == b"from the child"


@pytest.mark.claim("unix.rights.several-in-order")
@kinds
def test_several_descriptors_arrive_in_their_order(peers, folder, held, kind):
    sender, receiver = pair(peers, kind)
    ours = [held.file(folder / name, name.encode()) for name in ("one", "two", "three")]

    sender.sendmsg([b"X"], rights(*ours))  # decisive

    taken = held.receive(receiver)
    assert taken.data == b"X"
    assert [os.read(each, 100) for each in taken.descriptors] == [b"one", b"two", b"three"]


@pytest.mark.claim("unix.rights.sender-may-close")
@kinds
def test_pipe_stays_open_while_its_end_is_in_flight(peers, held, kind):
    sender, receiver = pair(peers, kind)
    reading, writing = held.pipe()
    sender.sendmsg([b"X"], rights(writing))

    held.close(writing)  # decisive
    sender.close()

    assert not at_end(reading)
    theirs = held.receive(receiver).only
    os.write(theirs, b"alive")
    assert os.read(reading, 100) == b"alive"
    held.close(theirs)
    assert at_end(reading)


@pytest.mark.claim("unix.rights.connection-lives-in-flight")
@over_ip
def test_connection_in_flight_sends_no_fin(peers, held, family, wire):
    sender, receiver = pair(peers, SOCK_STREAM)
    client, server = peers.pair(family)
    sender.sendmsg([b"X"], rights(client.fileno()))

    client.close()  # decisive

    wire.never("client > server FIN")
    wire.never("client > server RST")
    theirs = held.receive(receiver).only
    os.write(theirs, b"alive")
    assert server.recv(100) == b"alive"
    held.close(theirs)
    wire.expect("client > server FIN")
    assert server.recv(1) == b""


@pytest.mark.claim("unix.rights.unreceived-are-closed")
@kinds
def test_descriptor_in_flight_goes_with_the_socket_that_was_to_receive_it(peers, held, kind):
    sender, receiver = pair(peers, kind)
    reading, writing = held.pipe()
    sender.sendmsg([b"X"], rights(writing))
    held.close(writing)
    assert not at_end(reading)

    receiver.close()  # decisive

    assert at_end(reading)


@pytest.mark.claim("unix.rights.stream-needs-a-byte")
@pytest.mark.parametrize("buffers", [[], [b""]], ids=["no-buffer", "empty-buffer"])
def test_stream_passes_nothing_without_a_byte_of_data(peers, held, buffers):
    sender, receiver = pair(peers, SOCK_STREAM)
    reading, writing = held.pipe()

    assert sender.sendmsg(buffers, rights(writing)) == 0
    held.close(writing)

    assert at_end(reading)
    assert readiness(receiver) & 1 == 0
    sender.send(b"X")  # decisive
    assert held.receive(receiver)[:2] == (b"X", [])


@pytest.mark.claim("unix.rights.records-need-no-byte")
@pytest.mark.parametrize("kind", [SOCK_DGRAM, SOCK_SEQPACKET], ids=["datagram", "seqpacket"])
def test_record_without_data_passes_a_descriptor(peers, held, kind):
    sender, receiver = pair(peers, kind)
    _, writing = held.pipe()

    assert sender.sendmsg([], rights(writing)) == 0  # decisive

    data, descriptors, _ = held.receive(receiver)
    assert (data, len(descriptors)) == (b"", 1)


@pytest.mark.claim("unix.rights.closed-number-refused")
@kinds
def test_number_that_is_not_open_is_refused(peers, kind):
    sender, receiver = pair(peers, kind)

    with fails(EBADF):
        sender.sendmsg([b"X"], rights(NEVER_OPEN))  # decisive

    assert readiness(receiver) & 1 == 0


@pytest.mark.claim("unix.rights.close-on-exec")
@pytest.mark.parametrize("flags", [0, MSG_CMSG_CLOEXEC], ids=["plain", "MSG_CMSG_CLOEXEC"])
@kinds
def test_close_on_exec_is_set_where_recvmsg_asks_for_it(peers, held, kind, flags):
    sender, receiver = pair(peers, kind)
    _, writing = held.pipe()
    sender.sendmsg([b"X"], rights(writing))  # decisive

    theirs = held.receive(receiver, flags=flags).only

    assert bool(fcntl.fcntl(theirs, fcntl.F_GETFD) & fcntl.FD_CLOEXEC) == bool(flags)


@pytest.mark.claim("unix.rights.peek-gives-another")
@kinds
def test_peeking_gives_a_descriptor_and_leaves_one(peers, held, kind):
    sender, receiver = pair(peers, kind)
    _, writing = held.pipe()
    sender.sendmsg([b"X"], rights(writing))  # decisive

    peeked = held.receive(receiver, flags=MSG_PEEK)
    taken = held.receive(receiver, flags=MSG_DONTWAIT)

    assert (peeked.data, taken.data) == (b"X", b"X")
    assert len({*peeked.descriptors, *taken.descriptors}) == 2


@pytest.mark.claim("unix.rights.barrier-in-the-stream")
def test_bytes_behind_a_descriptor_are_read_by_another_call(peers, held):
    sender, receiver = pair(peers, SOCK_STREAM)
    _, writing = held.pipe()
    sender.send(b"aaaa")
    sender.sendmsg([b"b"], rights(writing))  # decisive
    sender.send(b"cccc")

    first, second = held.receive(receiver), held.receive(receiver)

    assert (first.data, len(first.descriptors)) == (b"aaaab", 1)
    assert (second.data, second.descriptors) == (b"cccc", [])


@pytest.mark.claim("tcp.rights.ignored")
@over_ip
def test_tcp_takes_the_data_and_passes_no_descriptor(peers, held, family):
    client, server = peers.pair(family)
    reading, writing = held.pipe()

    assert client.sendmsg([b"X"], rights(writing)) == 1  # decisive
    held.close(writing)

    assert held.receive(server)[:2] == (b"X", [])
    assert at_end(reading)


@pytest.mark.claim("unix.rights.with-credentials")
def test_descriptor_and_credentials_come_in_one_message(peers, held):
    client, server = peers.pair(unix)
    server.setsockopt(SOL_SOCKET, SO_PASSCRED, 1)  # decisive
    _, writing = held.pipe()

    client.sendmsg([b"X"], rights(writing))

    _, ancillary, _, _ = server.recvmsg(100, room(1) + CMSG_SPACE(SIZE))
    assert len(held.taken(ancillary)) == 1
    assert [UCRED.unpack(content) for _, kind, content in ancillary if kind == SCM_CREDENTIALS] == [ours()]
