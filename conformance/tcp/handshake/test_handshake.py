"""The segments that set up a connection, and the options that they offer."""

from socket import SOCK_STREAM

import pytest

from conformance.stream.receiving.queued import abort
from conformance.stream.sending.buffers import MESSAGE, fill, received, small_pair
from fixtures.evidence.kernel_view import tcp_info
from fixtures.stage.families import over_ip

OPTIONS = {"tcp_sack": "sackOK", "tcp_window_scaling": "wscale", "tcp_timestamps": "ts"}
MTU = 1500
HEADERS = {"ip4": 40, "ip6": 60}
"""Bytes of IP and TCP without options (RFC 9293 3.7.1)."""

offering = pytest.mark.parametrize(("name", "option"), OPTIONS.items(), ids=OPTIONS)


@pytest.mark.claim("tcp.handshake.three-segments")
@over_ip
def test_connection_is_set_up_by_three_segments(peers, family, wire):
    listener, client = peers.listener(family), peers.socket("client", family.domain, SOCK_STREAM)

    client.connect(listener.getsockname())  # decisive

    wire.expect("client > listener SYN !ACK 0:0(0)")
    wire.expect("listener > client SYN ACK 0:0(0) ack 1")
    wire.expect("client > listener ACK 1:1(0) ack 1")
    wire.never("* > * RST")


@pytest.mark.claim("tcp.handshake.syn-window-in-bytes")
@over_ip
def test_window_of_a_syn_is_in_bytes(peers, family, wire, sysctl):
    sysctl("net.ipv4.tcp_window_scaling", 1)
    sysctl("net.ipv4.tcp_rmem", "4096 131072 6291456")
    listener, client = peers.listener(family), peers.socket("client", family.domain, SOCK_STREAM)

    client.connect(listener.getsockname())  # decisive

    offered = wire.expect("client > listener SYN !ACK").layers["TCP"]
    shift = dict(offered.options)["WScale"]
    then = wire.expect("client > listener ACK 1:1(0)").layers["TCP"].window << shift
    assert shift > 0
    assert abs(then - offered.window) < 1 << shift


@pytest.mark.claim("tcp.handshake.new-first-number")
@over_ip
def test_each_connection_begins_with_a_number_of_its_own(peers, family, wire):
    listener, second = peers.listener(family), peers.socket("second", family.domain, SOCK_STREAM)

    peers.connecting(family, listener.getsockname(), lane="first")
    second.connect(listener.getsockname())  # decisive

    one, other = wire.expect("first > listener SYN"), wire.expect("second > listener SYN")
    assert one.layers["TCP"].seq != other.layers["TCP"].seq


@pytest.mark.claim("tcp.handshake.new-first-number")
@pytest.mark.needs("own-ports")
@over_ip
def test_numbers_between_the_same_two_ports_go_up(peers, family, wire):
    listener = peers.listener(family)
    client = peers.connecting(family, listener.getsockname())
    name = client.getsockname()
    abort(client)
    again = peers.socket("client", family.domain, SOCK_STREAM)
    again.bind(name)

    again.connect(listener.getsockname())  # decisive

    first, second = (wire.expect("* > listener SYN !ACK").layers["TCP"].seq for _ in range(2))
    assert 0 < (second - first) % (1 << 32) < 1 << 31


@pytest.mark.claim("tcp.handshake.syn-has-no-other-flag")
@over_ip
def test_first_segment_has_syn_alone(peers, family, wire):
    listener, client = peers.listener(family), peers.socket("client", family.domain, SOCK_STREAM)

    client.connect(listener.getsockname())  # decisive

    assert wire.expect("client > listener SYN").flags - {"ECE", "CWR"} == {"SYN"}


@pytest.mark.claim("tcp.handshake.mss-of-the-interface")
@over_ip
def test_segment_size_is_what_the_interface_carries(peers, family, link, wire):
    with link.far.entered():
        listener = peers.socket("listener", family.domain, 1)
        listener.bind((link.far_host(family), 0))
        listener.listen(1)
    client = peers.socket("client", family.domain, SOCK_STREAM)

    client.connect(listener.getsockname())  # decisive

    size = MTU - HEADERS[family.name]
    wire.expect(f"client > listener SYN <mss {size}>")
    wire.expect(f"listener > client SYN ACK <mss {size}>")


@pytest.mark.claim("tcp.handshake.options-by-sysctl")
@offering
@over_ip
def test_syn_offers_what_is_switched_on(peers, family, sysctl, wire, name, option):
    sysctl(f"net.ipv4.{name}", 0)
    sysctl(f"net.ipv4.{name}", 1)  # decisive
    listener = peers.listener(family)

    peers.connecting(family, listener.getsockname())

    wire.expect(f"client > listener SYN <{option}>")
    wire.expect(f"listener > client SYN ACK <{option}>")


@pytest.mark.claim("tcp.handshake.options-by-sysctl")
@offering
@over_ip
def test_syn_does_not_offer_what_is_switched_off(peers, family, sysctl, wire, name, option):
    sysctl(f"net.ipv4.{name}", 0)  # decisive
    listener = peers.listener(family)

    peers.connecting(family, listener.getsockname())

    wire.expect(f"client > listener SYN <!{option}>")


@pytest.mark.claim("tcp.handshake.answered-options-only")
@offering
@over_ip
def test_answer_has_only_what_was_offered(peers, family, link, sysctl, wire, name, option):
    sysctl(f"net.ipv4.{name}", 0)  # decisive
    with link.far.entered():
        listener = peers.socket("listener", family.domain, 1)
        listener.bind((link.far_host(family), 0))
        listener.listen(1)

    peers.connecting(family, listener.getsockname())

    wire.expect(f"listener > client SYN ACK <!{option}>")


@pytest.mark.claim("tcp.send.last-segment-pushed")
@over_ip
def test_last_segment_of_a_write_is_pushed(stream_pair, wire):
    client, server = stream_pair

    client.send(b"all of it")  # decisive

    wire.expect("client > server PSH (9)")
    assert server.recv(100) == b"all of it"
    assert tcp_info(client).state_name == "ESTABLISHED"


@pytest.mark.claim("tcp.send.last-segment-pushed")
@pytest.mark.needs("siocoutq")
@over_ip
def test_last_of_many_segments_is_pushed(peers, family, wire):
    _, server = pair = small_pair(peers, family)
    total = fill(pair, MESSAGE)

    assert received(server, total) == MESSAGE[:total]  # decisive

    wire.expect(f"client > server PSH *:{total + 1}(1..)")
    assert len(wire.seen("client > server any (1..)")) > 1
