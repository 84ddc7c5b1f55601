"""Segments for no connection, and for one that is not yet complete (RFC 9293 sections 3.10.7.1 to 3.10.7.4)."""

from errno import EAGAIN, ECONNREFUSED
from socket import SO_ERROR, SOL_SOCKET

import pytest

from conformance.tcp.validation.synchronized import needs_states
from fixtures.evidence.expect import fails
from fixtures.evidence.kernel_view import is_in, reaches
from fixtures.stage.families import over_ip


@pytest.mark.claim("tcp.validation.listener-ignores-reset")
@pytest.mark.parametrize("text", ["RST", "RST ACK ack 5"])
@over_ip
def test_reset_to_a_listener_is_dropped(remote, text):
    remote.reach("LISTEN")

    remote.send(text)  # decisive

    remote.came("RST")
    remote.expect_none()
    remote.another("client").open()


@pytest.mark.claim("tcp.validation.listener-resets-ack")
@pytest.mark.parametrize("text", ["ACK seq 1 ack 1000", "PSH ACK 1:6(5) ack 1000", "FIN ACK seq 1 ack 1000"])
@over_ip
def test_listener_answers_an_acknowledgement_of_nothing_by_a_reset(remote, text):
    remote.reach("LISTEN")

    remote.send(text)  # decisive

    answer = remote.expect("RST !ACK (0)")
    assert answer.layers["TCP"].seq == 1000


@pytest.mark.claim("tcp.validation.closed-resets-without-ack")
@over_ip
def test_syn_to_a_closed_port_is_reset(remote):
    remote.listener().close()

    remote.send("SYN")  # decisive

    answer = remote.expect("RST ACK (0) ack 1")
    assert answer.layers["TCP"].seq == 0


@pytest.mark.claim("tcp.validation.closed-counts-what-it-resets")
@pytest.mark.parametrize(("text", "end"), [("none 1:6(5)", 6), ("FIN 1:6(5)", 7)])
@over_ip
def test_segment_without_ack_to_a_closed_port_is_reset_and_acknowledged_whole(remote, text, end):
    remote.listener().close()

    remote.send(text)  # decisive

    answer = remote.expect(f"RST ACK (0) ack {end}")
    assert answer.layers["TCP"].seq == 0


@pytest.mark.claim("tcp.validation.closed-resets-without-ack")
@pytest.mark.parametrize("text", ["RST", "RST ACK ack 5"])
@over_ip
def test_reset_to_a_closed_port_is_dropped(remote, text):
    remote.listener().close()

    remote.send(text)  # decisive

    remote.came("RST")
    remote.expect_none()
    remote.send("SYN seq 0")
    remote.expect("RST ACK")


@pytest.mark.claim("tcp.validation.syn-sent-wrong-ack-reset")
@pytest.mark.parametrize("wrong", [0, 2, 1000])
@needs_states
@over_ip
def test_syn_ack_of_another_number_is_reset(remote, wrong):
    remote.reach("SYN_SENT", role="active")

    remote.send(f"SYN ACK ack {wrong}")  # decisive

    answer = remote.expect("RST")
    assert answer.sequence == wrong
    is_in(remote.ends, "SYN_SENT")


@pytest.mark.claim("tcp.validation.syn-sent-wrong-reset-ignored")
@pytest.mark.parametrize("text", ["RST seq 0", "RST ACK ack 0", "RST ACK ack 2"])
@needs_states
@over_ip
def test_reset_that_does_not_acknowledge_the_syn_is_dropped(remote, text):
    client = remote.reach("SYN_SENT", role="active")

    remote.send(text)  # decisive

    remote.came("RST")
    remote.expect_none("RST")
    is_in(remote.ends, "SYN_SENT")
    remote.send("RST ACK seq 0 ack 1")
    assert client.getsockopt(SOL_SOCKET, SO_ERROR) == ECONNREFUSED


@pytest.mark.claim("tcp.validation.syn-sent-reset-refuses")
@over_ip
def test_reset_that_acknowledges_the_syn_refuses(remote):
    client = remote.reach("SYN_SENT", role="active")

    remote.send("RST ACK ack 1")  # decisive

    assert client.getsockopt(SOL_SOCKET, SO_ERROR) == ECONNREFUSED


@pytest.mark.claim("tcp.validation.syn-received-wrong-ack-reset")
@pytest.mark.parametrize("wrong", [0, 2, 1000])
@over_ip
def test_wrong_acknowledgement_of_a_syn_ack_is_reset(remote, wrong):
    listener = remote.reach("SYN_RECV")

    remote.send(f"ACK seq 1 ack {wrong}")  # decisive

    answer = remote.expect("RST")
    assert answer.sequence == wrong
    listener.setblocking(False)
    with fails(EAGAIN):
        listener.accept()


@pytest.mark.claim("tcp.validation.syn-received-reset-forgets")
@needs_states
@over_ip
def test_reset_of_a_half_open_connection_leaves_the_listener_alone(remote):
    listener = remote.reach("SYN_RECV")

    remote.send("RST seq 1")  # decisive

    reaches(remote.ends, "CLOSE")
    assert listener.getsockopt(SOL_SOCKET, SO_ERROR) == 0
    other = remote.another("client")
    other.open()
    assert remote.peers.accepting(listener).getpeername()[:2] == (other.host, other.port)
