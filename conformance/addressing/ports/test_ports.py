"""Which ports the kernel may choose: the range of a socket, reserved ones, and sockets that leave it for later."""

import sys
from errno import EADDRINUSE, EADDRNOTAVAIL, EINVAL
from socket import IPPROTO_IP, SOCK_DGRAM, SOCK_STREAM

import pytest

from fixtures.evidence.expect import fails
from fixtures.stage.families import over_ip

IP_BIND_ADDRESS_NO_PORT, IP_LOCAL_PORT_RANGE = 24, 51
"""linux/in.h."""
OF_THE_HOST, RESERVED = "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports"
kinds = pytest.mark.parametrize("kind", [SOCK_STREAM, SOCK_DGRAM], ids=["SOCK_STREAM", "SOCK_DGRAM"])
ranged = pytest.mark.needs("namespace", f"option:IPPROTO_IP.{IP_LOCAL_PORT_RANGE}")
apart = pytest.mark.needs("namespace")


def span(low, high):
    """The first and the last port, as IP_LOCAL_PORT_RANGE has them."""
    return (high << 16 | low).to_bytes(4, sys.byteorder)


@pytest.mark.claim("ip.port-range.bind-keeps-to-it")
@kinds
@ranged
@over_ip
def test_bind_chooses_from_the_range_of_the_socket(peers, family, sysctl, kind):
    sysctl(OF_THE_HOST, "50000 50100")
    ends = [peers.socket(lane, family.domain, kind) for lane in ("first", "second")]
    for end in ends:
        end.setsockopt(IPPROTO_IP, IP_LOCAL_PORT_RANGE, span(50007, 50008))  # decisive

    for end in ends:
        end.bind((family.loopback, 0))

    assert {end.getsockname()[1] for end in ends} == {50007, 50008}


@pytest.mark.claim("ip.port-range.connect-keeps-to-it")
@kinds
@ranged
@over_ip
def test_connect_chooses_from_the_range_of_the_socket(peers, family, sysctl, kind):
    sysctl(OF_THE_HOST, "50000 50100")
    server = peers.socket("server", family.domain, kind)
    server.bind((family.loopback, 50000))
    if kind == SOCK_STREAM:
        server.listen(1)
    client = peers.socket("client", family.domain, kind)
    client.setsockopt(IPPROTO_IP, IP_LOCAL_PORT_RANGE, span(50009, 50009))  # decisive

    client.connect(server.getsockname())

    assert client.getsockname()[1] == 50009


@pytest.mark.claim("ip.port-range.used-up")
@kinds
@ranged
@over_ip
def test_range_that_is_used_up_leaves_no_port(peers, family, sysctl, kind):
    sysctl(OF_THE_HOST, "50000 50100")
    holder, end = (peers.socket(lane, family.domain, kind) for lane in ("holder", "end"))
    holder.bind((family.loopback, 50011))
    end.setsockopt(IPPROTO_IP, IP_LOCAL_PORT_RANGE, span(50011, 50011))  # decisive

    with fails(EADDRINUSE):
        end.bind((family.loopback, 0))


@pytest.mark.claim("ip.port-range.only-narrows")
@kinds
@ranged
@over_ip
def test_range_outside_that_of_the_host_does_not_count(peers, family, sysctl, kind):
    sysctl(OF_THE_HOST, "50000 50000")  # decisive
    end = peers.socket("end", family.domain, kind)
    end.setsockopt(IPPROTO_IP, IP_LOCAL_PORT_RANGE, span(40000, 40001))

    end.bind((family.loopback, 0))

    assert end.getsockname()[1] == 50000


@pytest.mark.claim("ip.port-range.a-bound-may-be-free")
@ranged
@over_ip
def test_range_with_one_bound_goes_to_the_end_of_that_of_the_host(peers, family, sysctl):
    sysctl(OF_THE_HOST, "50000 50002")
    ends = [peers.socket(lane, family.domain, SOCK_STREAM) for lane in ("from", "up to")]
    ends[0].setsockopt(IPPROTO_IP, IP_LOCAL_PORT_RANGE, span(50002, 0))  # decisive
    ends[1].setsockopt(IPPROTO_IP, IP_LOCAL_PORT_RANGE, span(0, 50000))  # decisive

    for end in ends:
        end.bind((family.loopback, 0))

    assert [end.getsockname()[1] for end in ends] == [50002, 50000]


