"""Datagrams whose source no single host has (RFC 1122 4.1.3.6)."""

import pytest

from conformance.network.fragments.pieces import receiver_of
from conformance.tcp.opening.nobody import NOBODY, each

SOURCES = [(family, address) for family, address in NOBODY if address != "::"]
"""Over IPv6 a host that has no address yet may send from none (RFC 4291 2.5.2)."""


@pytest.mark.claim("udp.receive.source-of-one-host")
@each(*SOURCES)
def test_datagram_from_nobody_in_particular_is_dropped(remote, address):
    receiver = receiver_of(remote)

    remote.send("UDP", payload=b"from nobody", ip={"src": address})  # decisive

    remote.came("UDP (11)")
    remote.send("UDP", payload=b"right")
    assert receiver.recv(100) == b"right"
