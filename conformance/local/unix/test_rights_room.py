"""SCM_RIGHTS: what becomes of descriptors that the room for control messages does not hold."""

from socket import (
    MSG_CTRUNC,
)  # fmt: skip

import pytest

from conformance.local.unix.names import kinds
from conformance.local.unix.pairs import pair
from conformance.local.unix.rights import at_end, rights
from conformance.programs.process_models.programs import compiled

ROOM = """
#include <stdalign.h>
#include <sys/socket.h>
struct beside {{ char before; {room} }};
_Static_assert(offsetof(struct beside, room) % alignof(struct cmsghdr) == 0, "room is where a cmsghdr may be");
"""
"""A buffer for one descriptor behind a single byte: where may it stand?"""


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
