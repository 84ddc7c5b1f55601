"""Runs the suite on a target other than the host: hands in the order, follows the output, keeps what was found."""

from __future__ import annotations

import json
import os
import secrets
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from sockproof.errors import Exit
from sockproof.targets import Job, TargetError, inside, launching
from sockproof.targets.drive import SILENCE, Ended, Relay, follow, interrupts, nothing

if TYPE_CHECKING:
    from reports.folder import Held

JOURNAL = "journal.jsonl"
LEAST_SILENCE = 10.0
"""Seconds that a target may be silent, whatever the patience."""


def run(target: Any, command: Sequence[str], place: Path, out: Path) -> int:
    """Run pytest's `command` on the target; the exit status. What it found is in `out`, however it ended."""
    began = time.time_ns()
    out.mkdir(parents=True, exist_ok=True)
    token = f"@sockproof-{secrets.token_hex(8)}"
    try:
        with (
            Workplace(prefix="sockproof-") as work,
            launching.caretaker(work.name),
            Received(out) as received,
            target.started(job(target, command, place, out, Path(work.name), token)) as process,
        ):
            relay = Relay(token, received.take, nothing if target.keeps else work.cleanup)
            ended = follow(process, relay, silence(target), out / JOURNAL)
    except TargetError as error:
        with interrupts():
            return cut_short(str(error).removesuffix("."), out, began)
    with interrupts():  # whoever asks for an end now gets it with the results
        return conclude(target, ended, out, began)


def cut_short(reason: str, out: Path, began: int) -> int:
    """The exit status of a run that ended for this reason; what it had found is kept, and the rest told by name."""
    from sockproof.running import discard_empty, salvage

    found = salvage(out, began, f"{reason} before it came to this one", quiet=True)
    discard_empty(out)
    if found is None:
        kept = (
            f"what it had found is in {out / JOURNAL}" if is_of_this_run(out / JOURNAL, began) else "nothing was found"
        )
        return complain(f"{reason}; {kept}.")
    ran = sum(each.duration > 0 for each in found.instances)
    return complain(f"{reason} after {ran} scenarios; what it had found is in {out}.")


class Workplace(TemporaryDirectory[str]):
    """A private folder until the suite begins: if we are killed later, nothing is left of it."""

    def __enter__(self) -> Workplace:  # type: ignore[override]
        return self


def silence(target: Any) -> float:
    """Seconds without a sign of life after which the target has hung."""
    from fixtures.evidence.patience import VARIABLE, patience

    given = os.environ.get(VARIABLE)
    return max(LEAST_SILENCE, SILENCE * (patience(given) if given else target.patience))


def job(target: Any, command: Sequence[str], place: Path, out: Path, work: Path, token: str) -> Job:
    """What the target is to run."""
    order = {
        "token": token, "command": redacted(command), "environment": environment(target, place), "folder": "/run",
        "setup": target.setup(), "patience": target.patience, "path": str(place),
    }  # fmt: skip
    if target.ships:
        order.update(shipped(redacted(command), place, out))
    path = work / "order.json"
    path.write_text(json.dumps(order), "utf-8")
    return Job(work, out, path, seen(place, target.wishes.preload), (sys.executable, "-P", inside.__file__, str(path)))


def redacted(command: Sequence[str]) -> list[str]:
    """Pytest's command, the target's name in it as results may tell it: over there nobody knows this machine's."""
    from fixtures.run.redaction import redacted_target

    if "--unredacted" in command:
        return list(command)
    option = "--target="
    return [option + redacted_target(word[len(option) :]) if word.startswith(option) else word for word in command]


def shipped(command: Sequence[str], place: Path, out: Path) -> dict[str, Any]:
    """What the order has instead where nothing of this machine is seen. Raises TargetError for files that are ours."""
    places = {f"--out={out}": "--out={out}", sys.executable: "{python}", str(place): "{suite}"}
    words: list[str] = []
    files: dict[str, str] = {}
    for word in command:
        option, _, path = word.partition("=")
        if option == "--deviations" and path.startswith("/"):
            name = f"deviations-{len(files)}.toml"
            files[name], word = Path(path).read_text("utf-8"), f"{option}={{order}}/{name}"
        for ours, theirs in places.items():
            word = theirs + word[len(ours) :] if word == ours or word.startswith(f"{ours}/") else word
        if word.startswith("/"):
            raise TargetError(f"{word} lies on this machine only; name scenarios of the suite.")
        words.append(word)
    return {"command": words, "files": files, "name": out.name, "out": str(out)}


