"""SCM_RIGHTS: what arrives is another descriptor of the same open file description."""

import fcntl
import os
from errno import EBADF, EINVAL, ETOOMANYREFS
from resource import RLIMIT_NOFILE, getrlimit, setrlimit
from socket import (
    CMSG_SPACE,
    MSG_CMSG_CLOEXEC,
    MSG_CTRUNC,
    MSG_DONTWAIT,
    MSG_OOB,
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
from conformance.local.unix.rights import MOST, Held, at_end, rights, room
from conformance.local.unix.ucred import SIZE, UCRED, ours
from conformance.programs.process_models.programs import compiled
from conformance.stream.sending.limits import give_up_capabilities
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import readiness
from fixtures.stage.children import child, in_child
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


@pytest.mark.claim("unix.rights.at-most-253")
@pytest.mark.needs("descriptors:320")
@kinds
def test_one_message_passes_253_descriptors(peers, held, kind):
    sender, receiver = pair(peers, kind)
    _, writing = held.pipe()

    sender.sendmsg([b"X"], rights(*[writing] * MOST))  # decisive

    data, descriptors, flags = held.receive(receiver)
    assert (data, len(descriptors), flags & MSG_CTRUNC) == (b"X", MOST, 0)


@pytest.mark.claim("unix.rights.254-refused")
@kinds
def test_one_message_with_254_descriptors_is_refused(peers, held, kind):
    sender, receiver = pair(peers, kind)
    _, writing = held.pipe()

    with fails(EINVAL):
        sender.sendmsg([b"X"], rights(*[writing] * (MOST + 1)))  # decisive

    assert readiness(receiver) & 1 == 0


@pytest.mark.claim("unix.rights.closed-number-refused")
@kinds
def test_number_that_is_not_open_is_refused(peers, kind):
    sender, receiver = pair(peers, kind)

    with fails(EBADF):
        sender.sendmsg([b"X"], rights(NEVER_OPEN))  # decisive

    assert readiness(receiver) & 1 == 0


@pytest.mark.claim("unix.rights.in-flight-limit")
@pytest.mark.needs("descriptors:320")
@kinds
def test_more_descriptors_in_flight_than_rlimit_nofile_are_refused(peers, held, kind):
    sender, receiver = pair(peers, kind)
    _, writing = held.pipe()
    enough, limit = range(6), 3 * MOST

    def send_many():
        give_up_capabilities()
        setrlimit(RLIMIT_NOFILE, (min(limit, getrlimit(RLIMIT_NOFILE)[1]),) * 2)  # decisive
        sent = []
        with fails(ETOOMANYREFS):
            for number in enough:
                sender.sendmsg([b"X"], rights(*[writing] * MOST))
                sent.append(number)
        assert len(sent) <= limit // MOST + 1
        return sent

    for _ in in_child(send_many).value:  # none where another program of this user has as many in flight
        descriptors = held.receive(receiver).descriptors
        assert len(descriptors) == MOST
        for each in descriptors:
            held.close(each)


@pytest.mark.claim("unix.rights.in-flight-limit-of-urgent")
@pytest.mark.needs("descriptors:320", "kernel>=5.15")
def test_urgent_byte_takes_no_more_descriptors_either(peers, held):
    sender, _ = pair(peers, SOCK_STREAM)
    _, writing = held.pipe()

    def send_many():
        give_up_capabilities()
        setrlimit(RLIMIT_NOFILE, (min(3 * MOST, getrlimit(RLIMIT_NOFILE)[1]),) * 2)  # decisive
        with fails(ETOOMANYREFS):
            for _ in range(6):
                sender.sendmsg([b"X"], rights(*[writing] * MOST), MSG_OOB)

    in_child(send_many)


@pytest.mark.claim("unix.rights.cut-list")
@pytest.mark.parametrize("most", [1, 2])
@kinds
def test_descriptors_without_room_are_closed_and_the_message_is_marked(peers, held, kind, most):
    sender, receiver = pair(peers, kind)
    pipes = [held.pipe() for _ in range(3)]
    sender.sendmsg([b"X"], rights(*[writing for _, writing in pipes]))
    for _, writing in pipes:
        held.close(writing)  # decisive

    data, descriptors, flags = held.receive(receiver, most=most)

    given = most + most % 2  # CMSG_SPACE rounds the room for one up to that for two
    assert (data, flags & MSG_CTRUNC) == (b"X", MSG_CTRUNC)
    assert len(descriptors) in {most, given}
    assert [at_end(reading) for reading, _ in pipes] == [number >= len(descriptors) for number in range(3)]


@pytest.mark.claim("unix.rights.without-room-discarded")
@kinds
def test_recv_closes_the_descriptors_that_it_has_no_room_for(peers, held, kind):
    sender, receiver = pair(peers, kind)
    reading, writing = held.pipe()
    sender.sendmsg([b"X"], rights(writing))
    held.close(writing)

    assert receiver.recv(100) == b"X"  # decisive

    assert at_end(reading)


@pytest.mark.claim("unix.rights.without-room-marked")
@kinds
def test_recvmsg_without_room_marks_what_it_discards(peers, held, kind):
    sender, receiver = pair(peers, kind)
    _, writing = held.pipe()
    sender.sendmsg([b"X"], rights(writing))  # decisive

    data, descriptors, flags = held.receive(receiver, most=0)

    assert (data, descriptors, flags & MSG_CTRUNC) == (b"X", [], MSG_CTRUNC)


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


def third_free() -> int:
    """The third number that is not given yet, wherever the table of descriptors has its holes."""
    free = [os.dup(0) for _ in range(3)]
    for number in free:
        os.close(number)
    return free[-1]


@pytest.mark.claim("unix.rights.above-the-limit-closed")
def test_descriptors_above_rlimit_nofile_are_closed(peers, held):
    sender, receiver = pair(peers, SOCK_STREAM)
    reading, writing = held.pipe()
    sender.sendmsg([b"X"], rights(*[writing] * 10))
    held.close(writing)

    def receive():
        setrlimit(RLIMIT_NOFILE, (third_free(), getrlimit(RLIMIT_NOFILE)[1]))  # decisive
        return held.receive(receiver)[:2], at_end(reading)

    with child(receive) as process:
        (data, descriptors), early = process.ends().value
    assert (data, early) == (b"X", False)
    assert 0 < len(descriptors) < 10
    assert at_end(reading)


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


ROOM = """
#include <stdalign.h>
#include <sys/socket.h>
struct beside {{ char before; {room} }};
_Static_assert(offsetof(struct beside, room) % alignof(struct cmsghdr) == 0, "room is where a cmsghdr may be");
"""
"""A buffer for one descriptor behind a single byte: where may it stand?"""


@pytest.mark.claim("unix.rights.array-promises-no-alignment")
@pytest.mark.needs("command:cc")
def test_an_array_of_char_may_stand_where_no_control_message_may(tmp_path):
    array = "char room[CMSG_SPACE(sizeof(int))];"
    union = "union { char bytes[CMSG_SPACE(sizeof(int))]; struct cmsghdr first; } room;"

    aligned = compiled(tmp_path, ROOM.format(room=union), "-fsyntax-only", "-include", "stddef.h")
    astray = aligned
    astray = compiled(tmp_path, ROOM.format(room=array), "-fsyntax-only", "-include", "stddef.h")  # decisive

    assert aligned.returncode == 0, aligned.stderr
    assert "room is where a cmsghdr may be" in astray.stderr


@pytest.mark.claim("unix.rights.lowest-number")
@kinds
def test_descriptor_gets_the_lowest_free_number(peers, held, kind):
    sender, receiver = pair(peers, kind)
    lowest = os.dup(sender.fileno())
    os.close(lowest)

    sender.sendmsg([b"X"], rights(sender.fileno()))  # decisive

    assert held.receive(receiver).only == lowest
