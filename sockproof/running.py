"""``sockproof run``: checks what was asked, starts pytest with the suite, and says how it ended."""

from __future__ import annotations

import errno
import os
import re
import shlex
import signal
import sys
import time
from argparse import Namespace
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sockproof import child, packages, suite
from sockproof.endings import how_it_ended, leave, leave_bare, reason_in
from sockproof.errors import Exit, UsageError
from sockproof.selecting import selection
from sockproof.targets import known

if TYPE_CHECKING:
    from fixtures.stage.needs.examining import Lack
    from reports.record import Results
    from sockproof.exploring import Progress
    from sockproof.guard import Guard
    from sockproof.silence import Silence

ASKED = "SOCKPROOF_ASKED"
"""Environment variable that hands the arguments on to the results (fixtures.run.log)."""
PLUGINS = ("xdist",)
"""The plugins of pytest that the suite needs beside its own; no other is loaded unless the user names it."""
CHANGING = frozenset({
    "PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTHONWARNINGS", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT",
    "PYTHONINSPECT", "PYTHONDEVMODE", "PYTHONMALLOC", "PYTHONMALLOCSTATS", "PYTHONTRACEMALLOC", "PYTHONASYNCIODEBUG",
    "PYTHONDUMPREFS", "PYTHONPROFILEIMPORTTIME", "PYTHONVERBOSE", "PYTHONDEBUG",
})  # fmt: skip
"""Environment variables with which the surroundings of a run would change it: they were meant for other tests."""
DIED = "the process that ran the scenarios died before it came to this one"
SILENT = "the run went on no more, and was ended before it came to the end of this one"
UNCACHED = ("-p", "no:cacheprovider")
"""Arguments of pytest for targets, where nothing but the folder of the results can be written."""
QUIET = re.compile(r"-q+|--quiet")
"""How pytest is asked for less: who does so needs no more of it from us."""
LOGS = re.compile(r"^--log-|\blog_|\blogging$")
"""Whoever asks pytest for something about logging has its plugin."""
PYTEST: Mapping[int, Exit] = {
    0: Exit.EXPECTED,
    1: Exit.UNEXPECTED,
    2: Exit.INTERNAL,  # stopped, not by a signal, and before any scenario: a module could not be imported
    3: Exit.INTERNAL,
    4: Exit.USAGE,
    5: Exit.UNEXPECTED,  # nothing was collected, so nothing was decided
}
"""What pytest's exit codes mean here; see the page on them in pytest's reference."""


BROKEN_OFF = (1, 3)
"""Exit codes of a pytest that has broken off, where it has left no results: Python's for an exception, and its own."""
NO_ROOM = (errno.EAGAIN, errno.ENOMEM)
"""What fork(2) says at the limit of processes."""
NONE = "none"
"""What ``--deviations`` takes in place of a file: the records that come with the suite are left out."""


def run(asked: Namespace, exploring: Progress | None = None) -> int:
    """Run the scenarios that were asked for; the exit status. Raises UsageError before anything is started.

    With `exploring` their models search for as long as that says. Whatever the command itself is stuck in, it ends.
    """
    place, began = suite.reach(), time.time_ns()
    from sockproof.guard import Guard  # imports the fixtures, which can be reached only now

    with Guard(lambda sentence: ended_stuck(results_folder(asked.out), began, sentence)) as guard:
        return _guarded(asked, exploring, place, guard)


