"""Functions of the C library that build headers of IPv6, set lists of sources, and take reserved ports."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import ctypes
import os
from ctypes import byref, c_uint8, c_uint32, c_void_p
from socket import *
from socket import socket

from .common import *

LIBRARY = ctypes.CDLL(None, use_errno=True)
LIBRARY.inet6_rth_init.restype = LIBRARY.inet6_rth_getaddr.restype = c_void_p
OPTION, OTHER = 0x1E, 0x3E


@provokes(
    "building_size_unchecked", "building_length_in_bytes", "building_room_unchecked", "building_wrong_taken",
    "building_padding_uncounted", "building_option_unaligned", "building_end_unpadded", "building_value_elsewhere",
    "building_value_stands_still",
)  # fmt: skip
def built_options() -> object:
    header, data, word = ctypes.create_string_buffer(24), c_void_p(), c_uint32(7)
    begun = LIBRARY.inet6_opt_init(header, 12), LIBRARY.inet6_opt_init(header, 24)
    sizes = [
        LIBRARY.inet6_opt_append(None, 0, 2, kind, 8, 8, None) for kind in (OPTION, 0)
    ] + [LIBRARY.inet6_opt_append(header, 24, 2, OPTION, 80, 8, byref(data))]  # fmt: skip
    end = LIBRARY.inet6_opt_append(header, 24, 2, OPTION, 9, 8, byref(data))
    ends = LIBRARY.inet6_opt_set_val(data, 1, byref(word), 4), LIBRARY.inet6_opt_get_val(data, 1, byref(word), 4)
    return begun, sizes, end, ends, LIBRARY.inet6_opt_finish(header, 24, end), header.raw


@provokes("building_beyond_taken", "building_end_untold", "building_length_with_head", "building_type_ignored")
def read_options() -> object:
    seen = []
    for content in (b"\0\0\x1e\x04abcd", b"\0\0\x1e\x09abcd"):
        header, kind, length, data = ctypes.create_string_buffer(content, 8), c_uint8(), c_uint32(), c_void_p()
        for at in (0, 8):
            seen.append(LIBRARY.inet6_opt_next(header, 8, at, byref(kind), byref(length), byref(data)))
        seen.append(LIBRARY.inet6_opt_find(header, 8, 0, OTHER, byref(length), byref(data)))
        seen.append(length.value)
    return seen


@provokes(
    "building_route_unlimited", "building_route_full_at_first", "building_route_unchecked", "building_route_uncounted",
    "building_route_not_turned", "building_route_any_type", "building_route_one_less", "building_route_any_number",
)  # fmt: skip
def routes() -> object:
    header, other = ctypes.create_string_buffer(40), ctypes.create_string_buffer(b"\0\2\7\1", 24)
    begun = [bool(LIBRARY.inet6_rth_init(header, size, 0, 2)) for size in (8, 40)]
    left = header.raw[3]
    added = [LIBRARY.inet6_rth_add(header, bytes([number]) * 16) for number in (1, 2)]
    there = header.raw
    turned = LIBRARY.inet6_rth_reverse(header, header)
    told = [LIBRARY.inet6_rth_segments(one) for one in (header, other)]
    return (
        LIBRARY.inet6_rth_space(0, 128), begun, left, added, there, turned, header.raw, told,
        bool(LIBRARY.inet6_rth_getaddr(header, 5)),
    )  # fmt: skip


def listed(end: socket, mode: int) -> object:
    own, group = (int.from_bytes(inet_aton(host), "little") for host in (ADDRESS, GROUP))
    sources = inet_aton("10.9.9.1") + inet_aton("10.9.9.2")
    result = LIBRARY.setipv4sourcefilter(end.fileno(), c_uint32(own), c_uint32(group), mode, 2, sources)
    told, number, room = c_uint32(), c_uint32(1), ctypes.create_string_buffer(8)
    again = LIBRARY.getipv4sourcefilter(end.fileno(), c_uint32(own), c_uint32(group), byref(told), byref(number), room)
    return result, again, told.value, number.value


@provokes(
    "multicast_function_gives_errno", "multicast_function_mode_reversed", "multicast_function_counts_told",
    "multicast_function_ignored",
)  # fmt: skip
def source_lists() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end:
        end.setsockopt(IPPROTO_IP, IP_ADD_MEMBERSHIP, inet_aton(GROUP) + inet_aton(ADDRESS))
        return listed(end, 1), listed(end, 7)


@provokes("ports_reserved_high", "ports_reserved_family_as_einval")
def reserved_ports() -> object:
    port = ctypes.c_int(1000)
    end = LIBRARY.rresvport_af(byref(port), AF_INET6)
    if end >= 0:
        os.close(end)
    ctypes.set_errno(0)
    return end >= 0, port.value < 1024, LIBRARY.rresvport_af(byref(port), AF_UNIX), ctypes.get_errno()
