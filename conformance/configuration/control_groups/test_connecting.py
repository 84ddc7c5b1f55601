"""Programs of a control group that connect() asks: from where it connects, and whether it may."""

from errno import EPERM
from socket import AF_INET

import pytest

from conformance.configuration.control_groups.groups import AT_CONNECT4, AT_CONNECT6, within_a_group
from fixtures.evidence.expect import fails
from fixtures.stage.ebpf import call, copy, end, put, write
from fixtures.stage.families import over_ip, over_ip4

pytestmark = pytest.mark.needs("control-group", "kernel>=5.10")
BIND, STACK, SIZE = 64, 10, 16
"""bpf_bind(), the register with the end of the stack, and the bytes of an address of IPv4."""
PLACES = {"ip4": AT_CONNECT4, "ip6": AT_CONNECT6}
ELSEWHERE = "127.0.0.9"
ADDRESS = AF_INET.to_bytes(2, "little") + bytes([0, 0, 127, 0, 0, 9]) + bytes(8)
BINDING = write(STACK, -SIZE, ADDRESS) + copy(2, STACK, -SIZE) + put(3, SIZE) + call(BIND) + end(1)


@pytest.mark.claim("tcp.group.bound-before-it-connects")
@over_ip4
def test_connection_comes_from_where_a_program_binds_it(peers, family):
    listener = peers.listener(family)

    with within_a_group() as group:
        group.asks(AT_CONNECT4, BINDING)  # decisive
        client = peers.connecting(family, listener.getsockname())

    assert client.getsockname()[0] == ELSEWHERE
    assert peers.accepting(listener).getpeername() == client.getsockname()


@pytest.mark.claim("tcp.group.may-not-connect")
@over_ip
def test_connection_that_a_program_refuses_is_not_begun(peers, family):
    listener = peers.listener(family)

    with within_a_group() as group:
        group.asks(PLACES[family.name], end(0))  # decisive
        with fails(EPERM):
            peers.connecting(family, listener.getsockname())
