"""Functions of the C library that build and read headers of options and of routes."""

import ctypes
from ctypes import byref, c_uint16, c_uint32, c_void_p

import pytest

from conformance.configuration.values.settings import cases
from conformance.network.control.building import (
    EMPTY,
    FIRST,
    HOSTS,
    SECOND,
    addresses,
    found,
    header,
    libc,
    memory,
    next_option,
    route,
)

pytestmark = pytest.mark.needs("glibc")
BUILT = "0002010200001e0801020304050607080106000000000000"
"""A header of 24 bytes with one option of eight, which are aligned to eight (RFC 8200 4.2 and appendix A)."""


@pytest.mark.claim("ip6.opt.size-without-memory")
def test_size_of_a_header_is_told_without_memory():
    end = libc.inet6_opt_init(None, 0)

    end = libc.inet6_opt_append(None, 0, end, FIRST, 8, 8, None)  # decisive
    end = libc.inet6_opt_append(None, 0, end, SECOND, 3, 1, None)  # decisive

    assert (end, libc.inet6_opt_finish(None, 0, end)) == (21, 24)


@pytest.mark.claim("ip6.opt.multiples-of-eight")
@pytest.mark.parametrize(
    ("size", "result", "length"),
    cases(eight=(8, EMPTY, 0), many=(64, EMPTY, 7), none=(0, -1, 0xFF), odd=(12, -1, 0xFF)),
)
def test_header_of_options_is_a_multiple_of_eight_bytes(size, result, length):
    built = memory(64, b"\xff\xff")
    given = None

    given = libc.inet6_opt_init(built, size)  # decisive

    assert (given, built.raw[1]) == (result, length)


@pytest.mark.claim("ip6.opt.padded")
def test_option_is_aligned_and_the_header_filled_up():
    built, data = memory(24, b"\xff" * 24), c_void_p()
    libc.inet6_opt_init(built, 24)
    whole = None

    end = libc.inet6_opt_append(built, 24, EMPTY, FIRST, 8, 8, byref(data))
    ctypes.memmove(data, bytes(range(1, 9)), 8)
    whole = libc.inet6_opt_finish(built, 24, end)  # decisive

    assert (end, whole, data.value - ctypes.addressof(built)) == (16, 16, 8)
    assert built.raw[1:16].hex() == BUILT[2:32]


@pytest.mark.claim("ip6.opt.padded")
@pytest.mark.parametrize(("length", "padding"), cases(one=(3, "00"), two=(2, "0100"), five=(1, "0101" + "00")), ids=str)
def test_end_of_a_header_is_padded_by_what_is_left(length, padding):
    built = memory(8, b"\xff" * 8)
    libc.inet6_opt_init(built, 8)
    end = libc.inet6_opt_append(built, 8, EMPTY, FIRST, length, 1, byref(c_void_p()))
    whole = None

    whole = libc.inet6_opt_finish(built, 8, end)  # decisive

    assert (whole, built.raw[end:].hex()) == (8, padding)


@pytest.mark.claim("ip6.opt.room-needed")
@pytest.mark.parametrize(("length", "fits"), cases(whole=(4, 8), longer=(5, -1)))
def test_option_needs_its_room(length, fits):
    built = memory(16)
    libc.inet6_opt_init(built, 8)
    end = None

    end = libc.inet6_opt_append(built, 8, EMPTY, FIRST, length, 1, byref(c_void_p()))  # decisive

    assert end == fits


@pytest.mark.claim("ip6.opt.room-needed")
def test_padding_needs_its_room():
    built = memory(24)
    libc.inet6_opt_init(built, 16)
    end = None

    end = libc.inet6_opt_finish(built, 16, 17)  # decisive

    assert (end, libc.inet6_opt_finish(built, 24, 17)) == (-1, 24)


@pytest.mark.claim("ip6.opt.wrong-refused")
@pytest.mark.parametrize(
    ("kind", "length", "align"),
    cases(
        pad1=(0, 4, 4), padn=(1, 4, 4), longer_than_a_byte=(FIRST, 256, 4), align_3=(FIRST, 4, 3),
        align_0=(FIRST, 4, 0), align_16=(FIRST, 16, 16), align_above_the_length=(FIRST, 4, 8),
    ),
)  # fmt: skip
def test_option_that_cannot_be_is_refused(kind, length, align):
    built = memory(512)
    libc.inet6_opt_init(built, 512)
    given = None

    given = libc.inet6_opt_append(built, 512, EMPTY, kind, length, align, byref(c_void_p()))  # decisive

    assert given == -1
    assert libc.inet6_opt_append(built, 512, EMPTY, FIRST, 8, 8, byref(c_void_p())) == 16


