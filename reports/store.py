"""Results on disk: a journal that survives a crash while they arrive, and results.json when they are all there."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from reports import summary
from reports.files import ResultsError, append_to, read_regular, reason_of, remedy_for, rename, write_whole
from reports.record import SCHEMA_VERSION, Instance, Results, Run, plain, results_from, text
from reports.shape import first_fault
from reports.shelf import Place, Shelved

__all__ = [
    "JOURNAL",
    "RESULTS",
    "SCHEMA",
    "Journal",
    "ResultsError",
    "as_data",
    "read_collected",
    "read_journal",
    "read_results",
    "write_results",
]

RESULTS = "results.json"
JOURNAL = "journal.jsonl"
SCHEMA = "sockproof-results"
BEFOREHAND = ("run", "target", "claims", "documents", "statements", "areas", "standards")
"""What is known of a run before its first scenario."""
BEGINNING = '{"entry": "begin"'
BEFORE_INSTANCE = b'{"entry": "instance", "instance": '


class Journal:
    """An append-only file, one JSON object a line, that the controller of a run writes while it goes on.

    Each line is handed to the system at once, so it outlives this process; the first and the last are also
    on the disk. A second run into the same file begins anew behind the first, and readers take the last.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("ab", buffering=0)  # a buffer would try again what the disk has refused
            self._file.write(b"\n" if _is_torn(self.path) else b"")
        except OSError as error:
            raise self._unwritable(error) from error
        self.refused: ResultsError | None = None

    def begin(self, known: Results) -> None:
        """Write what is known before the first scenario. Raises ResultsError where the disk says no."""
        head = {name: getattr(known, name) for name in BEFOREHAND}
        self._write({"entry": "begin", "schema": SCHEMA, "version": SCHEMA_VERSION, **head}, lasting=True)

    def expect(self, names: Iterable[str]) -> None:
        """Write the ids of what is to run, so that a run which dies leaves the names of what it did not reach."""
        self._write({"entry": "collected", "ids": list(names)})

    def add(self, instance: Instance) -> None:
        """Write one instance. Raises ResultsError where the disk says no."""
        self.add_text(text(instance))

    def add_text(self, instance: str) -> Place:
        """Write one instance that is JSON on one line already; where in the file it stands. Raises ResultsError."""
        start = self._file.tell() + len(BEFORE_INSTANCE)
        self._put(BEFORE_INSTANCE + instance.encode("ascii", "backslashreplace") + b"}\n")
        return Place(start, len(instance))

    def end(self, run: Run) -> None:
        """Write how the run ended, and close the file. Raises ResultsError where the disk says no."""
        self._write({"entry": "end", "run": run}, lasting=True)
        self.close()

    def close(self) -> None:
        """Close the file without an end: the run reads as not complete."""
        self._file.close()

    def discard(self) -> None:
        """Close the file and remove it."""
        self.close()
        self.path.unlink(missing_ok=True)

    def _write(self, entry: Mapping[str, Any], *, lasting: bool = False) -> None:
        self._put(text(entry).encode("ascii") + b"\n", lasting=lasting)

    def move(self, path: Path) -> None:
        """Give the file another name in the same folder, in place of what has it. Raises ResultsError."""
        try:
            rename(self.path, path)
        except OSError as error:
            raise self._unwritable(error) from error
        self.path = path

    def _put(self, line: bytes, *, lasting: bool = False) -> None:
        """Write a whole line or nothing. After one that was refused none is taken: a gap would not be seen."""
        if self.refused:
            raise self.refused
        try:
            append_to(self._file, line)
            if lasting:
                os.fsync(self._file.fileno())
        except OSError as error:
            self.refused = self._unwritable(error)
            raise self.refused from error

    def _unwritable(self, error: OSError) -> ResultsError:
        room = "name another folder with --out, one that you may write to, with room on its disk."
        return ResultsError(f"{self.path} cannot be written ({reason_of(error)}): {remedy_for(error, room)}")


