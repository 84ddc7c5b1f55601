"""setsourcefilter(), getsourcefilter() and their older forms for IPv4: whole lists of sources by the C library."""

import ctypes
from ctypes import byref, c_uint32
from errno import EADDRNOTAVAIL, EINVAL
from socket import AF_INET, inet_aton, inet_ntop

import pytest

from conformance.datagram.multicast.filters import ADDRESS, EXCLUDE, INCLUDE, STORAGE, storage, told
from conformance.datagram.multicast.groups import next_datagram, over_group4, over_groups

pytestmark = pytest.mark.needs("glibc")
FOREIGN = {"ip4": ["10.9.9.1", "10.9.9.2", "10.9.9.3"], "ip6": ["fd99::1", "fd99::2", "fd99::3"]}
HERE, LENGTH, FIRST = "127.0.0.1", {"ip4": 16, "ip6": 28}, {"ip4": 4, "ip6": 8}
"""A local address, the length of a struct sockaddr_in or sockaddr_in6, and where the address begins in it."""
modes = pytest.mark.parametrize("mode", [INCLUDE, EXCLUDE], ids=["include", "exclude"])
libc = ctypes.CDLL(None, use_errno=True)


def in_addr(host):
    """A struct in_addr as an argument: passed as the number that its four bytes are."""
    return c_uint32(int.from_bytes(inet_aton(host), "little"))


def whole(group):
    """The address of the group and its length, as the functions want them."""
    return storage(group.host), LENGTH[group.family.name]


def hosts_of(group, listed, count):
    """So many addresses of an array of struct sockaddr_storage."""
    at, size = FIRST[group.family.name], 4 if group.family.domain == AF_INET else 16
    parts = [listed.raw[each * STORAGE + at :][:size] for each in range(count)]
    return sorted(inet_ntop(group.family.domain, part) for part in parts)


@pytest.mark.claim("multicast.functions.list-set")
@modes
@over_groups
def test_function_says_who_is_heard(peers, group, link, mode):
    member = group.member(peers, link.near_index)
    near = group.sender(peers, link.near_index, link.near_host(group.family), lane="near")
    with link.far.entered():
        far = group.sender(peers, link.far_index, link.far_host(group.family), lane="far")
    source, port = storage(link.far_host(group.family)), group.port_of(member)
    given = None

    given = libc.setsourcefilter(member.fileno(), link.near_index, *whole(group), mode, 1, source)  # decisive
    far.sendto(b"listed", port)
    near.sendto(b"not listed", port)
    far.sendto(b"unicast", (link.near_host(group.family), port[1]))

    heard = {next_datagram(member), next_datagram(member)}
    assert (given, heard) == (0, {b"listed" if mode == INCLUDE else b"not listed", b"unicast"})


@pytest.mark.claim("multicast.functions.list-set")
@modes
@over_group4
def test_function_of_ip4_sets_the_list(peers, group, loopback, mode):
    member, sources = group.member(peers, loopback.index), b"".join(map(inet_aton, FOREIGN["ip4"]))
    given = None

    given = libc.setipv4sourcefilter(member.fileno(), in_addr(HERE), in_addr(group.host), mode, 3, sources)  # decisive

    assert (given, told(member, group, loopback.index)) == (0, (mode, 3, FOREIGN["ip4"]))


@pytest.mark.claim("multicast.functions.list-told")
@modes
@over_groups
def test_function_tells_mode_and_sources(peers, group, segment, mode, source_lists):
    member, hosts = group.member(peers, segment.index), FOREIGN[group.family.name]
    libc.setsourcefilter(member.fileno(), segment.index, *whole(group), mode, 3, b"".join(map(storage, hosts)))
    asked = member.fileno(), segment.index, *whole(group)
    kind, number, room = c_uint32(9), c_uint32(3), ctypes.create_string_buffer(3 * STORAGE)
    given = None

    given = libc.getsourcefilter(*asked, byref(kind), byref(number), room)  # decisive

    assert (given, kind.value, number.value, hosts_of(group, room, 3)) == (0, mode, 3, hosts)


@pytest.mark.claim("multicast.functions.list-told")
@modes
@over_group4
def test_function_of_ip4_tells_mode_and_sources(peers, group, loopback, mode):
    member, sources = group.member(peers, loopback.index), b"".join(map(inet_aton, FOREIGN["ip4"]))
    own, to = in_addr(HERE), in_addr(group.host)
    libc.setipv4sourcefilter(member.fileno(), own, to, mode, 3, sources)
    kind, number, room = c_uint32(9), c_uint32(3), ctypes.create_string_buffer(3 * ADDRESS)
    given = None

    given = libc.getipv4sourcefilter(member.fileno(), own, to, byref(kind), byref(number), room)  # decisive

    assert (given, kind.value, number.value, room.raw) == (0, mode, 3, sources)


@pytest.mark.claim("multicast.functions.all-are-counted")
@pytest.mark.parametrize("places", [0, 2])
@over_groups
def test_function_counts_all_sources(peers, group, segment, places, source_lists):
    member, hosts = group.member(peers, segment.index), FOREIGN[group.family.name]
    libc.setsourcefilter(member.fileno(), segment.index, *whole(group), INCLUDE, 3, b"".join(map(storage, hosts)))
    asked = member.fileno(), segment.index, *whole(group)
    kind, number = c_uint32(9), c_uint32(places)
    room = ctypes.create_string_buffer(places * STORAGE) if places else None
    given = None

    given = libc.getsourcefilter(*asked, byref(kind), byref(number), room)  # decisive

    assert (given, kind.value, number.value) == (0, INCLUDE, 3)
    assert set(hosts_of(group, room, places) if places else ()) <= set(hosts)


@pytest.mark.claim("multicast.functions.error-told")
@over_groups
def test_functions_fail_with_minus_one_and_errno(peers, group, segment):
    member, end = group.member(peers, segment.index), group.listener(peers, lane="end")
    source, number = storage(FOREIGN[group.family.name][0]), c_uint32(0)
    wrong = None

    wrong = libc.setsourcefilter(member.fileno(), segment.index, *whole(group), 7, 1, source)  # decisive
    refused = wrong, ctypes.get_errno()
    untold = libc.getsourcefilter(end.fileno(), segment.index, *whole(group), byref(number), byref(number), None)

    assert (refused, untold, ctypes.get_errno()) == ((-1, EINVAL), -1, EADDRNOTAVAIL)
