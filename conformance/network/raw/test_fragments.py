"""IP_NODEFRAG: fragments that a raw socket makes itself, and a firewall that puts them together."""

from errno import ENOPROTOOPT
from socket import AF_PACKET, IPPROTO_IP, IPPROTO_RAW, SOCK_DGRAM, SOCK_RAW, inet_aton

import pytest

from conformance.network.raw.headers import HEADER, IP_HEADER
from fixtures.evidence.expect import fails
from fixtures.stage.families import over_ip4
from fixtures.stage.firewall import watch_connections

IP_NODEFRAG, ETH_P_IP, MORE_FRAGMENTS, UDP, PORT = 22, 0x0800, 0x2000, 17, 9


def first_fragment(host):
    """The beginning of a datagram of which nothing else will come."""
    ends = inet_aton(host), inet_aton(host)
    return IP_HEADER.pack(0x45, 0, HEADER + 16, 77, MORE_FRAGMENTS, 64, UDP, 0, *ends) + bytes(16)


def seen_first(peers, family, nodefrag):
    """The first packet that loopback carries when a raw socket sends a fragment, and then another socket a datagram."""
    raw = peers.socket("raw", family.domain, SOCK_RAW, IPPROTO_RAW)
    raw.setsockopt(IPPROTO_IP, IP_NODEFRAG, nodefrag)
    watcher = peers.socket("watcher", AF_PACKET, SOCK_DGRAM)
    watcher.bind(("lo", ETH_P_IP))
    raw.sendto(first_fragment(family.loopback), (family.loopback, 0))
    peers.socket("other", family.domain, SOCK_DGRAM).sendto(b"behind", (family.loopback, PORT))
    return watcher.recv(100)


@pytest.mark.claim("raw.nodefrag.fragments-leave")
@pytest.mark.needs("CAP_NET_RAW", "CAP_NET_ADMIN", "namespace", "connection-tracking")
@over_ip4
def test_fragment_leaves_although_a_firewall_wants_the_whole(peers, family):
    watch_connections()
    seen = b""

    seen = seen_first(peers, family, 1)  # decisive

    assert seen == first_fragment(family.loopback)[:10] + seen[10:12] + first_fragment(family.loopback)[12:]


@pytest.mark.claim("raw.nodefrag.off-waits-for-the-whole")
@pytest.mark.needs("CAP_NET_RAW", "CAP_NET_ADMIN", "namespace", "connection-tracking")
@over_ip4
def test_fragment_waits_for_the_rest_where_a_firewall_wants_the_whole(peers, family):
    watch_connections()  # decisive

    seen = seen_first(peers, family, 0)

    assert seen.endswith(b"behind")


@pytest.mark.claim("raw.nodefrag.raw-alone")
@pytest.mark.needs(f"option:IPPROTO_IP.{IP_NODEFRAG}")
@over_ip4
def test_option_is_for_raw_sockets_alone(peers, family):
    end = peers.socket("end", family.domain, SOCK_DGRAM)

    with fails(ENOPROTOOPT):
        end.setsockopt(IPPROTO_IP, IP_NODEFRAG, 1)  # decisive
