"""``sockproof diagnose``: the fault that a run looks like, and how good such a diagnosis is."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sockproof import suite
from sockproof.errors import Exit, UsageError

if TYPE_CHECKING:
    from reports.diagnosis.dictionary import Dictionary
    from reports.diagnosis.of_results import Told
    from reports.diagnosis.self_check import Score

VERSION = 1
"""Of the JSON that is printed; a change that could break a reader raises it."""


def diagnose(asked: Namespace) -> int:
    """Tell what explains a run, or print how good that is; the exit status. Raises UsageError."""
    suite.reach()
    from reports.files import ResultsError

    if asked.self_check == (asked.results is not None):
        raise UsageError("name the results of one run, or --self-check; see sockproof diagnose --help.")
    if asked.sample is not None and asked.sample < 2:
        raise UsageError(f"--sample {asked.sample} makes no pair of faults; write 2 or more.")
    try:
        found = dictionary(asked)
        return self_check(found, asked) if asked.self_check else of_run(found, asked)
    except ResultsError as error:
        raise UsageError(str(error)) from error


def dictionary(asked: Namespace) -> Dictionary:
    """The dictionary that was named, or the one that comes with the suite."""
    from reports.diagnosis import dictionary as faults

    return faults.read(Path(asked.dictionary)) if asked.dictionary else faults.read()


def of_run(found: Dictionary, asked: Namespace) -> int:
    """Print the diagnosis of a run; 1 where something deviates."""
    from reports.diagnosis.of_results import of_results
    from reports.store import read_results

    results = read_results(asked.results)
    told = of_results(results, found)
    if asked.json:
        print(json.dumps(as_data(told), indent=1))
    else:
        print("\n".join(in_words(told, len(results.instances))))
    return Exit.EXPECTED if told.diagnosis is None else Exit.UNEXPECTED


def in_words(told: Told, instances: int) -> list[str]:
    """The diagnosis in lines."""
    from reports.diagnosis import words

    if told.diagnosis is None:
        return [f"Nothing deviates in {instances} instances, so there is nothing to diagnose."]
    lines = [words.headline(told)]
    for each in words.lines(told.diagnosis):
        lines += ["", f"{each.sign:5}  {each.fault}", f"       {each.says}"]
        lines += [f"       fit {each.fit}: {each.measure}"]
    return lines


def as_data(told: Told) -> dict[str, Any]:
    """The diagnosis as plain JSON."""
    found = told.diagnosis
    faults = [] if found is None else [(each, each in found.causes) for each in found.named]
    return {
        "schema": "sockproof-diagnosis",
        "version": VERSION,
        "fell": found.seen.fell.bit_count() if found else 0,
        "unknown": found.unknown if found else 0,
        "unexplained": found.left.bit_count() if found else 0,
        "faults": [
            {
                "faults": list(each.fault.names),
                "deviation": each.fault.deviation,
                "violates": each.fault.violates,
                "claims": list(each.fault.claims),
                "cause": certain,
                "fit": round(each.fit, 4),
                "explained": each.explained.bit_count(),
                "of": each.told.bit_count(),
                "missing": each.missing.bit_count(),
            }
            for each, certain in faults
        ],
    }


def self_check(found: Dictionary, asked: Namespace) -> int:
    """Print how good the diagnosis is, by the dictionary itself; 1 where a row is not as good as it must be."""
    from reports.diagnosis.self_check import table

    rows = list(table(found, sample=asked.sample, seed=asked.seed))
    if asked.json:
        print(json.dumps([{**vars(row), "share": row.share, "holds": row.holds} for row in rows], indent=1))
    else:
        faults = sum(len(fault.names) for fault in found.faults)
        print(f"{faults} faults with {len(found.faults)} signatures; under {len(found.silent)} more nothing fell.")
        print("\n".join(map(in_a_row, rows)))
    return Exit.EXPECTED if all(row.holds for row in rows) else Exit.UNEXPECTED


def in_a_row(row: Score) -> str:
    """A row of the table."""
    bound = f"{'at most' if row.mistakes else 'at least'} {row.least:.0%}"
    sign = "" if row.holds else "  NOT MET"
    return f"{row.what:72} {row.right:4} of {row.of:4}  {row.share:6.1%}  {bound}{sign}"
