"""Surroundings in which a run is refused in one sentence, or of which no scenario makes a deviation."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from tests import surroundings
from tests.sockproof.conftest import Ended

REFUSED = {
    "little data": ("ulimit -d 50000;", "a process may have 48 MiB of data here, and a run needs 256 MiB in each"),
    "no map of users": ("unshare --user", "this user namespace has an empty uid_map"),
    "another's proc": ("unshare --user --map-root-user --pid --fork", "/proc is that of another PID namespace"),
    "no temporary room": ("unshare --user --map-root-user --mount sh -c 'mount -t tmpfs -o size=64k none /mnt && "
                          "TMPDIR=/mnt exec \"$@\"' sh", "the temporary folder /mnt has room for"),
}  # fmt: skip
"""By name, what becomes the command, and what it says."""


def surrounded(command, before, **more):
    """What came of the command in such surroundings."""
    line = f"{before} {' '.join(command.arguments('run', '--out', 'there'))}"
    ended = subprocess.run(
        ["bash", "-c", line], cwd=command.cwd, env={**command.settings(), **more},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    if "unshare:" in ended.stderr or "mount:" in ended.stderr:
        pytest.skip(f"needs namespaces of its own: {ended.stderr.strip()}")
    return Ended(ended.returncode, ended.stdout, ended.stderr)


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare(1)")
def test_surroundings_that_cannot_be_are_told_in_one_sentence(command, name):
    before, sentence = REFUSED[name]
    ended = surrounded(command, before)
    assert ended.status == 2, ended
    assert sentence in ended.complaint
    assert "Traceback" not in ended.err


ALWAYS = frozenset({
    "folder is gone", "all signals blocked", "an alarm in two seconds", "no raw sockets", "loopback without IPv6",
    "PYTHONWARNINGS=error",
})  # fmt: skip
"""One of each kind: the others are tried by ``python -m tests.surroundings``, and where the tests are thorough."""
EACH = [pytest.param(name, marks=() if name in ALWAYS else pytest.mark.thorough) for name in surroundings.SURROUNDINGS]


@pytest.mark.parametrize("name", EACH)
def test_odd_surroundings_make_nothing_deviate(name):
    if (reason := surroundings.missing(name)) is not None:
        pytest.skip(f"needs {name}: {reason}")
    seen = surroundings.within(name)
    assert surroundings.wrong(name, seen) == [], f"{seen.status}: {seen}\n{seen.complaint}"


def test_what_is_always_tried_is_there():
    assert set(surroundings.SURROUNDINGS) >= ALWAYS


def results(command):
    return json.loads((command.cwd / "there" / "results.json").read_text("utf-8"))


def test_a_run_that_may_have_no_time_leaves_results_that_say_so(command, checkout):
    checkout.add("zzz.thing.turns", "while True: pass")
    ended = surrounded(command, "ulimit -t 1;")
    assert ended.status in (1, 3), ended
    if ended.status == 3:
        assert "and may have 1 s of the processor's time here (ulimit -t)" in ended.complaint
    assert results(command)["run"]


DYING = """
import os, sys


def pytest_configure(config):
    {how}
"""
ENDS = {
    "killed": ("os.kill(os.getpid(), 9)", "died of SIGKILL"),
    "broken off": ("os._exit(1)", "broke off with status 1"),
}


@pytest.mark.parametrize("name", ENDS)
def test_a_run_that_ends_before_any_scenario_leaves_results_that_say_so(command, checkout, name):
    how, sentence = ENDS[name]
    (checkout.root / "dying.py").write_text(DYING.format(how=how))
    ended = command("run", "--out", "there", "--", "-p", "dying")
    assert ended.status == 3, ended
    assert f"the process that ran the scenarios {sentence}" in ended.complaint
    found = results(command)
    assert f"{sentence} before it came to any of them" in found["run"]["refused"]
    assert found["instances"] == []


def test_a_run_that_breaks_off_at_its_end_leaves_what_it_had_found(command, checkout):
    text = "import os\n\n\ndef pytest_sessionfinish():\n    os._exit(1)\n"
    (checkout.root / "dying.py").write_text(text)
    ended = command("run", "--out", "there", "--", "-p", "dying")
    assert ended.status == 3, ended
    assert "broke off with status 1; what it had found is in" in ended.complaint
    assert [each["verdict"] for each in results(command)["instances"]] == ["conforms"] * 2


def test_a_file_that_may_not_be_so_large_is_told_with_the_limit(command):
    ended = surrounded(command, "ulimit -f 1;")
    assert ended.status in (2, 3), ended
    assert "cannot be written (File too large): raise the limit of what a file may hold (ulimit -f)" in ended.err
