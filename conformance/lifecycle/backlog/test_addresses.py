"""The address that accept() writes, and the length that it takes and gives."""

import os

import pytest

from conformance.lifecycle.backlog.libc import accept_into
from conformance.lifecycle.connect.calls import sockaddr
from fixtures.stage.families import over_ip


@pytest.mark.claim("stream.accept.length-is-returned")
@pytest.mark.parametrize("room", [0, 4, 64])
@over_ip
def test_address_is_cut_and_its_whole_length_told(peers, family, room):
    listener = peers.listener(family)
    client = peers.connecting(family, listener.getsockname())
    whole = sockaddr(family, client.getsockname())
    given = 0 if room else 1
    given = room  # decisive

    number, address, length = accept_into(listener, given)
    os.close(number)

    assert length == len(whole)
    written = min(room, len(whole))
    assert address[:written] == whole[:written]
    assert address[written:] == b"\xff" * (len(address) - written)
