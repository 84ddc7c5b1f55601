"""What socket() gives: a descriptor of a kernel object, of the domain, type and protocol that were asked for."""

import os
from errno import EAFNOSUPPORT, EINVAL, EMFILE, EPROTONOSUPPORT
from fcntl import F_GETFD, F_GETFL, FD_CLOEXEC, fcntl
from resource import RLIMIT_NOFILE, getrlimit, setrlimit
from socket import (
    AF_UNIX,
    IPPROTO_TCP,
    IPPROTO_UDP,
    SO_DOMAIN,
    SO_PROTOCOL,
    SO_TYPE,
    SOCK_CLOEXEC,
    SOCK_DGRAM,
    SOCK_NONBLOCK,
    SOCK_SEQPACKET,
    SOCK_STREAM,
    SOL_SOCKET,
)  # fmt: skip
from stat import S_ISSOCK

import pytest

from conformance.lifecycle.creation.calls import socket_call
from fixtures.evidence.expect import fails
from fixtures.stage.children import in_child
from fixtures.stage.families import over_ip, over_streams

FLAGS = {0: (False, False), SOCK_NONBLOCK: (True, False), SOCK_CLOEXEC: (False, True),
         SOCK_NONBLOCK | SOCK_CLOEXEC: (True, True)}  # fmt: skip
"""What socket() is asked for, and whether the descriptor is then non-blocking, and closed by execve(2)."""
DEFAULTS = {SOCK_STREAM: IPPROTO_TCP, SOCK_DGRAM: IPPROTO_UDP}
"""The protocol that an IP socket of each type has."""
NO_FAMILY = 255
"""Far above the last family that any kernel has."""
kinds = pytest.mark.parametrize("kind", DEFAULTS, ids=["stream", "datagram"])


def flags_of(descriptor):
    """Whether a descriptor is non-blocking, and closed by execve(2); it is closed here."""
    seen = bool(fcntl(descriptor, F_GETFL) & os.O_NONBLOCK), bool(fcntl(descriptor, F_GETFD) & FD_CLOEXEC)
    os.close(descriptor)
    return seen


@pytest.mark.claim("socket.create.descriptor-of-a-socket")
@kinds
@over_streams
def test_socket_gives_a_descriptor_of_what_was_asked_for(peers, family, kind):
    end = peers.socket("other", AF_UNIX, SOCK_SEQPACKET)
    end = peers.socket("end", family.domain, kind)  # decisive

    about = os.fstat(end.fileno())

    assert end.fileno() >= 0
    assert S_ISSOCK(about.st_mode)
    assert os.readlink(f"/proc/self/fd/{end.fileno()}") == f"socket:[{about.st_ino}]"
    assert end.getsockopt(SOL_SOCKET, SO_DOMAIN) == family.domain
    assert end.getsockopt(SOL_SOCKET, SO_TYPE) == kind


@pytest.mark.claim("socket.create.flags")
@pytest.mark.parametrize("flags", FLAGS)
@over_streams
def test_socket_sets_the_flags_that_it_is_asked_for(family, flags):
    seen = None
    seen = flags_of(socket_call(family.domain, SOCK_STREAM | flags))  # decisive

    assert seen == FLAGS[flags]


@pytest.mark.claim("socket.create.flags")
@pytest.mark.parametrize("flags", FLAGS)
@over_streams
def test_datagram_socket_has_the_flags_that_it_is_asked_for(family, flags):
    seen = None
    seen = flags_of(socket_call(family.domain, SOCK_DGRAM | flags))  # decisive

    assert seen == FLAGS[flags]


@pytest.mark.claim("socket.create.unknown-flags-refused")
@over_streams
def test_unknown_flags_in_the_type_are_refused(family):
    with fails(EINVAL):
        socket_call(family.domain, SOCK_STREAM | 1 << 20)  # decisive


@pytest.mark.claim("socket.create.unknown-family-refused")
@kinds
def test_unknown_family_is_refused(kind):
    with fails(EAFNOSUPPORT):
        socket_call(NO_FAMILY, kind)  # decisive


@pytest.mark.claim("socket.create.limit-of-descriptors")
@over_streams
def test_socket_fails_when_the_process_may_hold_no_more_descriptors(family):
    def at_the_limit():
        setrlimit(RLIMIT_NOFILE, (os.dup(0), getrlimit(RLIMIT_NOFILE)[1]))  # decisive
        with fails(EMFILE):
            socket_call(family.domain, SOCK_STREAM)

    in_child(at_the_limit)


@pytest.mark.claim("socket.protocol.zero-is-the-default")
@kinds
@over_ip
def test_protocol_zero_takes_the_protocol_of_the_type(peers, family, kind):
    end = peers.socket("other", AF_UNIX, SOCK_SEQPACKET)
    end = peers.socket("end", family.domain, kind, 0)  # decisive

    assert end.getsockopt(SOL_SOCKET, SO_PROTOCOL) == DEFAULTS[kind]


@pytest.mark.claim("socket.protocol.zero-speaks-the-default")
@over_ip
def test_default_protocol_of_a_stream_is_tcp_on_the_wire(peers, wire, family):
    listener = peers.listener(family)
    client = peers.socket("client", family.domain, SOCK_STREAM, 0)

    client.connect(listener.getsockname())  # decisive

    wire.expect("client > * SYN")
    wire.never("* > * UDP")


@pytest.mark.claim("socket.protocol.zero-speaks-the-default")
@over_ip
def test_default_protocol_of_datagrams_is_udp_on_the_wire(peers, wire, family):
    receiver = peers.datagram(family, lane="receiver")
    sender = peers.socket("sender", family.domain, SOCK_DGRAM, 0)

    sender.sendto(b"hello", receiver.getsockname())  # decisive

    wire.expect("sender > receiver UDP (5)")
    wire.never("* > * TCP any")


@pytest.mark.claim("socket.protocol.explicit-same-as-default")
@kinds
@over_ip
def test_protocol_of_the_type_may_be_named(peers, family, kind):
    end = peers.socket("other", AF_UNIX, SOCK_SEQPACKET)
    end = peers.socket("end", family.domain, kind, DEFAULTS[kind])  # decisive

    assert end.getsockopt(SOL_SOCKET, SO_PROTOCOL) == DEFAULTS[kind]
    assert end.getsockopt(SOL_SOCKET, SO_TYPE) == kind


@pytest.mark.claim("socket.protocol.must-fit-the-type")
@pytest.mark.parametrize(("kind", "other"), [(SOCK_STREAM, IPPROTO_UDP), (SOCK_DGRAM, IPPROTO_TCP)])
@over_ip
def test_protocol_of_another_type_is_refused(peers, family, kind, other):
    with fails(EPROTONOSUPPORT):
        peers.socket("end", family.domain, kind, other)  # decisive


@pytest.mark.claim("unix.protocol.neither-tcp-nor-udp")
@kinds
def test_unix_sockets_have_neither_tcp_nor_udp(peers, kind):
    with fails(EPROTONOSUPPORT):
        peers.socket("end", AF_UNIX, kind, DEFAULTS[kind])  # decisive

    assert peers.socket("end", AF_UNIX, kind).getsockopt(SOL_SOCKET, SO_PROTOCOL) == 0


@pytest.mark.claim("socket.create.lowest-free-number")
@kinds
@over_streams
def test_socket_gets_the_lowest_number_that_is_free(family, kind):
    def numbers():
        lowest = os.dup(0)  # which is what dup(2) gives
        os.close(lowest)  # decisive
        return lowest, socket_call(family.domain, kind)

    lowest, given = in_child(numbers).value
    assert given == lowest
