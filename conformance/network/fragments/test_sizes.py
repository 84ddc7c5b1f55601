"""How large the fragments were in which a datagram came: IP_RECVFRAGSIZE and IPV6_RECVFRAGSIZE."""

from errno import EINVAL
from select import POLLIN
from socket import IPPROTO_IP, IPPROTO_IPV6, SOCK_STREAM

import pytest

from conformance.configuration.values.settings import of_type, waiting
from conformance.configuration.values.tables import number
from conformance.network.fragments.pieces import piece, receiver_of
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import ip4, ip6, over, over_ip4

FRAGMENT_SIZE = {"ip4": (IPPROTO_IP, 25), "ip6": (IPPROTO_IPV6, 77)}
"""linux/in.h, linux/in6.h."""
over_knowing = over(ip4, ip6, knowing={ip4: "IPPROTO_IP.25", ip6: "IPPROTO_IPV6.77"})
HEADERS = {"ip4": 20, "ip6": 40 + 8}
"""Of IP, and with that of a fragment (RFC 8200 4.5)."""
CUTS = [(0, 400), (400, 1200), (1200, 1408)]
DATA = bytes(range(200)) * 7


@pytest.mark.claim("fragments.size.largest-told")
@over_knowing
def test_size_of_the_largest_fragment_is_told(remote):
    receiver, family = receiver_of(remote), remote.family.name
    receiver.setsockopt(*FRAGMENT_SIZE[family], 1)  # decisive
    datagram = remote.craft("UDP", payload=DATA)

    for start, end in CUTS:
        remote.put(piece(remote, datagram, start, end))

    ready(receiver, POLLIN)
    data, ancillary, _, _ = receiver.recvmsg(2000, 100)
    assert (data, of_type(ancillary, *FRAGMENT_SIZE[family])) == (DATA, [number(800 + HEADERS[family])])


@pytest.mark.claim("fragments.size.of-fragments-alone")
@over_knowing
def test_size_of_a_datagram_that_came_whole_is_not_told(remote):
    receiver = receiver_of(remote)
    receiver.setsockopt(*FRAGMENT_SIZE[remote.family.name], 1)

    remote.send("UDP", payload=b"whole")  # decisive

    ready(receiver, POLLIN)
    assert waiting(receiver, 100) == (b"whole", [])


@pytest.mark.claim("fragments.size.not-of-streams")
@over_ip4
def test_stream_socket_is_not_told(peers, family):
    end = peers.socket("end", family.domain, SOCK_STREAM)

    with fails(EINVAL):
        end.setsockopt(*FRAGMENT_SIZE[family.name], 1)  # decisive
