"""UDP-Lite: a part of a datagram may come damaged, as far as both ends agree to it (udplite(7), RFC 3828)."""

import pytest

from conformance.datagram.udp.lite import (
    HEADER,
    IPPROTO_UDPLITE,
    UDPLITE_RECV_CSCOV,
    UDPLITE_SEND_CSCOV,
    agreed,
    datagram,
    end_of,
    put,
)
from fixtures.stage.families import over_ip

PAYLOAD = b"frames of a film"
MORE = 12
"""Bytes: header and a part of what is behind it."""


@pytest.fixture
def receiver(remote):
    """A socket of the kernel's to which the remote host speaks."""
    end = end_of(remote.peers, remote.family, "receiver", remote.near_host)
    remote.towards(end)
    return end


@pytest.mark.claim("udp.lite.damage-outside-taken")
@over_ip
def test_damage_that_no_checksum_covers_is_taken(remote, receiver):
    right = datagram(remote, PAYLOAD, HEADER)

    put(remote, right[:-1] + b"!")  # decisive

    assert receiver.recv(100) == PAYLOAD[:-1] + b"!"


@pytest.mark.claim("udp.lite.damage-inside-dropped")
@pytest.mark.parametrize("covered", [0, HEADER + 2 + len(PAYLOAD)], ids=["all", "all-by-number"])
@over_ip
def test_datagram_that_its_checksum_does_not_fit_is_dropped(remote, receiver, covered):
    data = bytearray(agreed(remote, b"damaged " + PAYLOAD[8:], covered))

    data[7] ^= 1  # decisive

    put(remote, bytes(data))
    put(remote, datagram(remote, PAYLOAD, 0))
    assert receiver.recv(100) == PAYLOAD


@pytest.mark.claim("udp.lite.wrong-length-dropped")
@pytest.mark.parametrize("covered", [1, HEADER - 1, HEADER + len(PAYLOAD) + 1])
@over_ip
def test_coverage_that_cannot_be_is_dropped(remote, receiver, covered):
    data = bytearray(datagram(remote, b"covered nowise", 0))

    data[4:6] = covered.to_bytes(2, "big")  # decisive

    put(remote, bytes(data))
    put(remote, datagram(remote, PAYLOAD, 0))
    assert receiver.recv(100) == PAYLOAD


@pytest.mark.claim("udp.lite.less-covered-dropped")
@over_ip
def test_datagram_with_less_than_the_least_coverage_is_dropped(peers, family):
    sender, receiver = (end_of(peers, family, lane) for lane in ("sender", "receiver"))
    receiver.setsockopt(IPPROTO_UDPLITE, UDPLITE_RECV_CSCOV, MORE)  # decisive

    for covered, payload in ((HEADER, b"less"), (MORE, b"enough")):
        sender.setsockopt(IPPROTO_UDPLITE, UDPLITE_SEND_CSCOV, covered)
        sender.sendto(payload, receiver.getsockname())

    assert receiver.recv(100) == b"enough"


@pytest.mark.claim("udp.lite.partly-covered-dropped")
@over_ip
def test_datagram_covered_in_part_is_dropped_where_nobody_asked_for_such(peers, family):
    sender, receiver = (end_of(peers, family, lane) for lane in ("sender", "receiver"))
    receiver.setsockopt(IPPROTO_UDPLITE, UDPLITE_RECV_CSCOV, 0)

    for covered, payload in ((MORE, b"in part"), (0, b"as a whole")):
        sender.setsockopt(IPPROTO_UDPLITE, UDPLITE_SEND_CSCOV, covered)  # decisive
        sender.sendto(payload, receiver.getsockname())

    assert receiver.recv(100) == b"as a whole"


@pytest.mark.claim("udp.lite.coverage-at-least-the-header")
@pytest.mark.parametrize("option", [UDPLITE_SEND_CSCOV, UDPLITE_RECV_CSCOV], ids=["send", "receive"])
@pytest.mark.parametrize(("asked", "got"), [(0, 0), (1, 8), (7, 8), (9, 9), (70_000, 65_535)])
@over_ip
def test_coverage_is_rounded_up_to_the_header(peers, family, option, asked, got):
    end = end_of(peers, family, "end")
    end.setsockopt(IPPROTO_UDPLITE, option, MORE)

    end.setsockopt(IPPROTO_UDPLITE, option, asked)  # decisive

    assert end.getsockopt(IPPROTO_UDPLITE, option) == got
