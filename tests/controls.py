"""Every scenario is seen to fail: its decisive statements are taken out, one at a time, and the verdict must turn.

    python -m tests.controls [--sample N] [TOPIC ...]

A scenario marks the statement on which its claim hangs with the comment ``# decisive``. This tool copies the
conformance tree, replaces each marked statement by ``pass``, and runs what remains. A variant that still conforms
shows a scenario that cannot fail; one that ends as harness-error shows a mark on a statement without which the
scenario cannot even run. Waits are short at first: what did not turn is tried once more with the usual patience, since
a machine under load may have been too slow to set the scenario up.

The k-th marks of all scenarios of a module go into one variant of the module, so that a tree of hundreds of
scenarios is a handful of modules more and one run of pytest.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

PROJECT = Path(__file__).resolve().parents[1]
MARK = re.compile(r"#\s*decisive\b")
VARIANT = "__control"
TURNED = frozenset({"deviates", "inconclusive"})
UNDECIDED = frozenset({"unsupported", "not-permitted"})
PATIENCE = "0.5"
"""Seconds that a wait may take in a run that is meant to fail; see fixtures.evidence.waiting."""
USUAL = ""
"""The same where nobody says how many."""
SEED = "sockproof"
FEW = 2
"""Workers of the second run."""
WORKERS = 8
HASTE = '''"""A property that fails need not be shrunk, and a few examples show that it does."""

from hypothesis import Phase, settings

settings.register_profile("controls", max_examples=20, deadline=None, phases=[Phase.explicit, Phase.generate])
settings.load_profile("controls")
'''


@dataclass(frozen=True)
class Marked:
    """One scenario of a module, and its decisive statements in the order of the text."""

    module: Path
    """Relative to the folder that holds ``conformance``."""
    name: str
    line: int
    long: bool
    decisive: tuple[ast.stmt, ...] = ()

    def place(self, statement: ast.stmt | None = None) -> str:
        """Where the scenario, or one of its statements, stands."""
        return f"{self.module}:{statement.lineno if statement else self.line}: {self.name}"


@dataclass
class Report:
    """What the controls found."""

    problems: list[str] = field(default_factory=list)
    turned: int = 0
    undecided: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [*self.problems, *(f"not decided here: {name}" for name in self.undecided)]
        lines += [f"left out, it is long: {name}" for name in self.left_out]
        return "\n".join([*lines, f"{self.turned} controls turned the verdict, {len(self.problems)} problems"])


def scenarios_of(text: str, module: Path) -> tuple[list[Marked], list[str]]:
    """The scenarios of a module with their decisive statements, and the marks that belong to none."""
    tree = ast.parse(text)
    lines = set(marked_lines(text))
    found = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            inside = {line for line in lines if node.lineno <= line <= (node.end_lineno or 0)}
            lines -= inside
            decisive = tuple(statement_at(node.body, line) for line in sorted(inside))
            found.append(Marked(module, node.name, node.lineno, is_long(node), decisive))
    return found, [f"{module}:{line}: the mark stands in no scenario" for line in sorted(lines)]


def marked_lines(text: str) -> Iterator[int]:
    """The lines that end in the comment ``# decisive``."""
    for token in tokenize.generate_tokens(StringIO(text).readline):
        if token.type == tokenize.COMMENT and MARK.match(token.string):
            yield token.start[0]


def statement_at(body: Sequence[ast.stmt], line: int) -> ast.stmt:
    """The innermost statement that spans `line`."""
    found = [node for outer in body for node in ast.walk(outer) if isinstance(node, ast.stmt)]
    spanning = [node for node in found if node.lineno <= line <= (node.end_lineno or 0)]
    return min(spanning, key=lambda node: (node.end_lineno or 0) - node.lineno)


def is_long(node: ast.FunctionDef) -> bool:
    """Whether a scenario runs only with --long."""
    return any("mark.long" in ast.unparse(decorator) for decorator in node.decorator_list)


def variant(text: str, wanted: Iterable[tuple[Marked, ast.stmt]]) -> str:
    """The module with each wanted statement replaced by ``pass`` and without its other scenarios; lines stay put."""
    lines = text.splitlines()
    kept = {}
    for scenario, statement in wanted:
        kept[scenario.name] = statement
        indent = " " * statement.col_offset
        blank(lines, statement.lineno, statement.end_lineno or 0)
        lines[statement.lineno - 1] = f"{indent}pass"
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test") and node.name not in kept:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            blank(lines, first, node.end_lineno or 0)
    return "\n".join(lines) + "\n"


def blank(lines: list[str], first: int, last: int) -> None:
    """Empties the lines from `first` to `last`, counted from one."""
    lines[first - 1 : last] = [""] * (last - first + 1)


