"""Options of the socket level that no manual page has, or of which it has only the older form."""

import struct
import time
from errno import EAGAIN, EBADF, EINVAL, ENOENT, ENOTCONN
from select import POLLIN
from socket import SO_RCVBUF, SO_RCVTIMEO, SO_SNDBUF, SO_SNDTIMEO, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.configuration.filters.programs import (
    LOAD_BYTE,
    RETURN,
    RETURN_LOADED,
    SO_ATTACH_BPF,
    SO_ATTACH_REUSEPORT_CBPF,
    attach,
)
from conformance.configuration.filters.receivers import sharing
from conformance.configuration.options.asking import (
    SO_BUF_LOCK,
    SO_DETACH_REUSEPORT_BPF,
    SO_MAX_PACING_RATE,
    SO_PEERNAME,
    SO_RCVTIMEO_NEW,
    SO_SNDTIMEO_NEW,
    SO_TIMESTAMP_NEW,
    SO_TIMESTAMPNS_NEW,
    SO_TXREHASH,
    filter_of,
    memory_of,
)
from conformance.configuration.values.settings import of_type
from conformance.datagram.udp.datagrams import all_came_through, ends
from fixtures.evidence.expect import fails, lasts
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_ip, over_ip4, over_streams

ALL = 0xFFFFFFFF
STEPS = [(LOAD_BYTE, 0), (RETURN, ALL)]
PAIR = struct.Struct("=qq")
"""struct __kernel_sock_timeval and __kernel_timespec: seconds, and a part of one."""
RCVBUF_LOCK, SNDBUF_LOCK = 2, 1
OLDER = (29, 35)
"""SO_TIMESTAMP and SO_TIMESTAMPNS."""
STAMPS = {"TIMESTAMP": 29, "TIMESTAMPNS": 35, "TIMESTAMP_NEW": SO_TIMESTAMP_NEW, "TIMESTAMPNS_NEW": SO_TIMESTAMPNS_NEW}
FAST = 5_000_000_000
"""Bytes a second that no 32 bits hold."""


@pytest.mark.claim("socket.filter.told")
@pytest.mark.needs("filter")
@over_streams
def test_filter_is_told_step_by_step(peers, family):
    end = peers.socket("end", family.domain, SOCK_DGRAM)
    before = filter_of(end, 4)

    attach(end, *STEPS)  # decisive

    assert (before, filter_of(end, 0), filter_of(end, 4)) == ((0, []), (2, []), (2, STEPS))


@pytest.mark.claim("socket.filter.told-whole-or-not")
@pytest.mark.needs("filter")
@over_streams
def test_filter_is_not_told_where_there_is_room_for_less(peers, family):
    end = peers.socket("end", family.domain, SOCK_DGRAM)
    attach(end, *STEPS)

    with fails(EINVAL):
        filter_of(end, 1)  # decisive


@pytest.mark.claim("socket.filter.ebpf-must-be-one")
@pytest.mark.needs("filter")
@pytest.mark.parametrize(
    ("value", "error"), [(struct.pack("i", 9999), EBADF), (b"\0\0", EINVAL)], ids=["no-descriptor", "cut"]
)
@over_streams
def test_what_is_no_program_is_refused(peers, family, value, error):
    end = peers.socket("end", family.domain, SOCK_DGRAM)

    with fails(error):
        end.setsockopt(SOL_SOCKET, SO_ATTACH_BPF, value)  # decisive


@pytest.mark.claim("socket.reuseport.program-detached")
@pytest.mark.needs("filter", "kernel>=5.3")
@over_ip
def test_program_that_was_detached_chooses_no_more(peers, family):
    first, second = sharing(peers, family)
    attach(first, (LOAD_BYTE, 0), (RETURN_LOADED, 0), option=SO_ATTACH_REUSEPORT_CBPF)

    first.setsockopt(SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, 0)  # decisive
    for at in range(64):
        with peers.socket(f"sender-{at}", family.domain, SOCK_DGRAM) as sender:  # each from a port of its own
            sender.sendto(b"\1", first.getsockname())

    ready(first, POLLIN)  # that all 64 are the second's comes by chance once in 2**64
    assert (first.recv(9), second.recv(9)) == (b"\1", b"\1")


