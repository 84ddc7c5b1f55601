"""Segments with SYN, data or acknowledgements that are out of place (RFC 9293 section 3.10.7.4)."""

import pytest

from conformance.tcp.validation.synchronized import in_states, needs_states
from fixtures.evidence.expect import one_of
from fixtures.evidence.kernel_view import is_in
from fixtures.stage.families import over_ip

DROPPED = "RFC 5961 5.2: dropped"
TAKEN = "RFC 9293 3.10.7.4: the check may be left out"


@pytest.mark.claim("tcp.validation.syn-challenged")
@needs_states
@in_states
@over_ip
def test_syn_is_challenged_in_every_state(remote, sysctl, state):
    sysctl("net.ipv4.tcp_invalid_ratelimit", 0)
    remote.reach(state)
    due = remote.numbers.sent

    remote.send("SYN seq snd.nxt+100")  # decisive

    remote.expect(f"ACK (0) ack {due}")
    is_in(remote.ends, state)


@pytest.mark.claim("tcp.validation.syn-challenged")
@pytest.mark.parametrize("place", [0, 1, 1000, 1_000_000, -1000])
@needs_states
@over_ip
def test_syn_of_any_number_is_challenged(remote, place):
    remote.reach()

    remote.send(f"SYN seq {place}")  # decisive

    remote.expect("ACK (0) ack 1")
    remote.never("RST")
    is_in(remote.ends, "ESTABLISHED")


@pytest.mark.claim("tcp.validation.outside-window-acknowledged")
@over_ip
def test_data_behind_the_window_is_acknowledged_before_the_handshake_ends(remote):
    remote.reach("SYN_RECV")

    remote.send("PSH ACK 1000001:1000006(5)")  # decisive

    remote.expect("ACK !SYN (0) ack 1")


@pytest.mark.claim("tcp.validation.outside-window-acknowledged")
@pytest.mark.parametrize("place", ["snd.una+snd.wnd+1", "snd.una+snd.wnd+100000", "snd.nxt-10", "snd.nxt-100000"])
@over_ip
def test_data_outside_the_window_is_not_taken(remote, place):
    server = remote.reach()

    remote.send(f"ACK seq {place} (10)")  # decisive

    remote.expect("ACK (0) ack 1")
    remote.send("PSH ACK 1:6(5)", payload=b"right")
    assert server.recv(100) == b"right"


@pytest.mark.claim("tcp.validation.overlap-trimmed")
@over_ip
def test_only_what_is_new_of_an_overlap_is_taken(remote):
    server = remote.reach()
    remote.send("PSH ACK (6)", payload=b"abcdef")
    remote.expect("ACK ack 7")

    remote.send("PSH ACK 4:11(7)", payload=b"XXXghij")  # decisive

    remote.expect("ACK ack 11")
    assert server.recv(100) == b"abcdefghij"


@pytest.mark.claim("tcp.validation.ack-of-unsent-answered")
@pytest.mark.parametrize("beyond", [1, 1000, 1_000_000])
@over_ip
def test_acknowledgement_of_what_was_never_sent_is_answered(remote, beyond):
    server = remote.reach()

    remote.send(f"PSH ACK 1:6(5) ack rcv.nxt+{beyond}", payload=b"wrong")  # decisive

    assert remote.expect("ACK (0)").acknowledgement == 1
    remote.send("PSH ACK 1:6(5)", payload=b"right")
    assert server.recv(100) == b"right"


@pytest.mark.claim("tcp.validation.ack-far-too-old-dropped")
@over_ip
def test_data_with_an_acknowledgement_far_too_old_is_dropped(remote):
    server = remote.reach()

    remote.send("PSH ACK 1:6(5) ack rcv.nxt-70000", payload=b"first")  # decisive

    remote.came("PSH ACK 1:6(5) ack rcv.nxt-70000")
    remote.settle()
    answered = remote.seen("ACK (0) ack 1") != []
    remote.send("PSH ACK 1:6(5)", payload=b"again")
    outcomes = {(b"again", True): DROPPED, (b"first", True): TAKEN, (b"first", False): TAKEN}
    one_of((server.recv(100), answered), outcomes)
    remote.expect("ACK (0) ack 6")


@pytest.mark.claim("tcp.validation.without-ack-dropped")
@pytest.mark.parametrize("flags", ["none", "PSH", "FIN"])
@needs_states
@over_ip
def test_segment_without_ack_is_dropped(remote, flags):
    server = remote.reach()

    remote.send(f"{flags} 1:6(5)", payload=b"wrong")  # decisive

    remote.came(f"{flags} !ACK 1:6(5)")
    remote.expect_none("any ack 2..")
    is_in(remote.ends, "ESTABLISHED")
    remote.send("PSH ACK 1:6(5)", payload=b"right")
    assert server.recv(100) == b"right"


@pytest.mark.claim("tcp.validation.answers-limited")
@pytest.mark.usefixtures("many_challenges")
@pytest.mark.parametrize(("limit", "answers"), [(0, 3), (600_000, 1)])
@over_ip
def test_answers_are_as_far_apart_as_the_limit_says(remote, sysctl, limit, answers):
    sysctl("net.ipv4.tcp_invalid_ratelimit", limit)
    remote.reach()
    before = len(remote.seen("ACK (0)"))

    for _ in range(3):
        remote.send("RST seq snd.nxt+100")  # decisive

    assert len(remote.seen("ACK (0)")) - before == answers