class Controls:
    """The variants of a conformance tree, written into a folder and run there."""

    def __init__(self, project: Path, suite: Path, topics: Sequence[str]) -> None:
        self.suite = suite
        self.report = Report()
        self.variants: dict[str, tuple[Marked, ast.stmt]] = {}
        """By the node id without parameters."""
        self.topics = topics
        copy_suite(project, suite)

    def write(self, *, long: bool, sample: int | None = None, seed: str = SEED) -> None:
        """Writes the variants of every module of the topics, of all if none is named; of a `sample` of scenarios."""
        modules = list(self._modules(long))
        chosen = sampled([each.place() for _, _, scenarios in modules for each in scenarios], sample, seed)
        for path, text, scenarios in modules:
            self._write_module(path, text, [each for each in scenarios if each.place() in chosen])

    def _modules(self, long: bool) -> Iterator[tuple[Path, str, list[Marked]]]:
        for path in sorted((self.suite / "conformance").rglob("test_*.py")):
            if self.topics and path.parent.name not in self.topics:
                continue
            text = path.read_text("utf-8")
            scenarios, stray = scenarios_of(text, path.relative_to(self.suite))
            self.report.problems += stray
            yield path, text, list(self._controlled(scenarios, long))

    def _controlled(self, scenarios: list[Marked], long: bool) -> Iterator[Marked]:
        for scenario in scenarios:
            if not scenario.decisive:
                self.report.problems.append(f"{scenario.place()} marks no statement as decisive")
            elif scenario.long and not long:
                self.report.left_out.append(scenario.place())
            else:
                yield scenario

    def _write_module(self, path: Path, text: str, scenarios: list[Marked]) -> None:
        for number in range(max((len(scenario.decisive) for scenario in scenarios), default=0)):
            wanted = [(each, each.decisive[number]) for each in scenarios if number < len(each.decisive)]
            module = path.with_name(f"{path.stem}{VARIANT}{number}.py")
            module.write_text(variant(text, wanted), "utf-8")
            for scenario, statement in wanted:
                node = f"{module.relative_to(self.suite)}::{scenario.name}"
                self.variants[node] = (scenario, statement)

    def run(self, *, workers: int, long: bool) -> Report:
        """Runs every variant, and judges what came of each."""
        modules = sorted({node.partition("::")[0] for node in self.variants})
        options = ["--long"] if long else []
        if modules:
            verdicts = self._verdicts(modules, ["-n", str(workers), *options], PATIENCE)
            if again := [node for node in self.variants if not has_turned(verdicts.get(node, {}))]:
                verdicts |= self._verdicts(again, ["-n", str(min(FEW, workers)), *options], USUAL)
            for node, (scenario, statement) in self.variants.items():
                self._judge(scenario, statement, verdicts.get(node, {}))
        return self.report

    def _verdicts(self, nodes: list[str], options: list[str], patience: str) -> dict[str, dict[str, str]]:
        """The verdict of each instance, by the node id of its scenario and by its parameters."""
        out = self.suite.parent / f"out{patience}"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--out", str(out), *options]
        settings = {**os.environ, "PYTHONPATH": str(PROJECT), "SOCKPROOF_PATIENCE": patience}
        ran = subprocess.run([*command, *nodes], cwd=self.suite, env=settings, capture_output=True, text=True)
        if not (out / "results.json").exists():
            raise SystemExit(f"the controls could not be run:\n{ran.stderr or ran.stdout[-4000:]}")
        found: dict[str, dict[str, str]] = {}
        for entry in json.loads((out / "results.json").read_text("utf-8"))["instances"]:
            node, _, parameters = entry["id"].partition("[")
            found.setdefault(node, {})[parameters.rstrip("]")] = entry["verdict"]
        return found

    def _judge(self, scenario: Marked, statement: ast.stmt, verdicts: dict[str, str]) -> None:
        place = scenario.place(statement)
        without = f"{place}, without its decisive `{ast.unparse(statement).splitlines()[0]}`"
        for parameters, verdict in sorted(verdicts.items()):
            what = f" [{parameters}]" if parameters else ""
            if verdict in TURNED:
                self.report.turned += 1
            elif verdict in UNDECIDED:
                self.report.undecided.append(f"{place}{what} is {verdict}")
            else:
                self.report.problems.append(f"{without}, {'still ' if verdict == 'conforms' else 'is '}{verdict}{what}")
        if not verdicts:
            self.report.problems.append(f"{without}, did not run")


def has_turned(verdicts: dict[str, str]) -> bool:
    """Whether all instances of a variant ended as they should; a probe may have had too little time as well."""
    return bool(verdicts) and set(verdicts.values()) <= TURNED


def sampled(places: list[str], number: int | None, seed: str) -> set[str]:
    """So many of the scenarios, the same for the same seed; all without a number."""
    if number is None or number >= len(places):
        return set(places)
    return set(random.Random(seed).sample(places, number))


def copy_suite(project: Path, suite: Path) -> None:
    """The conformance tree, and how pytest runs it: a scenario may be of a claim that another folder has."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(project / "conformance", suite / "conformance", ignore=ignored)
    shutil.copy(project / "pyproject.toml", suite)
    (suite / "conftest.py").write_text(HASTE, "utf-8")


def check(
    topics: Sequence[str] = (), *, workers: int = WORKERS, long: bool = False, project: Path = PROJECT,
    sample: int | None = None, seed: str = SEED,
) -> Report:  # fmt: skip
    """What the controls of these topics show, of all topics if none is named."""
    with TemporaryDirectory(prefix="sockproof-controls-") as folder:
        controls = Controls(project, Path(folder) / "suite", topics)
        controls.write(long=long, sample=sample, seed=seed)
        return controls.run(workers=workers, long=long)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 0 when every control turned, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m tests.controls", description=(__doc__ or "").partition("\n")[0])
    known = sorted(path.parent.name for path in (PROJECT / "conformance").rglob("claims.toml"))
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help=f"folders below conformance: {', '.join(known)}")
    parser.add_argument(
        "--workers",
        type=int,
        default=WORKERS,
        help=f"processes that run the variants (default: {WORKERS}; most of the time is waiting in vain)",
    )
    parser.add_argument("--long", action="store_true", help="also the scenarios that take a minute or more")
    parser.add_argument("--sample", type=int, metavar="N", help="only so many scenarios, chosen by the seed")
    parser.add_argument("--seed", default=SEED, help=f"chooses the sample ({SEED})")
    given = parser.parse_args(arguments)
    if unknown := [topic for topic in given.topics if topic not in known]:
        parser.error(f"no topic is called {unknown[0]!r}; the topics are {', '.join(known)}")
    chosen = {"sample": given.sample, "seed": given.seed}
    report = check(given.topics, workers=given.workers, long=given.long, **chosen)
    print(report)
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
