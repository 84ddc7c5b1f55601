"""Where a run leaves its results: a folder of its own, and the link ``latest`` to the newest.

A folder that holds nothing but what an earlier run wrote is emptied for the next one, so that ``--out results``
can be given again and again. A folder that holds anything else is refused and left as it is, and so is one that another
run uses. It is emptied once it is certain that something runs: a mistyped request costs no results.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

ROOT = "sockproof-results"
"""The folder, below the current one, that gathers the runs without ``--out``."""

LATEST = "latest"

SIGNED = ("results.json", "journal.jsonl")
"""The files that name their schema at the beginning: only beside one of them are the others taken for ours."""

FILES = ("junit.xml", "results.ktap", "badge.svg", "summary.md", "report.html", *SIGNED)
"""Every file that a run leaves in its folder, in the order in which a later run removes them."""

CAPTURES = "pcap"
"""The folder of the captures, which the results name one by one."""

BOOT = Path("/proc/sys/kernel/random/boot_id")

LOCK = ".sockproof-lock"
"""The file that is locked while a run uses the folder."""

IN_VAIN, NOT_RETURNED = ".waited-in-vain", ".not-returned"
"""Files by which the processes of a run tell one another of waits in vain; they go with the end of the run."""

AT_WORK = ".at-work-{worker}-{pid}"
"""Files by which a worker shows that it goes on; at rest they are of the beginning of 1970."""
OF_A_WORKER = re.compile(r"\.at-work-(\w+)-(\d+)")

MOST_LOCKS = 100
"""How often a lock is sought whose file another run has removed meanwhile, or of which the kernel says so wrongly."""

HALF_WRITTEN = re.compile(r"\..+\.\d+\.part")
"""What a crash leaves of a file that is written whole or not at all."""

NAMED_CAPTURE = re.compile(rb'"pcap": ("pcap/[^"/]+")')
"""Where results or a journal, broken ones too, name a capture."""


class FolderError(Exception):
    """A folder cannot take the results of a run; ``str`` is one sentence with the reason and the remedy."""


def default_folder(cwd: Path) -> Path:
    """A new, empty folder for one run: ``sockproof-results/<UTC time>`` below `cwd`, created and nobody else's.

    Raises FolderError where it cannot be created.
    """
    name = time.strftime("%Y-%m-%dT%H-%M-%SZ", time.gmtime())
    parent = cwd / ROOT
    number = 1
    while True:
        folder = parent / (name if number == 1 else f"{name}-{number}")
        try:
            parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir()
            return folder
        except FileExistsError as error:
            # mkdir is atomic: of two runs in the same second only one gets the name.
            if not parent.is_dir():
                raise refusal(parent, "a file of that name is in the way") from error
            number += 1
        except OSError as error:
            raise refusal(folder, error.strerror) from error


def check(path: Path) -> None:
    """Raises FolderError if `held` would refuse `path`. Changes nothing."""
    try:
        if path.is_dir():
            refuse_foreign(path)
            refuse_used(path)
        nearest = next(place for place in (path, *path.absolute().parents) if place.exists())
    except OSError as error:
        raise refusal(path, error.strerror) from error
    if not nearest.is_dir():
        raise refusal(path, f"{nearest} is not a folder")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise refusal(path, "permission denied" if nearest == path else f"{nearest} is not writable")


def refuse_foreign(path: Path) -> None:
    """Raises FolderError if `path` holds anything that did not come from a run, OSError if it cannot be read."""
    names = sorted(entry.name for entry in path.iterdir())
    ours = any(is_signed(path / name) for name in SIGNED)
    foreign = [name for name in names if not (is_left(name) or (ours and name in (*FILES, CAPTURES)))]
    if foreign:
        raise refusal(path, f'it holds "{foreign[0]}", which no run of sockproof wrote')


_unlocked: list[bool] = []


def without_locks() -> None:
    """From now on no lock is asked for: on this kernel the call does not lock, or never comes back."""
    _unlocked[:] = [True]


def refuse_used(path: Path) -> None:
    """Raises FolderError while another run uses `path`."""
    if _unlocked:
        return
    with suppress(FileNotFoundError), FileIO(path / LOCK, "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            if _is_of_the_dead(file):
                return
            raise refusal(path, "another run of sockproof writes there") from None


def is_signed(path: Path) -> bool:
    """Whether a file begins as the results or the journal of a run do."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return b'"sockproof-results"' in file.read(200)


def is_of_run(name: str) -> bool:
    """Whether a path below the folder is one that a run gives its files: it leads nowhere else."""
    return name in FILES or re.fullmatch(rf"{CAPTURES}/[^/]+", name) is not None


def is_left(name: str) -> bool:
    """Whether files of this name are what a crash of ours leaves beside the results."""
    hidden = HALF_WRITTEN.fullmatch(name) or OF_A_WORKER.fullmatch(name)
    return name in (LOCK, IN_VAIN, NOT_RETURNED) or hidden is not None


