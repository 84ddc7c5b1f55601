"""Headers of what arrives: hops that are used up, checksums that are wrong (RFC 1122 3.2.1, RFC 8200 3)."""

import pytest

from conformance.network.fragments.pieces import receiver_of
from fixtures.stage.families import ip6, over_ip, over_ip4


def taken(remote, receiver):
    """The next datagram that the receiver has, a right one being the last."""
    remote.send("UDP", payload=b"right")
    return receiver.recv(10)


@pytest.mark.claim("ipheader.hops.last-one-taken")
@pytest.mark.parametrize("hops", [0, 1])
@over_ip
def test_datagram_whose_hops_are_used_up_is_taken_at_its_destination(remote, hops):
    receiver = receiver_of(remote)

    remote.send("UDP", payload=b"taken", ip={"hlim" if remote.family is ip6 else "ttl": hops})  # decisive

    assert taken(remote, receiver) == b"taken"


@pytest.mark.claim("ipheader.checksum.wrong-dropped")
@over_ip4
def test_datagram_with_a_wrong_checksum_of_its_header_is_dropped(remote):
    receiver = receiver_of(remote)
    wrong = remote.craft("UDP", payload=b"wrong")
    right = type(wrong)(bytes(wrong))
    right.chksum ^= 1

    remote.put(right)  # decisive

    remote.came(right)
    assert taken(remote, receiver) == b"right"
    remote.expect_none("ICMP")
