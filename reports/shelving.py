"""Results of many thousands of instances read a line at a time; what each saw stays in the file until it is drawn."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from reports import store
from reports.record import SCHEMA_VERSION, Results, results_from
from reports.shape import first_fault, fits_instance
from reports.shelf import Place, Shelf, Shelved

FIRST = b'"instances": [\n'
"""The line after which results.json has an instance a line, as `store.write_results` writes it."""


def read_results(path: Path | str) -> Results:
    """As `store.read_results`, with less memory where it is a results.json of ours that is read."""
    return store.read_results(path, document=_document)


def _document(path: Path) -> Results:
    """What is no file of ours, or has any fault, is left to the store, which says what is wrong with it."""
    with suppress(OSError, ValueError, RecursionError):
        if path.is_file() and (found := _by_line(path)):
            return found
    return store.read_results(path)


def _by_line(path: Path) -> Results | None:
    shelf, around, instances = Shelf(path), [], []
    for line, place in _lines(path):
        if place is None:
            around.append(line)
            continue
        data = json.loads(line)
        if not line.isascii() or not fits_instance(data):
            return None
        instances.append(Shelved.of(data, shelf, place))
    data = json.loads(b"".join(around))
    if not _is_ours(data):
        return None
    return replace(results_from(data), instances=tuple(instances))


def _is_ours(data: Any) -> bool:
    """Whether the rest of the file is that of results of this version, without instances."""
    if not isinstance(data, dict) or (data.get("schema"), data.get("version")) != (store.SCHEMA, SCHEMA_VERSION):
        return False
    return first_fault(data) is None


def _lines(path: Path) -> Iterator[tuple[bytes, Place | None]]:
    """The lines of a file; of instances without the comma behind them, and with their places."""
    at, inside = 0, False
    with path.open("rb") as file:
        for line in file:
            inside = inside and line != b"]\n" and not line.startswith(b"],")
            text = line.rstrip(b",\n")
            yield (text, Place(at, len(text))) if inside else (line, None)
            inside = inside or line == FIRST
            at += len(line)
