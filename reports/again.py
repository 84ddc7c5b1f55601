"""Commands for whoever has seen a failure: how to see it again, to record it as known, and to read more."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from reports.record import Results

CARRIED = frozenset({
    "--target", "--preset", "--cap-add", "--cap-drop", "--seccomp", "--user", "--platform", "--memory", "--preload",
    "--isolation", "--sysctl", "--deviations",
})  # fmt: skip
"""Options with a value that decide on what the suite runs."""
FLAGS = frozenset({"--long"})


def reproduce(results: Results, claim: str) -> str:
    """The command that runs the scenarios of a claim under the conditions of this run."""
    return shlex.join(["sockproof", "run", claim, *conditions(results.run.arguments)])


def conditions(arguments: Sequence[str]) -> Iterator[str]:
    """Of the arguments of a run those that say on what it ran, and not which scenarios."""
    words = iter(arguments)
    for word in words:
        if word == "--":
            return
        name, equals, _ = word.partition("=")
        if name in CARRIED:
            yield word
            if not equals:
                yield from [value for value in [next(words, None)] if value is not None]
        elif word in FLAGS:
            yield word


def show(claim: str, folder: str = "results.json") -> str:
    """The command that tells a claim whole, with what each instance saw."""
    return shlex.join(["sockproof", "show", claim, "--results", folder])


def record(folder: str = "results.json") -> str:
    """The command that writes deviation records from these results."""
    return shlex.join(["sockproof", "deviations", "update", folder])