@dataclass
class Held:
    """A folder that is one run's alone until it is released; `path` is absolute."""

    path: Path
    lock: FileIO
    made: bool
    """Whether it was made for this run."""

    @property
    def has_results(self) -> bool:
        """Whether an earlier run has left its results."""
        return any((self.path / name).exists() for name in SIGNED)

    def empty(self) -> None:
        """Remove what an earlier run wrote, and nothing else. Raises FolderError where that is refused."""
        try:
            for path in (*captures(self.path), *left_by_others(self.path), *(self.path / name for name in FILES)):
                path.unlink(missing_ok=True)
            with suppress(OSError):  # none, or one with files of somebody else
                (self.path / CAPTURES).rmdir()
        except OSError as error:
            raise refusal(self.path, error.strerror) from error

    def release(self) -> None:
        """Let another run have the folder; one that was made for this run and got nothing is removed."""
        with suppress(OSError):
            (self.path / LOCK).unlink(missing_ok=True)
        # A child of a scenario may have inherited the descriptor: closing ours alone would not end the lock.
        with suppress(OSError):
            fcntl.flock(self.lock, fcntl.LOCK_UN) if not _unlocked else None
        self.lock.close()
        if self.made:
            with suppress(OSError):
                self.path.rmdir()


def held(path: Path, within: float = 0) -> Held:
    """The folder `path`, existing, writable, and used by nobody else; what an earlier run left is still there.

    Who has it may take so many seconds to let it go: a run that was killed dies behind our back.
    Raises FolderError where it cannot be so, or where it holds something that no run has written; then nothing
    has been removed.
    """
    if within:
        _wait_for_its_end(path, within)
    check(path)
    made = not path.exists() or not any(path.iterdir())
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = locked(path / LOCK)
    except BlockingIOError:
        raise refusal(path, "another run of sockproof writes there") from None
    except OSError as error:
        raise refusal(path, error.strerror) from error
    return Held(path.absolute(), lock, made)


def _wait_for_its_end(path: Path, within: float) -> None:
    """Returns when nobody has the lock of a folder, or after so many seconds."""
    with suppress(OSError), FileIO(path / LOCK, "rb") as file:
        if not _unlocked:
            waiting = threading.Thread(target=fcntl.flock, args=(file, fcntl.LOCK_SH), daemon=True)
            waiting.start()
            waiting.join(within)


def locked(path: Path) -> FileIO:
    """The file at `path`, locked by flock(2). Raises BlockingIOError while somebody else has the lock."""
    for attempt in range(MOST_LOCKS):
        file = FileIO(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644), "r+")
        if _unlocked:
            return file
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with file, suppress(FileNotFoundError):
                if not _is_of_the_dead(file):
                    raise
                if os.path.samestat(os.fstat(file.fileno()), os.stat(path)):
                    path.unlink()
            continue
        except OSError:
            return file  # a file system without locks: better unguarded than not at all
        with suppress(FileNotFoundError):
            last = attempt == MOST_LOCKS - 1
            if last or os.path.samestat(os.fstat(file.fileno()), os.stat(path)):
                _sign(file)
                return file
        file.close()  # whoever had the lock has removed the file meanwhile
    raise OSError(errno.EAGAIN, "it is removed again and again", str(path))


def _sign(file: FileIO) -> None:
    """Says whose lock it is: its children hold the descriptor as well, and may outlive it."""
    with suppress(OSError):  # a full disk: then it counts as somebody's
        file.truncate(0)
        os.pwrite(file.fileno(), f"{os.getpid()} {_processes()}".encode(), 0)


def _is_of_the_dead(file: FileIO) -> bool:
    """Whether the run that took a lock is no more, so that it is held by what has been left of it."""
    pid, _, processes = os.pread(file.fileno(), 200, 0).decode("ascii", "replace").partition(" ")
    if not pid.isdecimal() or not processes or processes != _processes():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _processes() -> str:
    """What tells the processes of this machine, or container, from those of others; empty where nothing does."""
    try:
        return f"{BOOT.read_text('ascii', 'replace').strip()} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""


def captures(path: Path) -> list[Path]:
    """The captures that the results or the journal in `path` name: other files beside them are somebody's own."""
    below = path / CAPTURES
    if below.is_symlink() or not below.is_dir():
        return []
    named: set[str] = set()
    for name in SIGNED:
        with suppress(FileNotFoundError), (path / name).open("rb") as file:
            named.update(json.loads(found) for line in file for found in NAMED_CAPTURE.findall(line))
    return [*left_by_others(below), *(path / name for name in sorted(named))]


def left_by_others(path: Path) -> list[Path]:
    """Files that processes before this one left in `path`, half-written, or for one another."""
    own = (f".{os.getpid()}.part", LOCK)
    return [entry for entry in path.iterdir() if is_left(entry.name) and not entry.name.endswith(own)]


def refusal(path: Path, reason: str | None) -> FolderError:
    """The error for a folder that cannot be used."""
    return FolderError(f"the results cannot go to {path}: {reason}; name a new, empty or writable folder with --out.")


def point_latest(folder: Path) -> Path | None:
    """Make ``latest`` beside `folder` a relative link to it, and give the link.

    Only folders below ``sockproof-results`` have such a link: beside a folder that the user chose nothing is
    written, and None comes back; so too where the file system has no links. The link is replaced in one step, so
    that a reader finds the old run or the new one.
    """
    if folder.parent.name != ROOT:
        return None
    link, fresh = folder.parent / LATEST, folder.parent / f".{LATEST}.{os.getpid()}"
    try:
        with suppress(FileNotFoundError):
            fresh.unlink()
        fresh.symlink_to(folder.name)
        fresh.replace(link)
    except OSError:
        with suppress(OSError):
            fresh.unlink()
        return None
    return link
