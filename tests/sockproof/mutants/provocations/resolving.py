"""Addresses as text, getaddrinfo() and getnameinfo(). What asks a name server has no provocation here."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import ctypes
from pathlib import Path
from socket import *

from .common import *

LIBC.inet_ntop.restype = LIBC.gai_strerror.restype = ctypes.c_char_p
LIBC.inet_ntoa.restype = ctypes.c_void_p
LIBC.inet_ntoa.argtypes = [ctypes.c_uint32]


def codes(call: str, *arguments: object, room: int = 64) -> object:
    """The result, errno and the buffer of a C call that writes into its last argument."""
    buffer = ctypes.create_string_buffer(room)
    ctypes.set_errno(0)
    result = getattr(LIBC, call)(*arguments, buffer)
    return result, ctypes.get_errno(), buffer.raw[:16]


@provokes("inet_order_unchanged", "inet_order_back_unchanged")
def byte_order() -> object:
    return [getattr(LIBC, name)(258) for name in ("htons", "htonl", "ntohs", "ntohl")]


@provokes("inet_pton_short_accepted", "inet_pton_zone_accepted", "inet_pton_zero_sets_errno", "inet_pton_zero_as_error",
          "inet_pton_family_as_zero", "inet_pton_mapped_refused", "inet_pton_host_order")  # fmt: skip
def to_bytes() -> object:
    texts = ((AF_INET, b"127.1"), (AF_INET6, b"fe80::1%lo"), (AF_UNIX, b"x"), (AF_INET6, b"::ffff:1.2.3.4"),
             (AF_INET, b"192.0.2.1"))  # fmt: skip
    return [codes("inet_pton", family, text) for family, text in texts]


@provokes("inet_aton_short_refused", "inet_aton_octal_as_decimal", "inet_aton_zero_sets_errno")
def by_aton() -> object:
    return [codes("inet_aton", text) for text in (b"127.1", b"010.0.0.1", b"none")]


def as_text(family: int, address: bytes, room: int) -> object:
    buffer = ctypes.create_string_buffer(64)
    ctypes.set_errno(0)
    found = LIBC.inet_ntop(family, address, buffer, room)
    return found, ctypes.get_errno(), buffer.value, found is not None and buffer.value == b""


@provokes("inet_ntop_uncompressed", "inet_ntop_room_unchecked", "inet_ntop_family_as_einval")
def to_text() -> object:
    address = inet_pton(AF_INET6, "2001:db8::1")
    return [as_text(AF_INET6, address, 46), as_text(AF_INET6, address, 4), as_text(AF_UNIX, address, 46)]


@provokes("inet_ntop_own_buffer")
def whose_buffer() -> object:
    LIBC.inet_ntop.restype = ctypes.c_void_p
    buffer = ctypes.create_string_buffer(64)
    return LIBC.inet_ntop(AF_INET, bytes(4), buffer, 46) == ctypes.addressof(buffer)


@provokes("inet_ntoa_reversed", "inet_ntoa_more_buffers")
def by_ntoa() -> object:
    first = LIBC.inet_ntoa(0x04030201)
    text = ctypes.string_at(first)
    return text, LIBC.inet_ntoa(0) == first


@provokes("lookup_passive_as_loopback", "lookup_passive_always", "lookup_order_reversed", "lookup_list_first_only",
          "lookup_list_family_ignored", "lookup_list_type_zero", "lookup_service_number_lost")  # fmt: skip
def without_host() -> object:
    passive = getaddrinfo(None, "80", AF_UNSPEC, SOCK_STREAM, 0, AI_PASSIVE)
    return passive, getaddrinfo(None, "80", AF_UNSPEC, SOCK_STREAM), getaddrinfo(None, "80", AF_INET, SOCK_STREAM)


@provokes("lookup_passive_overrules_host", "lookup_list_one_type", "lookup_scope_dropped", "lookup_result_counts",
          "lookup_numeric_short_refused", "lookup_scope_unknown_allowed", "lookup_result_noname_as_again",
          "lookup_result_code_positive")  # fmt: skip
def numeric_hosts() -> object:
    hosts = ("192.0.2.1", "127.1", "fe80::1%lo", "fe80::1%no-such")
    return [outcome(getaddrinfo_code, host) for host in hosts]


def getaddrinfo_code(host: str) -> object:
    try:
        return getaddrinfo(host, 80, 0, 0, 0, AI_PASSIVE | AI_NUMERICHOST)
    except gaierror as error:
        return error.errno


@provokes("lookup_result_text_same")
def code_texts() -> object:
    return LIBC.gai_strerror(EAI_NONAME), LIBC.gai_strerror(EAI_AGAIN)


def heap() -> int:
    """At how many places many lists were that are given to freeaddrinfo()."""
    hints, places = struct.pack("=iiii", AI_NUMERICHOST, 0, 0, 0) + bytes(32), set()
    found = ctypes.c_void_p()
    for _ in range(50):
        LIBC.getaddrinfo(b"127.0.0.1", b"80", hints, ctypes.byref(found))
        places.add(found.value)
        LIBC.freeaddrinfo(found)
    return len(places)


@provokes("lookup_list_never_freed")
def freed_lists() -> object:
    return heap() < 25


@provokes("lookup_list_shared")
def kept_lists() -> object:
    hints, lists = struct.pack("=iiii", AI_NUMERICHOST, 0, 0, 0) + bytes(32), set()
    for _ in range(2):
        found = ctypes.c_void_p()
        LIBC.getaddrinfo(b"127.0.0.1", b"80", hints, ctypes.byref(found))
        lists.add(found.value)
    return len(lists)


def name_of(port: int, flags: int, *, length: int = 16, room: int = 64) -> object:
    address = struct.pack("=HH4s8s", AF_INET, htons(port), bytes([127, 0, 0, 1]), bytes(8))
    host, service = ctypes.create_string_buffer(64), ctypes.create_string_buffer(64)
    return LIBC.getnameinfo(address, length, host, room, service, 64, flags), host.value


def found(host: str, service: str) -> object:
    try:
        return getaddrinfo(host, service, AF_INET, SOCK_STREAM)
    except OSError as error:  # gaierror is one
        return error.errno


@provokes("lookup_hosts_ignored", "lookup_hosts_alone", "lookup_result_again_as_noname")
def looked_up() -> object:
    """Nobody answers in this namespace, so that a name server is a temporary failure."""
    return found("localhost", "80"), found("none.such.test", "80")


@provokes("lookup_service_name_lost", "lookup_service_unknown_as_system")
def services() -> object:
    return found("127.0.0.1", "http"), found("127.0.0.1", "none-such")


@provokes("lookup_reverse_always_numeric", "lookup_reverse_numeric_ignored", "lookup_reverse_always_stream")
def named_addresses() -> object:
    numeric = NI_NUMERICHOST | NI_NUMERICSERV
    return [service_of(flags) for flags in (0, numeric, NI_DGRAM)]


def service_of(flags: int) -> object:
    """The service of port 514, which has different ones for TCP and UDP (getnameinfo(3))."""
    return getnameinfo(("127.0.0.1", 514), flags)[1]


@provokes("lookup_reverse_room_unchecked", "lookup_reverse_length_unchecked")
def back_to_names() -> object:
    numeric = NI_NUMERICHOST | NI_NUMERICSERV
    return name_of(80, numeric, room=3)[0], name_of(80, numeric, length=4)[0]


def asked(host: str | None, family: int, flags: int) -> object:
    try:
        return [(entry[0], entry[3]) for entry in getaddrinfo(host, 80, family, SOCK_STREAM, 0, flags)]
    except gaierror as error:
        return error.errno


@provokes("lookup_flags_name_ignored", "lookup_flags_mapped_ignored")
def flags_of_a_number() -> object:
    return asked("127.0.0.1", AF_INET, AI_CANONNAME), asked("127.0.0.1", AF_INET6, AI_V4MAPPED | AI_NUMERICHOST)


@provokes("lookup_result_flow_left", "lookup_result_port_left", "lookup_flags_mapped_of_any")
def rest_of_answers() -> object:
    numbers = [getaddrinfo(host, None, 0, SOCK_STREAM, 0, AI_NUMERICHOST) for host in ("127.0.0.1", "::1")]
    return numbers, asked("127.0.0.1", AF_UNSPEC, AI_V4MAPPED | AI_NUMERICHOST)


@provokes("lookup_reverse_unspecified_as_number")
def unspecified() -> object:
    address = struct.pack("=HHI16sI", AF_INET6, htons(80), 0, bytes(16), 0)
    host = ctypes.create_string_buffer(64)
    return LIBC.getnameinfo(address, 28, host, 64, None, 0, NI_NAMEREQD)


@provokes("lookup_reverse_flags_unchecked", "lookup_reverse_neither_allowed")
def nothing_to_name() -> object:
    address = struct.pack("=HH4s8s", AF_INET, htons(80), bytes([127, 0, 0, 1]), bytes(8))
    return name_of(80, NI_NUMERICHOST | 1 << 30)[0], LIBC.getnameinfo(address, 16, None, 0, None, 0, NI_NAMEREQD)


AI_NEXT = 40
"""Where a struct addrinfo has its ai_next."""


@provokes("lookup_list_parts_never_freed")
def lists_in_parts() -> object:
    """Whether the heap grows where each of many lists is freed in two parts."""
    LIBC.freeaddrinfo.argtypes = [ctypes.c_void_p]
    found, grown = ctypes.c_void_p(), []
    for _ in range(2):
        for _ in range(3000):
            LIBC.getaddrinfo(b"127.0.0.1", b"80", None, ctypes.byref(found))
            following = ctypes.c_void_p.from_address(found.value + AI_NEXT)
            rest, following.value = following.value, None
            LIBC.freeaddrinfo(rest)
            LIBC.freeaddrinfo(found)
        grown.append(int(Path("/proc/self/statm").read_text().split()[5]))
    return grown[1] - grown[0] > 5