@pytest.mark.claim("ip.port-range.reversed-refused")
@pytest.mark.needs(f"option:IPPROTO_IP.{IP_LOCAL_PORT_RANGE}")
@over_ip
def test_range_whose_end_is_before_its_beginning_is_refused(peers, family):
    end = peers.socket("end", family.domain, SOCK_STREAM)
    end.setsockopt(IPPROTO_IP, IP_LOCAL_PORT_RANGE, span(50000, 50001))

    with fails(EINVAL):
        end.setsockopt(IPPROTO_IP, IP_LOCAL_PORT_RANGE, span(50001, 50000))  # decisive

    assert end.getsockopt(IPPROTO_IP, IP_LOCAL_PORT_RANGE, 4) == span(50000, 50001)


@pytest.mark.claim("ip.reserved-ports.not-chosen-by-bind")
@kinds
@apart
@over_ip
def test_bind_chooses_no_reserved_port(peers, family, sysctl, kind):
    sysctl(OF_THE_HOST, "50000 50003")
    sysctl(RESERVED, "50000-50001,50003")  # decisive
    first, second = (peers.socket(lane, family.domain, kind) for lane in ("first", "second"))

    first.bind((family.loopback, 0))

    assert first.getsockname()[1] == 50002
    with fails(EADDRINUSE):
        second.bind((family.loopback, 0))


@pytest.mark.claim("ip.reserved-ports.not-chosen-by-connect")
@apart
@over_ip
def test_connect_chooses_no_reserved_port(peers, family, sysctl):
    listener = peers.listener(family)
    sysctl(OF_THE_HOST, "50000 50003")
    sysctl(RESERVED, "50000-50001,50003")  # decisive
    first, second = (peers.socket(lane, family.domain, SOCK_STREAM) for lane in ("first", "second"))

    first.connect(listener.getsockname())

    assert first.getsockname()[1] == 50002
    with fails(EADDRNOTAVAIL):
        second.connect(listener.getsockname())


@pytest.mark.claim("ip.reserved-ports.can-be-asked-for")
@kinds
@apart
@over_ip
def test_reserved_port_can_be_bound_by_its_number(peers, family, sysctl, kind):
    sysctl(RESERVED, "50005")
    end = peers.socket("end", family.domain, kind)

    end.bind((family.loopback, 50005))  # decisive

    assert end.getsockname()[1] == 50005


@pytest.mark.claim("ip.bind-no-port.datagrams-too")
@pytest.mark.needs(f"option:IPPROTO_IP.{IP_BIND_ADDRESS_NO_PORT}")
@over_ip
def test_datagram_socket_has_no_port_until_it_connects(peers, family):
    receiver, end = peers.datagram(family, lane="receiver"), peers.socket("end", family.domain, SOCK_DGRAM)
    end.setsockopt(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)  # decisive

    end.bind((family.loopback, 0))
    before = end.getsockname()[1]
    end.connect(receiver.getsockname())

    assert before == 0
    assert end.getsockname()[1] != 0


@pytest.mark.claim("ip.bind-no-port.chosen-by-listen")
@pytest.mark.needs(f"option:IPPROTO_IP.{IP_BIND_ADDRESS_NO_PORT}")
@over_ip
def test_listener_has_no_port_until_it_listens(peers, family):
    listener = peers.socket("listener", family.domain, SOCK_STREAM)
    listener.setsockopt(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)  # decisive

    listener.bind((family.loopback, 0))
    before = listener.getsockname()[1]
    listener.listen(1)

    assert before == 0
    assert listener.getsockname()[1] != 0


@pytest.mark.claim("ip.bind-no-port.explicit-is-taken")
@over_ip
def test_port_that_is_given_is_bound_at_once(peers, family):
    first, second = (peers.socket(lane, family.domain, SOCK_STREAM) for lane in ("first", "second"))
    first.bind((family.loopback, 0))
    second.setsockopt(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)

    with fails(EADDRINUSE):
        second.bind(first.getsockname())  # decisive
