"""When a datagram came, and what an error queue looks like to select()."""

import time
from errno import ENOBUFS, ENOENT
from fcntl import ioctl
from select import POLLERR, POLLIN
from socket import SOL_SOCKET

import pytest

from conformance.configuration.values.settings import (
    SIOCGSTAMP,
    SO_SELECT_ERR_QUEUE,
    SO_TIMESTAMP,
    TIMEVAL,
    of_type,
    seconds_of,
    waiting,
)
from conformance.datagram.udp.datagrams import RECEIVE_ERRORS, ends, nobody
from fixtures.evidence.expect import fails
from fixtures.evidence.polling import selecting
from fixtures.evidence.waiting import ready, until
from fixtures.stage.families import over_ip


@pytest.mark.claim("udp.timestamp.arrival")
@over_ip
def test_datagram_brings_the_time_of_its_arrival(peers, family):
    sender, receiver = ends(peers, family)
    receiver.setsockopt(SOL_SOCKET, SO_TIMESTAMP, 1)  # decisive
    before = time.time()

    sender.sendto(b"now", receiver.getsockname())

    ready(receiver, POLLIN)
    told = of_type(waiting(receiver, 100)[1], SOL_SOCKET, SO_TIMESTAMP)
    assert [before - 1e-6 <= seconds_of(value) <= time.time() for value in told] == [True]


@pytest.mark.claim("udp.timestamp.not-of-the-reading")
@over_ip
def test_time_of_a_datagram_is_before_it_is_read(peers, family):
    sender, receiver = ends(peers, family)
    receiver.setsockopt(SOL_SOCKET, SO_TIMESTAMP, 1)

    def is_before():
        sender.sendto(b"now", receiver.getsockname())
        ready(receiver, POLLIN)
        here, told = time.time(), []
        told = of_type(waiting(receiver, 100)[1], SOL_SOCKET, SO_TIMESTAMP)  # decisive
        return [seconds_of(value) <= here for value in told] == [True]

    assert until(is_before, what="a time before the reading", within=1.0)  # the first may come before times are taken


@pytest.mark.claim("udp.siocgstamp.none-before-a-datagram")
@over_ip
def test_socket_that_has_received_nothing_has_no_time(peers, family):
    receiver = peers.datagram(family, lane="receiver")

    with fails(ENOENT):
        ioctl(receiver, SIOCGSTAMP, bytes(TIMEVAL.size))  # decisive


@pytest.mark.claim("udp.siocgstamp.of-the-last-datagram")
@over_ip
def test_time_of_the_last_datagram_is_told(peers, family):
    sender, receiver = ends(peers, family)
    with fails(ENOENT):
        ioctl(receiver, SIOCGSTAMP, bytes(TIMEVAL.size))  # from now on times are kept
    before = time.time()
    sender.sendto(b"now", receiver.getsockname())
    assert receiver.recv(10) == b"now"
    told = bytes(TIMEVAL.size)

    told = ioctl(receiver, SIOCGSTAMP, bytes(TIMEVAL.size))  # decisive

    assert before - 1e-6 <= seconds_of(told) <= time.time()


@pytest.mark.claim("udp.error-queue.exceptional-when-asked-for")
@over_ip
def test_error_queue_is_an_exceptional_condition_when_asked_for(peers, family):
    sender = peers.datagram(family, lane="sender")
    sender.setsockopt(*RECEIVE_ERRORS[family.name], 1)
    sender.setsockopt(SOL_SOCKET, SO_SELECT_ERR_QUEUE, 1)  # decisive

    sender.sendto(b"refused", nobody(peers, family))

    ready(sender, POLLERR)
    assert selecting([], [], [sender], 0)[2] == [sender]


@pytest.mark.claim("udp.error-queue.no-exceptional-condition")
@over_ip
def test_error_queue_is_no_exceptional_condition_by_itself(peers, family):
    sender = peers.datagram(family, lane="sender")
    sender.setsockopt(*RECEIVE_ERRORS[family.name], 1)

    sender.sendto(b"refused", nobody(peers, family))  # decisive

    ready(sender, POLLERR)
    assert selecting([], [], [sender], 0)[2] == []


@pytest.mark.claim("socket.control.more-than-optmem-max")
@over_ip
def test_control_message_larger_than_the_limit_is_refused(peers, family, sysctl):
    sysctl("net.core.optmem_max", 2000)  # decisive
    sender, receiver = ends(peers, family)

    with fails(ENOBUFS):
        sender.sendmsg([b"x"], [(SOL_SOCKET, 0x7000, bytes(4000))], 0, receiver.getsockname())
