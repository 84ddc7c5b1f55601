"""MSG_WAITALL: when a receive waits for the full amount, and what makes it give less."""

from select import POLLIN
from socket import MSG_DONTWAIT, MSG_PEEK, MSG_WAITALL, SHUT_WR, SO_RCVTIMEO, SOL_SOCKET

import pytest

from conformance.stream.receiving.ends import datagram_pair
from conformance.stream.receiving.queued import arrived
from conformance.stream.receiving.raw import recv
from conformance.stream.sending.raw import alarm_again_and_again
from fixtures.evidence.expect import STALL, lasts, timeval
from fixtures.evidence.recorder import RecordedSocket
from fixtures.evidence.waiting import ready
from fixtures.stage.children import child, in_child
from fixtures.stage.families import over_ip, over_streams


def recvmsg(end, size, flags):
    """The data of one recvmsg()."""
    return end.recvmsg(size, 0, flags)[0]


@pytest.mark.claim("stream.flags.waitall-waits")
@pytest.mark.parametrize("receive", [RecordedSocket.recv, recvmsg], ids=["recv", "recvmsg"])
@over_streams
def test_waitall_waits_for_the_full_amount(stream_pair, receive):
    client, server = stream_pair
    client.send(b"first")

    with child(lambda: receive(server, 10, MSG_WAITALL)) as reader:  # decisive
        reader.is_blocked_in("recv")
        client.send(b"second")
        assert reader.ends().value == b"firstsecon"

    assert server.recv(100) == b"d"


@pytest.mark.claim("stream.flags.waitall-short-at-end")
@over_streams
def test_waitall_gives_less_at_the_end_of_the_stream(stream_pair):
    client, server = stream_pair
    client.send(b"few")

    client.shutdown(SHUT_WR)  # decisive

    assert [server.recv(10, MSG_WAITALL), server.recv(10, MSG_WAITALL)] == [b"few", b""]


@pytest.mark.claim("stream.flags.waitall-short-after-signal")
@over_streams
def test_waitall_gives_less_after_a_signal(stream_pair):
    client, server = stream_pair
    client.send(b"few")
    arrived(server, 3)

    def receiving():
        alarm_again_and_again()  # decisive
        return recv(server, 10, MSG_WAITALL)

    assert in_child(receiving).value == b"few"


@pytest.mark.claim("stream.flags.waitall-short-after-timeout")
@over_streams
def test_waitall_gives_less_when_the_time_is_over(stream_pair):
    client, server = stream_pair
    server.setsockopt(SOL_SOCKET, SO_RCVTIMEO, timeval(0.05))  # decisive
    client.send(b"few")
    arrived(server, 3)

    with lasts(at_least=0.05, slack=STALL):
        data = server.recv(10, MSG_WAITALL)

    assert data == b"few"


@pytest.mark.claim("stream.flags.waitall-yields-to-dontwait")
@over_streams
def test_waitall_with_dontwait_gives_what_is_there(stream_pair):
    client, server = stream_pair
    client.send(b"few")
    arrived(server, 3)
    seen = []

    seen.append(server.recv(10, MSG_WAITALL | MSG_DONTWAIT))  # decisive

    assert seen == [b"few"]


@pytest.mark.claim("datagram.flags.waitall-has-no-effect")
@over_streams
def test_waitall_has_no_effect_on_a_datagram_socket(peers, family):
    sender, receiver = datagram_pair(peers, family)
    sender.send(b"few")
    sender.send(b"more")
    ready(receiver, POLLIN)
    seen = []

    seen.append(receiver.recv(10, MSG_WAITALL))  # decisive

    assert seen == [b"few"]
    assert receiver.recv(10) == b"more"


@pytest.mark.claim("tcp.flags.waitall-waits-to-peek")
@over_ip
def test_peek_waits_for_the_full_amount(stream_pair):
    client, server = stream_pair
    client.send(b"first")

    with child(lambda: server.recv(10, MSG_PEEK | MSG_WAITALL)) as reader:  # decisive
        reader.is_blocked_in("recv")
        client.send(b"second")
        assert reader.ends().value == b"firstsecon"

    assert server.recv(100) == b"firstsecond"
