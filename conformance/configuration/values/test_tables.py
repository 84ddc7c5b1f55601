"""Every option of a table: what it is at first, what it makes of a value, and what it refuses."""

import struct
from errno import EINVAL, ENOPROTOOPT, EPERM, errorcode
from socket import (
    IP_TOS,
    IPPROTO_IP,
    SO_LINGER,
    SO_RCVBUF,
    SO_RCVLOWAT,
    SO_RCVTIMEO,
    SO_SNDBUF,
    SO_SNDTIMEO,
    SOCK_DGRAM,
    SOCK_STREAM,
    SOL_SOCKET,
)

import pytest

from conformance.configuration.values.settings import unprivileged
from conformance.configuration.values.tables import (
    BEYOND,
    KINDS,
    ONE_BYTE,
    PRIVILEGED,
    SET_ONLY,
    SHORT,
    TOLD_ONLY,
    answer,
    at_first,
    number,
    switches,
)
from fixtures.stage.families import over_ip4, over_streams

kinds = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
SO_TIMESTAMP, SO_TIMESTAMPNS = 29, 35
LARGE = {
    "SO_LINGER": (SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0x01020304)),
    "SO_RCVTIMEO": (SOL_SOCKET, SO_RCVTIMEO, struct.pack("ll", 0x0102, 0)),
    "SO_SNDTIMEO": (SOL_SOCKET, SO_SNDTIMEO, struct.pack("ll", 0x0304, 0)),
}
"""Values that are larger than an int."""
LONG = number(1) + b"\xff" * 60


@pytest.mark.claim("socket.values.at-first")
@kinds
@over_streams
def test_new_socket_has_the_values_of_the_table(peers, family, kind):
    end, table, seen = peers.socket("end", family.domain, kind), at_first(family.name, kind), {}

    seen = {name: answer(end.getsockopt, *option, 64) for name, (*option, _) in table.items()}  # decisive

    assert seen == {name: value for name, (*_, value) in table.items()}


@pytest.mark.claim("socket.values.switches-are-one")
@pytest.mark.parametrize("value", [2, -1, 256])
@kinds
@over_streams
def test_switch_that_is_set_to_any_number_reads_one(peers, family, kind, value):
    end, table, seen = peers.socket("end", family.domain, kind), switches(family.name, kind), {}

    for option in table.values():
        end.setsockopt(*option, value)  # decisive

    seen = {name: end.getsockopt(*option) for name, option in table.items()}
    assert seen == dict.fromkeys(table, 1) | {"SO_TIMESTAMP": 0}


@pytest.mark.claim("socket.values.beyond-refused")
@over_streams
def test_value_beyond_what_an_option_takes_is_refused(peers, family):
    end, table, seen = peers.socket("end", family.domain, SOCK_STREAM), BEYOND[family.name], {}
    before = {name: answer(end.getsockopt, *option, 64) for name, (*option, _) in table.items()}

    seen = {name: answer(end.setsockopt, *setting) for name, setting in table.items()}  # decisive

    assert seen == dict.fromkeys(table, errorcode[EINVAL])
    assert {name: answer(end.getsockopt, *option, 64) for name, (*option, _) in table.items()} == before


@pytest.mark.claim("socket.values.short-refused")
@pytest.mark.parametrize("length", [0, 1, 3])
@over_streams
def test_value_shorter_than_an_int_is_refused(peers, family, length):
    end, table, seen = peers.socket("end", family.domain, SOCK_STREAM), SHORT[family.name], {}

    seen = {name: answer(end.setsockopt, *option, b"\1\1\1"[:length]) for name, option in table.items()}  # decisive

    assert seen == dict.fromkeys(table, errorcode[EINVAL])


@pytest.mark.claim("ip.values.one-byte-is-enough")
@over_ip4
def test_ip_option_takes_one_byte(peers, family):
    end, seen = peers.socket("end", family.domain, SOCK_STREAM), {}

    for option in ONE_BYTE.values():
        end.setsockopt(*option, b"\1")  # decisive

    seen = {name: end.getsockopt(*option) for name, option in ONE_BYTE.items()}
    assert seen == dict.fromkeys(ONE_BYTE, 1)


@pytest.mark.claim("socket.values.first-int-counts")
@kinds
@over_streams
def test_value_longer_than_an_int_counts_by_its_beginning(peers, family, kind):
    end, table, seen = peers.socket("end", family.domain, kind), switches(family.name, kind), {}

    for option in table.values():
        end.setsockopt(*option, LONG)  # decisive

    seen = {name: end.getsockopt(*option, 64) for name, option in table.items()}
    assert seen == dict.fromkeys(table, number(1)) | {"SO_TIMESTAMP": number(0)}


