"""Filters of sockets: what they drop and cut, and how they are taken away or kept."""

from errno import EINVAL, ENOENT, EPERM
from socket import SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.configuration.filters.programs import (
    LOAD_BYTE,
    RETURN,
    RETURN_LOADED,
    SO_ATTACH_BPF,
    SO_ATTACH_REUSEPORT_CBPF,
    SO_ATTACH_REUSEPORT_EBPF,
    SO_DETACH_FILTER,
    SO_LOCK_FILTER,
    UNKNOWN,
    attach,
    program,
)
from conformance.configuration.filters.receivers import sharing
from fixtures.evidence.expect import fails
from fixtures.stage.families import over_ip, over_streams, over_unix

pytestmark = pytest.mark.needs("filter")
ALL = 0xFFFFFFFF
HEADER = 8
"""Bytes of a header of UDP, which the filter of a datagram socket sees."""


@pytest.mark.claim("socket.filter.drops")
@over_ip
def test_datagram_that_the_filter_refuses_is_dropped(peers, family):
    sender, receiver = peers.socket("sender", family.domain, SOCK_DGRAM), peers.datagram(family, lane="receiver")
    attach(receiver, (RETURN, 0))  # decisive
    sender.sendto(b"refused", receiver.getsockname())

    attach(receiver, (RETURN, ALL))
    sender.sendto(b"passed", receiver.getsockname())

    assert receiver.recv(99) == b"passed"


@pytest.mark.claim("socket.filter.cuts")
@over_ip
def test_filter_cuts_a_datagram(peers, family):
    sender, receiver = peers.socket("sender", family.domain, SOCK_DGRAM), peers.datagram(family, lane="receiver")
    attach(receiver, (RETURN, HEADER + 3))  # decisive

    sender.sendto(b"abcdef", receiver.getsockname())

    assert receiver.recv(99) == b"abc"


@pytest.mark.claim("unix.filter.cuts")
@over_unix
def test_filter_cuts_a_unix_datagram(peers, family):
    sender, receiver = peers.socket("sender", family.domain, SOCK_DGRAM), peers.datagram(family, lane="receiver")
    attach(receiver, (RETURN, 3))  # decisive

    sender.sendto(b"abcdef", receiver.getsockname())

    assert receiver.recv(99) == b"abc"


@pytest.mark.claim("socket.filter.malformed-refused")
@pytest.mark.parametrize("steps", [[], [(UNKNOWN, 0)], [(LOAD_BYTE, 0)]], ids=["empty", "unknown", "endless"])
@over_streams
def test_program_that_is_none_is_refused(peers, family, steps):
    end = peers.socket("end", family.domain, SOCK_DGRAM)

    with fails(EINVAL):
        attach(end, *steps)  # decisive


@pytest.mark.claim("socket.filter.detached-passes-all")
@over_ip
def test_without_its_filter_a_socket_receives_again(peers, family):
    sender, receiver = peers.socket("sender", family.domain, SOCK_DGRAM), peers.datagram(family, lane="receiver")
    attach(receiver, (RETURN, HEADER + 1))

    receiver.setsockopt(SOL_SOCKET, SO_DETACH_FILTER, 0)  # decisive
    sender.sendto(b"whole", receiver.getsockname())

    assert receiver.recv(99) == b"whole"


@pytest.mark.claim("socket.filter.none-to-detach")
@over_streams
def test_there_must_be_a_filter_to_be_taken_away(peers, family):
    end = peers.socket("end", family.domain, SOCK_DGRAM)

    with fails(ENOENT):
        end.setsockopt(SOL_SOCKET, SO_DETACH_FILTER, 0)  # decisive


@pytest.mark.claim("socket.filter.locked-stays")
@over_streams
def test_filter_that_is_locked_can_neither_go_nor_change(peers, family):
    end = peers.socket("end", family.domain, SOCK_DGRAM)
    attach(end, (RETURN, ALL))
    end.setsockopt(SOL_SOCKET, SO_LOCK_FILTER, 1)  # decisive

    with fails(EPERM):
        end.setsockopt(SOL_SOCKET, SO_DETACH_FILTER, 0)
    with fails(EPERM):
        attach(end, (RETURN, 0))
    with fails(EPERM):
        end.setsockopt(SOL_SOCKET, SO_LOCK_FILTER, 0)


@pytest.mark.claim("socket.filter.ebpf-cuts")
@pytest.mark.needs("bpf")
@over_ip
def test_program_of_ebpf_cuts_a_datagram(peers, family):
    sender, receiver = peers.socket("sender", family.domain, SOCK_DGRAM), peers.datagram(family, lane="receiver")
    with program(HEADER + 3) as descriptor:
        receiver.setsockopt(SOL_SOCKET, SO_ATTACH_BPF, descriptor)  # decisive

    sender.sendto(b"abcdef", receiver.getsockname())

    assert receiver.recv(99) == b"abc"


@pytest.mark.claim("socket.reuseport.program-chooses")
@over_ip
def test_program_chooses_among_the_sockets_of_a_port(peers, family):
    first, second = sharing(peers, family)
    attach(first, (LOAD_BYTE, 0), (RETURN_LOADED, 0), option=SO_ATTACH_REUSEPORT_CBPF)  # decisive
    sender = peers.socket("sender", family.domain, SOCK_DGRAM)

    for index in (1, 0, 1):
        sender.sendto(bytes([index]), first.getsockname())

    assert first.recv(9) == b"\0"
    assert [second.recv(9) for _ in range(2)] == [b"\1", b"\1"]


@pytest.mark.claim("socket.reuseport.ebpf-chooses")
@pytest.mark.needs("bpf")
@pytest.mark.parametrize("index", [0, 1])
@over_ip
def test_program_of_ebpf_chooses_among_the_sockets_of_a_port(peers, family, index):
    receivers = sharing(peers, family)
    with program(index) as descriptor:
        receivers[0].setsockopt(SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF, descriptor)  # decisive
    sender = [peers.socket(lane, family.domain, SOCK_DGRAM) for lane in "abcdefgh"]

    for end in sender:
        end.sendto(b"x", receivers[0].getsockname())

    assert [receivers[index].recv(9) for _ in sender] == [b"x"] * len(sender)


@pytest.mark.claim("tcp.filter.refuses-connections")
@over_ip
def test_listener_whose_filter_refuses_answers_nobody(peers, family, wire):
    listener = peers.listener(family)
    attach(listener, (RETURN, 0))  # decisive
    client = peers.socket("client", family.domain, SOCK_STREAM)
    client.setblocking(False)

    client.connect_ex(listener.getsockname())

    wire.expect("client > listener SYN !ACK")
    wire.never("listener > client SYN ACK")
