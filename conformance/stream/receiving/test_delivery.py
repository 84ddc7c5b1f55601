"""What becomes of bytes between send() and recv(): lost ones, refused ones, and how many packets it takes."""

from errno import ECONNRESET
from socket import SO_SNDBUF, SOL_SOCKET

import pytest

from conformance.stream.receiving.ends import datagram_pair
from conformance.stream.receiving.queued import ROOMY, abort, deaf, dropped
from conformance.stream.sending.buffers import MESSAGE, SMALL, fill, lift_limit_of_unsent, received, small_pair, unread
from fixtures.evidence.expect import fails
from fixtures.evidence.kernel_view import tcp_info
from fixtures.evidence.waiting import until
from fixtures.stage.families import over_ip

LEAST_PACKETS = 8
"""Of a TCP exchange: three of the handshake, question, answer, two FINs, and the last acknowledgement."""


@pytest.mark.claim("tcp.receive.lost-bytes-come-again")
@pytest.mark.needs("filter", "option:SOL_SOCKET.55")
@over_ip
def test_lost_bytes_are_sent_again(stream_pair, wire):
    client, server = stream_pair

    with deaf(server):  # decisive
        client.send(b"lost")
        until(lambda: dropped(server) == 1, what="a segment that did not get through")

    assert received(server, 4) == b"lost"
    wire.expect("client > server 1:5(4)")
    wire.expect("client > server 1:5(4)")
    assert tcp_info(client).total_retrans >= 1


@pytest.mark.claim("tcp.send.success-is-no-delivery")
@pytest.mark.needs("buffers:100000")
@over_ip
def test_bytes_that_send_took_may_never_be_read(peers, family):
    client, server = peers.pair(family, rcvbuf=SMALL // 4)
    client.setsockopt(SOL_SOCKET, SO_SNDBUF, ROOMY)
    lift_limit_of_unsent(client)

    assert client.send(MESSAGE[: ROOMY // 2]) == ROOMY // 2
    assert unread(server) < ROOMY // 2
    abort(server)  # decisive

    with fails(ECONNRESET):
        client.recv(1)


@pytest.mark.claim("tcp.send.probes-closed-window")
@pytest.mark.needs("siocoutq")
@over_ip
def test_sender_probes_a_closed_window(peers, family, wire):
    client, server = pair = small_pair(peers, family)

    total = fill(pair, MESSAGE)  # decisive

    wire.expect("server > client ACK (0) win 0")
    wire.expect("client > server ACK (0)")
    wire.expect("server > client ACK (0) win 0")
    assert received(server, total) == MESSAGE[:total]
    assert tcp_info(client).state_name == "ESTABLISHED"


@pytest.mark.claim("tcp.exchange.more-packets-than-udp")
@over_ip
def test_exchange_over_tcp_takes_more_packets(stream_pair, peers, family, wire):
    client, server = stream_pair
    sender, receiver = datagram_pair(peers, family)

    for end, other in ((client, server), (server, client), (sender, receiver)):
        assert (end.send(b"x"), other.recv(1)) == (1, b"x")
    receiver.sendto(b"x", sender.getsockname())
    assert sender.recv(1) == b"x"
    client.close()  # decisive
    server.close()

    for last in ("FIN", "FIN", "ACK (0)"):  # by no name: a UDP port may have the number of a TCP port
        wire.expect(f"* > * {last}")
    udp, tcp = wire.seen("* > * UDP"), wire.seen("* > * any")
    assert len(udp) == 2
    assert len(tcp) >= LEAST_PACKETS
