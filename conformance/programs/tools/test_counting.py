"""netstat, lsof, strace and sysctl as the documents use them: what they count, and what they leave out."""

import os
import subprocess

import pytest

from conformance.programs.samples.programs import SOURCES, asked, needs_samples, received, sample, served
from conformance.programs.tools.programs import port, printed
from fixtures.evidence.kernel_view import Ends, reaches
from fixtures.stage.compiler import compiled
from fixtures.stage.families import over_ip, over_ip4
from fixtures.stage.sysctls import read_sysctl

WORDS = ("ESTABLISHED", "TIME_WAIT")
"""States by the names that netstat gives them."""


def lines(text, *words):
    """How many lines have one of the words, as grep and wc count."""
    return sum(any(word in line for word in words) for line in text.splitlines())


@pytest.mark.claim("tools.netstat.shows-states")
@pytest.mark.needs("command:netstat", "namespace")
@over_ip
def test_netstat_shows_the_listener_and_both_ends_of_a_connection(peers, family):
    listener = peers.listener(family)
    peers.connecting(family, listener.getsockname())  # decisive
    peers.accepting(listener)

    shown = [line.split() for line in printed("netstat", "-tan").splitlines() if f":{port(listener)} " in line]

    assert sorted(row[5] for row in shown) == ["ESTABLISHED", "ESTABLISHED", "LISTEN"]


@pytest.mark.claim("tools.netstat.counts-both-ends")
@pytest.mark.usefixtures("time_wait_kept")
@pytest.mark.needs("command:netstat", "command:ss", "sock_diag", "namespace")
@over_ip
def test_lines_of_netstat_are_ends_and_not_connections(peers, family):
    leaver, left = peers.pair(family)
    ends = Ends.of(leaver)
    leaver.close()
    assert left.recv(1) == b""
    left.close()
    reaches(ends, "TIME_WAIT")

    peers.pair(family)  # decisive

    assert lines(printed("netstat", "-tan"), *WORDS) == 3
    assert lines(printed("ss", "-tan"), *WORDS) == 0


@pytest.mark.claim("tools.lsof.filters-by-state")
@pytest.mark.needs("command:lsof", "namespace")
@over_ip
def test_lsof_shows_who_listens_and_no_connections_when_asked_for_that(peers, family):
    listener = peers.listener(family)
    peers.connecting(family, listener.getsockname())
    state = "-sTCP:ESTABLISHED"
    state = "-sTCP:LISTEN"  # decisive

    # Of this process alone, since lsof else looks through all that the machine has.
    shown = printed("lsof", "-a", f"-p{os.getpid()}", f"-iTCP:{port(listener)}", state, "-Pn").splitlines()[1:]

    assert [line.split()[3].rstrip("u") for line in shown] == [str(listener.fileno())]
    assert shown[0].endswith("(LISTEN)")


@pytest.mark.claim("tools.lsof.the-word-socket-counts-none")
@pytest.mark.needs("command:lsof")
@needs_samples
@over_ip4
def test_lines_of_lsof_with_the_word_socket_are_not_the_sockets(peers, family):
    with sample("echo_server_002") as server:
        asked(served(peers, family, server), b"hello")  # decisive
        shown = printed("lsof", "-nP", "-p", str(server.pid))

    rows = [line for line in shown.splitlines() if " TCP " in line]
    assert len(rows) == 2
    assert lines("\n".join(rows), "socket") == 0


def calls_on(descriptor, lines):
    """The names of the traced calls whose first argument is that descriptor."""
    calls = [line.partition("(") for line in lines]
    return {name for name, _, rest in calls if rest.startswith((f"{descriptor},", f"{descriptor})"))}


@pytest.mark.claim("tools.strace.misses-read-write-close")
@pytest.mark.needs("command:strace", "ptrace")
@needs_samples
@over_ip4
def test_strace_of_network_calls_misses_what_is_read_written_and_closed(peers, family, tmp_path):
    listener, trace = peers.listener(family), tmp_path / "trace"
    kind = "trace=all"
    kind = "trace=network"  # decisive
    client = compiled(SOURCES / "echo_client.c")

    command = ["strace", "-e", kind, "-o", str(trace), str(client), str(port(listener))]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as traced:
        server = peers.accepting(listener)
        assert received(server, 9) == b"good day\n"
        server.close()
        assert traced.wait(60) == 0

    calls = [line for line in trace.read_text().splitlines() if line[:1].isalpha()]
    (descriptor,) = {line.rpartition(" = ")[2] for line in calls if line.startswith("socket(AF_INET,")}
    shown = calls_on(descriptor, calls)
    assert "connect" in shown
    assert not {"read", "write", "close"} & shown


@pytest.mark.claim("tools.sysctl.applies-a-file")
@pytest.mark.needs("command:sysctl", "sysctl:net.ipv4.tcp_keepalive_time", "sysctl:net.ipv4.tcp_keepalive_probes")
def test_sysctl_applies_what_a_file_says_to_this_namespace(namespace, tmp_path):
    file = tmp_path / "sysctl.conf"
    file.write_text("net.ipv4.tcp_keepalive_time = 61\nnet.ipv4.tcp_keepalive_probes = 7\n")

    printed("sysctl", "-p", str(file))  # decisive

    assert read_sysctl("net.ipv4.tcp_keepalive_time") == "61"
    assert read_sysctl("net.ipv4.tcp_keepalive_probes") == "7"
