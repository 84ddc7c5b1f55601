"""A run that goes on no more is ended from outside, and leaves results: whatever call of the rig does not return."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reports.store import read_results
from sockproof.silence import IDLE, LONGEST, STANDSTILL, WORKERS_OWE, Silence, Workers, descendants, ran, state

PROJECT = Path(__file__).resolve().parents[2]
STUCK = """
import os
import sys

import sockproof.silence
from sockproof.__main__ import main


class Impatient(sockproof.silence.Silence):
    # a second is too long, once the run is where it hangs

    longest = property(lambda self: 1.0, lambda self, _: None)
    _idle = longest

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
    assert re.search("the run showed no sign of life( in [a-z_.0-9]+)? for 1 s, and was ended", done.stderr)
    results = read_results(tmp_path / "out")
    assert bool(results.instances) is began
    assert not results.run.complete


LEAVING_A_WORKER = """
import sys

import sockproof.silence
from sockproof.__main__ import main

sockproof.silence.WORKERS_OWE = (3.0, 3.0)
sys.exit(main())
"""
DEAF_WORKER = """
import ctypes, os

def pytest_runtest_logstart(nodeid):
    while os.environ.get("PYTEST_XDIST_WORKER") == "gw0":
        ctypes.PyDLL(None).pause()  # with Python's lock
"""


def test_worker_that_does_not_come_back_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    (tmp_path / "sticking.py").write_text(DEAF_WORKER, "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", LEAVING_A_WORKER, "run", "tcp.linger.zero-aborts", "-k", "ip4 or ip6", "-n", "2",
         "--out", str(tmp_path / "out"), "--", "-p", "sticking"],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{PROJECT}"}, capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip

    assert done.returncode == 1, done.stdout + done.stderr
    assert "worker gw0 did not come back for 3 s, and was ended" in done.stderr
    results = read_results(tmp_path / "out")
    assert results.run.complete
    (lost,) = (each for each in results.instances if each.verdict != "conforms")
    assert lost.verdict == "inconclusive"
    assert "worker 'gw0' crashed" in lost.reason
    assert sorted(path.name for path in (tmp_path / "out").glob(".at-work-*")) == []


def test_first_sign_of_life_is_owed_sooner(tmp_path: Path, clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sockproof.silence.ran", lambda _: clock[0])
    silence = Silence(tmp_path / "pulse", LONGEST)
    assert looks(silence, clock, seconds=IDLE + 2)
    assert silence.lasted == IDLE
    began = Silence(tmp_path / "pulse", LONGEST)
    (tmp_path / "pulse").touch()
    assert not looks(began, clock, seconds=IDLE + 2)


@pytest.mark.parametrize("text", ["", "\udcff\udcfe none of this 1 2\n", "1 (a) S x 3 4 5 6 7 8 9 10 11 12 13 14 15"])
def test_processes_of_which_proc_tells_nonsense_have_no_state(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: text)
    assert state(os.getpid()) == "?"
    assert descendants(os.getpid()) == []
    assert ran(os.getpid()) == 0.0


def test_run_that_does_nothing_may_be_silent_for_less(
    tmp_path: Path, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    worked = [0.0]
    monkeypatch.setattr("sockproof.silence.ran", lambda _: worked[0])
    for share, longest in ((0.0, IDLE), (0.5, LONGEST)):
        silence = Silence(tmp_path / "pulse", LONGEST)
        (tmp_path / "pulse").touch()
        os.utime(tmp_path / "pulse", (share, share))
        for _ in range(int(longest) - 1):
            worked[0] += share
            assert not looks(silence, clock, seconds=1)
        worked[0] += 4 * share
        assert looks(silence, clock, seconds=4)
        assert silence.lasted == longest


def test_worker_at_rest_or_on_its_way_owes_no_sign(tmp_path: Path, clock: list[float]) -> None:
    workers = Workers(tmp_path)
    child = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    try:
        path = tmp_path / f".at-work-gw1-{child.pid}"
        path.touch()
        for moment in range(200):
            os.utime(path, (moment, moment) if moment < 100 else (0, 0))
            clock[0] += 4.0
            workers.look()
        assert not workers.ended
        os.utime(path, (7, 7))
        for _ in range(int(WORKERS_OWE[0] / 4) + 3):
            clock[0] += 4.0
            workers.look()
        assert workers.ended == ["gw1"]
        assert child.wait(10) == -signal.SIGKILL
    finally:
        child.kill()
        child.communicate()
