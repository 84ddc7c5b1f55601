"""Compiles the preload library with the machine's C compiler, and keeps it.

The library is built where it is used, because it must match the C library of the process under test. The
cache is a folder per hash of everything that decides the result: the sources, the flags, and the compiler's
path and version; so an edited source or a new compiler gives a new library, and nothing has to be cleaned.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
from pathlib import Path

from sockproof.mutants import MutantError

SOURCES = Path(__file__).with_name("preload")
LIBRARY = "libsockproof-mutants.so"

FLAGS = (
    "-std=gnu11", "-D_GNU_SOURCE", "-O2", "-fPIC", "-shared", "-Wall", "-Wextra",
    # Fortified headers and 64-bit renames would turn the names that are defined here into others.
    "-U_FORTIFY_SOURCE", "-U_FILE_OFFSET_BITS", "-U_TIME_BITS",
)  # fmt: skip
LIBRARIES = ("-ldl", "-lpthread")


def library(*, cache: Path | None = None) -> Path:
    """Path of the compiled preload library; compiles it if this compiler has not yet done so.

    `cache` is the folder to keep it in, by default ``sockproof/mutants`` under XDG_CACHE_HOME or ~/.cache.
    Raises MutantError, with the remedy, where there is no compiler, it fails, or the cache cannot be written.
    """
    found = compiler()
    target = (cache or cache_folder()) / fingerprint(found) / LIBRARY
    if not is_sound(target):
        _compile(found, target)
    return target


def is_sound(target: Path) -> bool:
    """Whether a compiled library is there, our own, and what the compiler made: its hash lies beside it.

    It is loaded into every process of the suite, so one that is damaged, or that somebody else put there, is not taken.
    """
    from fixtures.stage import compiler as suite_compiler  # on the path only once the command has begun

    return suite_compiler.is_sound(target)


def compiler() -> str:
    """Path of the C compiler: $CC, else the first of cc, gcc and clang. Raises MutantError where there is none."""
    for name in (os.environ.get("CC"), "cc", "gcc", "clang"):
        path = shutil.which(name) if name else None
        if path:
            return path
    raise MutantError(
        "no C compiler found (looked for $CC, cc, gcc and clang): the mutants are a small C library that is "
        "built on this machine; install one, for example with: apt install gcc libc6-dev"
    )


def cache_folder() -> Path:
    """Folder of the compiled libraries."""
    from reports import files  # installed, the suite is on the path only once the command has begun

    return files.cache_folder("mutants")


def sources() -> list[Path]:
    """The C files, in a fixed order."""
    return sorted(SOURCES.glob("*.c"))


def fingerprint(found: str) -> str:
    """Hexadecimal hash of everything that decides the compiled result."""
    digest = hashlib.sha256()
    for path in sorted(SOURCES.iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    from fixtures.stage.finished import finished

    version = finished([found, "--version"]).stdout.encode()
    digest.update(repr((FLAGS, LIBRARIES, found, platform.machine(), platform.libc_ver())).encode() + version)
    return digest.hexdigest()[:24]


def _compile(found: str, target: Path) -> None:
    from fixtures.evidence.verdicts import HarnessError
    from fixtures.stage import compiler as suite_compiler

    try:
        suite_compiler.make([found, *FLAGS, *map(str, sources()), *LIBRARIES], target)
    except OSError as error:
        raise MutantError(
            f"cannot keep the compiled mutant library in {target.parent}: {error.strerror}; "
            "make that folder writable or point XDG_CACHE_HOME to another"
        ) from error
    except HarnessError as error:
        raise MutantError(
            f"could not compile the mutant library; the C library's headers may be missing "
            f"(apt install libc6-dev linux-libc-dev): {error}"
        ) from error
