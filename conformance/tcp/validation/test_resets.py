"""Resets on a synchronized connection: only the one that is exactly in place ends it (RFC 5961 section 3)."""

from errno import ECONNRESET

import pytest

from conformance.tcp.validation.synchronized import in_open_states, in_states, needs_states
from fixtures.evidence.expect import fails
from fixtures.evidence.kernel_view import is_in, reaches
from fixtures.stage.families import over_ip


@pytest.mark.claim("tcp.validation.reset-exact-ends")
@needs_states
@in_states
@over_ip
def test_exact_reset_ends_the_connection(remote, state):
    remote.reach(state)

    remote.send("RST")  # decisive

    reaches(remote.ends, "CLOSE")
    remote.never("RST")


@pytest.mark.claim("tcp.validation.reset-exact-ends")
@over_ip
def test_exact_reset_is_told_to_the_reader(remote):
    server = remote.reach()

    remote.send("RST")  # decisive

    with fails(ECONNRESET):
        server.recv(1)


@pytest.mark.claim("tcp.validation.reset-inside-window-challenged")
@pytest.mark.parametrize("place", ["snd.nxt+1", "snd.nxt+1000", "snd.una+snd.wnd-1"])
@needs_states
@over_ip
def test_reset_inside_the_window_is_challenged(remote, place):
    remote.reach()

    remote.send(f"RST seq {place}")  # decisive

    remote.expect("ACK (0) ack snd.nxt")
    is_in(remote.ends, "ESTABLISHED")


@pytest.mark.claim("tcp.validation.reset-inside-window-challenged")
@needs_states
@in_open_states
@over_ip
def test_reset_inside_the_window_is_challenged_in_every_open_state(remote, sysctl, state):
    sysctl("net.ipv4.tcp_invalid_ratelimit", 0)
    remote.reach(state)

    remote.send("RST seq snd.nxt+100")  # decisive

    remote.expect("ACK (0) ack snd.nxt")
    is_in(remote.ends, state)


@pytest.mark.claim("tcp.validation.reset-outside-window-dropped")
@pytest.mark.parametrize("place", ["snd.una+snd.wnd+1", "snd.una+snd.wnd+100000", "snd.nxt-1", "snd.nxt-100000"])
@needs_states
@over_ip
def test_reset_outside_the_window_is_dropped(remote, sysctl, place):
    sysctl("net.ipv4.tcp_rmem", "4096 131072 6291456")
    server = remote.reach()

    remote.send(f"RST seq {place}")  # decisive

    remote.came("RST")
    remote.expect_none()
    is_in(remote.ends, "ESTABLISHED")
    remote.send("RST")
    with fails(ECONNRESET):
        server.recv(1)


@pytest.mark.claim("tcp.validation.reset-may-carry-data")
@over_ip
def test_data_of_a_reset_is_not_read(remote):
    server = remote.reach()

    remote.send("RST ACK (5)", payload=b"cause")  # decisive

    with fails(ECONNRESET):
        server.recv(10)
    assert server.recv(10) == b""


@pytest.mark.claim("tcp.validation.answer-to-a-challenge-ends")
@pytest.mark.parametrize("stimulus", ["RST seq snd.nxt+100", "SYN seq snd.nxt+100"])
@needs_states
@over_ip
def test_reset_in_answer_to_a_challenge_ends_the_connection(remote, stimulus):
    server = remote.reach()
    remote.send(stimulus)
    challenge = remote.expect("ACK (0) ack 1")

    remote.send(f"RST seq {challenge.acknowledgement}")  # decisive

    reaches(remote.ends, "CLOSE")
    with fails(ECONNRESET):
        server.recv(1)
