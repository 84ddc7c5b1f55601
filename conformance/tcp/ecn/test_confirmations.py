"""What the sender of data says and does about congestion (RFC 3168 section 6.1.2)."""

import pytest

from conformance.tcp.ecn.marks import negotiated
from conformance.tcp.loss_recovery.flight import SIZE, queue
from conformance.tcp.retransmission.silence import late
from fixtures.evidence.kernel_view import tcp_info
from fixtures.stage.families import over_ip


def flight(remote, segments):
    """The kernel's socket, after so many segments have come that are not acknowledged yet."""
    server = negotiated(remote)
    queue(server, segments)
    remote.expect(f"any {(segments - 1) * SIZE + 1}:*({SIZE})")
    return server


@pytest.mark.claim("tcp.ecn.confirmed-once")
@over_ip
def test_only_the_first_new_segment_confirms(remote):
    server = flight(remote, 4)
    remote.send("ACK ECE")  # decisive

    queue(server, 2)

    remote.expect(f"CWR {4 * SIZE + 1}:*({SIZE})")
    remote.expect(f"!CWR {5 * SIZE + 1}:*({SIZE})")


@pytest.mark.claim("tcp.ecn.echo-opens-no-window")
@over_ip
def test_acknowledgement_with_the_echo_makes_the_window_no_larger(remote):
    server = flight(remote, 8)
    before = tcp_info(server).snd_cwnd

    remote.send("ACK ECE")  # decisive

    remote.came("ACK ECE")
    remote.settle()
    assert tcp_info(server).snd_cwnd <= before


@pytest.mark.claim("tcp.ecn.loss-confirmed")
@over_ip
def test_reduction_because_of_a_loss_is_confirmed_too(remote):
    server = flight(remote, 6)
    for _ in range(3):
        remote.send("ACK ack 1")  # decisive
    remote.expect(f"!CWR 1:*({SIZE})")

    queue(server, 4)
    remote.send("ACK")

    remote.expect(f"CWR {6 * SIZE + 1}:*({SIZE})")


@pytest.mark.beside
@pytest.mark.claim("tcp.ecn.repetition-unconfirmed")
@over_ip
def test_what_is_sent_again_does_not_confirm(remote):
    remote.let_timers_run()
    server = negotiated(remote)

    server.send(b"data")  # decisive

    first, second = (late(remote, "!CWR 1:5(4)", after=1) for _ in range(2))
    assert first.at < second.at


@pytest.mark.beside
@pytest.mark.claim("tcp.ecn.window-probe-unconfirmed")
@over_ip
def test_probe_of_a_closed_window_does_not_confirm(remote):
    remote.let_timers_run()
    server = negotiated(remote)
    queue(server, 1)
    remote.expect(f"any 1:*({SIZE})")
    remote.send("ACK ECE win 0")  # decisive
    remote.settle()

    queue(server, 1)

    late(remote, f"ACK !CWR {SIZE}:{SIZE}(0)", after=0)
    remote.send("ACK win 5000")
    remote.expect(f"CWR {SIZE + 1}:*({SIZE})")
