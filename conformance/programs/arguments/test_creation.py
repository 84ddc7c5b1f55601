"""Families, types and protocols that there are not, and pairs whose numbers cannot be written."""

from errno import EAFNOSUPPORT, EFAULT, EINVAL, EPROTONOSUPPORT, EPROTOTYPE, ESOCKTNOSUPPORT
from functools import partial
from socket import AF_UNIX, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM

import pytest

from conformance.programs.arguments.calls import called
from conformance.programs.arguments.outcomes import each_fails
from conformance.programs.arguments.strangers import lowest_free
from fixtures.stage.families import over_streams

UNKNOWN_TYPE = {
    ESOCKTNOSUPPORT: "Linux include/uapi/asm-generic/errno.h: socket type not supported",
    EPROTOTYPE: "POSIX.1-2017, socket(), ERRORS, EPROTOTYPE",
    EPROTONOSUPPORT: "POSIX.1-2017, socket(), ERRORS, EPROTONOSUPPORT",
}  # fmt: skip


@pytest.mark.claim("arguments.socket.unknown-type")
@over_streams
def test_type_that_there_is_not_is_refused(family):
    cases = {f"type {kind}": partial(called, "socket", family.domain, kind, 0) for kind in (0, 4, 6, 7, 9, 15, -1)}

    with each_fails(EINVAL, accepted=UNKNOWN_TYPE) as tried:
        tried(cases)  # decisive


@pytest.mark.claim("arguments.socket.unknown-protocol")
@pytest.mark.parametrize("kind", [SOCK_STREAM, SOCK_DGRAM], ids=["SOCK_STREAM", "SOCK_DGRAM"])
@over_streams
def test_protocol_that_there_is_not_is_refused(family, kind):
    numbers = (-1, 2, 99, 254, 256, 2**31 - 1)
    cases = {f"protocol {number}": partial(called, "socket", family.domain, kind, number) for number in numbers}

    with each_fails(EPROTONOSUPPORT, accepted={EINVAL: "socket(2), ERRORS, EINVAL"}) as tried:
        tried(cases)  # decisive


@pytest.mark.claim("arguments.socket.family-out-of-range")
@pytest.mark.parametrize("kind", [SOCK_STREAM, SOCK_DGRAM], ids=["SOCK_STREAM", "SOCK_DGRAM"])
def test_family_that_there_cannot_be_is_refused(kind):
    numbers = (-1, 255, 65536 + AF_UNIX, 2**31 - 1)
    cases = {f"family {number}": partial(called, "socket", number, kind, 0) for number in numbers}

    with each_fails(EAFNOSUPPORT) as tried:
        tried(cases)  # decisive


@pytest.mark.claim("arguments.socketpair.unwritable-leaves-none")
def test_pair_whose_numbers_cannot_be_written_is_not_left(memory):
    lowest, places = lowest_free(), {"unwritable": memory.nowhere, "writable in part": memory.ending(bytes(4))}
    kinds = {"SOCK_STREAM": SOCK_STREAM, "SOCK_DGRAM": SOCK_DGRAM, "SOCK_SEQPACKET": SOCK_SEQPACKET}
    cases = {
        f"{name} {how}": partial(called, "socketpair", AF_UNIX, kind, 0, at)
        for name, kind in kinds.items()
        for how, at in places.items()
    }

    with each_fails(EFAULT) as tried:
        tried(cases)  # decisive

    assert lowest_free() == lowest
