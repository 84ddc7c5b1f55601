"""Routes that lead nowhere, and what must not go over a gateway."""

from errno import EACCES, EHOSTUNREACH, EINVAL, ENETUNREACH
from socket import IPPROTO_UDP, MSG_DONTROUTE, SO_DONTROUTE, SOCK_DGRAM, SOCK_RAW, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.network.routes.hosts import ELSEWHERE, PORT
from fixtures.evidence.expect import fails
from fixtures.stage.families import over_ip, over_ip4
from fixtures.stage.rtnetlink import RTN_BLACKHOLE, RTN_PROHIBIT, RTN_UNREACHABLE, Routes

BARS = {"prohibit": (RTN_PROHIBIT, EACCES), "blackhole": (RTN_BLACKHOLE, EINVAL),
        "unreachable": (RTN_UNREACHABLE, EHOSTUNREACH)}  # fmt: skip
bars = pytest.mark.parametrize(("kind", "error"), BARS.values(), ids=BARS)


def barred(family, kind):
    """The address of a host to which a route of that kind leads."""
    with Routes() as routes:
        routes.bar(ELSEWHERE[family.name], kind)
    return ELSEWHERE[family.name], PORT


@pytest.mark.claim("ip.routes.refusal-told-to-send")
@pytest.mark.needs("namespace")
@bars
@over_ip
def test_datagram_by_a_route_that_refuses_fails(peers, family, kind, error):
    end = peers.socket("end", family.domain, SOCK_DGRAM)

    with fails(error):
        end.sendto(b"x", barred(family, kind))  # decisive


@pytest.mark.claim("ip.routes.refusal-told-to-connect")
@pytest.mark.needs("namespace")
@pytest.mark.parametrize("sort", [SOCK_STREAM, SOCK_DGRAM], ids=["SOCK_STREAM", "SOCK_DGRAM"])
@bars
@over_ip
def test_connecting_by_a_route_that_refuses_fails(peers, family, sort, kind, error):
    end = peers.socket("end", family.domain, sort)

    with fails(error):
        end.connect(barred(family, kind))  # decisive


def behind_a_gateway(link, family):
    """The address of a host that only the far host leads to."""
    with Routes() as routes:
        routes.lead_on(link.far_host(family))
    return ELSEWHERE[family.name], PORT


KINDS = {"datagram": (SOCK_DGRAM, 0), "raw": (SOCK_RAW, IPPROTO_UDP)}
kinds = pytest.mark.parametrize(
    "kind", [pytest.param(kind, id=name, marks=[pytest.mark.needs("CAP_NET_RAW")] if name == "raw" else [])
             for name, kind in KINDS.items()],
)  # fmt: skip


@pytest.mark.claim("ip.dontroute.flag-spares-gateways")
@pytest.mark.needs("option:SOL_SOCKET.SO_DONTROUTE")
@kinds
@over_ip4
def test_message_with_the_flag_goes_over_no_gateway(peers, family, link, kind):
    end, to = peers.socket("end", family.domain, *kind), behind_a_gateway(link, family)
    assert end.sendto(bytes(8), to) == 8

    with fails(ENETUNREACH):
        end.sendto(bytes(8), MSG_DONTROUTE, to)  # decisive


@pytest.mark.claim("ip.dontroute.option-spares-gateways")
@pytest.mark.needs("option:SOL_SOCKET.SO_DONTROUTE")
@kinds
@over_ip4
def test_socket_with_the_option_sends_over_no_gateway(peers, family, link, kind):
    end, to = peers.socket("end", family.domain, *kind), behind_a_gateway(link, family)
    end.setsockopt(SOL_SOCKET, SO_DONTROUTE, 1)  # decisive

    with fails(ENETUNREACH):
        end.sendto(bytes(8), to)


@pytest.mark.claim("ip.dontroute.option-spares-gateways")
@pytest.mark.needs("option:SOL_SOCKET.SO_DONTROUTE")
@over_ip4
def test_socket_with_the_option_connects_over_no_gateway(peers, family, link):
    end, to = peers.socket("end", family.domain, SOCK_STREAM), behind_a_gateway(link, family)
    end.setsockopt(SOL_SOCKET, SO_DONTROUTE, 1)  # decisive

    with fails(ENETUNREACH):
        end.connect(to)


@pytest.mark.claim("ip.dontroute.reaches-the-link")
@pytest.mark.needs("option:SOL_SOCKET.SO_DONTROUTE")
@pytest.mark.parametrize(("option", "flag"), [(0, MSG_DONTROUTE), (1, 0)], ids=["flag", "option"])
@over_ip4
def test_host_on_the_link_is_reached_all_the_same(peers, family, link, option, flag):
    with link.far.entered():
        receiver = peers.datagram(family, lane="receiver", host=link.far_host(family))
    end = peers.socket("end", family.domain, SOCK_DGRAM)
    end.setsockopt(SOL_SOCKET, SO_DONTROUTE, option)

    end.sendto(b"near", flag, receiver.getsockname())  # decisive

    assert receiver.recv(9) == b"near"
    assert end.getsockopt(SOL_SOCKET, SO_DONTROUTE) == option


@pytest.mark.claim("tcp.connect.wildcard-is-this-host")
@over_ip
def test_wildcard_address_connects_to_this_host(peers, family):
    listener = peers.listener(family)
    client = peers.socket("client", family.domain, SOCK_STREAM)

    client.connect((family.wildcard, listener.getsockname()[1]))  # decisive

    assert client.getpeername()[:2] == listener.getsockname()[:2]


@pytest.mark.claim("udp.send.wildcard-is-this-host")
@over_ip
def test_datagram_to_the_wildcard_address_arrives_at_this_host(peers, family):
    sender, receiver = peers.socket("sender", family.domain, SOCK_DGRAM), peers.datagram(family, lane="receiver")

    sender.sendto(b"data", (family.wildcard, receiver.getsockname()[1]))  # decisive

    assert receiver.recv(9) == b"data"
