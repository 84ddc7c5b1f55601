"""What can be done with a connection before it is open (RFC 9293 sections 3.10.2 to 3.10.4)."""

from errno import EAGAIN, EALREADY, EISCONN
from socket import MSG_DONTWAIT, SHUT_RDWR

import pytest

from fixtures.evidence.expect import fails, one_of
from fixtures.stage.families import over_ip


@pytest.mark.claim("tcp.opening.close-before-the-answer")
@over_ip
def test_closed_connection_is_forgotten_before_it_is_answered(remote):
    client = remote.connecting()

    client.close()  # decisive

    remote.expect_none()
    remote.send("SYN ACK <mss 1460>")
    remote.expect("RST !ACK 1:*(0)")


@pytest.mark.claim("tcp.opening.shutdown-before-the-answer")
@over_ip
def test_shutdown_gives_up_before_the_answer(remote):
    client = remote.connecting()

    client.shutdown(SHUT_RDWR)  # decisive

    remote.expect_none()
    remote.send("SYN ACK <mss 1460>")
    remote.expect("RST !ACK 1:*(0)")


@pytest.mark.claim("tcp.opening.nothing-to-send-or-read")
@over_ip
def test_neither_sends_nor_reads_before_the_answer(remote):
    client = remote.connecting()

    with fails(EAGAIN):
        client.send(b"data", MSG_DONTWAIT)  # decisive
    with fails(EAGAIN):
        client.recv(10, MSG_DONTWAIT)  # decisive

    remote.send("SYN ACK <mss 1460>")
    remote.expect("ACK (0)")
    remote.never("any (1..)")


@pytest.mark.claim("tcp.opening.connect-again")
@over_ip
def test_connect_again_tells_how_far_it_is(remote):
    client = remote.connecting()
    client.setblocking(False)
    with fails(EALREADY):
        client.connect(remote.address)

    remote.send("SYN ACK <mss 1460>")  # decisive

    remote.expect("ACK (0)")
    client.connect(remote.address)
    with fails(EISCONN):
        client.connect(remote.address)


@pytest.mark.claim("tcp.opening.data-in-syn-ack")
@over_ip
def test_data_of_a_syn_ack_is_not_lost(remote):
    client = remote.connecting()

    remote.send("SYN ACK 0:(5) <mss 1460>", payload=b"early")  # decisive

    taken = one_of(remote.expect("ACK !SYN").acknowledgement, {1: "RFC 9293 3.4", 6: "RFC 9293 3.10.7.3"})
    if taken == 1:
        remote.send("PSH ACK 1:(5)", payload=b"early")
    assert client.recv(10) == b"early"
