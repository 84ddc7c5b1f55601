"""Targets that write what no run writes, or have no room: one sentence, and what was found is kept."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
import zlib

import pytest

from tests.sockproof.targets.conftest import results, verdicts

pytestmark = pytest.mark.usefixtures("spotless")
FAR = """
import re, sys
token = re.search(rb"@sockproof-[0-9a-f]+", sys.stdin.buffer.read())[0]
for line in {lines!r}:
    sys.stdout.buffer.write(line.replace(b"TOKEN", token) + b"\\n")
sys.stdout.flush()
"""


def packed(data: bytes) -> bytes:
    return base64.b64encode(zlib.compress(data))


@pytest.fixture
def says(command, tmp_path):
    """Runs on a target that takes the program, does not run it, and says these lines."""

    def run(*lines: bytes):
        far = tmp_path / "far.py"
        far.write_text(FAR.format(lines=list(lines)), "utf-8")
        return command("run", "--out", "there", "--target", f"command:{sys.executable} {far}")

    return run


BAD = b"TOKEN file results.json 0 " + packed(b'{"schema": "sockproof-results", "run')
SPOILT = [
    ((b"hello", b"\xff\x00\x1b[2J" * 9999), "the target command did not start ("),
    ((b"TOKEN hello", b"TOKEN out eJx-nonsense"), 'the target sent "out eJx-nonsense", which cannot be read ('),
    ((b"TOKEN hello", b"TOKEN file journal.jsonl x y z"), 'the target sent "file journal.jsonl x y z", which cannot'),
    ((b"TOKEN hello", b"TOKEN file \xff 0 " + packed(b"")), "the target sent"),
    ((b"TOKEN hello", b"TOKEN file ../x 0 " + packed(b"")), 'the target sent a file "../x", which no run writes;'),
    ((b"TOKEN hello", BAD, b"TOKEN status 0"), "the target command left no results that can be read ("),
    ((b"TOKEN hello", b"TOKEN status 0"), "the target command ended with status 0 and said nothing;"),
    ((b"TOKEN hello", b"TOKEN status 0 1"), "the target command ended; nothing was found."),
    ((b"TOKEN",), "the target command did not start ("),
]


@pytest.mark.parametrize(("lines", "sentence"), SPOILT, ids=[str(number) for number in range(len(SPOILT))])
def test_what_no_run_writes_is_told_in_a_sentence(says, command, lines, sentence):
    ended = says(*lines)

    assert ended.status == 3
    assert ended.complaint.startswith(sentence)
    assert ended.complaint.endswith("; nothing was found.")
    assert not (command.cwd / "there" / "report.html").exists()


def test_what_was_found_before_a_spoilt_line_is_kept(says, command):
    assert command("run", "--out", "mine", TMPDIR=str(command.cwd)).status == 0
    journal = (command.cwd / "mine" / "journal.jsonl").read_bytes()
    half = b"".join(line for line in journal.splitlines(keepends=True) if b"receives" not in line)

    ended = says(b"TOKEN hello", b"TOKEN file journal.jsonl 0 " + packed(half), b"TOKEN file")

    assert ended.status == 3
    assert "cannot be read (" in ended.complaint
    assert "what it had found is in" in ended.complaint
    assert "conforms" in verdicts(command.cwd / "there").values()
    assert results(command.cwd / "there")["run"]["complete"] is False


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="only root mounts a small file system")
@pytest.mark.parametrize(("target", "size"), [("container", "12k"), ("command:env", "12k"), ("command:env", "40k")])
def test_full_disk_is_told_and_nothing_is_left(command, target, size):
    """The folder of the results lies on a file system that is full after a few pages."""
    (command.cwd / "small").mkdir()
    run = command.arguments("run", "--target", target, "--out", "small/there")
    within = f'mount -t tmpfs -o size={size} small "$0" && exec "$@"'

    ended = subprocess.run(
        ["unshare", "--mount", "sh", "-c", within, str(command.cwd / "small"), *run], cwd=command.cwd,
        env=command.settings(), capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip

    assert ended.returncode in (2, 3), ended.stdout + ended.stderr
    assert "No space left on device" in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
    assert ended.stderr.count("sockproof: error: ") <= 1