def _guarded(asked: Namespace, exploring: Progress | None, place: Path, guard: Guard) -> int:
    target = known.find(asked)
    check(asked, place)
    catalogue = suite.catalogue()
    whole = target.kind == "host" and not asked.selection
    selected = [str(place / "conformance")] if whole else selection(asked.selection, catalogue)
    try:
        found = examined() if target.kind == "host" else []  # first of all: even a lock may not come back
    except UsageError as error:
        leave(results_folder(asked.out), str(error), Exit.USAGE)
        raise
    out = results_folder(asked.out)
    behind = [*asked.pytest_arguments, *(UNCACHED if target.kind != "host" else ())]
    command = [*pytest_command(place, behind), f"--out={out}", *options(asked), *selected, *behind]
    began = time.time_ns()
    if target.kind != "host":
        from sockproof import elsewhere

        guard.leave()
        return elsewhere.run(target, command, place, out)
    guard.ending = lambda sentence: ended_stuck(out, began, sentence)
    lacks = stand(out, found)
    # With a library before the C library the child stands elsewhere, and finds out by itself.
    told = {**({} if asked.preload else lacks), **(exploring.variables if exploring else {})}
    silence = listening(out, behind, longer=exploring.seconds if exploring else 0.0)
    surroundings = {**environment(place, asked.preload), **told}
    code, interrupted = child.run(command, surroundings, silence=silence, attendant=exploring, beat=guard.beat)
    if silence is not None and silence.is_too_long:
        sentence = f"the run showed no sign of life{silence.where} for {silence.lasted:g} s, and was ended"
        return ended_early(out, began, sentence)
    broke_off = code < 0 or (code in BROKEN_OFF and reason_in(out, began) is None)
    has_told = code == Exit.INTERNAL
    if broke_off and salvage(out, began, DIED, interrupted=interrupted, quiet=has_told) is None and not interrupted:
        leave(out, f"{how_it_ended(code)} before it came to any of them", Exit.INTERNAL)
    if asked.out is None:
        discard_empty(out)
    return status(code, interrupted, out, began, broke_off=broke_off)


def listening(out: Path, behind: Sequence[str], *, longer: float) -> Silence | None:
    """Who tells that the run goes on; nobody where it may wait for its user. It may be silent for `longer`."""
    from reports.folder import LOCK
    from sockproof import silence

    if any(word in silence.DEBUGGING for word in behind):
        return None
    return silence.Silence(out / LOCK, silence.LONGEST + longer)


def ended_stuck(out: Path, began: int, sentence: str) -> int:
    """As `ended_early`, where it is the command that went on no more: the run may have left its results before."""
    if not has_instances(out, began):
        return ended_early(out, began, sentence)
    tell(f"{sentence}; the results are in {out}.")
    return Exit.INTERNAL


def ended_early(out: Path, began: int, sentence: str) -> int:
    """Leaves the results of a run that went on no more, whether or not it had come to any; the exit status."""
    if salvage(out, began, SILENT) is None:
        leave(out, sentence, Exit.INTERNAL)
    if reason_in(out, began) is None:  # the folder is held by the thread that is stuck, say
        leave_bare(out, sentence, Exit.INTERNAL)
    tell(f"{sentence}; what it had found is in {out}.")
    return Exit.INTERNAL


def check(asked: Namespace, place: Path) -> None:
    """Raises UsageError for what can be told before pytest is started."""
    from fixtures.run.unfit import too_many, unfit

    if reason := unfit():
        raise UsageError(reason)
    stand_somewhere(asked.out)
    missing = [package.requirement for package in packages.needed(place) if package.version is None]
    if missing:
        quoted = " ".join(f"'{requirement}'" for requirement in missing)
        raise UsageError(f"{missing[0]} is not installed; run {sys.executable} -m pip install {quoted}.")
    if asked.workers not in (None, "auto", "logical") and not asked.workers.isdecimal():
        raise UsageError(f'-n "{asked.workers}" is no number of workers; write a number such as 2, or auto.')
    if asked.workers and asked.workers.isdecimal() and (reason := too_many(int(asked.workers))):
        raise UsageError(reason)
    if asked.keyword is not None:
        check_keyword(asked.keyword)
    check_shard(asked.shard)
    for setting in asked.sysctl:
        name, equals, value = setting.partition("=")
        if not (name and equals and value):
            raise UsageError(f'--sysctl "{setting}" sets nothing; write NAME=VALUE, such as net.core.somaxconn=2.')
    check_deviations([Path(each) for each in asked.deviations if each != NONE])


def check_shard(text: str | None) -> None:
    """Raises UsageError for what is no part of a run."""
    from fixtures.run import shards

    try:
        if text is not None:
            shards.read(text)
    except ValueError as error:
        raise UsageError(str(error)) from None


