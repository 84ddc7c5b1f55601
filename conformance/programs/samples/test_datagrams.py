"""The UDP server and client of document 002: what comes back cut, what never comes back, and who waits for ever."""

from select import POLLIN
from socket import SOCK_DGRAM

import pytest

from conformance.programs.samples.programs import needs_samples, sample, unused_port
from fixtures.evidence.waiting import readiness, ready
from fixtures.stage.families import over_ip4

ROOM = 8192
GREETING = b"good day, datagram"


def sender(peers, family, server):
    """A socket whose datagrams go to a server."""
    end = peers.datagram(family, lane="client")
    end.connect(server.address(family))
    return end


def answered(end):
    """The next datagram that comes back."""
    ready(end, POLLIN)
    return end.recv(1 << 16)


@pytest.mark.claim("sample.udp-server-002.cuts-at-its-buffer")
@needs_samples
@over_ip4
def test_002_udp_server_sends_back_no_more_than_its_buffer_holds(peers, family, wire):
    with sample("udp_server_002") as server:
        client = sender(peers, family, server)
        message = bytes(range(256)) * 32
        client.send(message)
        assert answered(client) == message

        client.send(message + b"more")  # decisive
        client.send(b"next")

        assert answered(client) == message
        assert answered(client) == b"next"
        wire.expect(f"client > server UDP ({ROOM + 4})")
        wire.expect(f"server > client UDP ({ROOM})")


@pytest.mark.claim("sample.udp-server-002.empty-gets-no-answer")
@needs_samples
@over_ip4
def test_002_udp_server_does_not_send_an_empty_datagram_back(peers, family, wire):
    with sample("udp_server_002") as server:
        client = sender(peers, family, server)

        client.send(b"")  # decisive
        client.send(b"next")

        assert answered(client) == b"next"
        wire.expect("client > server UDP (0)")
        wire.never("server > client UDP (0)")


@pytest.mark.claim("sample.udp-client-002.waits-without-end")
@needs_samples
@over_ip4
def test_002_udp_client_waits_although_nobody_is_there(peers, family, wire):
    port = peers.datagram(family, lane="silent").getsockname()[1]
    port = unused_port(peers, family, kind=SOCK_DGRAM)  # decisive

    with sample("udp_client_002", port=port, lane="client") as client:
        wire.expect(f"* > * UDP ({len(GREETING)})")
        wire.expect("* > * ICMP unreachable port")

        client.sleeps("recvfrom")


@pytest.mark.claim("sample.udp-client-002.takes-what-anybody-sends")
@needs_samples
@over_ip4
def test_002_udp_client_takes_the_datagram_of_a_stranger_for_its_answer(peers, family):
    server, stranger = (peers.datagram(family, lane=name) for name in ("server", "stranger"))
    with sample("udp_client_002", port=server.getsockname()[1], lane="client") as client:
        ready(server, POLLIN)
        question, where = server.recvfrom(100)
        assert question == GREETING
        assert readiness(stranger, POLLIN) == 0

        stranger.sendto(b"not from the server", where)  # decisive

        assert client.ends().status == 0
        assert client.output() == "answer: not from the server\n"
