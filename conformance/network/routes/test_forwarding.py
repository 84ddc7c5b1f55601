"""A host between two others: what it passes on, and what it does with fragments and ports."""

from errno import EADDRINUSE, EADDRNOTAVAIL, EAGAIN
from select import POLLIN
from socket import (
    IP_OPTIONS,
    IPPROTO_IP,
    IPPROTO_UDP,
    SO_REUSEADDR,
    SOCK_DGRAM,
    SOCK_RAW,
    SOCK_STREAM,
    SOL_SOCKET,
)

import pytest

from conformance.network.routes.hosts import ELSEWHERE, PORT
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_ip, over_ip4
from fixtures.stage.rtnetlink import Routes

FORWARDING = {"ip4": "net.ipv4.conf.near0.forwarding", "ip6": "net.ipv6.conf.near0.forwarding"}
ROUTER_ALERT = b"\x94\x04\0\0"
"""RFC 2113."""
IP_ROUTER_ALERT, IP_BIND_ADDRESS_NO_PORT = 5, 24
KEPT = {"ip4": "net.ipv4.ipfrag_high_thresh", "ip6": "net.ipv6.ip6frag_high_thresh"}
LEAST = {"ip4": "net.ipv4.ipfrag_low_thresh", "ip6": "net.ipv6.ip6frag_low_thresh"}


def sent_over_this_host(peers, family, link):
    """A datagram of the far host to one that lies behind this one, which has to send it back; its receiver."""
    with Routes() as routes:
        routes.lead_on(link.far_host(family))
    with link.far.entered(), Routes() as routes:
        routes.lead_on(link.near_host(family))
    return ELSEWHERE[family.name], PORT


def passing(peers, family, link):
    """The far host's socket, and what it sees pass that is neither from nor to it."""
    to = sent_over_this_host(peers, family, link)
    with link.far.entered():
        return peers.socket("client", family.domain, SOCK_DGRAM), to


@pytest.mark.claim("ip.forwarding.on-passes-on")
@over_ip4
def test_packet_to_another_host_is_passed_on(peers, family, link, sysctl, wire):
    sysctl(FORWARDING[family.name], 1)  # decisive
    sysctl("net.ipv4.conf.near0.send_redirects", 0)
    client, to = passing(peers, family, link)
    client.setsockopt(IPPROTO_IP, 2, 9)

    client.sendto(b"onwards", to)

    wire.expect("* > * UDP (7) ttl 9")
    wire.expect("* > * UDP (7) ttl 8")


@pytest.mark.claim("ip.forwarding.off-passes-nothing")
@over_ip4
def test_packet_to_another_host_is_dropped(peers, family, link, sysctl, wire):
    sysctl(FORWARDING[family.name], 0)
    client, to = passing(peers, family, link)
    client.setsockopt(IPPROTO_IP, 2, 9)

    client.sendto(b"onwards", to)  # decisive

    wire.expect("* > * UDP (7) ttl 9")
    wire.never("* > * UDP (7) ttl 8")


@pytest.mark.claim("raw.router-alert.takes-what-passes")
@pytest.mark.needs("CAP_NET_RAW", "option:IPPROTO_IP.IP_OPTIONS")
@over_ip4
def test_packet_that_passes_with_the_option_is_given_to_the_socket(peers, family, link, sysctl):
    sysctl(FORWARDING[family.name], 1)
    watcher = peers.socket("watcher", family.domain, SOCK_RAW, IPPROTO_UDP)
    watcher.setsockopt(IPPROTO_IP, IP_ROUTER_ALERT, 1)  # decisive
    client, to = passing(peers, family, link)
    client.setsockopt(IPPROTO_IP, IP_OPTIONS, ROUTER_ALERT)

    client.sendto(b"alert", to)

    ready(watcher, POLLIN)
    assert watcher.recv(200).endswith(b"alert")


@pytest.mark.claim("fragments.memory.none-kept")
@over_ip
def test_fragments_are_dropped_where_no_memory_is_left_for_them(peers, family, link, sysctl):
    sysctl(LEAST[family.name], 0)
    sysctl(KEPT[family.name], 0)  # decisive
    receiver = peers.datagram(family, lane="receiver", host=link.near_host(family))
    to = receiver.getsockname()
    with link.far.entered():
        sender = peers.socket("sender", family.domain, SOCK_DGRAM)

    sender.sendto(bytes(3000), to)
    sender.sendto(b"whole", to)

    assert receiver.recv(4000) == b"whole"


@pytest.mark.claim("ip.bind-no-port.chosen-by-connect")
@pytest.mark.needs(f"option:IPPROTO_IP.{IP_BIND_ADDRESS_NO_PORT}")
@over_ip
def test_port_is_chosen_by_connect(peers, family):
    client = peers.socket("client", family.domain, SOCK_STREAM)
    client.setsockopt(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)  # decisive
    listener = peers.listener(family)

    client.bind((family.loopback, 0))
    before = client.getsockname()[:2]
    client.connect(listener.getsockname())

    assert before == (family.loopback, 0)
    assert client.getsockname()[1] != 0


@pytest.mark.claim("ip.bind-no-port.one-port-for-many")
@pytest.mark.needs("namespace", f"option:IPPROTO_IP.{IP_BIND_ADDRESS_NO_PORT}")
@over_ip
def test_one_port_serves_connections_to_several_destinations(peers, family, sysctl):
    listeners = [peers.listener(family) for _ in range(2)]
    sysctl("net.ipv4.ip_local_port_range", "50000 50000")
    clients = [peers.socket(lane, family.domain, SOCK_STREAM) for lane in ("first", "second")]
    for client in clients:
        client.setsockopt(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)  # decisive
        client.bind((family.loopback, 0))

    for client, listener in zip(clients, listeners, strict=True):
        client.connect(listener.getsockname())

    assert [client.getsockname()[1] for client in clients] == [50000, 50000]


@pytest.mark.claim("tcp.connect.same-pair-refused")
@over_ip
def test_pair_of_addresses_that_is_connected_cannot_be_connected_again(peers, family):
    listener = peers.listener(family)
    first, second = (peers.socket(lane, family.domain, SOCK_STREAM) for lane in ("first", "second"))
    for end in (first, second):
        end.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    first.bind(family.address())
    second.bind(first.getsockname())
    first.connect(listener.getsockname())

    with fails(EADDRINUSE, accepted={EADDRNOTAVAIL: "Linux net/ipv4/inet_hashtables.c __inet_check_established()"}):
        second.connect(listener.getsockname())  # decisive


@pytest.mark.claim("udp.send.no-port-left")
@pytest.mark.needs("namespace")
@over_ip
def test_datagram_of_an_unbound_socket_needs_a_free_port(peers, family, sysctl):
    receiver = peers.datagram(family, lane="receiver")
    sysctl("net.ipv4.ip_local_port_range", "50000 50000")
    peers.datagram(family, lane="only", host=family.wildcard, port=50000)  # decisive

    with fails(EAGAIN):
        peers.socket("sender", family.domain, SOCK_DGRAM).sendto(b"x", receiver.getsockname())


@pytest.mark.claim("tcp.backlog.unbound-listen-no-port-left")
@pytest.mark.needs("namespace")
@over_ip
def test_unbound_socket_cannot_listen_without_a_free_port(peers, family, sysctl):
    sysctl("net.ipv4.ip_local_port_range", "50000 50000")
    taken = peers.socket("taken", family.domain, SOCK_STREAM)
    taken.bind((family.wildcard, 50000))  # decisive

    with fails(EADDRINUSE):
        peers.socket("listener", family.domain, SOCK_STREAM).listen(1)
