"""ping and traceroute over three namespaces: who is reached, by which way, and what silence does not say."""

import subprocess
from socket import SOCK_STREAM

import pytest

from conformance.programs.tools.programs import printed
from conformance.programs.tools.ways import BEYOND, beyond
from fixtures.evidence.waiting import GENEROUS
from fixtures.stage.families import ip4
from fixtures.stage.sysctls import write_sysctl

ONCE = ("ping", "-n", "-c", "1")
PATIENT = str(max(1, int(GENEROUS)))
"""Seconds for an answer that must come."""


def hops(text):
    """The addresses that traceroute shows, by the number in front of them."""
    rows = [line.split() for line in text.splitlines()]
    return [row[1] for row in rows if row and row[0].isdigit()]


@pytest.mark.claim("tools.ping.reaches-by-way-of-a-router")
@pytest.mark.usefixtures("far_hosts")
@pytest.mark.needs("command:ping", "CAP_NET_RAW", "sysctl:net.ipv4.ip_forward")
def test_ping_is_answered_by_a_host_behind_a_router(link, wire):
    with beyond(link):
        shown = printed(*ONCE, "-W", PATIENT, BEYOND)  # decisive

        wire.expect(f"{link.near_host(ip4)} > {BEYOND} ICMP type 8")
        wire.expect(f"{BEYOND} > {link.near_host(ip4)} ICMP type 0")
        assert "ttl=63" in shown


@pytest.mark.claim("tools.ping.silence-is-not-absence")
@pytest.mark.usefixtures("far_hosts")
@pytest.mark.needs("command:ping", "CAP_NET_RAW", "sysctl:net.ipv4.ip_forward", "sysctl:net.ipv4.icmp_echo_ignore_all")
def test_host_that_does_not_answer_ping_can_be_connected_to(peers, link, wire):
    with beyond(link) as host:
        with host.entered():
            write_sysctl(host, "net.ipv4.icmp_echo_ignore_all", 1)  # decisive
            listener = peers.socket("listener", ip4.domain, SOCK_STREAM)
            listener.bind((BEYOND, 0))
            listener.listen(1)

        status = subprocess.run([*ONCE, "-W", "0.2", BEYOND], capture_output=True, check=False).returncode

        assert status == 1
        wire.expect(f"{link.near_host(ip4)} > {BEYOND} ICMP type 8")
        wire.never(f"{BEYOND} > {link.near_host(ip4)} ICMP")
        client = peers.connecting(ip4, listener.getsockname())
        assert client.getpeername() == listener.getsockname()


@pytest.mark.claim("tools.traceroute.shows-each-hop")
@pytest.mark.needs("command:traceroute", "sysctl:net.ipv4.ip_forward")
def test_traceroute_shows_the_router_and_then_the_host(link, wire):
    with beyond(link):
        shown = ""
        shown = printed("traceroute", "-n", "-q", "1", "-w", PATIENT, BEYOND)  # decisive

        assert hops(shown) == [link.far_host(ip4), BEYOND]
        wire.expect(f"{link.far_host(ip4)} > {link.near_host(ip4)} ICMP type 11")
        wire.expect(f"{BEYOND} > {link.near_host(ip4)} ICMP unreachable port")
