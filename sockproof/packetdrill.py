"""``sockproof packetdrill``: plays scripts of packetdrill, and writes what was found as any run does."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sockproof import __version__, running, suite
from sockproof.child import ENDING
from sockproof.errors import Exit, UsageError

if TYPE_CHECKING:
    from fixtures.packetdrill.one_script import Asked
    from fixtures.run.log import RunLog
    from fixtures.stage.setting import Setting
    from reports.record import Claim, Instance

SUFFIX = ".pkt"
NEEDED = ("namespace", "frames", "capture", "tap")
"""What must be possible for any script to be played."""
WIDTH = 14
"""Of the longest verdict on the terminal."""


def play(asked: Namespace) -> int:
    """Play the scripts that were asked for; the exit status. Raises UsageError before any is played."""
    suite.reach()
    scripts = list(asked_for(asked))
    workers = number_of_workers(asked.workers)
    out = running.results_folder(asked.out)
    os.environ.setdefault(running.ASKED, shlex.join(sys.argv[1:]))
    with ExitStack() as stack:
        setting = stack.enter_context(stage(asked.isolation))
        log = stack.enter_context(logged(out, scripts, setting, workers, unredacted=asked.unredacted))
        return concluded(log, scripts, interrupted=not heard(log, scripts, replace(setting, out=out), workers))


def asked_for(asked: Namespace) -> Iterator[Asked]:
    """Each script once, for each version of IP that was asked for. Raises UsageError for what is none."""
    from fixtures.packetdrill.one_script import Asked

    given = options(asked)
    versions = list(dict.fromkeys(asked.ip_version))
    seen: set[Path] = set()
    for file, shown in (each for name in asked.script for each in found(name)):
        if file.resolve() in seen:
            continue
        seen.add(file.resolve())
        for version in versions or [None]:
            if version is None or len(versions) == 1 or fits(file, version):
                yield Asked(file, shown, [*([("ip_version", version)] if version else []), *given])


def fits(file: Path, version: str) -> bool:
    """Whether a script whose name may end in v4 or v6 is one for that version."""
    other = {"ipv6": "v4.pkt"}.get(version, "v6.pkt")
    return not file.name.endswith(other)


def found(name: str) -> list[tuple[Path, str]]:
    """The scripts that one argument names, each with the name that it is shown by. Raises UsageError."""
    path = Path(name)
    if path.is_dir():
        below = sorted(each for each in path.rglob(f"*{SUFFIX}") if each.is_file())
        if not below:
            raise UsageError(f"there is no script (*{SUFFIX}) in {name}; name a folder that has some, or a file.")
        return [(each, str(each)) for each in below]
    if not path.exists():
        raise UsageError(f"there is no {name}; name a script of packetdrill, or a folder with some.")
    return [(path, name)]


def options(asked: Namespace) -> list[tuple[str, str | None]]:
    """The options of packetdrill's own that were given, by their names. Raises UsageError for one that is wrong."""
    from fixtures.packetdrill.settings import ADDRESSED, NUMBERED, SWITCHES, OptionError, Settings, settled

    given: list[tuple[str, str | None]] = [("define", each) for each in asked.define]
    for name in (*NUMBERED, *sorted(ADDRESSED), "tolerance_percent"):
        if (value := getattr(asked, name)) is not None:
            given.append((name, value))
    given += [(name, None) for name in sorted(SWITCHES) if getattr(asked, name)]
    try:
        settled(given, Settings())
    except OptionError as error:
        raise UsageError(f"{error}.") from None
    return given


def number_of_workers(asked: str | None) -> int:
    """How many scripts are played at a time, by default one: they are about time. Raises UsageError."""
    if asked == "auto":
        return os.cpu_count() or 1
    if asked is not None and not (asked.isdecimal() and 0 < int(asked) <= 256):
        raise UsageError(f'-n "{asked}" is no number of scripts at a time; write a number such as 2, or auto.')
    return int(asked or 1)


