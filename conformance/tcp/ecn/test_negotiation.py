"""Who asks for congestion notification and who does not, and what became of a question (RFC 3168 section 6.1.1)."""

from errno import ECONNREFUSED
from socket import SO_ERROR, SOL_SOCKET

import pytest

from conformance.tcp.ecn.marks import ECT, NOT_ECT, codepoint, negotiated
from conformance.tcp.retransmission.silence import late
from fixtures.evidence.kernel_view import reaches
from fixtures.stage.families import over_ip


@pytest.mark.claim("tcp.ecn.unasked-by-setting")
@pytest.mark.parametrize("setting", [0, 2])
@over_ip
def test_syn_does_not_ask_where_the_setting_forbids_it(remote, sysctl, setting):
    sysctl("net.ipv4.tcp_ecn", setting)  # decisive

    remote.connecting()

    assert len(remote.seen("SYN !ACK !ECE !CWR")) == 1


@pytest.mark.claim("tcp.ecn.reset-is-final")
@over_ip
def test_reset_that_answers_the_question_ends_the_connection(remote):
    client = remote.connecting()

    remote.send("RST ACK")  # decisive

    assert client.getsockopt(SOL_SOCKET, SO_ERROR) == ECONNREFUSED
    remote.expect_none("SYN")


@pytest.mark.claim("tcp.ecn.time-wait-forgets")
@over_ip
def test_connection_in_the_place_of_an_older_one_is_negotiated_anew(remote):
    server = negotiated(remote)
    server.close()
    remote.expect("FIN")
    remote.send("FIN ACK")
    reaches(remote.ends, "TIME_WAIT")
    remote.listener()

    remote.send("SYN seq snd.nxt+100000 <mss 1460>")  # decisive

    remote.expect("SYN ACK !ECE !CWR")


@pytest.mark.beside
@pytest.mark.claim("tcp.ecn.first-asking-counts")
@pytest.mark.needs("sysctl:net.ipv4.tcp_ecn_fallback")
@over_ip
def test_answer_to_the_first_syn_agrees_though_a_later_one_did_not_ask(remote, sysctl):
    sysctl("net.ipv4.tcp_ecn_fallback", 1)
    client = remote.connecting()
    late(remote, "SYN !ACK !ECE !CWR", after=3)

    remote.send("SYN ACK ECE <mss 1460>")  # decisive
    remote.expect("ACK !SYN")
    client.send(b"data")

    assert codepoint(remote.expect("any (4)")) == ECT


@pytest.mark.claim("tcp.ecn.strange-answer-grants-nothing")
@pytest.mark.parametrize("flags", ["CWR", "ECE CWR"], ids=["confirmation", "reflected"])
@over_ip
def test_answer_with_other_flags_than_the_echo_alone_grants_nothing(remote, flags):
    client = remote.connecting()
    remote.send(f"SYN ACK {flags} <mss 1460>")  # decisive
    remote.expect("ACK !SYN")

    client.send(b"data")

    assert codepoint(remote.expect("any (4)")) == NOT_ECT