@pytest.mark.claim("ip6.opt.values")
def test_values_are_put_and_taken_at_any_offset():
    data, word, half = memory(8), c_uint32(0x01020304), c_uint16(0x0506)
    taken = c_uint32()
    behind = 0

    behind = libc.inet6_opt_set_val(data, 1, byref(word), 4)  # decisive
    end = libc.inet6_opt_set_val(data, behind, byref(half), 2)

    assert (behind, end, data.raw) == (5, 7, b"\0" + bytes(word) + bytes(half) + b"\0")
    assert (libc.inet6_opt_get_val(data, 1, byref(taken), 4), taken.value) == (5, word.value)


@pytest.mark.claim("ip6.opt.one-by-one")
def test_options_are_given_one_by_one_without_the_padding():
    built = header(32, (FIRST, b"abcdefgh", 8), (SECOND, b"ij", 1), (FIRST, b"k", 1))
    first = second = third = next_option(built, 0)

    second = next_option(built, first.before)  # decisive
    third = next_option(built, second.before)

    assert [one[1:] for one in (first, second, third)] == [(FIRST, 8, 8), (SECOND, 2, 18), (FIRST, 1, 22)]
    assert next_option(built, third.before).before == -1


@pytest.mark.claim("ip6.opt.found-by-type")
def test_options_are_found_by_their_type():
    built = header(24, (FIRST, b"abc", 1), (SECOND, b"de", 1), (FIRST, b"f", 1))
    first = 0, 0

    first = found(built, 0, FIRST)  # decisive
    again = found(built, first[0], FIRST)

    assert (first[1], again[1], found(built, again[0], FIRST)[0]) == (3, 1, -1)
    assert (found(built, 0, SECOND)[1], found(built, 0, 0x5E)[0]) == (2, -1)


@pytest.mark.claim("ip6.opt.malformed-ends")
@pytest.mark.parametrize("length", [4, 5], ids=["whole", "beyond-the-header"])
def test_option_that_goes_beyond_its_header_is_none(length):
    built = memory(8, bytes([0, 0, FIRST, length]) + b"abcd")
    given = None

    given = next_option(built, 0).before, found(built, 0, FIRST)[0]  # decisive

    assert given == ((8, 8) if length == 4 else (-1, -1))


@pytest.mark.claim("ip6.rth.room-told")
def test_room_of_a_routing_header_is_told():
    room = {}

    for segments in (0, 1, 127, 128, -1):
        room[segments] = libc.inet6_rth_space(0, segments)  # decisive

    assert room == {0: 8, 1: 24, 127: 2040, 128: 0, -1: 0}
    assert libc.inet6_rth_space(253, 1) == 0


@pytest.mark.claim("ip6.rth.begun")
def test_routing_header_is_begun_without_segments():
    built = memory(56, b"\xff" * 56)
    begun = None

    begun = libc.inet6_rth_init(built, 56, 0, 3)  # decisive

    assert (begun, built.raw[1:4]) == (ctypes.addressof(built), b"\6\0\0")
    assert [libc.inet6_rth_init(built, *wrong) for wrong in ((55, 0, 3), (56, 253, 3), (56, 0, 128))] == [None] * 3


@pytest.mark.claim("ip6.rth.address-added")
def test_address_is_put_behind_the_others():
    built = route(40, 2)
    added = None

    added = [(libc.inet6_rth_add(built, host), built.raw[3]) for host in HOSTS[:3]]  # decisive

    assert (added, addresses(built)) == ([(0, 1), (0, 2), (-1, 2)], HOSTS[:2])


@pytest.mark.claim("ip6.rth.turned-around")
@pytest.mark.parametrize("number", [2, 3])
@pytest.mark.parametrize("in_place", [False, True], ids=["elsewhere", "in-place"])
def test_route_is_turned_around(number, in_place):
    there = route(8 + 16 * number, number, *HOSTS[:number])
    there[3] = 0  # as it arrives: all segments are behind it
    back = there if in_place else memory(len(there))
    turned = None

    turned = libc.inet6_rth_reverse(there, back)  # decisive

    assert (turned, back.raw[3], addresses(back)) == (0, number, HOSTS[number - 1 :: -1])


@pytest.mark.claim("ip6.rth.addresses-told")
def test_addresses_of_a_route_are_told():
    built = route(56, 3, *HOSTS[:3])
    number = None

    number = libc.inet6_rth_segments(built)  # decisive

    assert number == 3
    assert [ctypes.string_at(libc.inet6_rth_getaddr(built, each), 16) for each in range(3)] == HOSTS[:3]
    assert (libc.inet6_rth_getaddr(built, 3), libc.inet6_rth_getaddr(built, -1)) == (None, None)


@pytest.mark.claim("ip6.rth.addresses-told")
def test_header_of_another_type_is_no_route():
    other = memory(24, b"\0\2\7\1")
    number = None

    number = libc.inet6_rth_segments(other)  # decisive

    assert (number, libc.inet6_rth_getaddr(other, 0)) == (-1, None)