@pytest.mark.claim("socket.values.told-only")
@over_streams
def test_what_a_socket_tells_of_itself_cannot_be_set(peers, family):
    end, table, seen = peers.socket("end", family.domain, SOCK_STREAM), TOLD_ONLY[family.name], {}

    seen = {name: answer(end.setsockopt, *option, 1) for name, option in table.items()}  # decisive

    assert seen == dict.fromkeys(table, errorcode[ENOPROTOOPT])


@pytest.mark.claim("socket.values.set-only")
@over_streams
def test_what_can_only_be_set_is_not_told(peers, family):
    end, table, seen = peers.socket("end", family.domain, SOCK_STREAM), SET_ONLY[family.name], {}

    seen = {name: answer(end.getsockopt, *option, 64) for name, option in table.items()}  # decisive

    assert seen == dict.fromkeys(table, errorcode[ENOPROTOOPT])


@pytest.mark.claim("socket.values.privileged")
@over_streams
def test_option_of_the_privileged_is_refused_to_others(peers, family):
    end, table, seen = peers.socket("end", family.domain, SOCK_STREAM), PRIVILEGED[family.name], {}

    seen = unprivileged(lambda: {name: answer(end.setsockopt, *each) for name, each in table.items()})  # decisive

    assert seen == dict.fromkeys(table, errorcode[EPERM])


@pytest.mark.claim("socket.values.switches-go-off")
@kinds
@over_streams
def test_switch_that_is_set_to_zero_is_off_again(peers, family, kind):
    end, table, seen = peers.socket("end", family.domain, kind), switches(family.name, kind), {}
    for option in table.values():
        end.setsockopt(*option, 1)

    for option in table.values():
        end.setsockopt(*option, 0)  # decisive

    seen = {name: end.getsockopt(*option) for name, option in table.items()}
    assert seen == dict.fromkeys(table, 0)


@pytest.mark.claim("socket.values.switches-are-one")
@pytest.mark.parametrize("value", [2, -1, 256])
@over_streams
def test_lingering_is_on_by_any_number(peers, family, value):
    end = peers.socket("end", family.domain, SOCK_STREAM)

    end.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", value, 7))  # decisive

    assert end.getsockopt(SOL_SOCKET, SO_LINGER, 8) == struct.pack("ii", 1, 7)


@pytest.mark.claim("socket.values.room-cuts")
@over_streams
def test_value_is_cut_to_the_room_that_there_is(peers, family):
    end, seen = peers.socket("end", family.domain, SOCK_STREAM), {}
    for name, (level, option, value) in LARGE.items():
        end.setsockopt(level, option, value)
        seen[name] = [end.getsockopt(level, option, room) for room in range(1, len(value) + 1)]  # decisive

    assert seen == {name: [value[:room] for room in range(1, len(value) + 1)] for name, (*_, value) in LARGE.items()}


@pytest.mark.claim("socket.timestamp.one-of-both")
@kinds
@over_streams
def test_times_come_in_microseconds_or_in_nanoseconds(peers, family, kind):
    end, seen = peers.socket("end", family.domain, kind), []

    for option in (SO_TIMESTAMP, SO_TIMESTAMPNS, SO_TIMESTAMP):
        end.setsockopt(SOL_SOCKET, option, 1)  # decisive
        seen.append((end.getsockopt(SOL_SOCKET, SO_TIMESTAMP), end.getsockopt(SOL_SOCKET, SO_TIMESTAMPNS)))

    assert seen == [(1, 0), (0, 1), (1, 0)]


@pytest.mark.claim("socket.values.negative-is-the-most")
@pytest.mark.parametrize("option", [SO_RCVBUF, SO_SNDBUF, SO_RCVLOWAT], ids=["SO_RCVBUF", "SO_SNDBUF", "SO_RCVLOWAT"])
@over_streams
def test_negative_size_counts_as_the_largest(peers, family, option):
    end, other = (peers.socket(lane, family.domain, SOCK_DGRAM) for lane in ("end", "other"))
    other.setsockopt(SOL_SOCKET, option, (1 << 31) - 1)

    end.setsockopt(SOL_SOCKET, option, -1)  # decisive

    assert end.getsockopt(SOL_SOCKET, option) == other.getsockopt(SOL_SOCKET, option)


@pytest.mark.claim("ip.values.one-byte-is-enough")
@over_ip4
def test_class_of_datagrams_takes_one_byte(peers, family):
    end = peers.socket("end", family.domain, SOCK_DGRAM)

    end.setsockopt(IPPROTO_IP, IP_TOS, b"\x10")  # decisive

    assert end.getsockopt(IPPROTO_IP, IP_TOS) == 0x10
