"""How far a run over the catalogue has come: one line on a terminal, nothing in a pipe."""

from __future__ import annotations

import sys
from collections import Counter


class Progress:
    """The line on standard error; silent unless `shown`."""

    def __init__(self, shown: bool) -> None:
        self.shown = shown
        self.title, self.total, self.done = "", 0, 0
        self.verdicts: Counter[str] = Counter()

    def begin(self, title: str, total: int) -> None:
        """Starts a line."""
        self.title, self.total, self.done = title, total, 0
        self.verdicts.clear()

    def step(self, number: int, verdict: str | None = None) -> None:
        """So many more are done; one of them with a verdict."""
        self.done += number
        if verdict:
            self.verdicts[verdict] += 1
        if self.shown:
            found = "".join(f", {count} {verdict}" for verdict, count in self.verdicts.most_common())
            print(f"\r\033[K{self.title}: {self.done} of {self.total}{found}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Ends the line."""
        if self.shown and self.total:
            print(file=sys.stderr, flush=True)
