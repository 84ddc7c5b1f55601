"""What errors that the kernel sends consist of, and by which address they come (RFC 1122 3.2.2, RFC 4443 2)."""

import pytest

from conformance.network.path_mtu.paths import network_of
from fixtures.stage.families import ip6, over, over_ip4

LEAST_MTU = 1280
"""What an error over IPv6 may be as large as (RFC 4443 2.4 (c))."""
CONTROL = 0xC0
"""The precedence of internetwork control (RFC 791 3.1)."""
CLOSED = 9
"""A port on which nobody waits: a privileged one, in a namespace of its own."""
NOBODYS = 253
"""A protocol for experiments (RFC 3692), which nobody speaks."""


@pytest.fixture(autouse=True)
def closed_port(remote, sysctl):
    """The remote host speaks to a port where nobody waits, and messages are not limited: the limit is the machine's."""
    sysctl("net.ipv6.icmp.ratemask" if remote.family is ip6 else "net.ipv4.icmp_ratemask", 0)
    remote.kernel = (remote.near_host, CLOSED)


@pytest.mark.claim("icmp.sent.quotes-what-fits")
@over(ip6)
def test_error_quotes_as_much_as_fits(remote):
    datagram = remote.send("UDP", payload=bytes(range(250)) * 5)  # decisive

    told = bytes(network_of(remote.expect("ICMPv6 unreachable port")))

    assert len(told) == LEAST_MTU
    assert bytes(datagram)[: LEAST_MTU - 48] == told[48:]


@pytest.mark.claim("icmp.sent.class-of-control")
@over_ip4
def test_error_has_the_class_of_control(remote):
    remote.send("UDP (20)", ip={"tos": 0})  # decisive

    assert network_of(remote.expect("ICMP unreachable port")).tos == CONTROL


@pytest.mark.claim("icmp.sent.protocol-unreachable")
@over_ip4
def test_protocol_that_nobody_speaks_is_told(remote):
    from scapy.layers.inet import IP

    packet = IP(src=remote.host, dst=remote.near_host, proto=NOBODYS) / b"anything at all"
    remote.put(packet)  # decisive

    told = network_of(remote.expect("ICMP unreachable protocol"))
    assert bytes(packet)[-15:] in bytes(told.payload)
