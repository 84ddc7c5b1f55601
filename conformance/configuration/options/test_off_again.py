"""Options that were on and are taken back: what they brought comes no more."""

from errno import EACCES, EAGAIN
from select import POLLIN
from socket import (
    IPPROTO_IP,
    IPPROTO_IPV6,
    MSG_DONTWAIT,
    MSG_ERRQUEUE,
    SO_BROADCAST,
    SOL_SOCKET,
)  # fmt: skip

import pytest

from conformance.configuration.values.settings import cases, there
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import ip4, ip6, over_ip, over_ip4, unix

ROOM = 1000
SO_ZEROCOPY, MSG_ZEROCOPY, SO_PASSCRED, SO_TIMESTAMPING, SO_RXQ_OVFL = 60, 0x4000000, 16, 37, 40
RX_SOFTWARE = 1 << 3 | 1 << 4
"""asm-generic/socket.h, linux/socket.h; SOF_TIMESTAMPING_RX_SOFTWARE and _SOFTWARE of linux/net_tstamp.h."""
asked_for = pytest.mark.parametrize(
    ("family", "level", "option", "on"),
    there(
        "SOL_SOCKET",
        SO_TIMESTAMP=(ip4, SOL_SOCKET, 29, 1),
        SO_TIMESTAMPNS=(ip4, SOL_SOCKET, 35, 1),
        SO_TIMESTAMPING=(ip4, SOL_SOCKET, SO_TIMESTAMPING, RX_SOFTWARE),
    )
    + cases(
        IP_PKTINFO=(ip4, IPPROTO_IP, 8, 1),
        IP_RECVTTL=(ip4, IPPROTO_IP, 12, 1),
        IP_RECVTOS=(ip4, IPPROTO_IP, 13, 1),
        IP_RECVORIGDSTADDR=(ip4, IPPROTO_IP, 20, 1),
        IPV6_RECVPKTINFO=(ip6, IPPROTO_IPV6, 49, 1),
        IPV6_RECVHOPLIMIT=(ip6, IPPROTO_IPV6, 51, 1),
        IPV6_RECVTCLASS=(ip6, IPPROTO_IPV6, 66, 1),
        IPV6_RECVORIGDSTADDR=(ip6, IPPROTO_IPV6, 74, 1),
        SO_PASSCRED=(unix, SOL_SOCKET, SO_PASSCRED, 1),
    ),
)


def messages(sender, receiver, to):
    """How many control messages come with one datagram."""
    sender.sendto(b"one", to)
    ready(receiver, POLLIN)
    return len(receiver.recvmsg(100, ROOM)[1])


@pytest.mark.claim("socket.off-again.messages")
@asked_for
def test_message_that_is_wanted_no_more_does_not_come(peers, family, level, option, on):
    sender, receiver = (peers.datagram(family, lane=lane) for lane in ("sender", "receiver"))
    to, seen = receiver.getsockname(), []
    receiver.setsockopt(level, option, on)
    seen.append(messages(sender, receiver, to))

    receiver.setsockopt(level, option, 0)  # decisive

    seen.append(messages(sender, receiver, to))
    assert seen == [1, 0]


@pytest.mark.claim("socket.off-again.permission")
@over_ip4
def test_broadcast_is_refused_again_once_the_option_is_off(peers, family):
    sender = peers.datagram(family, lane="sender")
    sender.setsockopt(SOL_SOCKET, SO_BROADCAST, 1)
    sender.connect(("127.255.255.255", 9))

    sender.setsockopt(SOL_SOCKET, SO_BROADCAST, 0)  # decisive

    with fails(EACCES):
        sender.sendto(b"one", ("127.255.255.255", 9))


@pytest.mark.claim("socket.off-again.zero-copy")
@pytest.mark.usefixtures("usual_windows")
@pytest.mark.needs(f"option:SOL_SOCKET.{SO_ZEROCOPY}")
@over_ip
def test_nothing_is_told_of_buffers_once_the_option_is_off(stream_pair):
    client, server = stream_pair
    client.setsockopt(SOL_SOCKET, SO_ZEROCOPY, 1)
    client.setsockopt(SOL_SOCKET, SO_ZEROCOPY, 0)  # decisive

    client.send(bytes(5000), MSG_ZEROCOPY)

    assert len(server.recv(5000)) > 0
    with fails(EAGAIN):
        client.recvmsg(1, ROOM, MSG_ERRQUEUE | MSG_DONTWAIT)


@pytest.mark.claim("socket.off-again.least-hops")
@pytest.mark.parametrize(
    ("family", "level", "option", "hops"),
    there("IPPROTO_IP", IP_MINTTL=(ip4, IPPROTO_IP, 21, 2))
    + there("IPPROTO_IPV6", IPV6_MINHOPCOUNT=(ip6, IPPROTO_IPV6, 73, 16)),
)
def test_segment_of_any_hops_is_taken_once_the_least_is_zero(peers, family, level, option, hops):
    client, server = peers.pair(family)
    server.setsockopt(level, option, 255)
    client.setsockopt(level, hops, 9)

    server.setsockopt(level, option, 0)  # decisive

    client.send(b"one")
    ready(server, POLLIN)
    assert (server.getsockopt(level, option), server.recv(9)) == (0, b"one")
