"""IPV6_V6ONLY: whether an IPv6 listener takes IPv4 as well, and who then has the port."""

from errno import EADDRINUSE, ECONNREFUSED, EINVAL, ENETUNREACH
from select import POLLIN
from socket import AF_INET, AF_INET6, IPPROTO_IPV6, IPV6_V6ONLY, SOCK_DGRAM, SOCK_STREAM, socket

import pytest

from conformance.configuration.values.tables import answer
from conformance.programs.arguments.calls import called
from conformance.programs.arguments.names import sockaddr
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import ip4, ip6

BINDV6ONLY = "net.ipv6.bindv6only"
pytestmark = pytest.mark.needs("ipv6")
kinds = pytest.mark.parametrize("kind", [SOCK_STREAM, SOCK_DGRAM], ids=["stream", "datagram"])


def listening(peers, only):
    """A listener on the IPv6 wildcard address with IPV6_V6ONLY as `only` says; unnamed, so that packets show hosts."""
    listener = peers.adopt(socket(AF_INET6, SOCK_STREAM))
    listener.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, only)
    listener.bind(("::", 0))
    listener.listen(2)
    return listener


@pytest.mark.claim("ip6.v6only.off-takes-ip4")
def test_listener_takes_clients_of_both_families(peers, wire):
    listener = listening(peers, 1)
    listener = listening(peers, 0)  # decisive
    port = listener.getsockname()[1]

    four = peers.connecting(ip4, ("127.0.0.1", port), lane="four")
    six = peers.connecting(ip6, ("::1", port), lane="six")

    assert [peers.accepting(listener).getpeername()[:2] for _ in range(2)] == [
        (f"::ffff:{four.getsockname()[0]}", four.getsockname()[1]), six.getsockname()[:2],
    ]  # fmt: skip
    wire.expect(f"four > 127.0.0.1:{port} SYN")
    wire.expect(f"six > [::1]:{port} SYN")


@pytest.mark.claim("ip6.v6only.off-takes-ip4-datagrams")
def test_datagrams_of_ip4_come_from_mapped_addresses(peers):
    receiver = peers.socket("receiver", AF_INET6, SOCK_DGRAM)
    receiver.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 1)
    receiver.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 0)  # decisive
    receiver.bind(("::", 0))
    sender = peers.datagram(ip4, lane="sender")

    sender.sendto(b"four", ("127.0.0.1", receiver.getsockname()[1]))

    ready(receiver, POLLIN)
    data, source = receiver.recvfrom(100)
    assert (data, source[:2]) == (b"four", (f"::ffff:{sender.getsockname()[0]}", sender.getsockname()[1]))


@pytest.mark.claim("ip6.v6only.on-refuses-ip4")
def test_listener_for_ip6_only_refuses_ip4(peers, wire):
    port = listening(peers, 0).getsockname()[1]
    port = listening(peers, 1).getsockname()[1]  # decisive
    client = peers.socket("client", ip4.domain, SOCK_STREAM)

    with fails(ECONNREFUSED):
        client.connect(("127.0.0.1", port))

    wire.expect(f"* > 127.0.0.1:{port} SYN")
    wire.expect(f"127.0.0.1:{port} > * RST")
    assert peers.connecting(ip6, ("::1", port)).getpeername()[1] == port


@pytest.mark.claim("ip6.v6only.on-leaves-the-ip4-port")
@pytest.mark.needs("own-ports")
@kinds
def test_ip4_may_have_the_same_port_as_ip6_only(peers, kind):
    six, four = peers.socket("six", AF_INET6, kind), peers.socket("four", ip4.domain, kind)
    six.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 1)  # decisive
    six.bind(("::", 0))

    four.bind(("0.0.0.0", six.getsockname()[1]))

    assert four.getsockname()[1] == six.getsockname()[1]


@pytest.mark.claim("ip6.v6only.off-has-the-ip4-port")
@kinds
@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1"])
def test_ip4_is_refused_the_port_of_both(peers, kind, host):
    six, four = peers.socket("six", AF_INET6, kind), peers.socket("four", ip4.domain, kind)
    six.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 1)
    six.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 0)  # decisive
    six.bind(("::", 0))

    with fails(EADDRINUSE):
        four.bind((host, six.getsockname()[1]))

    assert four.getsockname()[1] == 0


@pytest.mark.claim("ip6.v6only.default-from-sysctl")
@pytest.mark.parametrize("value", [0, 1])
def test_new_socket_has_the_default_of_the_namespace(peers, sysctl, value):
    sysctl(BINDV6ONLY, 1 - value)
    sysctl(BINDV6ONLY, value)  # decisive

    seen = peers.socket("end", AF_INET6, SOCK_STREAM).getsockopt(IPPROTO_IPV6, IPV6_V6ONLY)

    assert seen == value


