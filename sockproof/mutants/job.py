"""What the command tells the warm process, and what it hears back: two files in the folder of the run.

The journal has one line a mutant, written when its verdict is there; so an interrupted run leaves what it found,
and ``--resume`` leaves out what is there. A line counts only for the same mutant under the same suite.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from sockproof.mutants.catalogue import Mutant

JOURNAL = "mutants.jsonl"
OPTION = "--mutants-job"


@dataclass(frozen=True)
class Job:
    """What the warm process is to do."""

    mutants: tuple[str, ...]
    children: int
    journal: str
    cache: str
    """Folder of what was observed before."""
    key: str
    """Stands for everything that decides a verdict; see fingerprint()."""
    observing_key: str
    """Stands for everything but the scenarios that decides what is observed."""
    relevant: tuple[str, ...] | None
    """Patterns of the claims whose instances take part; None for all."""
    all_kills: bool
    fresh: bool
    """Whether to observe again what was observed before."""
    terminal: bool
    catalogue: str = ""
    """Folder of the catalogue."""
    signatures: bool = False
    """Whether everything that reaches a mutant is asked, for the fault dictionary."""
    scenarios: int | None = None
    """With signatures: how many scenarios are asked at most of claims that do not name the mutant."""

    def write(self, path: Path) -> None:
        """Leaves the job in a file."""
        from reports.files import write_whole  # installed, the suite is on the path only once the command has begun

        write_whole(path, json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: str) -> Job:
        """The job in a file."""
        data = json.loads(Path(path).read_text("utf-8"))
        relevant = None if data["relevant"] is None else tuple(data["relevant"])
        return cls(**{**data, "mutants": tuple(data["mutants"]), "relevant": relevant})


def note(journal: Path, key: str, line: Mapping[str, Any]) -> None:
    """Adds a line; it is in the file when this returns."""
    with journal.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"key": key, **line}) + "\n")


def noted(journal: Path) -> list[dict[str, Any]]:
    """The whole lines of a journal, oldest first; a torn last one is left out."""
    found = []
    for line in journal.read_text("utf-8", errors="replace").splitlines() if journal.is_file() else []:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        found += [entry] if isinstance(entry, dict) and "key" in entry else []
    return found


def mutant_key(mutant: Mutant, key: str, *, all_kills: bool, signatures: bool = False) -> str:
    """Stands for one mutant as it is written, and for how much is asked of it, under `key`."""
    fields = {name: str(value) for name, value in asdict(mutant).items() if name not in ("file", "line")}
    return digest(key, json.dumps(fields, sort_keys=True), str(all_kills), *["signatures"] * signatures)


def fingerprint(folder: Path, *more: str) -> str:
    """Stands for every file below `folder` that decides what runs, and for `more`."""
    files = sorted(path for kind in ("*.py", "*.toml") for path in folder.rglob(kind) if path.is_file())
    return digest(*more, *(f"{path.relative_to(folder)}\0{path.read_text('utf-8')}" for path in files))


def digest(*parts: str) -> str:
    """Hexadecimal hash of texts."""
    hashed = sha256()
    for part in parts:
        hashed.update(part.encode("utf-8", "backslashreplace") + b"\0")
    return hashed.hexdigest()[:24]
