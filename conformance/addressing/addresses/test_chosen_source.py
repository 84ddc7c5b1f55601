"""The source address that the kernel chooses where the program has bound none (RFC 1122 3.3.4.3, RFC 6724 5)."""

from socket import SOCK_DGRAM

import pytest

from fixtures.stage.families import over_ip


@pytest.mark.claim("ip.source.of-the-way")
@over_ip
def test_source_is_that_of_the_way_to_the_destination(remote, family):
    near, own = (remote.peers.socket(name, family.domain, SOCK_DGRAM) for name in ("near", "own"))

    near.connect(remote.address)  # decisive
    own.connect((family.loopback, 9))

    assert (near.getsockname()[0], own.getsockname()[0]) == (remote.near_host, family.loopback)
