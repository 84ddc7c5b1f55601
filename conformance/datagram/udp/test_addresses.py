"""Many addresses of one port, each with a socket of its own."""

from errno import EADDRINUSE
from socket import SOCK_DGRAM

import pytest

from fixtures.evidence.expect import fails
from fixtures.stage.families import over_ip4

HOSTS = [f"127.0.0.{number}" for number in range(2, 18)]
"""More than ten: so many sockets at a port are looked for by address."""


@pytest.mark.claim("udp.bind.many-addresses-of-one-port")
@pytest.mark.needs("own-ports")
@over_ip4
def test_each_address_of_a_port_has_a_socket_of_its_own(peers, family):
    first, *rest = HOSTS
    ends = [peers.datagram(family, lane="first", host=first)]
    port = ends[0].getsockname()[1]
    ends += [peers.datagram(family, lane=f"host{number}", host=host, port=port) for number, host in enumerate(rest)]
    sender = peers.socket("sender", family.domain, SOCK_DGRAM)

    for host in HOSTS:
        sender.sendto(host.encode(), (host, port))  # decisive

    assert [end.recv(100).decode() for end in ends] == HOSTS


@pytest.mark.claim("udp.bind.taken-among-many-refused")
@pytest.mark.needs("own-ports")
@pytest.mark.parametrize("taken", [HOSTS[7], "0.0.0.0"], ids=["same", "wildcard"])
@over_ip4
def test_address_that_is_taken_is_refused_among_many(peers, family, taken):
    first, *rest = HOSTS
    port = peers.datagram(family, lane="first", host=first).getsockname()[1]
    for number, host in enumerate(rest):
        peers.datagram(family, lane=f"host{number}", host=host, port=port)
    late = peers.socket("late", family.domain, SOCK_DGRAM)

    with fails(EADDRINUSE):
        late.bind((taken, port))  # decisive

    late.bind(("127.0.0.99", port))