def _is_torn(path: Path) -> bool:
    """Whether the file ends in the middle of a line, where a crash left it."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - 1, 0))
        return file.read() not in (b"", b"\n")


def as_data(results: Results) -> dict[str, Any]:
    """`results` as results.json has them, with the summary."""
    return {"schema": SCHEMA, "version": results.version, **plain(_body(results)), "summary": summary.as_data(results)}


def _body(results: Results) -> dict[str, Any]:
    return {name: getattr(results, name) for name in (*BEFOREHAND, "instances")}


def write_results(results: Results, path: Path | str) -> None:
    """Write results.json whole or not at all. Raises ResultsError where it cannot be written."""
    write_whole(Path(path), _spelled(results))


def _spelled(results: Results) -> Iterator[str]:
    """JSON with one claim and one instance a line: a diff of two runs shows which instances changed."""
    yield f'{{\n"schema": {json.dumps(SCHEMA)},\n"version": {results.version}'
    for name, value in _body(results).items():
        yield f',\n"{name}": '
        yield from _spelled_list(value) if isinstance(value, (list, tuple)) and value else [text(value)]
    yield f',\n"summary": {json.dumps(summary.as_data(results))}\n}}\n'


def _spelled_list(values: Iterable[Any]) -> Iterator[str]:
    before = "[\n"
    for value in values:
        yield before
        yield value.text() if isinstance(value, Shelved) else text(value)
        before = ",\n"
    yield "\n]"


def read_results(path: Path | str, document: Callable[[Path], Results] | None = None) -> Results:
    """Results from a results.json, a journal.jsonl, or a folder that holds one of them.

    In a folder results.json comes first, unless the journal tells of a later run, which then crashed. `document` reads
    a results.json in another way. Raises ResultsError, whose message names the file, the reason and the remedy.
    """
    path, read = Path(path), document or _from_document
    if path.is_dir():
        return _from_folder(path, read)
    return read_journal(path) if path.suffix == ".jsonl" else read(path)


def _from_folder(folder: Path, read: Callable[[Path], Results]) -> Results:
    written, journal = folder / RESULTS, folder / JOURNAL
    if not written.exists() and not journal.exists():
        raise ResultsError(
            f"{folder} holds neither {RESULTS} nor {JOURNAL}: name the folder of a run, "
            "for example sockproof-results/latest."
        )
    if not written.exists():
        return read_journal(journal)
    results = read(written)
    return _later(results, journal) if journal.exists() else results


def _later(results: Results, journal: Path) -> Results:
    """`results`, or those of the journal where they belong to a run that began later."""
    try:
        return read_journal(journal) if _beginning(journal) > results.run.started else results
    except (ResultsError, OSError):
        return results


def _beginning(journal: Path) -> int:
    """When the last run of a journal began; 0 where no line says so. Raises OSError."""
    last = b""
    if journal.is_file():
        with journal.open("rb") as lines:
            for line in lines:
                last = line if not last or line.startswith(BEGINNING.encode()) else last
    try:
        return int(_parsed(last.decode("utf-8", "replace"))["run"]["started"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return 0


def _from_document(path: Path) -> Results:
    try:
        data = _parsed(_text(path))
    except (ValueError, RecursionError) as error:
        raise ResultsError(f"{path} is not whole JSON ({error}): {_instead(path)}.") from error
    return _understood(data, path)


def _instead(path: Path) -> str:
    beside = path.with_name(JOURNAL)
    return f"read {beside} instead" if beside.exists() else "copy it again from where it was made, or run again"


def _text(path: Path) -> str:
    try:
        return read_regular(path).decode("utf-8", "replace")
    except FileNotFoundError as error:
        raise ResultsError(f"{path} does not exist: name the folder or the {RESULTS} of a run.") from error
    except OSError as error:
        raise ResultsError(
            f"{path} cannot be read ({reason_of(error)}): name a {RESULTS} that you may read."
        ) from error


def _parsed(text: str) -> Any:
    """The JSON in `text`. Raises ValueError or RecursionError; NaN and Infinity, which Python reads, are no JSON."""
    return json.loads(text, parse_constant=_no_number)


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number in JSON")


def _understood(data: Any, path: Path) -> Results:
    """Results from parsed JSON, once its name, its version and its shape have been checked, in this order."""
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise ResultsError(f'{path} is no results of sockproof (no "schema": "{SCHEMA}"): name a {RESULTS}.')
    _refuse_version(data.get("version"), path)
    if fault := first_fault(data):
        raise ResultsError(f"{path} does not have the shape of results: {fault}; write it again with sockproof run.")
    return results_from(data)


def _refuse_version(version: Any, path: Path) -> None:
    if isinstance(version, int) and version < SCHEMA_VERSION:
        raise ResultsError(
            f"{path} has schema version {version}, which this sockproof, of version {SCHEMA_VERSION}, no longer reads: "
            "run again, or read it with the sockproof that wrote it."
        )
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise ResultsError(
            f"{path} has schema version {version}, and this sockproof reads up to {SCHEMA_VERSION}: update sockproof."
        )


def read_journal(path: Path | str) -> Results:
    """The last run in a journal. ``run.complete`` is False where its end is missing, as after a crash.

    A last line that was torn off is passed over. Raises ResultsError as `read_results` does.
    """
    path = Path(path)
    head, *entries = _last_run(path)
    ends = [entry["run"] for entry in entries if entry.get("entry") == "end"]
    instances = _latest(entry.get("instance") for entry in entries if entry.get("entry") == "instance")
    data = {**head, "run": ends[-1] if ends else head.get("run"), "instances": instances}
    results = _understood(data, path)
    return results if ends else replace(results, run=replace(results.run, complete=False))


def read_collected(path: Path | str) -> tuple[str, ...]:
    """The ids of what the last run in a journal was to run. Raises ResultsError as `read_journal` does."""
    found = [entry.get("ids") for entry in _last_run(Path(path)) if entry.get("entry") == "collected"]
    return tuple(name for ids in found if isinstance(ids, list) for name in ids if isinstance(name, str))


def _latest(instances: Iterable[Any]) -> list[Any]:
    """The instances in the order in which they were first written; what was written again replaces the earlier."""
    found: dict[str | int, Any] = {}
    for number, each in enumerate(instances):
        name = each.get("id") if isinstance(each, dict) else None
        found[name if isinstance(name, str) else number] = each
    return list(found.values())


def _last_run(path: Path) -> list[dict[str, Any]]:
    lines = _text(path).split("\n")
    starts = [number for number, line in enumerate(lines) if line.startswith(BEGINNING)]
    entries = list(_entries(path, lines, starts[-1])) if starts else []
    if not entries:
        raise ResultsError(f"{path} holds no beginning of a run: it ended before its first scenario, so run again.")
    return entries


def _entries(path: Path, lines: list[str], first: int) -> Iterator[dict[str, Any]]:
    """The lines from `first` on, parsed; what follows the last line end was torn off, or is empty."""
    for number, line in enumerate(lines[first:-1], first + 1):
        try:
            entry = _parsed(line)
        except (ValueError, RecursionError) as error:
            raise ResultsError(f"{path} line {number} is not JSON ({error}): remove that line.") from error
        if isinstance(entry, dict):
            yield entry
