"""Loads modules of the kernel from a folder, as modprobe does, which a small system may not have.

As a program it is what the kernel calls for a module that it wants: ``modules.py FOLDER -q -- NAME``.
"""

from __future__ import annotations

import ctypes
import gzip
import lzma
import platform
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path

INIT_MODULE = {"x86_64": 175, "aarch64": 105}
"""The number of init_module(2)."""
OPENERS = {".gz": gzip.decompress, ".xz": lzma.decompress}


def load(folder: str, names: Iterable[str]) -> None:
    """Load the modules of these names or aliases, each behind those that it needs; what cannot be is left out."""
    known = dict(dependencies(folder))
    wanted = [module for name in names for module in resolved(folder, name) if module in known]
    for file, needed in map(known.__getitem__, wanted):
        for path in (*reversed(needed), file):
            with suppress(OSError):
                insert(Path(folder, path))


def dependencies(folder: str) -> Iterator[tuple[str, tuple[str, list[str]]]]:
    """Each module by its name, with its file and the files of those that it needs (modules.dep(5))."""
    for line in Path(folder, "modules.dep").read_text("utf-8").splitlines():
        file, _, needed = line.partition(":")
        yield plain(Path(file).name.partition(".")[0]), (file, needed.split())


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
    data = OPENERS.get(path.suffix, bytes)(path.read_bytes())
    libc = ctypes.CDLL(None, use_errno=True)
    number = INIT_MODULE.get(platform.machine(), -1)
    if libc.syscall(ctypes.c_long(number), data, ctypes.c_ulong(len(data)), b"") != 0:
        raise OSError(ctypes.get_errno(), f"init_module {path}")


if __name__ == "__main__":
    load(sys.argv[1], [word for word in sys.argv[2:] if not word.startswith("-")])
