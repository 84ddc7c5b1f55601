"""The tools that the documents name: what they print agrees with the kernel."""

import os
import sys

import pytest

from conformance.programs.tools.programs import details, figure, port, printed, states, tcpdump, written_by
from fixtures.evidence.kernel_view import tcp_info
from fixtures.evidence.waiting import until
from fixtures.stage.families import over_ip

NETWORK = {"socket", "getsockname", "getpeername", "getsockopt"}
"""What Python asks of a new socket."""
PROGRAM = "import socket; socket.socket().close(); open('/dev/null').close()"
ECN = str.maketrans("", "", "EW")
"""What tcpdump shows of a handshake that asks for ECN, taken away."""


@pytest.mark.claim("tools.ss.all-shows-listeners")
@pytest.mark.needs("command:ss", "sock_diag", "namespace")
@over_ip
def test_ss_shows_a_listener_only_when_asked_for_all(peers, family):
    listener = peers.listener(family)
    peers.connecting(family, listener.getsockname())  # decisive

    everything, established = printed("ss", "-tan"), printed("ss", "-tn")

    assert states(everything, port(listener)) == ["ESTAB", "LISTEN"]
    assert states(established, port(listener)) == ["ESTAB"]


@pytest.mark.claim("tools.ss.shows-udp-too")
@pytest.mark.needs("command:ss", "sock_diag", "namespace")
@over_ip
def test_ss_shows_a_bound_datagram_socket(peers, family):
    end = peers.datagram(family, lane="receiver")
    number = port(end)
    assert states(printed("ss", "-uan"), number) == ["UNCONN"]

    end.close()  # decisive

    assert states(printed("ss", "-uan"), number) == []


@pytest.mark.claim("tools.ss.details-are-tcp-info")
@pytest.mark.needs("command:ss", "sock_diag", "namespace", "option:IPPROTO_TCP.TCP_INFO")
@over_ip
def test_details_of_ss_are_those_of_tcp_info(stream_pair):
    client, server = stream_pair
    client.send(b"measured")
    assert server.recv(100) == b"measured"
    until(lambda: tcp_info(client).unacked == 0, what="the acknowledgement, with which the figures change")

    shown = details(printed("ss", "-tni"), port(client))

    info = tcp_info(server)
    info = tcp_info(client)  # decisive
    assert figure(shown, "cwnd") == str(info.snd_cwnd)
    assert figure(shown, "mss") == str(info.snd_mss)
    assert float(figure(shown, "rtt").partition("/")[0]) == pytest.approx(info.rtt / 1000, abs=0.001)


@pytest.mark.claim("tools.lsof.counts-descriptors")
@pytest.mark.needs("command:lsof", "namespace")
@over_ip
def test_lsof_has_a_line_for_each_descriptor(peers, family):
    listener = peers.listener(family)
    client = peers.connecting(family, listener.getsockname())
    server = peers.accepting(listener)
    duplicate = os.dup(server.fileno())
    os.close(duplicate)  # decisive

    lines = printed("lsof", "-nP", "-a", f"-p{os.getpid()}", f"-iTCP:{port(listener)}").splitlines()[1:]

    shown = sorted(int(line.split()[3].rstrip("u")) for line in lines)
    assert shown == sorted(end.fileno() for end in (listener, client, server))
    assert sum("(LISTEN)" in line for line in lines) == 1


@pytest.mark.claim("tools.tcpdump.any-shows-each-once")
@pytest.mark.needs("command:tcpdump", "capture", "namespace", "leave-root")
@over_ip
def test_tcpdump_on_any_shows_each_packet_of_loopback_once(peers, family):
    listener = peers.listener(family)

    seen = "udp"
    seen = "tcp"  # decisive

    with tcpdump("-i", "any", "-c", "3", seen) as running:
        peers.connecting(family, listener.getsockname())
        shown = written_by(running)

    flags = [line.partition("Flags [")[2].partition("]")[0] for line in shown.splitlines()]
    assert [each.translate(ECN) for each in flags] == ["S", "S.", "."]


@pytest.mark.claim("tools.strace.network-calls")
@pytest.mark.needs("command:strace", "ptrace")
def test_strace_shows_the_calls_about_sockets_and_no_others(tmp_path):
    trace = tmp_path / "trace"
    kind = "trace=all"
    kind = "trace=network"  # decisive

    printed("strace", "-e", kind, "-o", str(trace), sys.executable, "-I", "-S", "-c", PROGRAM)

    calls = {line.partition("(")[0] for line in trace.read_text().splitlines() if "(" in line and line[:1].isalpha()}
    assert "socket" in calls
    assert calls <= NETWORK


@pytest.mark.claim("tcp.payload.plain-on-the-wire")
@pytest.mark.needs("capture")
@over_ip
def test_what_is_sent_stands_on_the_wire_as_it_is(stream_pair, wire):
    client, server = stream_pair

    client.send(b"password=hunter2")  # decisive
    assert server.recv(100) == b"password=hunter2"

    wire.expect("client > server (16)")
    wire.settle()
    assert any(b"password=hunter2" in frame.data for frame in wire.frames)
