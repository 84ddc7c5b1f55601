"""sendmsg() and recvmsg(): several buffers and a control message in one call."""

import os
from array import array
from select import POLLIN
from socket import CMSG_SPACE, SCM_RIGHTS, SOL_SOCKET

import pytest

from conformance.stream.flags.hops import HOPS, carried_hops, hops_message, tells_hops
from conformance.stream.flags.traffic_class import CLASS, carried_class, class_message, tells_class
from conformance.stream.receiving.ends import datagram_pair
from conformance.stream.receiving.queued import arrived
from conformance.stream.sending.buffers import file_of
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_ip, over_unix


@pytest.mark.claim("unix.flags.control-beside-buffers")
@over_unix
def test_descriptor_travels_beside_several_buffers(stream_pair):
    client, server = stream_pair
    buffers = [bytearray(3), bytearray(5)]

    with file_of(b"content") as file:
        rights = (SOL_SOCKET, SCM_RIGHTS, array("i", [file]))
        assert client.sendmsg([b"ab", b"cdef"], [rights]) == 6  # decisive
    arrived(server, 6)
    count, control, _, _ = server.recvmsg_into(buffers, CMSG_SPACE(4))

    assert (count, buffers) == (6, [b"abc", b"def\0\0"])
    assert [(level, kind) for level, kind, _ in control] == [(SOL_SOCKET, SCM_RIGHTS)]
    (passed,) = array("i", control[0][2])
    assert os.pread(passed, 100, 0) == b"content"
    os.close(passed)


@pytest.mark.claim("udp.flags.control-carries-hops")
@over_ip
def test_control_message_sets_and_tells_the_ttl(peers, family):
    sender, receiver = datagram_pair(peers, family)
    tells_hops(receiver, family)

    assert sender.sendmsg([b"ab", b"cd"], [hops_message(family)]) == 4  # decisive

    ready(receiver, POLLIN)
    data, control, _, _ = receiver.recvmsg(100, CMSG_SPACE(4))
    assert data == b"abcd"
    assert carried_hops(control, family) == HOPS


@pytest.mark.claim("udp.flags.control-carries-class")
@over_ip
def test_control_message_sets_and_tells_the_class_of_its_datagram_alone(peers, family):
    sender, receiver = datagram_pair(peers, family)
    tells_class(receiver, family)

    assert sender.sendmsg([b"ab"], [class_message(family)]) == 2  # decisive
    assert sender.sendmsg([b"c"]) == 1

    ready(receiver, POLLIN)
    data, control, _, _ = receiver.recvmsg(100, CMSG_SPACE(4))
    assert (data, carried_class(control, family)) == (b"ab", CLASS)
    ready(receiver, POLLIN)
    data, control, _, _ = receiver.recvmsg(100, CMSG_SPACE(4))
    assert (data, carried_class(control, family)) == (b"c", 0)