class Received:
    """The folder of the results while pieces of its files arrive; emptied when the first one does."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.held: Held | None = None

    def __enter__(self) -> Received:
        return self

    def __exit__(self, *_: object) -> None:
        if self.held is not None:
            self.held.release()

    def take(self, name: str, offset: int, data: bytes) -> None:
        """Write a piece. Raises TargetError for a name that no run gives, and where the disk says no."""
        from reports import folder

        try:
            if self.held is None:
                self.held = folder.held(self.out)
                self.held.empty()
            if not folder.is_of_run(name):
                raise TargetError(f'the target sent a file "{name}", which no run writes.')
            path = self.out / name
            path.parent.mkdir(exist_ok=True)
            with path.open("r+b" if offset else "wb") as file:
                file.seek(offset)
                file.write(data)
        except folder.FolderError as error:
            raise TargetError(str(error)) from error
        except OSError as error:
            raise TargetError(f"{self.out / name} cannot be written: {error.strerror}.") from error


def seen(place: Path, library: str | None = None) -> tuple[Path, ...]:
    """The folders that Python and the suite need, and the library that is preloaded."""
    folders = [sys.prefix, sys.base_prefix, str(place), str(Path(__file__).parents[1]), *sys.path]
    found = {Path(folder).absolute() for folder in folders if folder and Path(folder).is_dir()}
    found |= {Path(library).absolute()} if library else set()
    return tuple(sorted(path for path in found if path != Path("/")))


def environment(target: Any, place: Path) -> dict[str, str]:
    """All that the target gets as its environment: nothing of this machine's but what changes the run's words."""
    from fixtures.run.crowd import VARIABLE as AT_ONCE
    from fixtures.run.environment import TOLD
    from fixtures.run.redaction import host, redacted_arguments
    from sockproof.running import ASKED

    whole, colours = "--unredacted" in sys.argv, str(int(os.isatty(1)))
    asked = shlex.join(sys.argv[1:] if whole else redacted_arguments(sys.argv[1:]))
    told = {
        "host": host() if whole else "",
        "kind": target.kind,
        "version": target.state().says,
        "options": target.options,
    }
    if target.ships:
        return {
            **launching.ours(),
            "PY_COLORS": colours,
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            ASKED: asked,
            TOLD: json.dumps(told),
        }
    own = {
        "PY_COLORS": colours,
        "HOME": "/run/home", "TMPDIR": "/run/tmp", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(place),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", ASKED: asked, TOLD: json.dumps(told),
    }  # fmt: skip
    if target.wishes.preload:
        own["LD_PRELOAD"] = str(Path(target.wishes.preload).absolute())
    crowd = {AT_ONCE: str(target.at_once)} if target.at_once else {}
    return {**crowd, **launching.passed_on(), **own}


def is_of_this_run(journal: Path, began: int) -> bool:
    """Whether the journal has been written since then; an earlier run into the same folder has left one too."""
    return journal.exists() and journal.stat().st_mtime_ns >= began


def conclude(target: Any, ended: Ended, out: Path, began: int) -> int:
    """The exit status, and one sentence where the target did not come to its end; the results are written."""
    from reports import folder
    from sockproof.running import discard_empty, salvage
    from sockproof.running import status as meaning

    if ended.interrupted:
        salvage(out, began, f"{why(target, ended)} before it came to this one", interrupted=True)
        discard_empty(out)
        return Exit.INTERRUPTED
    if ended.status is None:
        return cut_short(why(target, ended), out, began)
    if fault := unreadable(target, ended, out):
        return cut_short(fault, out, began)
    folder.point_latest(out)
    return meaning(ended.status if ended.status < 128 else 128 - ended.status, False, out, began)


def unreadable(target: Any, ended: Ended, out: Path) -> str | None:
    """What is wrong with what a target has left that says how it ended; None where all is well."""
    from reports.files import ResultsError
    from reports.store import RESULTS, read_results

    try:
        if (out / RESULTS).exists() or (ended.status == 0 and (out / JOURNAL).exists()):
            read_results(out / RESULTS)
    except ResultsError as error:
        return f"the target {target.kind} left no results that can be read ({str(error).removesuffix('.')})"
    return None if ended.shown else f"the target {target.kind} ended with status {ended.status} and said nothing"


def why(target: Any, ended: Ended) -> str:
    """What became of the target, as the beginning of a sentence."""
    if ended.interrupted:
        return "the run was interrupted"
    if ended.silent is not None:
        return f"the target {target.kind} gave no sign of life for {ended.silent:g} s and was ended"
    if not ended.begun:
        return f"the target {target.kind} did not start ({ended.reason})"
    return f"the target {target.kind} ended"


def complain(sentence: str) -> int:
    """Say on standard error why there is no complete run."""
    print(f"sockproof: error: {sentence}", file=sys.stderr)
    return Exit.INTERNAL
