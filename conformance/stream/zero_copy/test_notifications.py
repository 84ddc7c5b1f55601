"""MSG_ZEROCOPY: what the error queue tells when the kernel is done with a buffer."""

from select import POLLERR
from socket import MSG_ERRQUEUE, MSG_WAITALL, SOL_SOCKET

import pytest

from conformance.datagram.udp.datagrams import EXTENDED_ERROR, ends
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_ip

SO_ZEROCOPY, MSG_ZEROCOPY, SO_EE_ORIGIN_ZEROCOPY, SO_EE_CODE_ZEROCOPY_COPIED = 60, 0x4000000, 5, 1
"""asm-generic/socket.h, linux/socket.h, linux/errqueue.h."""


@pytest.mark.claim("tcp.zerocopy.told-when-done")
@pytest.mark.usefixtures("usual_windows")
@pytest.mark.usefixtures("room_to_send")
@pytest.mark.needs(f"option:SOL_SOCKET.{SO_ZEROCOPY}")
@over_ip
def test_end_of_each_call_is_told(stream_pair):
    client, server = stream_pair
    client.setsockopt(SOL_SOCKET, SO_ZEROCOPY, 1)
    done = []

    for _ in range(2):
        assert client.send(bytes(5000), MSG_ZEROCOPY) == 5000  # decisive
        assert len(server.recv(5000, MSG_WAITALL)) == 5000
        ready(client, POLLERR)
        done += [EXTENDED_ERROR.unpack_from(one) for _, _, one in client.recvmsg(1, 200, MSG_ERRQUEUE)[1]]

    assert [(error[0], error[1], *error[4:]) for error in done] == [
        (0, SO_EE_ORIGIN_ZEROCOPY, number, number) for number in range(2)
    ]


@pytest.mark.claim("tcp.zerocopy.copy-is-told")
@pytest.mark.usefixtures("usual_windows")
@pytest.mark.needs(f"option:SOL_SOCKET.{SO_ZEROCOPY}")
@over_ip
def test_copy_that_loopback_makes_is_told(stream_pair):
    client, server = stream_pair
    client.setsockopt(SOL_SOCKET, SO_ZEROCOPY, 1)
    client.send(bytes(5000), MSG_ZEROCOPY)  # decisive
    server.recv(5000)
    ready(client, POLLERR)

    ((_, _, told),) = client.recvmsg(1, 200, MSG_ERRQUEUE)[1]

    assert EXTENDED_ERROR.unpack_from(told)[3] == SO_EE_CODE_ZEROCOPY_COPIED


@pytest.mark.claim("udp.zerocopy.told-when-done")
@pytest.mark.needs(f"option:SOL_SOCKET.{SO_ZEROCOPY}", "kernel>=5.0")
@over_ip
def test_end_of_each_datagram_is_told(peers, family):
    sender, receiver = ends(peers, family)
    sender.setsockopt(SOL_SOCKET, SO_ZEROCOPY, 1)
    sender.connect(receiver.getsockname())

    assert sender.send(bytes(5000), MSG_ZEROCOPY) == 5000  # decisive

    assert len(receiver.recv(5001)) == 5000
    ready(sender, POLLERR)
    ((_, _, told),) = sender.recvmsg(1, 200, MSG_ERRQUEUE)[1]
    assert EXTENDED_ERROR.unpack_from(told)[:2] == (0, SO_EE_ORIGIN_ZEROCOPY)
