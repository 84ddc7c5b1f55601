"""Loads modules of the kernel from a folder, as modprobe does, which a small system may not have.

As a program it is what the kernel calls for a module that it wants: ``modules.py FOLDER -q -- NAME``. What one needs
stands in the module itself.
"""

from __future__ import annotations

import ctypes
import gzip
import lzma
import platform
import re
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

INIT_MODULE = {"x86_64": 175, "aarch64": 105}
"""The number of init_module(2)."""
OPENERS = {".gz": gzip.decompress, ".xz": lzma.decompress}
DEPENDS = re.compile(rb"\0depends=([^\0]*)\0")
"""In the section .modinfo of a module."""


def load(folder: str, names: Iterable[str]) -> None:
    """Load the modules of these names or aliases, each behind those that it needs; what cannot be is left out."""
    wanted = [module for name in names for module in resolved(folder, name)]
    for path in ordered(folder, wanted):
        with suppress(OSError):
            insert(path)


def ordered(folder: str, names: Iterable[str]) -> list[Path]:
    """The files of these modules and of all that they need, in the order in which they are to be loaded."""
    known, found = files(folder), dict[str, None]()
    for name in map(plain, names):
        _with_needs(name, known, found)
    return [known[name] for name in found]


def _with_needs(name: str, known: Mapping[str, Path], found: dict[str, None]) -> None:
    if name in known and name not in found:
        for needed in needs(known[name]):
            _with_needs(needed, known, found)
        found[name] = None


def lacking(folder: str, names: Iterable[str]) -> list[str]:
    """Those of these modules that are neither there nor built in."""
    built_in = Path(folder, "modules.builtin")
    paths = built_in.read_text("utf-8").splitlines() if built_in.is_file() else []
    there = {plain(Path(path).name.partition(".")[0]) for path in paths} | set(files(folder))
    return [name for name in names if plain(name) not in there]


@cache
def files(folder: str) -> dict[str, Path]:
    """Every module by its name, with its file."""
    listed = Path(folder, "modules.dep")
    if listed.is_file():
        paths = [Path(folder, line.partition(":")[0]) for line in listed.read_text("utf-8").splitlines()]
    else:
        paths = [*Path(folder).rglob("*.ko"), *Path(folder).rglob("*.ko.*")]
    return {plain(path.name.partition(".")[0]): path for path in paths}


def needs(path: Path) -> list[str]:
    """The names of the modules that this one needs."""
    found = DEPENDS.search(read(path))
    return [plain(name) for name in found[1].decode("ascii").split(",") if name] if found else []


def read(path: Path) -> bytes:
    """A module, whole and not compressed. Raises OSError for one that is compressed in a way unknown to Python."""
    data = path.read_bytes()
    if path.suffix in OPENERS:
        return OPENERS[path.suffix](data)
    if path.suffix != ".ko":
        raise OSError(f"{path} is compressed in a way that is not known here")
    return data


def resolved(folder: str, name: str) -> list[str]:
    """The names of the modules that go by a name or an alias."""
    found = [plain(name)]
    with suppress(OSError):
        for line in Path(folder, "modules.alias").read_text("utf-8").splitlines():
            words = line.split()
            if len(words) == 3 and words[0] == "alias" and fnmatchcase(name, words[1]):
                found.append(plain(words[2]))
    return found


def plain(name: str) -> str:
    """A name as the kernel has it: with underscores."""
    return name.replace("-", "_")


def insert(path: Path) -> None:
    """init_module(2). Raises OSError, also for a module that is there already."""
    data = read(path)
    libc = ctypes.CDLL(None, use_errno=True)
    number = INIT_MODULE.get(platform.machine(), -1)
    if libc.syscall(ctypes.c_long(number), data, ctypes.c_ulong(len(data)), b"") != 0:
        raise OSError(ctypes.get_errno(), f"init_module {path}")


if __name__ == "__main__":
    load(sys.argv[1], [word for word in sys.argv[2:] if not word.startswith("-")])