@pytest.mark.claim("socket.reuseport.no-program-to-detach")
@pytest.mark.needs("kernel>=5.3")
@over_ip
def test_there_must_be_a_program_to_be_detached(peers, family):
    first, _ = sharing(peers, family)

    with fails(ENOENT):
        first.setsockopt(SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, 0)  # decisive


@pytest.mark.claim("socket.buf-lock.of-what-was-set")
@pytest.mark.needs("kernel>=5.14")
@over_streams
def test_buffers_that_were_set_are_told(peers, family):
    end = peers.socket("end", family.domain, SOCK_STREAM)

    told = [end.getsockopt(SOL_SOCKET, SO_BUF_LOCK)]
    for option in (SO_SNDBUF, SO_RCVBUF):
        end.setsockopt(SOL_SOCKET, option, 10_000)  # decisive
        told.append(end.getsockopt(SOL_SOCKET, SO_BUF_LOCK))

    assert told == [0, SNDBUF_LOCK, SNDBUF_LOCK | RCVBUF_LOCK]


@pytest.mark.claim("socket.buf-lock.two-bits")
@pytest.mark.needs("kernel>=5.14")
@pytest.mark.parametrize("value", [4, -1])
@over_streams
def test_lock_of_what_is_no_buffer_is_refused(peers, family, value):
    end = peers.socket("end", family.domain, SOCK_STREAM)

    with fails(EINVAL):
        end.setsockopt(SOL_SOCKET, SO_BUF_LOCK, value)  # decisive


@pytest.mark.claim("socket.meminfo.limits-and-queue")
@over_ip
def test_memory_of_a_socket_is_told(peers, family):
    sender, receiver = ends(peers, family)
    before = memory_of(receiver)

    sender.sendto(b"waits", receiver.getsockname())  # decisive

    ready(receiver, POLLIN)
    waiting, limit, _, sending, *_ = memory_of(receiver)
    assert (before[0], waiting > 5) == (0, True)
    assert [limit, sending] == [receiver.getsockopt(SOL_SOCKET, option) for option in (SO_RCVBUF, SO_SNDBUF)]


@pytest.mark.claim("socket.meminfo.drops")
@over_ip
def test_datagrams_that_were_dropped_are_counted(peers, family):
    sender, receiver = ends(peers, family)
    receiver.setsockopt(SOL_SOCKET, SO_RCVBUF, 1)  # decisive

    for _ in range(20):
        sender.sendto(bytes(1000), receiver.getsockname())

    all_came_through(peers, family)
    receiver.setblocking(False)
    came = 0
    with fails(EAGAIN):
        while receiver.recv(2000):
            came += 1
    dropped = memory_of(receiver)[-1]
    assert (came + dropped, dropped > 0) == (20, True)


@pytest.mark.claim("socket.peername.as-getpeername")
@over_ip4
def test_peer_is_told_by_an_option(peers, family):
    client, server = peers.pair(family)
    name = b""

    name = client.getsockopt(SOL_SOCKET, SO_PEERNAME, 16)  # decisive

    assert (int.from_bytes(name[2:4], "big"), name[4:8]) == (server.getsockname()[1], b"\x7f\0\0\1")
    with fails(ENOTCONN):
        peers.socket("end", family.domain, SOCK_STREAM).getsockopt(SOL_SOCKET, SO_PEERNAME, 16)


@pytest.mark.claim("socket.timeout.both-forms")
@pytest.mark.needs("kernel>=5.1")
@over_ip
def test_timeout_of_the_newer_form_is_one(peers, family):
    end = peers.datagram(family, lane="end")

    end.setsockopt(SOL_SOCKET, SO_RCVTIMEO_NEW, PAIR.pack(0, 200_000))  # decisive

    told = [end.getsockopt(SOL_SOCKET, option, 16) for option in (SO_RCVTIMEO_NEW, SO_RCVTIMEO)]
    assert (PAIR.unpack(told[0]), struct.unpack("ll", told[1])) == ((0, 200_000), (0, 200_000))
    with lasts(at_least=0.2), fails(EAGAIN):
        end.recv(1)


