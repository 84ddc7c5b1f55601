"""Time stamps of SYNs and resets, of peers that have negotiated none, and what a receiver keeps of them (RFC 7323)."""

from socket import IPPROTO_TCP, SO_LINGER, SOL_SOCKET, TCP_QUICKACK

import pytest

from conformance.tcp.timestamps.stamps import OPTIONS, later, stamps
from fixtures.evidence.expect import linger
from fixtures.stage.families import over_ip

FULL = 1460 - 12


@pytest.mark.claim("tcp.timestamps.syn-echoes-nothing")
@over_ip
def test_syn_has_a_time_stamp_and_no_echo(remote):
    remote.connecting()  # decisive

    value, echo = stamps(remote.expect("SYN !ACK <ts>"))
    assert (value != 0, echo) == (True, 0)


@pytest.mark.claim("tcp.timestamps.unasked-ignored")
@over_ip
def test_time_stamps_that_were_not_negotiated_are_ignored(remote):
    server = remote.reach(options="<mss 1000>")
    remote.send("PSH ACK 1:5(4) <nop,nop,ts 5000 0>", payload=b"one ")
    remote.expect("ACK ack 5")

    remote.send("PSH ACK 5:9(4) <nop,nop,ts 10 0>", payload=b"two ")  # decisive

    remote.expect("ACK ack 9 <!ts>")
    assert server.recv(100) == b"one two "


@pytest.mark.claim("tcp.timestamps.reset-has-one")
@over_ip
def test_reset_of_a_program_that_aborts_has_a_time_stamp(remote):
    server = remote.reach(options=OPTIONS)
    server.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))

    server.close()  # decisive

    assert stamps(remote.expect("RST")) is not None


@pytest.mark.claim("tcp.timestamps.answering-reset-has-none")
@over_ip
def test_reset_that_answers_a_segment_has_no_time_stamp(remote):
    remote.connecting()
    remote.expect("SYN !ACK")

    remote.send("ACK seq 7 ack 77 <nop,nop,ts 1000 1>")  # decisive

    assert stamps(remote.expect("RST")) is None


@pytest.mark.claim("tcp.timestamps.of-a-reset-not-kept")
@over_ip
def test_time_stamp_of_a_challenged_reset_is_not_kept(remote):
    remote.reach(options=OPTIONS)
    now = later(remote)
    remote.send(f"PSH ACK 1:11(10) <ts {now} ts.recent>")
    remote.expect("ACK ack 11")

    remote.send(f"RST seq 12 <ts {now + 500} ts.recent>")  # decisive

    assert stamps(remote.expect("ACK ack 11"))[1] == now
    remote.send(f"PSH ACK 11:21(10) <ts {now + 1} ts.recent>")
    assert stamps(remote.expect("ACK ack 21"))[1] == now + 1


@pytest.mark.claim("tcp.timestamps.queued-not-checked-again")
@over_ip
def test_queued_segment_with_an_older_stamp_than_the_hole_is_taken(remote):
    server = remote.reach(options=OPTIONS)
    now = later(remote)
    remote.send(f"PSH ACK 11:21(10) <ts {now} ts.recent>", payload=b"behind it.")
    remote.expect("ACK ack 1")

    remote.send(f"PSH ACK 1:11(10) <ts {now + 500} ts.recent>", payload=b"the hole, ")  # decisive

    remote.expect("ACK ack 21")
    assert server.recv(100) == b"the hole, behind it."


@pytest.mark.claim("tcp.timestamps.earliest-of-delayed")
@over_ip
def test_delayed_acknowledgement_echoes_the_earliest(remote):
    server = remote.reach(options=OPTIONS)
    server.setsockopt(IPPROTO_TCP, TCP_QUICKACK, 0)
    now = later(remote)

    for number in range(2):
        remote.send(f"ACK ({FULL}) <ts {now + number} ts.recent>")  # decisive

    remote.expect(f"ACK (0) ack {1 + 2 * FULL}")
    answers = {packet.acknowledgement: stamps(packet)[1] - now for packet in remote.seen("ACK (0) ack 2..")}
    assert answers in ({1 + 2 * FULL: 0}, {1 + FULL: 0, 1 + 2 * FULL: 1})  # of both, or of each


@pytest.mark.claim("tcp.timestamps.aligned")
@over_ip
def test_time_stamps_stand_behind_two_fillers(remote):
    server = remote.reach(options=OPTIONS)

    server.send(b"data")  # decisive

    segment = remote.expect("any (4) <ts>").layers["TCP"]
    assert [name for name, _ in segment.options] == ["NOP", "NOP", "Timestamp"]