def check_keyword(expression: str) -> None:
    """Raises UsageError for an expression of ``-k`` that pytest would not read."""
    from _pytest.mark.expression import Expression

    try:
        Expression.compile(expression)
    except SyntaxError as error:
        advice = "write words of names joined by and, or, not: 'ip6 and not unix'."
        raise UsageError(f'-k "{expression}" cannot be read: {error.msg}; {advice}') from error


def check_deviations(files: Sequence[Path]) -> None:
    """Raises UsageError for files of deviation records that cannot be used."""
    from fixtures.catalogue.deviation_files import DeviationsError, read_deviations

    for file in files:
        try:
            read_deviations(file)
        except DeviationsError as error:
            raise UsageError(str(error)) from error


def examined() -> list[Lack]:
    """What the kernel lacks of what the rig needs. Raises UsageError where that cannot be found out."""
    from fixtures.run import standing

    try:
        return standing.found_here()
    except OSError as error:
        if error.errno in NO_ROOM:
            raise UsageError(f"fork: {error.strerror}; raise the limit of processes: ulimit -u.") from error
        raise UsageError(f"the kernel cannot be tried in a child: {error.strerror}; nothing was run.") from error


def stand(out: Path, found: Sequence[Lack]) -> dict[str, str]:
    """What the child is told of the kernel, as variables. Raises UsageError where the rig cannot stand on it."""
    from fixtures.run import standing
    from reports import folder

    if standing.missing(found) is not None:
        try:
            standing.refuse(found, folder.held(out), status=Exit.USAGE)
        except (standing.CannotStand, folder.FolderError) as error:
            raise UsageError(str(error)) from error
    return standing.handed_on(found)


def stand_somewhere(out: str | None) -> None:
    """Leaves a current folder that was deleted, if nothing is wanted of it. Raises UsageError otherwise."""
    try:
        os.getcwd()
    except FileNotFoundError:
        if out is None or not os.path.isabs(out):
            raise UsageError("the current folder was deleted; go to another, or give --out a whole path.") from None
        os.chdir("/")


def results_folder(out: str | None) -> Path:
    """The folder for the results, absolute; a new one unless `out` names it. Raises UsageError if it cannot be used."""
    from reports import folder

    try:
        if out is None:
            return folder.default_folder(Path.cwd())
        folder.check(Path(out))
        return Path(out).absolute()
    except folder.FolderError as error:
        raise UsageError(str(error)) from error


def discard_empty(out: Path) -> None:
    """Remove a folder of our own making if pytest wrote nothing into it: it was asked for its help, say.

    And the one above it where that is ours, and not one in which the user stands.
    """
    from reports.folder import ROOT

    with suppress(OSError):
        out.rmdir()
        if out.parent.name == ROOT:
            out.parent.rmdir()


def pytest_command(place: Path, behind: Sequence[str] = ()) -> list[str]:
    """The start of the command: pytest with the suite's settings, wherever the user stands, for what comes `behind`.

    ``-P`` keeps the current folder off the import path, where a folder called ``fixtures`` may lie.
    """
    command = [sys.executable, "-P", "-m", "fixtures.run", "-c", str(place / "pyproject.toml"), "--rootdir", str(place)]
    if not os.isatty(1) and not is_blocked("terminal", behind) and not any(map(QUIET.fullmatch, behind)):
        command.append("-q")
    if not any(map(LOGS.search, behind)):
        command += ["-p", "no:logging"]  # no scenario logs, and to listen takes 0.2 ms of each
    if place == suite.INSTALLED and not is_blocked("cacheprovider", behind):
        # Nothing is written into an installed package; what pytest remembers stays where it always lies for users.
        command += ["-o", f"cache_dir={Path.cwd() / '.pytest_cache'}"]
    return command


def is_blocked(plugin: str, behind: Sequence[str]) -> bool:
    """Whether ``-p no:PLUGIN`` is among pytest's arguments: then nothing that this plugin declares may be named."""
    return any(word.endswith(f"no:{plugin}") for word in behind)


