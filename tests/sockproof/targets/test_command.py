"""What a command reaches: the suite is sent as one program, and the results come back."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from sockproof import elsewhere
from sockproof.targets import TargetError
from sockproof.targets.drive import Relay
from tests.sockproof.targets.conftest import processes, results, verdicts

pytestmark = pytest.mark.usefixtures("spotless")
HERE = f"env -i PATH={Path(sys.executable).parent}:/usr/bin:/bin"
"""A command that gives what it runs nothing of this process's environment."""


def run(command, target, *arguments, **environment):
    return command("run", "--out", "there", "--target", f"command:{target}", *arguments, **environment)


@pytest.fixture
def far(spotless) -> str:
    """Reaches this machine, with a folder for temporary files that must be empty afterwards."""
    return f"{HERE} TMPDIR={spotless}"


def test_who_asks_for_an_end_while_results_are_written_gets_them(monkeypatch, tmp_path):
    def written(*_):
        os.kill(os.getpid(), signal.SIGTERM)
        return "written"

    target = SimpleNamespace(keeps=True, patience=1.0)
    target.started = lambda _: subprocess.Popen(["true"], stdout=subprocess.PIPE)
    monkeypatch.setattr(elsewhere, "job", lambda *_: None)
    monkeypatch.setattr(elsewhere, "conclude", written)

    assert elsewhere.run(target, [], tmp_path, tmp_path / "out") == "written"


def test_folder_in_which_the_user_stands_stays_where_nothing_began(command):
    inside = command.cwd / "inside"
    inside.mkdir()

    assert command("run", "--out", str(inside / "there"), "--target", "command:false").status == 3

    assert list(inside.iterdir()) == []


def test_results_come_back(command, far):
    ended = run(command, far)

    there = command.cwd / "there"
    assert ended.status == 0, ended.err
    assert set(verdicts(there).values()) == {"conforms"}
    assert {path.name for path in there.iterdir()} >= {"results.json", "journal.jsonl", "junit.xml", "report.html"}
    assert f"report: {there / 'report.html'}" in ended.out
    assert "@sockproof" not in ended.out
    assert results(there)["target"]["name"] == "command:env [redacted]"
    assert (results(there)["run"]["id"], results(there)["run"]["complete"]) == ("there", True)


def test_nothing_of_this_machine_is_needed_over_there(command, checkout, far):
    checkout.add(
        "more.path.is", f"import sys\nassert not [path for path in sys.path if {str(checkout.root)!r} in path]"
    )

    assert run(command, far, "more").status == 0


def test_deviations_are_sent(command, checkout, far):
    checkout.add("more.thing.deviates", "assert 1 == 2")
    assert run(command, far, "more").status == 1
    known = command.cwd / "known.toml"
    fields = {
        "claim": "more.thing.deviates", "target": "gvisor", "scenario": "test_thing_deviates",
        "expected": "the first one",
        "observed": "the second one instead", "reason": "known", "link": "https://example.org/1",
    }  # fmt: skip
    known.write_text("[[deviation]]\n" + "".join(f'{name} = "{value}"\n' for name, value in fields.items()))

    ended = run(command, far, "more", "--deviations", str(known))

    assert (ended.status, ended.err) == (1, "")


def test_captures_come_back(command, far):
    """Files in folders, and in pieces."""
    received = elsewhere.Received(command.cwd / "there")
    with received:
        received.take("journal.jsonl", 0, b"{}")
        received.take("pcap/a.pcapng", 0, b"1234")
        received.take("pcap/a.pcapng", 4, b"5678")

    assert (command.cwd / "there" / "pcap" / "a.pcapng").read_bytes() == b"12345678"


@pytest.mark.parametrize("name", ["../x", "/etc/x", "pcap/../../x", "pcap/x/y", "other"])
def test_only_files_of_a_run_are_taken(command, name):
    with elsewhere.Received(command.cwd / "there") as received, pytest.raises(TargetError, match="which no run writes"):
        received.take(name, 0, b"")


def test_noise_of_the_way_does_no_harm(command, far):
    ended = run(command, f"""sh -c 'echo Welcome to the machine; printf "no end of line"; exec {far} "$@"' sh""")

    assert (ended.status, set(verdicts(command.cwd / "there").values())) == (0, {"conforms"})
    assert "Welcome" not in ended.out


