"""What bind() grants and what it refuses: one address, all of them, another's, none."""

from errno import EACCES, EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, ECONNREFUSED, EINVAL
from socket import IPPROTO_IP, IPPROTO_IPV6, SO_REUSEADDR, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.addressing.addresses.places import NOBODYS, NONLOCAL, OTHER_LOOPBACK, RANGE, of_loopback
from conformance.addressing.addresses.raw import bind, sockaddr
from conformance.lifecycle.creation.calls import without
from fixtures.evidence.expect import fails
from fixtures.evidence.verdicts import Unavailable
from fixtures.stage.families import ip4, ip6, over, over_ip, over_ip4
from fixtures.stage.sysctls import read_sysctl

IP_FREEBIND, IPV6_FREEBIND = 15, 78
over_ip6 = over(ip6)
UNPRIVILEGED = "net.ipv4.ip_unprivileged_port_start"
kinds = pytest.mark.parametrize("kind", [SOCK_STREAM, SOCK_DGRAM], ids=["stream", "datagram"])


@pytest.fixture
def privileged_port():
    """The highest port that only the privileged may bind, where there is one."""
    if (first := int(read_sysctl(UNPRIVILEGED))) < 2:
        raise Unavailable(f"{UNPRIVILEGED} leaves no privileged port", verdict="unsupported")
    return first - 1


@pytest.mark.claim("ip.bind.any-takes-every-address")
@pytest.mark.parametrize("host", [OTHER_LOOPBACK, "127.1.2.3"])
@over_ip4
def test_wildcard_listener_takes_connections_to_any_local_address(peers, wire, family, host):
    listener = peers.socket("listener", family.domain, SOCK_STREAM)
    place = family.loopback
    place = family.wildcard  # decisive
    listener.bind((place, 0))
    listener.listen(1)

    client = peers.connecting(family, (host, listener.getsockname()[1]))

    assert peers.accepting(listener).getsockname()[0] == host == client.getpeername()[0]
    wire.expect("client > * SYN")
    wire.expect("* > client SYN ACK")


@pytest.mark.claim("ip.bind.any-takes-every-interface")
@over_ip
def test_wildcard_listener_takes_connections_over_every_interface(peers, family, link):
    listener = peers.socket("listener", family.domain, SOCK_STREAM)
    place = family.loopback
    place = family.wildcard  # decisive
    listener.bind((place, 0))
    listener.listen(2)
    port = listener.getsockname()[1]

    with link.far.entered():
        peers.connecting(family, (link.near_host(family), port))
    peers.connecting(family, (family.loopback, port))

    reached = [peers.accepting(listener).getsockname()[0] for _ in range(2)]
    assert sorted(reached) == sorted([link.near_host(family), family.loopback])


@pytest.mark.claim("ip.bind.specific-takes-only-that")
@over_ip4
def test_listener_on_one_address_refuses_connections_to_another(peers, wire, family):
    listener = peers.socket("listener", family.domain, SOCK_STREAM)
    listener.bind((OTHER_LOOPBACK, 0))  # decisive
    listener.listen(1)
    client = peers.socket("client", family.domain, SOCK_STREAM)

    with fails(ECONNREFUSED):
        client.connect((family.loopback, listener.getsockname()[1]))

    wire.expect(f"* > {family.loopback}:{listener.getsockname()[1]} SYN")
    wire.expect(f"{family.loopback}:{listener.getsockname()[1]} > * RST")
    assert peers.connecting(family, listener.getsockname()).getpeername() == listener.getsockname()


@pytest.mark.claim("ip.bind.specific-takes-only-that")
@over_ip
def test_listener_on_loopback_refuses_connections_to_the_address_of_an_interface(peers, family, link):
    listener = peers.socket("listener", family.domain, SOCK_STREAM)
    listener.bind(family.address())  # decisive
    listener.listen(1)
    client = peers.socket("client", family.domain, SOCK_STREAM)

    with fails(ECONNREFUSED):
        client.connect((link.near_host(family), listener.getsockname()[1]))

    assert peers.connecting(family, listener.getsockname()).getpeername() == listener.getsockname()


@pytest.mark.claim("ip.bind.specific-is-no-interface")
@over_ip
def test_address_of_one_interface_is_reached_over_another(peers, wire, family, link):
    host = of_loopback(link, family)  # an address of lo, reached over the link
    listener = peers.socket("listener", family.domain, SOCK_STREAM)
    listener.bind((host, 0))
    listener.listen(1)

    with link.far.entered():
        client = peers.socket("client", family.domain, SOCK_STREAM)
        client.connect(listener.getsockname())  # decisive

    wire.expect("client > * SYN")
    assert peers.accepting(listener).getpeername() == client.getsockname()


@pytest.mark.claim("ip.bind.not-local-refused")
@kinds
@over_ip
def test_address_that_is_not_local_is_refused(peers, family, only_local, kind):
    end = peers.socket("end", family.domain, kind)

    with fails(EADDRNOTAVAIL):
        end.bind((NOBODYS[family.name], 0))  # decisive

    assert end.getsockname()[:2] == (family.wildcard, 0)


