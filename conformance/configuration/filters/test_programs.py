"""Programs that follow one another, that choose nobody, and that outlive the sockets of their port."""

from errno import EPERM
from select import POLLIN
from socket import SOCK_DGRAM, SOL_SOCKET

import pytest

from conformance.configuration.filters.programs import (
    LOAD_BYTE,
    RETURN,
    RETURN_LOADED,
    SO_ATTACH_BPF,
    SO_ATTACH_REUSEPORT_CBPF,
    SO_LOCK_FILTER,
    attach,
    program,
)
from conformance.configuration.filters.receivers import another, sharing
from conformance.datagram.udp.datagrams import all_came_through
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import readiness
from fixtures.stage.families import over_ip

pytestmark = pytest.mark.needs("filter")
HEADER = 8
SENDERS = "abcdefgh"
"""So many that a hash hardly ever gives all of them to one socket: once in 128 times where there are two."""
CHOSEN = (LOAD_BYTE, 0), (RETURN_LOADED, 0)
"""The first byte of a datagram is the number of the socket that shall have it."""


def counts(peers, family, receivers, data=b"x"):
    """How many of the datagrams of different senders each of the receivers has got."""
    to = receivers[0].getsockname()
    for lane in SENDERS:
        peers.socket(lane, family.domain, SOCK_DGRAM).sendto(data, to)
    all_came_through(peers, family)
    return [taken(end) for end in receivers]


def taken(end):
    """How many datagrams wait there, which are received."""
    count = 0
    while readiness(end, POLLIN):
        end.recv(9)
        count += 1
    return count


@pytest.mark.claim("socket.filter.replaced")
@over_ip
def test_later_filter_takes_the_place_of_the_earlier(peers, family):
    sender, receiver = peers.socket("sender", family.domain, SOCK_DGRAM), peers.datagram(family, lane="receiver")
    attach(receiver, (RETURN, HEADER + 1))

    attach(receiver, (RETURN, HEADER + 4))  # decisive
    sender.sendto(b"abcdef", receiver.getsockname())

    assert receiver.recv(9) == b"abcd"


@pytest.mark.claim("socket.filter.replaced-by-the-other-kind")
@pytest.mark.needs("bpf")
@over_ip
def test_program_of_ebpf_takes_the_place_of_a_classic_one(peers, family):
    sender, receiver = peers.socket("sender", family.domain, SOCK_DGRAM), peers.datagram(family, lane="receiver")
    attach(receiver, (RETURN, HEADER + 1))

    with program(HEADER + 4) as descriptor:
        receiver.setsockopt(SOL_SOCKET, SO_ATTACH_BPF, descriptor)  # decisive
    sender.sendto(b"abcdef", receiver.getsockname())

    assert receiver.recv(9) == b"abcd"


@pytest.mark.claim("socket.filter.locked-keeps-the-port")
@over_ip
def test_lock_keeps_programs_from_the_port_too(peers, family):
    first, _ = sharing(peers, family)
    first.setsockopt(SOL_SOCKET, SO_LOCK_FILTER, 1)  # decisive

    with fails(EPERM):
        attach(first, (RETURN, 1), option=SO_ATTACH_REUSEPORT_CBPF)


@pytest.mark.claim("socket.reuseport.nobody-chosen")
@over_ip
def test_number_that_no_socket_has_loses_nothing(peers, family):
    first, second = sharing(peers, family)
    attach(first, *CHOSEN, option=SO_ATTACH_REUSEPORT_CBPF)  # decisive

    assert counts(peers, family, (first, second), b"\0") == [len(SENDERS), 0]
    assert sum(counts(peers, family, (first, second), b"\7")) == len(SENDERS)


@pytest.mark.claim("socket.reuseport.newcomer-has-the-program")
@over_ip
def test_socket_that_comes_later_is_chosen_by_the_program(peers, family):
    first, second = sharing(peers, family)
    attach(first, *CHOSEN, option=SO_ATTACH_REUSEPORT_CBPF)  # decisive

    third = another(peers, family, first)

    assert counts(peers, family, (first, second, third), b"\2") == [0, 0, len(SENDERS)]


@pytest.mark.claim("socket.reuseport.last-moves-up")
@over_ip
def test_last_socket_takes_the_place_of_one_that_is_closed(peers, family):
    first, second = sharing(peers, family)
    third = another(peers, family, first)
    attach(second, *CHOSEN, option=SO_ATTACH_REUSEPORT_CBPF)

    first.close()  # decisive

    assert counts(peers, family, (second, third), b"\0") == [0, len(SENDERS)]


@pytest.mark.claim("socket.reuseport.program-replaced")
@over_ip
def test_later_program_takes_the_place_of_the_earlier(peers, family):
    first, second = sharing(peers, family)
    attach(first, (RETURN, 0), option=SO_ATTACH_REUSEPORT_CBPF)

    attach(first, (RETURN, 1), option=SO_ATTACH_REUSEPORT_CBPF)  # decisive

    assert counts(peers, family, (first, second)) == [0, len(SENDERS)]
