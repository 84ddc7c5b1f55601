"""A run that goes on no more is ended from outside, and leaves results: whatever call of the rig does not return."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reports.store import read_results
from sockproof.silence import STANDSTILL, Silence, descendants

PROJECT = Path(__file__).resolve().parents[2]
STUCK = """
import os
import sys

import sockproof.silence
from sockproof.__main__ import main


class Impatient(sockproof.silence.Silence):
    # a second is too long, once the run is where it hangs

    longest = property(lambda self: 1.0, lambda self, _: None)

    def look(self, pid):
        return os.path.exists("MARK") and super().look(pid)


sockproof.silence.Silence = Impatient
sys.exit(main())
"""
PLUGIN = """
import os, signal

def hang():
    if os.environ.get("PYTEST_XDIST_WORKER") == os.environ.get("STUCK_WORKER"):
        open("MARK", "w").close()
        while True:
            signal.pause()

def {hook}:
    hang()
"""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that time.monotonic() says."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def looks(silence: Silence, clock: list[float], *, seconds: float) -> bool:
    """Whether it has been too long after so many seconds, with a look at each."""
    for _ in range(int(seconds)):
        clock[0] += 1.0
        if silence.look(os.getpid()):
            return True
    return False


def test_silence_is_too_long_without_a_sign(tmp_path: Path, clock: list[float]) -> None:
    silence = Silence(tmp_path / "pulse", 10.0)
    assert not looks(silence, clock, seconds=10)
    assert looks(silence, clock, seconds=2)
    assert silence.is_too_long


def test_sign_of_life_begins_a_new_silence(tmp_path: Path, clock: list[float]) -> None:
    silence = Silence(tmp_path / "pulse", 10.0)
    for moment in range(5):
        (tmp_path / "pulse").touch()
        os.utime(tmp_path / "pulse", (moment, moment))
        assert not looks(silence, clock, seconds=8)


def test_machine_that_stood_still_was_not_silent(tmp_path: Path, clock: list[float]) -> None:
    silence = Silence(tmp_path / "pulse", 10.0)
    assert not looks(silence, clock, seconds=9)
    clock[0] += STANDSTILL + 1
    assert not silence.look(os.getpid())
    assert not looks(silence, clock, seconds=9)


def test_process_that_is_stopped_owes_no_sign(tmp_path: Path, clock: list[float]) -> None:
    silence, child = Silence(tmp_path / "pulse", 10.0), subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    try:
        child.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, child.pid, os.WSTOPPED | os.WNOWAIT)
        clock[0] += 4.0
        for _ in range(20):
            clock[0] += 1.0
            assert not silence.look(child.pid)
        assert child.pid in descendants(os.getpid())
    finally:
        child.kill()
        child.communicate()


@pytest.mark.parametrize(
    ("hook", "worker", "began"),
    [("pytest_sessionstart(session)", None, False), ("pytest_sessionfinish(session)", "gw0", True)],
    ids=["before-anything", "in-a-worker"],
)
def test_run_that_hangs_in_the_rig_is_ended_with_results(
    tmp_path: Path, hook: str, worker: str | None, began: bool
) -> None:
    mark = str(tmp_path / "mark")
    (tmp_path / "sticking.py").write_text(PLUGIN.format(hook=hook).replace("MARK", mark), "utf-8")
    workers = ["-n", "1"] if worker else []
    more = {"PYTHONPATH": f"{tmp_path}:{PROJECT}", **({"STUCK_WORKER": worker} if worker else {})}
    done = subprocess.run(
        [sys.executable, "-c", STUCK.replace("MARK", mark), "run", "tcp.linger.zero-aborts", "-k", "ip4 and unread",
         *workers, "--out", str(tmp_path / "out"), "--", "-p", "sticking"],
        env={**os.environ, **more}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip

    assert done.returncode == 3, done.stdout + done.stderr
    assert "the run showed no sign of life for 1 s, and was ended" in done.stderr
    results = read_results(tmp_path / "out")
    assert bool(results.instances) is began
    assert not results.run.complete
