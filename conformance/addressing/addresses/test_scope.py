"""Link-local addresses: only with the interface that they are meant on."""

from errno import EINVAL, ENODEV
from pathlib import Path
from select import POLLIN
from socket import AF_INET6, SOCK_DGRAM, SOCK_STREAM, inet_ntop

import pytest

from fixtures.evidence.expect import fails
from fixtures.evidence.verdicts import Unavailable
from fixtures.evidence.waiting import ready

pytestmark = pytest.mark.needs("ipv6")
UNKNOWN = 0x7FFFFFFF
"""An index that no interface has."""
kinds = pytest.mark.parametrize("kind", [SOCK_STREAM, SOCK_DGRAM], ids=["stream", "datagram"])


@pytest.fixture
def link_local(link):
    """The link-local address of the near end."""
    lines = (line.split() for line in Path("/proc/thread-self/net/if_inet6").read_text(encoding="ascii").splitlines())
    hosts = [host for host, _, _, _, _, name in lines if name == link.near_interface and host.startswith("fe80")]
    if not hosts:
        raise Unavailable("no link-local address is made: see addr_gen_mode", verdict="unsupported")
    return inet_ntop(AF_INET6, bytes.fromhex(hosts[0]))


@pytest.mark.claim("ip6.scope.bind-needs-it")
@kinds
def test_link_local_address_is_bound_only_with_its_interface(peers, link, link_local, kind):
    end = peers.socket("end", AF_INET6, kind)
    with fails(EINVAL):
        end.bind((link_local, 0, 0, 0))

    end.bind((link_local, 0, 0, link.near_index))  # decisive

    assert end.getsockname()[3] == link.near_index


@pytest.mark.claim("ip6.scope.connect-needs-it")
def test_link_local_address_is_connected_only_with_its_interface(peers, link, link_local):
    listener = peers.socket("listener", AF_INET6, SOCK_STREAM)
    listener.bind((link_local, 0, 0, link.near_index))
    listener.listen(1)
    port, client = listener.getsockname()[1], peers.socket("client", AF_INET6, SOCK_STREAM)
    with fails(EINVAL):
        client.connect((link_local, port, 0, 0))

    client.connect((link_local, port, 0, link.near_index))  # decisive

    assert client.getpeername() == listener.getsockname()


@pytest.mark.claim("ip6.scope.accept-tells-it")
def test_client_with_a_link_local_address_is_told_with_its_interface(peers, link, link_local):
    listener, client = (peers.socket(lane, AF_INET6, SOCK_STREAM) for lane in ("listener", "client"))
    listener.bind(("::", 0))
    listener.listen(1)

    client.connect((link_local, listener.getsockname()[1], 0, link.near_index))  # decisive

    ready(listener, POLLIN)
    server, told = listener.accept()
    assert told == peers.adopt(server).getpeername() == client.getsockname()


@pytest.mark.claim("ip6.scope.unknown-interface-refused")
@kinds
def test_interface_that_is_not_there_is_refused(peers, link_local, kind):
    end = peers.socket("end", AF_INET6, kind)

    with fails(ENODEV):
        end.bind((link_local, 0, 0, UNKNOWN))  # decisive

    assert end.getsockname()[1] == 0


@pytest.mark.claim("ip6.scope.not-for-others")
@kinds
def test_other_addresses_take_any_scope_id_and_keep_none(peers, kind):
    end = peers.socket("end", AF_INET6, kind)

    end.bind(("::1", 0, 0, UNKNOWN))  # decisive

    assert end.getsockname()[0] == "::1"
    assert end.getsockname()[3] == 0


@pytest.mark.claim("ip6.scope.receive-tells-it")
def test_sender_with_a_link_local_address_is_told_with_its_interface(peers, link, link_local):
    receiver, sender = (peers.socket(lane, AF_INET6, SOCK_DGRAM) for lane in ("receiver", "sender"))
    for end in (receiver, sender):
        end.bind((link_local, 0, 0, link.near_index))

    sender.sendto(b"x", receiver.getsockname())  # decisive

    ready(receiver, POLLIN)
    assert receiver.recvfrom(100) == (b"x", sender.getsockname())