FAILING = [
    ("sh -c 'exit 3'", 3, "the target command did not start (it said nothing); nothing was found."),
    ("sh -c 'echo go away >&2; exit 1'", 3, "the target command did not start (go away); nothing was found."),
    ("env PATH=/nope", 3, "No such file or directory); nothing was found."),
    ("nope", 2, "nope is not on PATH; install it, or write its whole path."),
    ("", 2, "write what reaches the machine: command:'ssh HOST'."),
    ("ssh 'x", 2, "No closing quotation; write it as for a shell."),
]  # fmt: skip


@pytest.mark.parametrize(("target", "status", "sentence"), FAILING, ids=[row[0] or "nothing" for row in FAILING])
def test_target_that_runs_nothing_is_told_in_a_sentence(command, target, status, sentence):
    ended = run(command, target)

    assert (ended.status, ended.complaint.endswith(sentence)) == (status, True), ended.err
    assert not (command.cwd / "there").exists()


def test_old_python_is_told(command, tmp_path):
    """One that says that it is 3.9, and a path without any newer one."""
    old = tmp_path / "python3"
    old.write_text(
        f"""#!/bin/sh\n(echo 'import sys; sys.version_info = (3, 9, 2)'; cat) | exec {sys.executable} -I "$@"\n"""
    )
    old.chmod(0o755)
    (tmp_path / "cat").symlink_to(shutil.which("cat"))

    ended = run(command, f"/usr/bin/env -i PATH={tmp_path}")

    assert ended.status == 3
    assert "did not start (Python 3.11 or newer is needed, and" in ended.complaint
    assert "is Python 3.9)" in ended.complaint


def conforming(command):
    journal = command.cwd / "there" / "journal.jsonl"
    return journal.exists() and journal.read_bytes().count(b'"verdict": "conforms"') == 2


STOPS = "import os, signal\nos.kill(os.getppid(), signal.SIGSTOP)\nos.kill(os.getpid(), signal.SIGSTOP)"


def test_target_that_hangs_is_ended_and_keeps_what_was_found(command, checkout, far):
    checkout.add("zzz.thing.stops", STOPS)

    ended = run(command, far, SOCKPROOF_PATIENCE="0.1")

    assert ended.status == 3
    assert "gave no sign of life for 10 s and was ended after 2 scenarios" in ended.err
    assert verdicts(command.cwd / "there")["test_thing_stops"] == "inconclusive"


def test_far_side_ends_when_nobody_listens(command, checkout, far, spotless):
    checkout.add("zzz.thing.waits", "import signal\nsignal.pause()")
    process = command.start("run", "--out", "there", "--target", f"command:{far}")
    while process.poll() is None and not conforming(command):
        pass

    process.kill()
    process.communicate(timeout=300)

    while os.listdir(spotless) or processes(str(spotless)):
        pass


def test_nothing_is_left_of_one_that_is_killed_before_the_suite_begins(command, spotless):
    process = command.start("run", "--target", "command:sh -c 'touch mark; exec tail -f /dev/null'")
    while process.poll() is None and not (command.cwd / "mark").exists():
        pass
    assert os.listdir(spotless)

    process.kill()
    process.communicate(timeout=300)

    while os.listdir(spotless) or processes(str(spotless)):
        pass


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_keeps_what_was_found(command, checkout, far, spotless, name):
    checkout.add("zzz.thing.waits", "import signal\nsignal.pause()")
    process = command.start("run", "--out", "there", "--target", f"command:{far}")
    while process.poll() is None and not conforming(command):
        pass

    process.send_signal(name)
    process.communicate(timeout=300)

    assert process.returncode == 130
    assert set(verdicts(command.cwd / "there").values()) == {"conforms"}
    while os.listdir(spotless):
        pass


def test_lines_are_taken_apart_whatever_the_pieces():
    said = b"motd\n@t hello\r\n..F@t out eJxLTEwEAAJJASQ=\nab\n@t status 1\nbye\n"
    for size in range(1, len(said)):
        relay = Relay("@t")
        shown = b"".join(relay.feed(said[place : place + size]) for place in range(0, len(said), size))
        assert (relay.begun, relay.status, relay.before) == (True, 1, ["motd"])
        assert shown.replace(b"a" * 3, b"") in (b"..Fab\n", b"..F" + b"ab\n")