def options(asked: Namespace) -> list[str]:
    """The options of the plugin, by the names that they have here."""
    found = [word for plugin in PLUGINS for word in ("-p", plugin)]
    found += ["-n", asked.workers] if asked.workers is not None else []
    found += [f"--deviations={each if each == NONE else Path(each).absolute()}" for each in asked.deviations]
    found += ["--long"] if asked.long else []
    found += [f"--shard={asked.shard}"] if asked.shard is not None else []
    found += ["-x"] if asked.exitfirst else []
    found += ["--unredacted"] if asked.unredacted else []
    found += ["-k", asked.keyword] if asked.keyword is not None else []
    found += [f"--isolation={asked.isolation}"] if asked.isolation is not None else []
    found += [f"--watch={asked.watch}"] if asked.watch is not None else []
    found += [f"--require={name}" for name in asked.require]
    found += [f"--sysctl={setting}" for setting in asked.sysctl]
    return [*found, f"--target={asked.target}"]


def environment(place: Path, preload: str | None = None) -> dict[str, str]:
    """The environment of this process, with the suite first on Python's path, and what was asked, for the report.

    What would change the run, plugins that happen to be installed above all, is left out. A library to `preload` comes
    before those that are preloaded anyway.
    """
    path = os.environ.get("PYTHONPATH")
    python_path = f"{place}{os.pathsep}{path}" if path else str(place)
    left_out = {name for name, value in os.environ.items() if name in CHANGING or _leads_nowhere(name, value)}
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    ours = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": python_path, ASKED: shlex.join(sys.argv[1:])}
    if preload:
        ours["LD_PRELOAD"] = ":".join(filter(None, (str(Path(preload).absolute()), os.environ.get("LD_PRELOAD"))))
    return {**kept, **ours}


def _leads_nowhere(name: str, value: str) -> bool:
    """Whether it should name a folder of the user's and does not: libraries would write into the current one."""
    return name.startswith("XDG_") and name.endswith("_HOME") and not os.path.isabs(value)


def status(code: int, interrupted: bool, out: Path, began: int, *, broke_off: bool = False) -> int:
    """The exit status for pytest's, and a sentence where pytest itself has not said enough."""
    if code == -signal.SIGINT or (interrupted and code in (2, -signal.SIGTERM, -signal.SIGHUP)):
        return Exit.INTERRUPTED
    if broke_off and code != Exit.INTERNAL:  # of those it has told itself, as of a disk that is full
        tell(f"{how_it_ended(code)}; what it had found is in {out}.")
        return Exit.INTERNAL
    if code == 2 and has_instances(out, began):
        return Exit.UNEXPECTED  # stopped at a failure, because an option of pytest asked for that
    if code == 5:
        tell("no scenario was left to run, so nothing was decided; loosen the selection.")
    return PYTEST.get(code, Exit.INTERNAL)


def salvage(out: Path, began: int, reason: str, *, interrupted: bool = False, quiet: bool = False) -> Results | None:
    """Write the results of a run that died from its journal, and give them; None where it came to none, or cannot.

    Why it cannot is said on standard error, unless `quiet`.
    """
    from reports import folder
    from reports import salvage as journalled
    from reports.files import ResultsError

    @cache
    def claims() -> dict[str, str]:
        scenarios = (each for found in suite.catalogue().scenarios.values() for each in found)
        return {each.node: each.claim for each in scenarios}

    def claim_of(node: str) -> str:
        return claims().get(node.partition("[")[0], "")

    try:
        return journalled.salvage(out, began, interrupted=interrupted, claim_of=claim_of, reason=reason)
    except (ResultsError, folder.FolderError) as error:
        if not quiet:
            tell(str(error))
        return None


def has_instances(out: Path, began: int) -> bool:
    """Whether any scenario of the run that `began` then came to its end; the folder may have earlier results."""
    from reports.store import ResultsError, read_results

    try:
        found = read_results(out)
    except ResultsError:
        return False
    return found.run.started >= began and bool(found.instances)


def tell(sentence: str) -> None:
    """Say on standard error why the run ended as it did."""
    print(f"sockproof: error: {sentence}", file=sys.stderr)