@pytest.mark.claim("ip.bind.nonlocal-sysctl-permits")
@over_ip
def test_sysctl_lets_any_address_be_bound(peers, family, sysctl):
    sysctl(NONLOCAL[family.name], 1)  # decisive
    end = peers.socket("end", family.domain, SOCK_STREAM)

    end.bind((NOBODYS[family.name], 0))

    assert end.getsockname()[0] == NOBODYS[family.name]


@pytest.mark.claim("ip.bind.freebind-permits")
@kinds
@over_ip4
def test_freebind_lets_any_address_be_bound(peers, family, only_local, kind):
    end = peers.socket("end", family.domain, kind)
    end.setsockopt(IPPROTO_IP, IP_FREEBIND, 1)  # decisive

    end.bind((NOBODYS[family.name], 0))

    assert end.getsockname()[0] == NOBODYS[family.name]


@pytest.mark.claim("ip6.bind.freebind-permits")
@pytest.mark.needs(f"option:IPPROTO_IPV6.{IPV6_FREEBIND}", "kernel>=4.15")
@kinds
@over_ip6
def test_freebind_lets_any_address_of_ipv6_be_bound(peers, family, only_local, kind):
    end = peers.socket("end", family.domain, kind)
    end.setsockopt(IPPROTO_IPV6, IPV6_FREEBIND, 1)  # decisive

    end.bind((NOBODYS[family.name], 0))

    assert end.getsockname()[0] == NOBODYS[family.name]


@pytest.mark.claim("ip.bind.again-refused")
@kinds
@over_ip
def test_socket_is_bound_only_once(peers, family, kind):
    end = peers.socket("end", family.domain, kind)
    end.bind(family.address())  # decisive
    name = end.getsockname()

    with fails(EINVAL):
        end.bind(family.address())

    assert end.getsockname() == name


@pytest.mark.claim("ip.bind.short-length-refused")
@kinds
@over_ip
def test_address_that_is_too_short_is_refused(peers, family, kind):
    end, address = peers.socket("end", family.domain, kind), sockaddr(family, family.loopback)

    with fails(EINVAL):
        bind(end, address, length=8)  # decisive

    assert end.getsockname()[:2] == (family.wildcard, 0)
    bind(end, address)
    assert end.getsockname()[0] == family.loopback


@pytest.mark.claim("ip.bind.other-family-refused")
@kinds
@pytest.mark.parametrize(
    ("family", "other"),
    [pytest.param(ip4, ip6, id="ip4"), pytest.param(ip6, ip4, id="ip6", marks=pytest.mark.needs("ipv6"))],
)
def test_address_of_another_family_is_refused(peers, family, other, kind):
    end = peers.socket("end", family.domain, kind)
    address = sockaddr(other, other.loopback).ljust(len(sockaddr(ip6, ip6.loopback)), b"\0")

    with fails(EAFNOSUPPORT):
        bind(end, address)  # decisive

    assert end.getsockname()[:2] == (family.wildcard, 0)


@pytest.mark.claim("ip.bind.in-use-refused")
@kinds
@over_ip
def test_address_in_use_is_refused(peers, family, kind):
    holder, other = (peers.socket(lane, family.domain, kind) for lane in ("holder", "other"))
    holder.bind(family.address())  # decisive

    with fails(EADDRINUSE):
        other.bind(family.address(holder.getsockname()[1]))

    assert other.getsockname()[1] == 0


@pytest.mark.claim("ip.bind.privileged-port-needs-capability")
@pytest.mark.needs("CAP_NET_BIND_SERVICE", "namespace")
@kinds
@over_ip
def test_privileged_port_is_refused_without_the_capability(peers, family, kind, privileged_port):
    end = peers.socket("end", family.domain, kind)

    with fails(EACCES):
        without("CAP_NET_BIND_SERVICE", lambda: end.bind(family.address(privileged_port)))  # decisive

    end.bind(family.address(privileged_port))
    assert end.getsockname()[1] == privileged_port


@pytest.mark.claim("ip.bind.ephemeral-ports-run-out")
@kinds
@over_ip
def test_bind_fails_when_no_ephemeral_port_is_left(peers, family, kind, sysctl):
    sysctl(RANGE, "40000 40001")  # decisive
    first, second, third = (peers.socket(lane, family.domain, kind) for lane in ("first", "second", "third"))
    first.bind(family.address())
    second.bind(family.address())

    with fails(EADDRINUSE):
        third.bind(family.address())

    assert {first.getsockname()[1], second.getsockname()[1]} == {40000, 40001}


@pytest.mark.claim("ip.bind.ephemeral-port-is-not-shared")
@over_ip
def test_ephemeral_port_is_not_shared_although_both_would_reuse_it(peers, family, sysctl):
    sysctl("net.ipv4.ip_autobind_reuse", 0)
    sysctl(RANGE, "40000 40003")
    ends = [peers.socket(f"end{number}", family.domain, SOCK_STREAM) for number in range(5)]
    for end in ends:
        end.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)

    for end in ends[:-1]:
        end.bind(family.address())  # decisive
    with fails(EADDRINUSE):
        ends[-1].bind(family.address())

    assert {end.getsockname()[1] for end in ends[:-1]} == {*range(40000, 40004)}