@pytest.mark.claim("udp.timestamp.newer-form")
@pytest.mark.needs("kernel>=5.1")
@pytest.mark.parametrize(
    ("option", "unit"), [(SO_TIMESTAMP_NEW, 1e6), (SO_TIMESTAMPNS_NEW, 1e9)], ids=["TIMESTAMP_NEW", "TIMESTAMPNS_NEW"]
)
@over_ip
def test_time_of_the_newer_form_is_told(peers, family, option, unit):
    sender, receiver = ends(peers, family)
    receiver.setsockopt(SOL_SOCKET, option, 1)  # decisive
    before = time.time()

    sender.sendto(b"x", receiver.getsockname())

    ready(receiver, POLLIN)
    told = [PAIR.unpack(one) for one in of_type(receiver.recvmsg(9, 99)[1], SOL_SOCKET, option)]
    assert [before - 1e-6 <= whole + part / unit <= time.time() for whole, part in told] == [True]


@pytest.mark.claim("socket.timestamp.one-of-four")
@pytest.mark.needs("kernel>=5.1")
@pytest.mark.parametrize("option", STAMPS.values(), ids=STAMPS)
@over_streams
def test_switch_of_times_is_told_by_its_own_number(peers, family, option):
    end = peers.socket("end", family.domain, SOCK_DGRAM)
    for other in {*STAMPS.values()} - {option}:
        end.setsockopt(SOL_SOCKET, other, 1)

    end.setsockopt(SOL_SOCKET, option, 1)  # decisive

    told = {other: end.getsockopt(SOL_SOCKET, other) for other in (*OLDER, option)}
    assert told == dict.fromkeys(OLDER, 0) | {option: 1}


@pytest.mark.claim("socket.timeout.of-sending-too")
@pytest.mark.needs("kernel>=5.1")
@over_streams
def test_timeout_of_sending_has_both_forms(peers, family):
    end = peers.socket("end", family.domain, SOCK_STREAM)

    end.setsockopt(SOL_SOCKET, SO_SNDTIMEO_NEW, PAIR.pack(3, 0))  # decisive

    told = [end.getsockopt(SOL_SOCKET, option, 16) for option in (SO_SNDTIMEO_NEW, SO_SNDTIMEO)]
    assert (PAIR.unpack(told[0]), struct.unpack("ll", told[1])) == ((3, 0), (3, 0))


@pytest.mark.claim("tcp.pacing.more-than-an-int")
@pytest.mark.needs("kernel>=5.0")
@over_ip
def test_rate_of_eight_bytes_is_taken(peers, family):
    end = peers.socket("end", family.domain, SOCK_STREAM)

    end.setsockopt(SOL_SOCKET, SO_MAX_PACING_RATE, struct.pack("L", FAST))  # decisive

    assert struct.unpack("L", end.getsockopt(SOL_SOCKET, SO_MAX_PACING_RATE, 8)) == (FAST,)
    assert end.getsockopt(SOL_SOCKET, SO_MAX_PACING_RATE, 4) == bytes([255] * 4)


@pytest.mark.claim("tcp.txrehash.default-by-setting")
@pytest.mark.needs("kernel>=6.0", "sysctl:net.core.txrehash")
@pytest.mark.parametrize("setting", [0, 1])
@over_ip
def test_setting_says_whether_hashes_change(peers, family, sysctl, setting):
    sysctl("net.core.txrehash", 1 - setting)
    sysctl("net.core.txrehash", setting)  # decisive
    end = peers.socket("end", family.domain, SOCK_STREAM)
    end.setsockopt(SOL_SOCKET, SO_TXREHASH, 1 - setting)
    told = [end.getsockopt(SOL_SOCKET, SO_TXREHASH)]

    end.setsockopt(SOL_SOCKET, SO_TXREHASH, -1)  # decisive

    told.append(end.getsockopt(SOL_SOCKET, SO_TXREHASH))
    assert told == [1 - setting, setting]
