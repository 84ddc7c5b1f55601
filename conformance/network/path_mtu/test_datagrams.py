"""Datagrams that were too big for their path (ip(7), IP_MTU_DISCOVER; ipv6(7); RFC 8201)."""

import time
from errno import EMSGSIZE
from socket import SO_ERROR, SOL_SOCKET

import pytest

from conformance.network.path_mtu.paths import (
    DISCOVERY,
    DO,
    DONT,
    INTERFACE,
    LINK,
    OMIT,
    PROBE,
    TOLD,
    WANT,
    came,
    fits,
    large_datagram,
    mtu_of,
    network_of,
    too_big,
)
from fixtures.evidence.expect import JIFFY, fails
from fixtures.evidence.waiting import until
from fixtures.stage.families import over_ip, over_ip4

EXPIRES = {"ip4": "net.ipv4.route.mtu_expires", "ip6": "net.ipv6.route.mtu_expires"}
"""Seconds."""
HEEDING = pytest.mark.parametrize("discovery", [WANT, DO], ids=["want", "do"])


@pytest.mark.claim("pathmtu.datagrams.mtu-told")
@HEEDING
@over_ip
def test_socket_tells_the_mtu_of_its_path(remote, discovery):
    sender, datagram = large_datagram(remote, discovery)
    assert mtu_of(sender, remote.family) == LINK

    too_big(remote, datagram, TOLD)  # decisive

    assert mtu_of(sender, remote.family) == TOLD


@pytest.mark.claim("pathmtu.datagrams.error-told")
@HEEDING
@over_ip
def test_sender_is_told_that_a_datagram_was_too_big(remote, discovery):
    sender, datagram = large_datagram(remote, discovery)

    too_big(remote, datagram, TOLD)  # decisive

    assert sender.getsockopt(SOL_SOCKET, SO_ERROR) == EMSGSIZE


@pytest.mark.claim("pathmtu.datagrams.next-refused")
@over_ip
def test_next_datagram_that_does_not_fit_is_refused(remote):
    sender, datagram = large_datagram(remote, DO)

    too_big(remote, datagram, TOLD)  # decisive

    assert sender.getsockopt(SOL_SOCKET, SO_ERROR) == EMSGSIZE
    with fails(EMSGSIZE):
        sender.send(b"x" * (fits(remote, TOLD) + 1))
    assert sender.send(b"x" * fits(remote, TOLD)) == fits(remote, TOLD)


@pytest.mark.claim("pathmtu.datagrams.next-in-fragments")
@over_ip
def test_next_datagram_that_does_not_fit_is_sent_in_fragments(remote):
    sender, datagram = large_datagram(remote, WANT)

    too_big(remote, datagram, TOLD)  # decisive

    assert sender.getsockopt(SOL_SOCKET, SO_ERROR) == EMSGSIZE
    remote.settle()
    before = len(remote.wire.frames)
    sender.send(b"x" * fits(remote, LINK))
    remote.settle()
    pieces = [frame.data for frame in remote.wire.frames[before:] if b"x" * 8 in frame.data]  # others pass meanwhile
    sizes = [len(data) - 14 for data in pieces]
    assert len(sizes) == 2
    assert all(size <= TOLD for size in sizes)


@pytest.mark.claim("pathmtu.datagrams.told-nobody-when-off")
@over_ip4
def test_socket_without_discovery_is_not_told(remote):
    sender, datagram = large_datagram(remote, DONT)
    assert not network_of(remote.seen("UDP")[-1]).flags.DF

    too_big(remote, datagram, TOLD)  # decisive

    came(remote)
    assert sender.getsockopt(SOL_SOCKET, SO_ERROR) == 0
    sender.setsockopt(*DISCOVERY[remote.family], WANT)
    too_big(remote, datagram, TOLD)
    assert sender.getsockopt(SOL_SOCKET, SO_ERROR) == EMSGSIZE


@pytest.mark.claim("pathmtu.datagrams.not-learned")
@pytest.mark.parametrize("discovery", [INTERFACE, OMIT], ids=["interface", "omit"])
@over_ip
def test_socket_that_trusts_its_link_alone_learns_nothing(remote, discovery):
    sender, datagram = large_datagram(remote, discovery)

    too_big(remote, datagram, TOLD)  # decisive

    came(remote)
    assert mtu_of(sender, remote.family) == LINK
    sender.setsockopt(*DISCOVERY[remote.family], WANT)
    too_big(remote, datagram, TOLD)
    assert mtu_of(sender, remote.family) == TOLD


@pytest.mark.claim("pathmtu.datagrams.probe-sends-more")
@over_ip
def test_probe_may_be_larger_than_the_known_path(remote):
    sender, datagram = large_datagram(remote, PROBE)

    too_big(remote, datagram, TOLD)  # decisive

    assert sender.getsockopt(SOL_SOCKET, SO_ERROR) == EMSGSIZE
    assert sender.send(b"x" * fits(remote, LINK)) == fits(remote, LINK)
    remote.expect(f"UDP ({fits(remote, LINK)})")


@pytest.mark.beside
@pytest.mark.claim("pathmtu.datagrams.forgotten-in-time")
@over_ip
def test_what_a_router_said_is_forgotten_after_the_time_of_the_setting(remote, sysctl):
    sysctl(EXPIRES[remote.family.name], 1)
    sender, datagram = large_datagram(remote, WANT)
    before = time.monotonic()

    too_big(remote, datagram, TOLD)  # decisive

    until(lambda: mtu_by_now(sender, remote) == LINK, what="the MTU of the link again")
    assert time.monotonic() - before >= 1 - JIFFY


def mtu_by_now(sender, remote):
    """What a socket that connects again takes its path for."""
    sender.connect(remote.address)
    return mtu_of(sender, remote.family)