@contextmanager
def stage(isolation: str | None) -> Iterator[Setting]:
    """Where scripts can be played, with packets stamped on arrival. Raises UsageError where they cannot be."""
    from fixtures.evidence.verdicts import Inconclusive, Unavailable
    from fixtures.stage import outside
    from fixtures.stage.capability import Capabilities
    from fixtures.stage.namespaces import fresh_namespace
    from fixtures.stage.process import make_clean
    from fixtures.stage.rungs import climb
    from fixtures.stage.setting import Setting
    from fixtures.wire.dissect import load_dissector
    from fixtures.wire.stamping import asking_for_stamps, start_timestamps

    make_clean()
    outside.look()
    try:
        setting = Setting(Capabilities(climb(isolation or "auto")))
        for name in NEEDED:
            setting.capabilities.require(name)
        load_dissector()
        with asking_for_stamps() as keeper:
            with fresh_namespace():
                start_timestamps().close()
            assert keeper
            yield setting
    except (Unavailable, Inconclusive) as error:
        raise UsageError(f"no script can be played here: {error}; sockproof doctor says more.") from None


@contextmanager
def logged(
    out: Path, scripts: Sequence[Asked], setting: Setting, workers: int, *, unredacted: bool
) -> Iterator[RunLog]:
    """The log of this run, in a folder that nobody else uses meanwhile. Raises UsageError."""
    from fixtures.run.environment import environment
    from fixtures.run.log import RunLog, begin_run, describe_target
    from reports import folder
    from reports.files import ResultsError
    from reports.record import Results

    try:
        held = folder.held(out)
    except folder.FolderError as error:
        raise UsageError(str(error)) from error
    try:
        run = begin_run(held.path, version=__version__, workers=workers, unredacted=unredacted)
        around = environment(isolated=setting.isolated, sysctls={})
        target = describe_target("host", setting.capabilities, around, unredacted=unredacted)
        claims = {each.claim: claim(each) for each in scripts}
        known = Results(run, target, tuple(claims.values()), ())
        yield RunLog(held, known, [each.id for each in scripts])
    except (ResultsError, folder.FolderError) as error:
        raise UsageError(str(error)) from error
    finally:
        held.release()


def claim(script: Asked) -> Claim:
    """A script as a claim of its own: what its first comment says, and where it stands."""
    from fixtures.packetdrill.one_script import says
    from reports.record import Claim, Source

    return Claim(
        script.claim, says(script), "observed", "implementation", (Source("packetdrill script", script.shown),),
        "packetdrill", area="packetdrill",
    )  # fmt: skip


def heard(log: RunLog, scripts: Sequence[Asked], setting: Setting, workers: int) -> bool:
    """Plays the scripts and tells of each; False where somebody has interrupted that."""
    from fixtures.packetdrill.crew import play_all

    asked = list[int]()
    for each in ENDING:
        if signal.getsignal(each) is not signal.SIG_IGN:
            signal.signal(each, lambda name, _: asked.append(name))  # what was found is written all the same
    for place, instance in enumerate(play_all(scripts, setting, workers, lambda: bool(asked)), 1):
        log.add(instance)
        tell(instance, place, len(scripts))
    return not asked


def tell(instance: Instance, place: int, of: int) -> None:
    """One line about a script; the reason behind it, where it does not conform."""
    print(f"{instance.verdict:{WIDTH}} {instance.id}  {instance.duration:.2f} s  [{place}/{of}]", flush=True)
    for line in (instance.reason or "").splitlines():
        print(f"{'':{WIDTH}} {line}", flush=True)


def concluded(log: RunLog, scripts: Sequence[Asked], *, interrupted: bool) -> int:
    """Writes the results and says what they are; the exit status, which is that of ``sockproof run``."""
    from reports import summary

    status = Exit.INTERRUPTED if interrupted else Exit.UNEXPECTED if log.is_red() else Exit.EXPECTED
    results = log.finish(
        interrupted=interrupted, complete=not interrupted, exit_code=int(status), collected=len(scripts)
    )
    print(f"\n{summary.in_words(results)}")
    if (page := log.out / "report.html").exists():
        print(f"report: {page}")
    for sentence in log.troubles:
        running.tell(sentence)
    return Exit.INTERNAL if log.troubles else status
