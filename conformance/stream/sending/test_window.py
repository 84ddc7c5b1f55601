"""The bytes of send() on their way: sequence numbers, the window that closes and opens, and the kernel's count."""

from select import POLLIN

import pytest

from conformance.stream.receiving.queued import deaf
from conformance.stream.sending.buffers import (
    MESSAGE,
    fill,
    notsent_bytes,
    received,
    small_pair,
    unacknowledged,
    unread,
    unsent,
)
from conformance.stream.sending.segments import beyond_window, reassembled
from fixtures.evidence.kernel_view import tcp_info
from fixtures.evidence.waiting import readiness, until
from fixtures.stage.families import over_ip

LITTLE = 300
"""Bytes, far less than half of a small buffer and than a segment; a window of so many is not lost in its scale."""


@pytest.mark.claim("tcp.send.bytes-in-sequence")
@over_ip
def test_each_byte_has_the_next_sequence_number(stream_pair, wire):
    client, server = stream_pair

    assert client.send(b"first") == 5
    assert client.send(b"second") == 6  # decisive

    assert received(server, 11) == b"firstsecond"
    assert readiness(server, POLLIN) == 0
    wire.expect("client > server 1:6(5)")
    wire.expect("client > server any *:12(6..11)")
    wire.expect("server > client any ack 12")
    wire.never("server > client any (1..)")
    packets = wire.seen()
    assert reassembled(packets) == b"firstsecond"


@pytest.mark.claim("tcp.send.window-closes-when-unread")
@pytest.mark.needs("siocoutq")
@over_ip
def test_reader_that_does_not_read_closes_its_window(peers, family, wire):
    _, server = pair = small_pair(peers, family)

    total = fill(pair, MESSAGE)  # decisive

    wire.expect("server > client ACK (0) win 0")
    assert unread(server) > 0
    wire.expect("client > server (0)")
    wire.expect("server > client ACK (0) win 0")
    wire.never("* > * RST")
    wire.never("* > * FIN")
    assert received(server, total) == MESSAGE[:total]


@pytest.mark.claim("tcp.receive.window-not-opened-bit-by-bit")
@pytest.mark.needs("siocoutq")
@over_ip
def test_reading_a_little_does_not_open_the_window(peers, family, wire):
    _, server = pair = small_pair(peers, family)
    fill(pair, MESSAGE)  # decisive
    wire.expect("server > client ACK (0) win 0")
    before = len(wire.seen())

    assert server.recv(LITTLE) == MESSAGE[:LITTLE]

    wire.expect("client > server (0)")
    wire.expect("server > client ACK (0) win 0")
    assert [packet for packet in wire.seen()[before:] if packet.source == "server" and packet.window] == []


@pytest.mark.claim("tcp.send.window-opens-when-read")
@pytest.mark.needs("siocoutq")
@over_ip
def test_reading_opens_the_window_and_the_rest_arrives(peers, family, wire):
    _, server = pair = small_pair(peers, family)
    total = fill(pair, MESSAGE)
    wire.expect("server > client ACK (0) win 0")

    assert received(server, total) == MESSAGE[:total]  # decisive

    wire.expect("server > client ACK win 1..")
    wire.expect(f"client > server any *:{total + 1}(1..)")
    assert readiness(server, POLLIN) == 0


@pytest.mark.claim("tcp.send.stays-within-window")
@pytest.mark.needs("siocoutq")
@over_ip
def test_sender_sends_nothing_beyond_the_window(peers, family, wire):
    _, server = pair = small_pair(peers, family)

    total = fill(pair, MESSAGE)
    assert received(server, total) == MESSAGE[:total]  # decisive

    wire.expect(f"client > server any *:{total + 1}(1..)")
    packets = wire.seen()
    assert beyond_window(packets) == []
    stream = reassembled(packets)
    assert stream == MESSAGE[:total]


@pytest.mark.claim("tcp.send.siocoutq-counts-unacknowledged")
@pytest.mark.needs("siocoutq")
@over_ip
def test_siocoutq_counts_what_the_reader_has_not_acknowledged(peers, family):
    client, server = pair = small_pair(peers, family)
    assert unacknowledged(client) == 0

    total = fill(pair, MESSAGE)

    assert unacknowledged(client) > 0
    assert unread(server) + unacknowledged(client) == total
    assert tcp_info(client).unacked == 0
    assert received(server, total) == MESSAGE[:total]  # decisive
    until(lambda: unacknowledged(client) == 0, what="SIOCOUTQ of 0 after everything was read")


@pytest.mark.claim("tcp.send.siocoutq-counts-unacknowledged")
@pytest.mark.needs("siocoutq", "siocoutqnsd")
@over_ip
def test_siocoutq_counts_what_is_on_its_way(stream_pair):
    client, server = stream_pair

    with deaf(server):
        client.send(bytes(LITTLE))  # decisive

        assert (unacknowledged(client), unsent(client)) == (LITTLE, 0)
    assert received(server, LITTLE) == bytes(LITTLE)
    until(lambda: unacknowledged(client) == 0, what="SIOCOUTQ of 0 after the segment came again")


@pytest.mark.claim("tcp.send.notsent-bytes-counts-unsent")
@pytest.mark.needs("siocoutqnsd", "tcp-info:148")
@over_ip
def test_tcp_info_counts_what_is_not_on_the_wire_yet(peers, family):
    client, server = pair = small_pair(peers, family)
    assert notsent_bytes(client) == 0

    total = fill(pair, MESSAGE)

    assert notsent_bytes(client) == unsent(client) == total - unread(server)
    assert received(server, total) == MESSAGE[:total]  # decisive
    assert notsent_bytes(client) == unsent(client) == 0
