"""SYNs to or from addresses that are no single host's (RFC 9293 section 3.9.2.3)."""

import pytest

from conformance.tcp.opening.nobody import NOBODY, each
from fixtures.stage.families import ip4, ip6

MANY = [(ip4, "255.255.255.255"), (ip4, "10.78.0.255"), (ip4, "224.0.0.1"), (ip6, "ff02::1"), (ip6, "ff0e::1")]


def listening_anywhere(remote):
    """A listener on every address of the kernel's."""
    opened = remote.peers.listener(remote.family, host=remote.family.wildcard)
    remote.towards(opened)
    remote.kernel = (remote.near_host, remote.kernel[1])
    remote.another("client").open()


@pytest.mark.claim("tcp.opening.not-to-many")
@each(*MANY)
def test_syn_to_many_is_dropped(remote, address):
    listening_anywhere(remote)
    before = len(remote.wire.seen("listener > * any"))

    remote.send("SYN", ip={"dst": address})  # decisive

    remote.came("SYN", times=2)
    assert len(remote.wire.seen("listener > * any")) == before
    remote.send("SYN seq 0")
    remote.expect("SYN ACK")


@pytest.mark.claim("tcp.opening.not-from-many")
@each(*NOBODY)
def test_syn_from_nobody_in_particular_is_dropped(remote, address):
    listening_anywhere(remote)
    before = len(remote.wire.seen("listener > * any"))

    remote.send("SYN", ip={"src": address})  # decisive

    remote.came("SYN", times=2)
    assert len(remote.wire.seen("listener > * any")) == before
    remote.send("SYN seq 0")
    remote.expect("SYN ACK")
