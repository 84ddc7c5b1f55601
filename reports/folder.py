"""Where a run leaves its results: a folder of its own, and the link ``latest`` to the newest.

A folder that holds nothing but what an earlier run wrote is emptied for the next one, so that ``--out results``
can be given again and again. A folder that holds anything else is refused and left as it is.
"""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path

ROOT = "sockproof-results"
"""The folder, below the current one, that gathers the runs without ``--out``."""

LATEST = "latest"

WRITTEN = frozenset({"results.json", "journal.jsonl", "junit.xml", "summary.md", "report.html", "pcap"})
"""Every file and folder that a run leaves in its folder; whoever writes another one adds it here."""

SIGNED = ("results.json", "journal.jsonl")
"""The files that name their schema at the beginning: only beside one of them are the others taken for ours."""

PROBE = ".sockproof-writable"


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
    """Raises FolderError if `prepare` would refuse `path`. Changes nothing."""
    try:
        if path.is_dir():
            refuse_foreign(path)
        nearest = next(place for place in (path, *path.absolute().parents) if place.exists())
    except OSError as error:
        raise refusal(path, error.strerror) from error
    if not nearest.is_dir():
        raise refusal(path, f"{nearest} is not a folder")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise refusal(path, "permission denied" if nearest == path else f"{nearest} is not writable")


def prepare(path: Path) -> Path:
    """The folder `path`, absolute, existing, writable, and empty of the results of an earlier run.

    Raises FolderError where it cannot be so, or where it holds something that no run has written; then nothing
    has been removed.
    """
    check(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
        (path / PROBE).touch()
        (path / PROBE).unlink()
        empty(path)
    except OSError as error:
        raise refusal(path, error.strerror) from error
    return path.absolute()


def refuse_foreign(path: Path) -> None:
    """Raises FolderError if `path` holds anything that did not come from a run, OSError if it cannot be read."""
    names = sorted(entry.name for entry in path.iterdir())
    ours = any(is_signed(path / name) for name in SIGNED)
    foreign = [name for name in names if not (ours and is_written(name))]
    if foreign:
        raise refusal(path, f'it holds "{foreign[0]}", which no run of sockproof wrote')


def is_signed(path: Path) -> bool:
    """Whether a file begins as the results or the journal of a run do."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return b'"sockproof-results"' in file.read(200)


def is_written(name: str) -> bool:
    """Whether a run writes files of this name, those included that a crash leaves half-written beside them."""
    return name in WRITTEN or (name.startswith(".") and name.endswith(".part"))


def empty(path: Path) -> None:
    """Remove what an earlier run wrote into `path`."""
    for entry in list(path.iterdir()):
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


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
