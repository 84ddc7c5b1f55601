"""Descriptors for which the receiver has no number left, and flags of all that come together."""

import fcntl
import os
from resource import RLIMIT_NOFILE, getrlimit, setrlimit
from socket import MSG_CMSG_CLOEXEC, MSG_CTRUNC

import pytest

from conformance.local.unix.names import kinds
from conformance.local.unix.pairs import pair
from conformance.local.unix.rights import at_end, rights
from conformance.waiting.readiness.calls import epoll_create1
from fixtures.stage.children import in_child


def first_free():
    """The lowest number that no descriptor has."""
    number = os.dup(0)
    os.close(number)
    return number


@pytest.mark.claim("unix.rights.none-fits")
@kinds
def test_data_arrives_although_no_descriptor_can(peers, held, kind):
    sender, receiver = pair(peers, kind)
    reading, writing = held.pipe()
    sender.sendmsg([b"X"], rights(writing, writing))
    held.close(writing)

    def receive():
        setrlimit(RLIMIT_NOFILE, (first_free(), getrlimit(RLIMIT_NOFILE)[1]))  # decisive
        data, ancillary, flags, _ = receiver.recvmsg(100, 1000)
        return data, held.taken(ancillary), flags & MSG_CTRUNC

    assert in_child(receive).value == (b"X", [], MSG_CTRUNC)
    assert at_end(reading)


@pytest.mark.claim("unix.rights.every-one-close-on-exec")
@pytest.mark.parametrize("flags", [0, MSG_CMSG_CLOEXEC], ids=["without", "with"])
@kinds
def test_flag_is_of_every_descriptor_of_a_message(peers, held, kind, flags):
    sender, receiver = pair(peers, kind)
    reading, writing = held.pipe()

    sender.sendmsg([b"X"], rights(reading, writing, writing))  # decisive

    taken = held.receive(receiver, flags=flags)
    found = [bool(fcntl.fcntl(each, fcntl.F_GETFD) & fcntl.FD_CLOEXEC) for each in taken.descriptors]
    assert found == [bool(flags)] * 3


@pytest.mark.claim("unix.rights.none-in-it")
@kinds
def test_message_for_no_descriptor_is_as_none(peers, kind):
    sender, receiver = pair(peers, kind)

    sender.sendmsg([b"X"], rights())  # decisive

    data, ancillary, flags, _ = receiver.recvmsg(100, 1000)
    assert (data, ancillary, flags & MSG_CTRUNC) == (b"X", [], 0)


SORTS = {
    "epoll": lambda: epoll_create1(0),
    "event": lambda: os.eventfd(1),
    "process": lambda: os.pidfd_open(os.getpid()),
    "folder": lambda: os.open("/", os.O_RDONLY),
    "path": lambda: os.open("/", os.O_PATH),
    "memory": lambda: os.memfd_create("sockproof"),
}
NEEDS = {"process": pytest.mark.needs("kernel>=5.3")}


@pytest.mark.claim("unix.rights.any-kind")
@pytest.mark.parametrize("opens", [pytest.param(SORTS[sort], id=sort, marks=NEEDS.get(sort, [])) for sort in SORTS])
@kinds
def test_descriptor_of_any_kind_arrives(peers, held, kind, opens):
    client, server = pair(peers, kind)
    sent = held.keep(opens())

    client.sendmsg([b"x"], rights(sent))  # decisive

    came = held.receive(server).only
    assert os.fstat(came) == os.fstat(sent)
    assert os.readlink(f"/proc/self/fd/{came}") == os.readlink(f"/proc/self/fd/{sent}")
