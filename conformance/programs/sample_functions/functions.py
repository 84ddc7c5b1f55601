"""The functions of the documents, written again in our own words, as a library of which scenarios call them."""

from __future__ import annotations

import ctypes
import functools
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fixtures.evidence.libc import RecordedLibrary
from fixtures.evidence.recorder import RecordedSocket
from fixtures.stage.compiler import compiled
from fixtures.stage.families import ip4
from fixtures.stage.peers import Peers

SOURCES = Path(__file__).with_name("sources")
TEXTS = tuple(SOURCES / name for name in ("moving.c", "opening.c", "options.c"))
LIBRARY = ("-shared", "-fPIC", f"-I{SOURCES}")
CHECKED = ("-O2", "-D_FORTIFY_SOURCE=2")
"""How distributions compile: with the checks of the C library."""
TOLD = 4096
HOST = ip4.loopback.encode()
"""Where the functions connect to, as C has it."""
COUNTS = ("safe_read", "safe_write", "unsafe_send_data", "high_performance_file_transfer", "vectored_write_of_two",
          "debug_read")  # fmt: skip
"""Functions whose result is as large as a pointer."""
needs_functions = pytest.mark.needs("compiler")


@functools.cache
def functions(*options: str) -> RecordedLibrary:
    """The functions, compiled with these options; their calls are noted. What they print is in `said`."""
    path = compiled(TEXTS[0], *LIBRARY, *options, further=[*TEXTS[1:], SOURCES / "functions.h"])
    library = RecordedLibrary(str(path), use_errno=True)
    for name in COUNTS:
        function = getattr(library, name)
        function.restype = ctypes.c_ssize_t
        function.argtypes = [ctypes.c_int, *_after_descriptor(name)]
    library.rate_after.argtypes, library.rate_after.restype = [ctypes.c_uint64], ctypes.c_uint
    return library


def _after_descriptor(name: str) -> list[type]:
    if name == "high_performance_file_transfer":
        return [ctypes.c_int, ctypes.c_long, ctypes.c_size_t]
    return [ctypes.c_char_p, ctypes.c_size_t]


@contextmanager
def telling(library: RecordedLibrary) -> Iterator[Callable[[], str]]:
    """What the functions print while the block runs."""
    told = (ctypes.c_char * TOLD).in_dll(library, "told")
    told[0] = b"\0"
    yield lambda: told.value.decode()


def taken(peers: Peers, descriptor: int, lane: str) -> RecordedSocket:
    """The socket that a function has opened, closed with the scenario. Raises OSError where it has opened none."""
    return peers.take(socket.socket(fileno=raised(descriptor)), lane)


def raised(result: int) -> int:
    """The result of a function. Raises OSError where it is -1, with the errno that it left."""
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def behind(library: RecordedLibrary) -> bytes:
    """What lay behind the set of connect_with_timeout() when it had put its descriptor in."""
    return bytes((ctypes.c_ubyte * 1024).in_dll(library, "behind"))


def port_of(end: RecordedSocket) -> int:
    """The port at which an end is bound."""
    return int(end.getsockname()[1])
