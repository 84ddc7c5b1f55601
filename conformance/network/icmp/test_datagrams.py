"""Errors about datagrams: who is told, and what the error queue has of them (ip(7), ipv6(7), udp(7))."""

from errno import EACCES, EAGAIN, ECONNREFUSED, EHOSTUNREACH
from socket import MSG_DONTWAIT, SO_ERROR, SOCK_DGRAM, SOL_SOCKET

import pytest

from conformance.network.icmp.errors import (
    HARD,
    LATER,
    ROUTERS,
    SOFT,
    Extended,
    came,
    from_queue,
    origin,
    over_errors,
    pointer,
    receives_errors,
    tell,
)
from fixtures.evidence.expect import fails
from fixtures.stage.families import ip4, ip6, over_ip, over_ip4

FATAL = {
    ip4: [*HARD[ip4], *[error for error in LATER[ip4] if error.code in (6, 7, 8, 9, 10, 13, 14, 15)], SOFT[ip4][-1]],
    ip6: [*HARD[ip6], *[error for error in LATER[ip6] if error.errno == EACCES], *SOFT[ip6][-3:]],
}
"""Errors that the kernel's tables call fatal for a datagram socket."""
PASSING = {
    ip4: [*SOFT[ip4][:2], SOFT[ip4][3], *[error for error in LATER[ip4] if error.code in (11, 12)]],
    ip6: [*SOFT[ip6][:4], *[error for error in LATER[ip6] if error.errno == EHOSTUNREACH]],
}
"""Errors that may pass."""


def datagram_sent(remote, *, connected=True, recverr=False):
    """A socket of the kernel's that has sent a datagram to the remote host, which has come."""
    sender = remote.peers.socket("sender", remote.family.domain, SOCK_DGRAM)
    sender.bind((remote.near_host, 0))
    if recverr:
        receives_errors(sender, remote.family)
    remote.towards(sender)
    if connected:
        sender.connect(remote.address)
        sender.send(b"hello")
    else:
        sender.sendto(b"hello", remote.address)
    remote.expect("UDP (5)")
    return sender


def sent(remote):
    """The datagram that came last."""
    return remote.seen("UDP (5)")[-1]


@pytest.mark.claim("icmp.udp.fatal-error-told")
@over_errors(FATAL)
def test_connected_socket_is_told_a_fatal_error_once(remote, error):
    sender = datagram_sent(remote)

    tell(remote, error, sent(remote))  # decisive

    with fails(error.errno):
        sender.recv(10, MSG_DONTWAIT)
    with fails(EAGAIN):
        sender.recv(10, MSG_DONTWAIT)


@pytest.mark.claim("icmp.udp.passing-error-not-told")
@over_errors(PASSING)
def test_connected_socket_is_not_told_what_may_pass(remote, error):
    sender = datagram_sent(remote)

    tell(remote, error, sent(remote))  # decisive

    came(remote)
    assert sender.getsockopt(SOL_SOCKET, SO_ERROR) == 0
    assert sender.send(b"again") == 5


@pytest.mark.claim("icmp.udp.recverr-tells-all")
@over_errors(PASSING, FATAL)
def test_with_recverr_every_error_is_told(remote, error):
    sender = datagram_sent(remote, recverr=True)

    tell(remote, error, sent(remote))  # decisive

    with fails(error.errno):
        sender.recv(10, MSG_DONTWAIT)


@pytest.mark.claim("icmp.udp.unconnected-not-told")
@over_errors(FATAL)
def test_unconnected_socket_is_told_nothing(remote, error):
    sender = datagram_sent(remote, connected=False)

    tell(remote, error, sent(remote))  # decisive

    came(remote)
    assert sender.getsockopt(SOL_SOCKET, SO_ERROR) == 0
    assert sender.sendto(b"again", remote.address) == 5


@pytest.mark.claim("icmp.udp.queue-has-the-words")
@over_errors(PASSING, FATAL)
def test_error_queue_has_datagram_words_and_offender(remote, error):
    sender = datagram_sent(remote, connected=False, recverr=True)
    family, router = remote.family, ROUTERS[remote.family]

    tell(remote, error, sent(remote), router=router)  # decisive

    data, told, whither = from_queue(sender, family)
    assert data == b"hello"
    assert told == Extended(error.errno, origin(family), error.type, error.code, pointer(family, error), router)
    assert whither == (remote.host, remote.port)


@pytest.mark.claim("icmp.udp.queue-in-order")
@over_ip
def test_errors_leave_the_queue_in_the_order_of_their_coming(remote):
    sender = datagram_sent(remote, recverr=True)

    for error in PASSING[remote.family]:
        tell(remote, error, sent(remote))  # decisive

    told = [from_queue(sender, remote.family)[1] for _ in PASSING[remote.family]]
    assert [one.errno for one in told] == [error.errno for error in PASSING[remote.family]]
    with fails(EAGAIN):
        from_queue(sender, remote.family)


@pytest.mark.claim("icmp.udp.only-the-sender")
@over_ip
def test_error_about_a_datagram_of_another_socket_is_not_told(remote):
    bystander = datagram_sent(remote, recverr=True)
    sender = datagram_sent(remote, recverr=True)

    tell(remote, HARD[remote.family][-1], sent(remote))  # decisive

    assert bystander.getsockopt(SOL_SOCKET, SO_ERROR) == 0
    assert sender.getsockopt(SOL_SOCKET, SO_ERROR) == ECONNREFUSED


@pytest.mark.claim("icmp.source-quench.discarded")
@over_ip4
def test_source_quench_about_a_datagram_is_discarded(remote):
    sender = datagram_sent(remote, recverr=True)

    remote.send("ICMP type 4 code 0", about=sent(remote))  # decisive

    came(remote)
    assert sender.getsockopt(SOL_SOCKET, SO_ERROR) == 0
    tell(remote, HARD[ip4][-1], sent(remote))
    assert sender.getsockopt(SOL_SOCKET, SO_ERROR) == ECONNREFUSED
