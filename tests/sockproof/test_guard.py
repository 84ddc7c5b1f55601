"""A command that is stuck in a call of its own ends by itself, and leaves results."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from reports.store import read_results

PROJECT = Path(__file__).resolve().parents[2]
STUCK = """
import os
import signal
import subprocess
import sys

import sockproof.guard
import sockproof.running
from sockproof.__main__ import main


class Impatient(sockproof.guard.Guard):
    def __init__(self, ending):
        super().__init__(ending, 6.0)


def hang(*_):
    while os.path.exists({once!r}):
        signal.pause()


sockproof.guard.Guard = Impatient
{place} = hang
sys.exit(main())
"""


def stuck_in(place: str, out: Path, *, once: str = "/") -> subprocess.CompletedProcess[str]:
    """A run whose command does not come back from `place`, `once` that file is there."""
    asked = ["run", "tcp.linger.zero-aborts", "-k", "ip4 and unread", "--out", str(out)]
    return subprocess.run(
        [sys.executable, "-c", STUCK.format(place=place, once=once), *asked],
        env={**os.environ, "PYTHONPATH": str(PROJECT)}, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip


def test_command_that_is_stuck_before_its_run_refuses(tmp_path: Path) -> None:
    done = stuck_in("sockproof.running.examined", tmp_path / "out")

    assert done.returncode == 3, done.stdout + done.stderr
    (line,) = done.stderr.splitlines()
    assert "the command did not come back from __main__.hang() for 6 s, and was ended" in line
    assert str(read_results(tmp_path / "out").run.refused) in line


def test_results_of_a_run_that_has_ended_stay_as_they_are(tmp_path: Path) -> None:
    done = stuck_in("subprocess.Popen.poll", tmp_path / "out", once=str(tmp_path / "out/results.json"))

    assert done.returncode == 3, done.stdout + done.stderr
    assert "the command did not come back from __main__.hang() for 6 s, and was ended; the results are" in done.stderr
    results = read_results(tmp_path / "out")
    assert results.run.complete
    assert {each.verdict for each in results.instances} == {"conforms"}


LEFT = """
import signal
import threading
import time

from sockproof import guard, last_resort

last_resort.stand_by(["run"])
with guard.Guard(lambda sentence: 3) as looking:
    time.sleep(0.2)  # its second thread is between two looks
    looking.leave()
    for each in threading.enumerate():
        if each is not threading.current_thread():
            each.join()
    print(signal.getitimer(signal.ITIMER_REAL)[0])
"""


def test_whoever_is_left_to_bounds_of_its_own_is_not_struck() -> None:
    """As a run on another kernel, which may take hours."""
    done = subprocess.run(
        [sys.executable, "-c", LEFT], cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.strip() == "0.0", done.stdout + done.stderr
