"""SCM_RIGHTS: how many descriptors a message, a user and a process may have, and the numbers they get."""

import os
from errno import EINVAL, ETOOMANYREFS
from resource import RLIMIT_NOFILE, getrlimit, setrlimit
from socket import (
    MSG_CTRUNC,
    MSG_OOB,
    SOCK_STREAM,
)  # fmt: skip

import pytest

from conformance.local.unix.names import kinds
from conformance.local.unix.pairs import pair
from conformance.local.unix.rights import MOST, at_end, rights
from conformance.stream.sending.limits import give_up_capabilities
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import readiness
from fixtures.stage.children import child, in_child


@pytest.mark.claim("unix.rights.at-most-253")
@pytest.mark.needs("descriptors:320")
@kinds
def test_one_message_passes_253_descriptors(peers, held, kind):
    sender, receiver = pair(peers, kind)
    _, writing = held.pipe()

    sender.sendmsg([b"X"], rights(*[writing] * MOST))  # decisive

    data, descriptors, flags = held.receive(receiver)
    assert (data, len(descriptors), flags & MSG_CTRUNC) == (b"X", MOST, 0)


@pytest.mark.claim("unix.rights.254-refused")
@kinds
def test_one_message_with_254_descriptors_is_refused(peers, held, kind):
    sender, receiver = pair(peers, kind)
    _, writing = held.pipe()

    with fails(EINVAL):
        sender.sendmsg([b"X"], rights(*[writing] * (MOST + 1)))  # decisive

    assert readiness(receiver) & 1 == 0


@pytest.mark.claim("unix.rights.in-flight-limit")
@pytest.mark.needs("descriptors:320")
@kinds
def test_more_descriptors_in_flight_than_rlimit_nofile_are_refused(peers, held, kind):
    sender, receiver = pair(peers, kind)
    _, writing = held.pipe()
    enough, limit = range(6), 3 * MOST

    def send_many():
        give_up_capabilities()
        setrlimit(RLIMIT_NOFILE, (min(limit, getrlimit(RLIMIT_NOFILE)[1]),) * 2)  # decisive
        sent = []
        with fails(ETOOMANYREFS):
            for number in enough:
                sender.sendmsg([b"X"], rights(*[writing] * MOST))
                sent.append(number)
        assert len(sent) <= limit // MOST + 1
        return sent

    for _ in in_child(send_many).value:  # none where another program of this user has as many in flight
        descriptors = held.receive(receiver).descriptors
        assert len(descriptors) == MOST
        for each in descriptors:
            held.close(each)


@pytest.mark.claim("unix.rights.in-flight-limit-of-urgent")
@pytest.mark.needs("descriptors:320", "kernel>=5.15")
def test_urgent_byte_takes_no_more_descriptors_either(peers, held):
    sender, _ = pair(peers, SOCK_STREAM)
    _, writing = held.pipe()

    def send_many():
        give_up_capabilities()
        setrlimit(RLIMIT_NOFILE, (min(3 * MOST, getrlimit(RLIMIT_NOFILE)[1]),) * 2)  # decisive
        with fails(ETOOMANYREFS):
            for _ in range(6):
                sender.sendmsg([b"X"], rights(*[writing] * MOST), MSG_OOB)

    in_child(send_many)


def third_free() -> int:
    """The third number that is not given yet, wherever the table of descriptors has its holes."""
    free = [os.dup(0) for _ in range(3)]
    for number in free:
        os.close(number)
    return free[-1]


@pytest.mark.claim("unix.rights.above-the-limit-closed")
def test_descriptors_above_rlimit_nofile_are_closed(peers, held):
    sender, receiver = pair(peers, SOCK_STREAM)
    reading, writing = held.pipe()
    sender.sendmsg([b"X"], rights(*[writing] * 10))
    held.close(writing)

    def receive():
        setrlimit(RLIMIT_NOFILE, (third_free(), getrlimit(RLIMIT_NOFILE)[1]))  # decisive
        return held.receive(receiver)[:2], at_end(reading)

    with child(receive) as process:
        (data, descriptors), early = process.ends().value
    assert (data, early) == (b"X", False)
    assert 0 < len(descriptors) < 10
    assert at_end(reading)


@pytest.mark.claim("unix.rights.lowest-number")
@kinds
def test_descriptor_gets_the_lowest_free_number(peers, held, kind):
    sender, receiver = pair(peers, kind)
    lowest = os.dup(sender.fileno())
    os.close(lowest)

    sender.sendmsg([b"X"], rights(sender.fileno()))  # decisive

    assert held.receive(receiver).only == lowest
