"""In which order addresses are returned, and who tries them: the program, one connect() at a time."""

from errno import ECONNREFUSED, EINPROGRESS
from select import POLLOUT
from socket import AF_INET, AF_INET6, AF_UNSPEC, AI_PASSIVE, SO_ERROR, SOCK_STREAM, SOL_SOCKET, getaddrinfo

import pytest

from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import ip4

pytestmark = pytest.mark.needs("ipv6", "namespace")


def passive_listener(peers, found):
    """A listener by the pattern of the documents: the first address that can be bound and listened on."""
    domain, kind, protocol, _, address = found[0]
    listener = peers.socket("listener", domain, kind, protocol)
    listener.bind(address)
    listener.listen(1)
    return listener


@pytest.mark.claim("lookup.order.passive-ip4-first")
def test_wildcard_of_ip4_comes_first(looked_up):
    found = []
    found = looked_up(lambda: getaddrinfo(None, "0", AF_UNSPEC, SOCK_STREAM, 0, AI_PASSIVE))  # decisive

    assert [entry[0] for entry in found] == [AF_INET, AF_INET6]


@pytest.mark.claim("lookup.order.first-bound-is-one-family")
def test_listener_on_the_first_address_is_of_one_family(peers, wire, looked_up):
    found = looked_up(lambda: getaddrinfo(None, "0", AF_UNSPEC, SOCK_STREAM, 0, AI_PASSIVE))
    port = passive_listener(peers, found).getsockname()[1]
    client = peers.socket("client", AF_INET6, SOCK_STREAM)

    with fails(ECONNREFUSED):
        client.connect(("::1", port))  # decisive

    wire.expect("client > * SYN")
    wire.expect("* > client RST")
    assert peers.connecting(ip4, ("127.0.0.1", port), lane="four").getpeername() == ("127.0.0.1", port)


@pytest.mark.claim("lookup.order.loopback-ip6-first")
def test_loopback_of_ip6_comes_first(looked_up):
    found = []
    found = looked_up(lambda: getaddrinfo(None, "80", AF_UNSPEC, SOCK_STREAM))  # decisive

    assert [entry[4][0] for entry in found] == ["::1", "127.0.0.1"]


@pytest.mark.claim("lookup.order.program-tries-the-next")
def test_refused_address_is_followed_by_none_but_what_the_program_tries(peers, wire):
    port = peers.listener(ip4).getsockname()[1]
    first, second = peers.socket("first", AF_INET6, SOCK_STREAM), peers.socket("second", AF_INET, SOCK_STREAM)
    with fails(ECONNREFUSED):
        first.connect(("::1", port))
    wire.never("* > listener SYN")

    second.connect(("127.0.0.1", port))  # decisive

    wire.expect("first > * SYN")
    wire.expect("second > * SYN")


@pytest.mark.claim("lookup.order.program-races")
def test_two_connections_are_raced_by_two_sockets(peers, wire):
    port = peers.listener(ip4).getsockname()[1]
    targets = {"six": (AF_INET6, ("::1", port)), "four": (AF_INET, ("127.0.0.1", port))}
    racers = {lane: peers.socket(lane, family, SOCK_STREAM) for lane, (family, _) in targets.items()}
    for lane, racer in racers.items():
        racer.setblocking(False)
        with fails(EINPROGRESS):
            racer.connect(targets[lane][1])  # decisive

    for racer in racers.values():
        ready(racer, POLLOUT)

    errors = {lane: racer.getsockopt(SOL_SOCKET, SO_ERROR) for lane, racer in racers.items()}
    assert errors == {"six": ECONNREFUSED, "four": 0}
    wire.expect("six > * SYN")
    wire.expect("four > * SYN")


@pytest.mark.claim("lookup.order.no-connection-of-its-own")
def test_lookup_connects_to_none_of_the_addresses(peers, wire, resolver):
    port = peers.listener(ip4).getsockname()[1]
    resolver.records = {("ours.test", "A"): ["127.0.0.1", "127.0.0.2"]}

    found = []
    found = resolver.during(lambda: getaddrinfo("ours.test", port, AF_INET, SOCK_STREAM))  # decisive

    assert {entry[4][0] for entry in found} == {"127.0.0.1", "127.0.0.2"}
    wire.never("* > * SYN")
