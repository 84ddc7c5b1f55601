"""SYNs that cross, and SYNs that carry more than a SYN (RFC 9293 section 3.5)."""

from errno import ECONNREFUSED, ECONNRESET
from socket import SO_ERROR, SOL_SOCKET

import pytest

from fixtures.evidence.expect import one_of
from fixtures.evidence.kernel_view import is_in
from fixtures.stage.families import over_ip

SAME, BARE = "SYN ACK 0:0(0) ack 1", "ACK 1:1(0) ack 1"
MINISOCKS = "Linux net/ipv4/tcp_minisocks.c tcp_check_req(): the SYN-ACK again"
UNACCEPTABLE = "RFC 9293 3.10.7.4: a segment before the window is answered by an acknowledgement"
needs_states = pytest.mark.needs("sock_diag")


@pytest.mark.claim("tcp.opening.simultaneous")
@pytest.mark.parametrize("last", ["ACK", "SYN ACK seq 0"])
@needs_states
@over_ip
def test_syns_that_cross_make_a_connection(remote, last):
    client = remote.connecting()

    remote.send("SYN <mss 1000>")  # decisive

    remote.expect("SYN ACK ack 1")
    remote.send(last)
    remote.settle()
    is_in(remote.ends, "ESTABLISHED")
    remote.send("PSH ACK (4)", payload=b"ping")
    assert client.recv(10) == b"ping"
    client.send(b"pong")
    assert remote.receive(4) == b"pong"


@pytest.mark.claim("tcp.opening.crossed-reset-told")
@over_ip
def test_reset_after_crossing_is_told(remote):
    client = remote.reach("SYN_RECV", role="active")

    remote.send("RST")  # decisive

    told = client.getsockopt(SOL_SOCKET, SO_ERROR)
    one_of(told, {ECONNREFUSED: "RFC 9293 3.10.7.4", ECONNRESET: "Linux net/ipv4/tcp_input.c, tcp_reset()"})


@pytest.mark.claim("tcp.opening.syn-again-answered-again")
@over_ip
def test_syn_that_comes_again_is_answered_again(remote):
    listener = remote.reach("SYN_RECV")

    remote.send("SYN seq 0 <mss 1460>")  # decisive

    _, *again = remote.seen()  # after a fence: the timer of the first would fire a second later
    assert again
    one_of(again[0].said.partition(" win ")[0], {SAME: MINISOCKS, BARE: UNACCEPTABLE}, what="the second answer")
    remote.send("ACK")
    assert remote.peers.accepting(listener).getpeername()[:2] == (remote.host, remote.port)


@pytest.mark.claim("tcp.opening.data-with-last-ack")
@pytest.mark.parametrize("flags", ["PSH ACK", "FIN ACK"])
@over_ip
def test_data_with_the_last_acknowledgement_is_taken(remote, flags):
    listener = remote.reach("SYN_RECV")

    remote.send(f"{flags} (5)", payload=b"early")  # decisive

    server = remote.peers.accepting(listener)
    assert server.recv(10) == b"early"
    remote.expect("ACK ack snd.nxt")


@pytest.mark.claim("tcp.opening.data-in-syn-not-acknowledged")
@over_ip
def test_data_in_a_syn_is_not_acknowledged(remote):
    listener = remote.listener()

    remote.send("SYN 0:5(5)", payload=b"early")  # decisive

    remote.expect("SYN ACK ack 1")
    remote.send("PSH ACK 1:6(5)", payload=b"early")
    assert remote.peers.accepting(listener).recv(10) == b"early"


@pytest.mark.claim("tcp.opening.syn-fin-opens-nothing")
@over_ip
def test_syn_with_fin_is_dropped(remote):
    remote.listener()

    remote.send("SYN FIN")  # decisive

    remote.came("SYN FIN")
    remote.expect_none()
    remote.send("SYN seq 0")
    remote.expect("SYN ACK")
