"""Explicit congestion notification as RFC 3168 has it: negotiated, marked, echoed and heeded."""

import pytest

from conformance.tcp.ecn.marks import CE, ECT, NOT_ECT, codepoint, marked, negotiated
from conformance.tcp.loss_recovery.flight import SIZE, queue
from conformance.tcp.retransmission.silence import late
from fixtures.evidence.kernel_view import tcp_info
from fixtures.stage.families import over_ip


@pytest.mark.claim("tcp.ecn.asked-for")
@over_ip
def test_syn_asks_for_it(remote):
    remote.connecting()  # decisive

    asking = remote.seen("SYN ECE CWR !ACK")
    assert [codepoint(packet) for packet in asking][:1] == [NOT_ECT]


@pytest.mark.claim("tcp.ecn.granted")
@pytest.mark.parametrize("setting", [1, 2])
@over_ip
def test_syn_ack_grants_it(remote, sysctl, setting):
    sysctl("net.ipv4.tcp_ecn", setting)
    remote.listener()

    remote.send("SYN ECE CWR <mss 1460>")  # decisive

    assert codepoint(remote.expect("SYN ACK ECE !CWR")) == NOT_ECT


@pytest.mark.claim("tcp.ecn.not-unasked")
@pytest.mark.parametrize("flags", ["", "ECE", "CWR"], ids=["neither", "echo", "confirmation"])
@over_ip
def test_syn_that_does_not_ask_is_granted_nothing(remote, flags):
    remote.listener()

    remote.send(f"SYN {flags} <mss 1460>")  # decisive

    remote.expect("SYN ACK !ECE !CWR")


@pytest.mark.claim("tcp.ecn.switched-off")
@over_ip
def test_setting_switches_it_off(remote, sysctl):
    sysctl("net.ipv4.tcp_ecn", 0)  # decisive
    remote.listener()

    remote.send("SYN ECE CWR <mss 1460>")

    remote.expect("SYN ACK !ECE !CWR")


@pytest.mark.claim("tcp.ecn.data-is-capable")
@over_ip
def test_data_is_marked_as_capable_and_acknowledgements_are_not(remote):
    server = negotiated(remote)

    server.send(b"data")  # decisive

    assert codepoint(remote.expect("any (4)")) == ECT
    remote.send("PSH ACK seq 1 (4)")
    remote.send("PSH ACK seq 1 (4)")  # old, and so acknowledged at once
    assert codepoint(remote.expect("ACK (0) ack 5")) == NOT_ECT


@pytest.mark.claim("tcp.ecn.not-where-refused")
@over_ip
def test_data_is_not_marked_where_the_peer_has_not_granted_it(remote):
    client = remote.connecting()
    remote.send("SYN ACK <mss 1460>")  # decisive
    remote.expect("ACK !SYN")

    client.send(b"data")

    assert codepoint(remote.expect("any (4)")) == NOT_ECT


@pytest.mark.claim("tcp.ecn.congestion-echoed-until-heard")
@over_ip
def test_mark_is_echoed_until_the_peer_has_heard(remote):
    negotiated(remote)

    marked(remote, "PSH ACK (10)", CE)  # decisive

    remote.expect("ACK ECE ack 11")
    marked(remote, "PSH ACK (10)", ECT)
    remote.expect("ACK ECE ack 21")
    marked(remote, "PSH ACK CWR (10)", ECT)
    marked(remote, "PSH ACK (10)", ECT)
    marked(remote, "PSH ACK seq 31 (10)", ECT)  # old, and so acknowledged at once
    remote.expect("ACK !ECE ack 41")


@pytest.mark.claim("tcp.ecn.echo-heeded")
@over_ip
def test_echo_makes_the_window_smaller_and_is_confirmed(remote):
    server = negotiated(remote)
    window = tcp_info(server).snd_cwnd
    queue(server, 4)
    remote.expect(f"any {3 * SIZE + 1}:*({SIZE})")

    remote.send("ACK ECE")  # decisive

    queue(server, 8)
    remote.expect(f"CWR {4 * SIZE + 1}:*({SIZE})")
    assert tcp_info(server).snd_ssthresh <= window // 2


@pytest.mark.claim("tcp.ecn.echo-heeded-once")
@over_ip
def test_further_echo_of_the_same_flight_changes_nothing(remote):
    server = negotiated(remote)
    queue(server, 8)
    remote.expect(f"any {7 * SIZE + 1}:*({SIZE})")
    remote.send(f"ACK ECE ack {SIZE + 1}")
    remote.settle()
    before = tcp_info(server).snd_ssthresh

    remote.send(f"ACK ECE ack {2 * SIZE + 1}")  # decisive

    remote.came(f"ACK ECE ack {2 * SIZE + 1}")
    remote.settle()
    assert tcp_info(server).snd_ssthresh == before < 10


@pytest.mark.beside
@pytest.mark.claim("tcp.ecn.repetition-not-capable")
@over_ip
def test_what_is_sent_again_is_not_marked(remote):
    remote.let_timers_run()
    server = negotiated(remote)

    server.send(b"data")  # decisive

    first, second = (late(remote, "any 1:5(4)", after=1) for _ in range(2))
    assert (codepoint(first), codepoint(second)) == (ECT, NOT_ECT)


@pytest.mark.beside
@pytest.mark.claim("tcp.ecn.falls-back")
@pytest.mark.needs("sysctl:net.ipv4.tcp_ecn_fallback")
@over_ip
def test_syn_that_is_not_answered_asks_no_longer(remote, sysctl):
    sysctl("net.ipv4.tcp_ecn_fallback", 1)

    remote.connecting()  # decisive

    again = (late(remote, "SYN !ACK", after=after) for after in (1, 2))
    assert any(syn.flags.isdisjoint({"ECE", "CWR"}) for syn in again)


@pytest.mark.beside
@pytest.mark.claim("tcp.ecn.window-probe-not-capable")
@over_ip
def test_probe_of_a_closed_window_is_not_marked(remote):
    remote.let_timers_run()
    server = negotiated(remote)
    queue(server, 1)
    assert codepoint(remote.expect(f"any 1:*({SIZE})")) == ECT
    remote.send("ACK win 0")
    remote.settle()

    queue(server, 1)  # decisive

    assert codepoint(late(remote, f"ACK {SIZE}:{SIZE}(0)", after=0)) == NOT_ECT
