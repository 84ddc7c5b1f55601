"""sockproof explore, asked from outside."""

import json
import os
import signal
import subprocess
import sys

import pytest

from tests.fixtures.tree import PROJECT


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "sockproof", "explore", *words]


def asked(*words: str, cwd=PROJECT) -> subprocess.CompletedProcess[str]:
    settings = {**os.environ, "PYTHONPATH": str(PROJECT)}
    return subprocess.run(command(*words), cwd=cwd, env=settings, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("strem-pair",), 'there is no model "strem-pair"; did you mean stream-pair?'),
        (("--minutes", "0"), "--minutes 0 is no time to search; write a number above 0, at most 1440."),
        (("--seed", "-1"), "--seed -1 is no seed; write 0 or more."),
        (("--replay", "send()"), "--replay walks the steps of one model; name it."),
        (("epoll", "--replay", "send("), '--replay: "send(" is no sequence of steps'),
    ],
)
def test_what_asks_for_nothing_is_refused(words, sentence):
    told = asked(*words)
    assert told.returncode == 2
    assert sentence in told.stderr
    assert "Traceback" not in told.stderr


def test_models_are_listed():
    told = asked("--list")
    assert told.returncode == 0
    assert {"stream-pair", "datagrams", "epoll", "binds"} <= {line.split()[0] for line in told.stdout.splitlines()}


def test_an_interrupt_ends_the_search_and_keeps_the_results(tmp_path):
    settings = {**os.environ, "PYTHONPATH": str(PROJECT)}
    words = command("epoll", "--minutes", "10", "--out", str(tmp_path / "out"), "--database", str(tmp_path / "kept"))
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    running = subprocess.Popen(words, cwd=tmp_path, env=settings, **pipes)
    try:
        assert " s of 600: " in running.stderr.readline()
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate(timeout=300)
    finally:
        running.kill()
    assert running.returncode == 130
    assert "epoll" in out
    (instance,) = json.loads((tmp_path / "out" / "results.json").read_text("utf-8"))["instances"]
    assert instance["verdict"] == "conforms"