@pytest.mark.claim("ip6.v6only.reads-back")
@kinds
@pytest.mark.parametrize("value", [0, 1])
def test_what_was_set_reads_back(peers, kind, value):
    end = peers.socket("end", AF_INET6, kind)
    end.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 1 - value)

    end.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, value)  # decisive

    assert end.getsockopt(IPPROTO_IPV6, IPV6_V6ONLY) == value


@pytest.mark.claim("ip6.v6only.fixed-once-bound")
@kinds
@pytest.mark.parametrize("value", [0, 1])
def test_bound_socket_keeps_its_setting(peers, kind, value):
    end = peers.socket("end", AF_INET6, kind)
    end.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, value)
    end.bind(("::", 0))  # decisive

    with fails(EINVAL):
        end.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 1 - value)

    assert end.getsockopt(IPPROTO_IPV6, IPV6_V6ONLY) == value


@pytest.mark.claim("ip6.mapped.accept-tells-it")
def test_accept_tells_a_client_of_ip4_by_its_mapped_address(peers):
    listener = listening(peers, 0)
    four = peers.socket("four", AF_INET, SOCK_STREAM)

    four.connect(("127.0.0.1", listener.getsockname()[1]))  # decisive

    ready(listener, POLLIN)
    accepted, address = listener.accept()

    with accepted:
        assert address == (f"::ffff:{four.getsockname()[0]}", four.getsockname()[1], 0, 0)


@pytest.mark.claim("ip6.mapped.bound-is-the-ip4-address")
def test_socket_bound_to_a_mapped_address_receives_what_goes_to_the_ip4_address(peers):
    receiver = peers.socket("receiver", AF_INET6, SOCK_DGRAM)
    receiver.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 0)
    receiver.bind(("::ffff:127.0.0.1", 0))  # decisive
    sender = peers.datagram(ip4, lane="sender")

    sender.sendto(b"four", ("127.0.0.1", receiver.getsockname()[1]))

    ready(receiver, POLLIN)
    assert receiver.recv(100) == b"four"


@pytest.mark.claim("ip6.mapped.connects-by-ip4")
def test_socket_of_ip6_connects_to_a_listener_of_ip4(peers):
    listener = peers.listener(ip4)
    client = peers.socket("client", AF_INET6, SOCK_STREAM)
    client.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 0)

    client.connect(("::ffff:127.0.0.1", listener.getsockname()[1]))  # decisive

    assert peers.accepting(listener).getpeername() == ("127.0.0.1", client.getsockname()[1])


@pytest.mark.claim("ip6.v6only.on-takes-no-mapped-address")
@pytest.mark.needs("mapped")
@kinds
def test_socket_for_ip6_only_takes_no_mapped_address(peers, kind):
    end, mapped = peers.socket("end", AF_INET6, kind), "::ffff:127.0.0.1"
    end.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 1)  # decisive

    seen = {"bind": answer(end.bind, (mapped, 0)), "connect": answer(end.connect, (mapped, 9))}

    assert seen == {"bind": "EINVAL", "connect": "ENETUNREACH"}


@pytest.mark.claim("ip6.v6only.on-takes-no-mapped-address")
@pytest.mark.needs("mapped")
def test_datagram_of_a_socket_for_ip6_only_goes_to_no_mapped_address(peers):
    end, other = peers.socket("end", AF_INET6, SOCK_DGRAM), peers.datagram(ip4, lane="other")
    end.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 1)  # decisive

    with fails(ENETUNREACH):
        end.sendto(b"mapped", ("::ffff:127.0.0.1", other.getsockname()[1]))


@pytest.mark.claim("ip6.send.to-an-address-of-ip4")
def test_datagram_socket_of_ip6_sends_to_an_address_of_ip4(peers):
    end, other = of_both(peers), peers.datagram(ip4, lane="other")
    address = sockaddr(other)

    called("sendto", end.fileno(), b"data", 4, 0, address, len(address))  # decisive

    assert other.recv(9) == b"data"


@pytest.mark.claim("ip6.send.to-an-address-of-ip4")
def test_datagram_socket_of_ip6_connects_to_an_address_of_ip4(peers):
    end, other = of_both(peers), peers.datagram(ip4, lane="other")
    address = sockaddr(other)

    called("connect", end.fileno(), address, len(address))  # decisive

    end.send(b"data")
    assert other.recv(9) == b"data"


def of_both(peers):
    """A datagram socket of IPv6 that may speak to IPv4 as well."""
    end = peers.socket("end", AF_INET6, SOCK_DGRAM)
    end.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 0)
    return end
