"""Files written whole or not at all, and the one error that every reader and writer of results raises."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from io import FileIO
from pathlib import Path


def cache_folder(name: str) -> Path:
    """The folder of that name for what may be lost: below XDG_CACHE_HOME, or ~/.cache (XDG base directory rules)."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    home = Path(base) if os.path.isabs(base) else Path(os.path.expanduser("~")) / ".cache"
    return home / "sockproof" / name


class ResultsError(Exception):
    """Results that cannot be read or written; the message names the file, the reason and the remedy."""


def reason_of(error: OSError) -> str:
    """What the system said, without the errno number and the path: ``Permission denied``."""
    return error.strerror or str(error)


def remedy_for(error: OSError, otherwise: str) -> str:
    """What lets a file be written that could not be."""
    return "raise the limit of what a file may hold (ulimit -f)." if error.errno == errno.EFBIG else otherwise


def read_regular(path: Path) -> bytes:
    """What a regular file holds. Raises OSError, also for a pipe or a device, which might be read for ever."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        return file.read()


def write_whole(path: Path, text: str | Iterable[str]) -> None:
    """Replace the file at `path` by `text` in UTF-8, so that a reader sees the old or the new, never a part.

    Text that comes in pieces is written piece by piece, and never held whole.
    Lone surrogates, which stand for undecodable bytes of file names, are written as escapes. Raises
    ResultsError where the folder cannot be written; the old file is then untouched.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _fill(temporary, [text] if isinstance(text, str) else text)
        rename(temporary, path)
    except OSError as error:
        raise ResultsError(
            f"{path} cannot be written ({reason_of(error)}): "
            f"{remedy_for(error, 'name a folder that you may write to, with room on its disk.')}"
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def rename(old: Path, new: Path) -> None:
    """Give a file another name, in place of what has it, also where rename(2) only says so. Raises OSError."""
    os.replace(old, new)
    if not os.path.lexists(old):
        return
    with suppress(FileNotFoundError):
        new.unlink()
    os.link(old, new)
    old.unlink()


def append_whole(path: Path, data: bytes) -> None:
    """Append to the file at `path`, which is made if need be, all or nothing. Raises OSError."""
    with path.open("ab", buffering=0) as file:
        append_to(file, data)


def append_to(file: FileIO, data: bytes) -> None:
    """Append to an unbuffered file, all or nothing. Raises OSError."""
    size = os.fstat(file.fileno()).st_size
    left = memoryview(data)
    try:
        while left:
            left = left[file.write(left) :]
    except OSError:
        with suppress(OSError):
            file.truncate(size)
        raise


def _fill(path: Path, pieces: Iterable[str]) -> None:
    with path.open("wb") as file:
        for piece in pieces:
            file.write(piece.encode("utf-8", "backslashreplace"))
        file.flush()
        os.fsync(file.fileno())
