"""Messages that the kernel sends by itself, and what it sends none about (RFC 1122 3.2.2, RFC 4443 2.4)."""

import time

import pytest

from conformance.network.fragments.pieces import piece
from conformance.network.path_mtu.paths import network_of
from fixtures.stage.families import ip4, ip6, over_ip

CLOSED = 9
"""A port on which nobody waits: a privileged one, in a namespace of its own."""
PROTOCOL = {ip4: "ICMP", ip6: "ICMPv6"}
REQUEST, REPLY = {ip4: 8, ip6: 128}, {ip4: 0, ip6: 129}
UNREACHABLE = {ip4: "ICMP type 3 code 3", ip6: "ICMPv6 type 1 code 4"}
IGNORED = {ip4: "net.ipv4.icmp_echo_ignore_all", ip6: "net.ipv6.icmp.echo_ignore_all"}
INTERVAL = 5
"""Seconds between two errors, when the first ones have left."""
BURST = 6
"""Errors to one host that leave at once before the limit holds (XRLIM_BURST_FACTOR of Linux)."""
LIMITED = {ip4: ("net.ipv4.icmp_ratemask", 6168), ip6: ("net.ipv6.icmp.ratemask", "0-1,3-127")}
RARELY = {ip4: ("net.ipv4.icmp_ratelimit", INTERVAL * 1000), ip6: ("net.ipv6.icmp.ratelimit", INTERVAL * 1000)}
UNLIMITED = {ip4: ("net.ipv4.icmp_ratemask", 0), ip6: ("net.ipv6.icmp.ratemask", 0)}
ECHO = 0x04D2_0007
"""Identifier and number of a request."""
MANY = {ip4: "224.0.0.1", ip6: "ff02::1"}
NOBODY = {ip4: "0.0.0.0", ip6: "::"}


@pytest.fixture(autouse=True)
def closed_port(remote, sysctl):
    """The remote host speaks to a port where nobody waits, and messages are not limited: the limit is the machine's."""
    sysctl(*UNLIMITED[remote.family])
    remote.kernel = (remote.near_host, CLOSED)


def refusal(remote):
    """What tells that nobody waits on a port."""
    return f"{PROTOCOL[remote.family]} unreachable port"


@pytest.mark.claim("icmp.sent.port-unreachable")
@over_ip
def test_datagram_to_a_closed_port_is_told(remote):
    datagram = remote.send("UDP (20)")  # decisive

    told = bytes(network_of(remote.expect(refusal(remote))).payload)

    assert bytes(datagram)[-28:] in told


@pytest.mark.claim("icmp.sent.never-about")
@pytest.mark.parametrize("ends", ["to-many", "from-nobody", "from-many"])
@over_ip
def test_nothing_is_told_about_a_datagram_of_no_single_host(remote, ends):
    name, host = ("dst", MANY) if ends == "to-many" else ("src", NOBODY if ends == "from-nobody" else MANY)

    remote.send("UDP (20)", ip={name: host[remote.family]})  # decisive

    remote.came("UDP (20)")
    assert remote.wire.seen(f"* > * {refusal(remote)}") == []
    remote.send("UDP (20)")
    remote.expect(refusal(remote))


@pytest.mark.claim("icmp.sent.never-about")
@over_ip
def test_nothing_is_told_about_an_error(remote):
    lost = bytes(remote.craft("UDP (20)"))

    remote.send(UNREACHABLE[remote.family], about=lost)  # decisive

    remote.came(PROTOCOL[remote.family])
    remote.expect_none(PROTOCOL[remote.family])
    remote.send("UDP (20)")
    remote.expect(refusal(remote))


@pytest.mark.claim("icmp.sent.never-about")
@over_ip
def test_nothing_is_told_about_a_later_fragment(remote):
    later = piece(remote, remote.craft("UDP (64)"), 32, 72)

    remote.put(later)  # decisive

    remote.came(later)
    remote.expect_none(PROTOCOL[remote.family])
    remote.send("UDP (20)")
    remote.expect(refusal(remote))


@pytest.mark.claim("icmp.echo.answered")
@over_ip
def test_echo_request_is_answered_with_what_it_has(remote, sysctl):
    sysctl(IGNORED[remote.family], 0)
    word, data = PROTOCOL[remote.family], b"anything at all"

    remote.send(f"{word} type {REQUEST[remote.family]} code 0", about=data, information=ECHO)  # decisive

    answer = network_of(remote.expect(f"{word} type {REPLY[remote.family]}"))
    assert (answer.src, answer.dst) == (remote.near_host, remote.host)
    assert bytes(answer.payload)[4:] == ECHO.to_bytes(4, "big") + data


@pytest.mark.claim("icmp.sent.limited")
@over_ip
def test_errors_to_one_host_are_limited(remote, sysctl):
    sysctl(*LIMITED[remote.family])
    sysctl(*RARELY[remote.family])
    begun = time.monotonic()

    for _ in range(BURST + 20):
        remote.send("UDP (20)")  # decisive

    told = len(remote.seen(refusal(remote)))
    assert 1 <= told <= BURST + 1 + (time.monotonic() - begun) / INTERVAL
