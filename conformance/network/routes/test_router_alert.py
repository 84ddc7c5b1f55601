"""IPV6_ROUTER_ALERT: packets that only pass, and ask routers to look at them (RFC 2711)."""

import struct
from errno import EADDRINUSE, ENOPROTOOPT
from select import POLLIN
from socket import IPPROTO_IPV6, IPPROTO_RAW, IPV6_HOPOPTS, SOCK_DGRAM, SOCK_RAW

import pytest

from conformance.network.routes.hosts import ELSEWHERE, PORT
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import readiness, ready
from fixtures.stage.families import ip6, over
from fixtures.stage.rtnetlink import Routes

pytestmark = pytest.mark.usefixtures("router_alerts")
IPV6_ROUTER_ALERT, IPV6_ROUTER_ALERT_ISOLATE = 22, 30
"""linux/in6.h; without the second one, what passes through any other network namespace is given too."""
FORWARDING = "net.ipv6.conf.all.forwarding"
MULTICAST_LISTENERS, RSVP = 0, 1
"""Values of the option (RFC 2711 2.1)."""


def alert(value):
    """A hop-by-hop header with the option, and padding."""
    return struct.pack("!BBBBHBB", 0, 0, 5, 2, value, 1, 0)


def watcher(peers, name, value):
    """A raw socket that is to get what passes with this value."""
    end = peers.socket(name, ip6.domain, SOCK_RAW, IPPROTO_RAW)
    end.setsockopt(IPPROTO_IPV6, IPV6_ROUTER_ALERT_ISOLATE, 1)
    end.setsockopt(IPPROTO_IPV6, IPV6_ROUTER_ALERT, value)
    return end


def passing(peers, link, value):
    """The far host's socket, whose packets go over this host with the option, to one that is behind it."""
    with Routes() as routes:
        routes.lead_on(link.far_host(ip6))
    with link.far.entered(), Routes() as routes:
        routes.lead_on(link.near_host(ip6))
        client = peers.socket("client", ip6.domain, SOCK_DGRAM)
    client.setsockopt(IPPROTO_IPV6, IPV6_HOPOPTS, alert(value))
    return client


@pytest.mark.claim("raw.router-alert6.takes-what-passes")
@pytest.mark.needs("CAP_NET_RAW")
@over(ip6)
def test_packet_that_passes_with_the_value_is_given_to_the_socket(peers, family, link, sysctl):
    sysctl(FORWARDING, 1)
    client = passing(peers, link, RSVP)
    wanted = watcher(peers, "wanted", RSVP)

    client.sendto(b"alert", (ELSEWHERE[family.name], PORT))  # decisive

    ready(wanted, POLLIN)
    assert wanted.recv(200).endswith(b"alert")


@pytest.mark.claim("raw.router-alert6.its-value-alone")
@pytest.mark.needs("CAP_NET_RAW")
@over(ip6)
def test_socket_gets_packets_of_its_value_alone(peers, family, link, sysctl):
    sysctl(FORWARDING, 1)
    client = passing(peers, link, RSVP)
    other, wanted = (watcher(peers, name, value) for name, value in (("other", MULTICAST_LISTENERS), ("wanted", RSVP)))

    client.sendto(b"alert", (ELSEWHERE[family.name], PORT))  # decisive

    ready(wanted, POLLIN)
    assert readiness(other) & POLLIN == 0


@pytest.mark.claim("raw.router-alert6.raw-alone")
@over(ip6)
def test_option_is_for_raw_sockets_alone(peers, family):
    end = peers.socket("end", family.domain, SOCK_DGRAM)

    with fails(ENOPROTOOPT):
        end.setsockopt(IPPROTO_IPV6, IPV6_ROUTER_ALERT, RSVP)  # decisive


@pytest.mark.claim("raw.router-alert6.once-a-socket")
@pytest.mark.needs("CAP_NET_RAW")
@over(ip6)
def test_option_is_set_once(peers, family):
    end = watcher(peers, "end", RSVP)

    with fails(EADDRINUSE):
        end.setsockopt(IPPROTO_IPV6, IPV6_ROUTER_ALERT, RSVP)  # decisive


@pytest.mark.claim("raw.router-alert6.negative-takes-away")
@pytest.mark.needs("CAP_NET_RAW")
@over(ip6)
def test_negative_value_takes_the_option_away(peers, family, link, sysctl):
    sysctl(FORWARDING, 1)
    client = passing(peers, link, RSVP)
    former, wanted = (watcher(peers, name, RSVP) for name in ("former", "wanted"))
    former.setsockopt(IPPROTO_IPV6, IPV6_ROUTER_ALERT, -1)  # decisive

    client.sendto(b"alert", (ELSEWHERE[family.name], PORT))

    ready(wanted, POLLIN)
    assert readiness(former) & POLLIN == 0
