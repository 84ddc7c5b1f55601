"""sendmmsg(2) and recvmmsg(2) where not all goes well."""

from errno import EINVAL, EMSGSIZE
from socket import AF_UNIX, MSG_DONTWAIT, SO_ERROR, SOCK_DGRAM, SOL_SOCKET

import pytest

from conformance.datagram.udp.datagrams import LARGEST, batch, ends, recvmmsg, room, sendmmsg
from fixtures.evidence.expect import fails
from fixtures.stage.families import over_ip, over_unix

UIO_MAXIOV = 1024
"""linux/uio.h."""


@pytest.mark.claim("udp.sendmmsg.no-more-than-iov-max")
@over_ip
def test_no_more_than_the_limit_is_sent_in_one_call(peers, family):
    sender, receiver = ends(peers, family)
    sender.connect(receiver.getsockname())
    sent = None

    sent = sendmmsg(sender, batch([b""] * (UIO_MAXIOV + 1)))  # decisive

    assert sent == UIO_MAXIOV


@pytest.mark.claim("udp.sendmmsg.error-behind-some")
@over_ip
def test_error_behind_some_messages_is_not_told(peers, family):
    sender, receiver = ends(peers, family)
    sender.connect(receiver.getsockname())
    too_long, sent = bytes(LARGEST[family.name] + 1), None

    sent = sendmmsg(sender, batch([b"a", b"b", too_long, b"c"]))  # decisive

    assert sent == 2
    assert sender.getsockopt(SOL_SOCKET, SO_ERROR) == 0
    with fails(EMSGSIZE):
        sendmmsg(sender, batch([too_long]))


@pytest.mark.claim("unix.sendmmsg.as-many-as-fit")
@over_unix
def test_as_many_as_fit_are_sent_without_waiting(peers, family, sysctl):
    sysctl("net.unix.max_dgram_qlen", 3)
    receiver, sender = peers.datagram(family, lane="receiver"), peers.socket("sender", AF_UNIX, SOCK_DGRAM)
    sender.connect(receiver.getsockname())
    sent = 0

    sent = sendmmsg(sender, batch([b"x"] * 9), MSG_DONTWAIT)  # decisive

    assert 0 < sent < 9
    assert [receiver.recv(9, MSG_DONTWAIT) for _ in range(sent)] == [b"x"] * sent


@pytest.mark.claim("udp.recvmmsg.invalid-time-refused")
@over_ip
def test_time_that_is_none_is_refused(peers, family):
    _, receiver = ends(peers, family)

    with fails(EINVAL):
        recvmmsg(receiver, room(1), seconds=-1.0)  # decisive
