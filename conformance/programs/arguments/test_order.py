"""Two wrong arguments at once: one of the two errors is told, whichever."""

from errno import EBADF, EFAULT, ENOTSOCK
from functools import partial

import pytest

from conformance.programs.arguments.calls import called
from conformance.programs.arguments.outcomes import each_fails

ANY = "POSIX.1-2017, System Interfaces 2.3: where more than one error applies, any of them may be told"


@pytest.mark.claim("arguments.order.either-error")
def test_of_two_errors_one_is_told(strangers, memory):
    at = memory.nowhere
    rest = {
        "accept": (at, at), "bind": (at, 16), "connect": (at, 16), "getpeername": (at, at), "getsockname": (at, at),
        "getsockopt": (1, 1, at, at), "recv": (at, 9, 0), "recvfrom": (at, 9, 0, at, at), "send": (at, 9, 0),
        "sendto": (at, 9, 0, at, 16), "setsockopt": (1, 1, at, 4), "read": (at, 9), "readv": (at, 1), "write": (at, 9),
        "writev": (at, 1),
    }  # fmt: skip
    of_none = {f"{name} of none": partial(called, name, -1, *those) for name, those in rest.items()}

    cases = of_none

    with each_fails(EBADF, accepted={EFAULT: ANY}) as tried:
        tried(cases)  # decisive


@pytest.mark.claim("arguments.order.either-error")
def test_of_a_file_and_of_memory_that_is_none_one_is_told(strangers, memory):
    at = memory.nowhere
    rest = {
        "accept": (at, at), "bind": (at, 16), "connect": (at, 16), "getpeername": (at, at), "getsockname": (at, at),
        "getsockopt": (1, 1, at, at), "recv": (at, 9, 0), "recvfrom": (at, 9, 0, at, at), "send": (at, 9, 0),
        "sendto": (at, 9, 0, at, 16), "setsockopt": (1, 1, at, 4),
    }  # fmt: skip
    of_file = {f"{name} of a file": partial(called, name, strangers.file, *those) for name, those in rest.items()}

    cases = of_file

    with each_fails(ENOTSOCK, accepted={EFAULT: ANY}) as tried:
        tried(cases)  # decisive
