"""``sockproof run``: what is run, where the results go, and what the exit status says."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import termios
from dataclasses import replace

import pytest

from fixtures.stage.rungs import LADDER
from sockproof import running, suite
from sockproof.arguments import RUNGS
from tests.hostile import spoiling


def results(folder):
    """The results.json of a run as plain JSON."""
    return json.loads((folder / "results.json").read_text("utf-8"))


def ran(folder):
    """The scenarios that ran, by name."""
    return sorted(instance["scenario"] for instance in results(folder)["instances"])


def test_a_run_leaves_a_folder_of_its_own_and_a_link_to_it(command):
    first, second = command("run"), command("run", "pair.stream.ends")

    folders = sorted(path for path in (command.cwd / "sockproof-results").iterdir() if not path.is_symlink())

    assert (first.status, second.status) == (0, 0)
    assert [len(ran(folder)) for folder in folders] == [2, 1]
    assert os.readlink(command.cwd / "sockproof-results" / "latest") == folders[1].name
    assert {path.name for path in folders[0].iterdir()} >= {"results.json", "junit.xml", "summary.md", "report.html"}
    assert f"report: {folders[0] / 'report.html'}" in first.out


SELECTIONS = [
    ((), ["test_end_reads_as_nothing", "test_what_is_sent_arrives"]),
    (("pair.stream.ends",), ["test_end_reads_as_nothing"]),
    (("conformance/pair/test_pair.py",), ["test_end_reads_as_nothing", "test_what_is_sent_arrives"]),
    (("conformance/pair/test_pair.py::test_what_is_sent_arrives",), ["test_what_is_sent_arrives"]),
    (("conformance/more/test_it.py", "*.ends"), ["test_end_reads_as_nothing", "test_thing_holds"]),
    (("more", "--", "-k", "holds"), ["test_thing_holds"]),
    (("conformance/more",), ["test_thing_holds"]),
    (("conformance/more/", "pair.stream.ends"), ["test_end_reads_as_nothing", "test_thing_holds"]),
    (("conformance", "more"), ["test_end_reads_as_nothing", "test_thing_holds", "test_what_is_sent_arrives"]),
    (("more", "pair", "-k", "holds or ends or nothing"), ["test_end_reads_as_nothing", "test_thing_holds"]),
    (("more", "--isolation", "loopback"), ["test_thing_holds"]),
    (("more", "--watch", "asserted"), ["test_thing_holds"]),
]


@pytest.mark.parametrize(("arguments", "expected"), SELECTIONS, ids=[" ".join(row[0]) or "all" for row in SELECTIONS])
def test_what_was_selected_runs(command, checkout, arguments, expected):
    if "more" in "".join(arguments):
        checkout.add("more.thing.holds", "assert True")
    assert command("run", "--out", "there", *arguments).status == 0
    assert ran(command.cwd / "there") == expected


def test_a_claim_is_run_without_importing_the_others(command, checkout):
    checkout.add("more.thing.holds", "assert True")
    path = checkout.root / "conformance" / "more" / "test_it.py"
    path.write_text(path.read_text("utf-8") + "\nraise RuntimeError('imported, though nobody asked for it')\n")
    assert command("run", "pair.stream.ends", "--out", "there").status == 0
    assert ran(command.cwd / "there") == ["test_end_reads_as_nothing"]


WRONG = [
    ("conformance/pair/test_pair.py::test_nope", "there is no scenario test_nope in conformance/pair/test_pair.py"),
    ("conformance/pair/test_nope.py", "there is no test file conformance/pair/test_nope.py, neither here nor in"),
    ("conformance/nope", "there is no folder conformance/nope, neither here nor in"),
]


@pytest.mark.parametrize(("selected", "sentence"), WRONG)
def test_a_path_that_is_not_there_is_told(command, selected, sentence):
    ended = command("run", selected)
    assert ended.status == 2
    assert sentence in ended.complaint
    assert not list(command.cwd.iterdir())


def test_a_run_stops_at_the_first_failure_where_that_is_asked(command, checkout):
    checkout.add("another.thing.holds", "assert 1 == 2")
    ended = command("run", "-x", "--out", "there")
    assert (ended.status, ran(command.cwd / "there")) == (1, ["test_thing_holds"])


def test_rungs_of_the_command_are_those_of_the_rig():
    assert ("auto", *LADDER) == RUNGS


def test_options_reach_the_plugin(command):
    ended = command("run", "--out=there", "-n", "2", "--sysctl", "net.ipv4.ip_default_ttl=65", "--require", "ipv6")
    assert ended.status == 0, ended
    assert results(command.cwd / "there")["run"]["workers"] == 2


def test_a_sysctl_of_the_machine_is_a_request_that_cannot_be_met(command):
    ended = command("run", "--sysctl", "kernel.hostname=elsewhere")
    assert ended.status == 2
    assert "'kernel.hostname' is no sysctl of a network namespace" in ended.err
    assert not list(command.cwd.iterdir())


def test_packages_of_the_same_names_where_the_user_stands_are_not_imported(command):
    for name in ("fixtures", "reports", "sockproof", "conformance"):
        (command.cwd / name).mkdir()
        (command.cwd / name / "__init__.py").write_text("raise SystemExit('imported the wrong package')\n")
    # The command itself is started as the installed script would be: without the current folder on the path.
    ended = command("run", "--out", "there", PYTHONSAFEPATH="1")
    assert ended.status == 0, ended
    assert len(ran(command.cwd / "there")) == 2


def test_the_environment_reaches_the_scenarios(command, checkout):
    checkout.add(
        "more.thing.holds", "import os\nassert os.environ['LD_PRELOAD'] == ''\nassert os.environ['MINE'] == '1'"
    )
    assert command("run", "more", LD_PRELOAD="", MINE="1").status == 0


def test_a_failing_scenario_makes_the_status_1(command, checkout):
    checkout.add("more.thing.holds", "assert 1 == 2")
    assert command("run", "--out", "there").status == 1
    assert results(command.cwd / "there")["summary"]["verdicts"]["deviates"] == 1


def test_a_run_that_decides_nothing_has_status_1(command):
    ended = command("run", "--", "-k", "no_such_word")
    assert ended.status == 1
    assert ended.complaint == "no scenario was left to run, so nothing was decided; loosen the selection."


TYPOS = [
    ("-k", "no_such_word"), ("--", "--no-such-option"), ("-n", "2", "-k", "no_such_word"), ("--require", "nonsense"),
    ("--", "-p", "no_such_plugin"), ("conformance/pair/test_pair.py::test_what_is_sent_arrives[nope]",),
]  # fmt: skip


@pytest.mark.parametrize("mistake", TYPOS, ids=" ".join)
def test_a_mistyped_request_costs_no_results(command, mistake):
    command("run", "--out", "there")
    before = {path.name: path.read_bytes() for path in (command.cwd / "there").iterdir()}
    assert command("run", "--out", "there", *mistake).status in (1, 2)
    assert {path.name: path.read_bytes() for path in (command.cwd / "there").iterdir()} == before


def test_a_module_that_cannot_be_imported_costs_no_results(command, checkout):
    command("run", "--out", "there")
    before = (command.cwd / "there" / "results.json").read_bytes()
    checkout.add("more.thing.holds", "assert True")
    path = checkout.root / "conformance" / "more" / "test_it.py"
    path.write_text("import no_such_module\n" + path.read_text("utf-8"))
    assert command("run", "--out", "there").status == 3
    assert (command.cwd / "there" / "results.json").read_bytes() == before


def test_files_of_users_in_the_folder_of_captures_are_kept(command):
    command("run", "--out", "there")
    (command.cwd / "there" / "pcap").mkdir(exist_ok=True)
    (command.cwd / "there" / "pcap" / "mine.pcapng").write_text("evidence")
    assert command("run", "--out", "there").status == 0
    assert (command.cwd / "there" / "pcap" / "mine.pcapng").read_text() == "evidence"


@pytest.mark.parametrize("arguments", [("--", "-x"), ("--", "--stepwise"), ("-n", "2", "--", "-x")], ids=" ".join)
def test_a_run_that_stops_at_a_failure_has_status_1(command, checkout, arguments):
    checkout.add("more.thing.holds", "assert 1 == 2")
    assert command("run", *arguments).status == 1


@pytest.mark.parametrize("option", ["--collect-only", "--version", "--no-such-option"])
def test_a_run_of_nothing_leaves_no_folder(command, option):
    assert command("run", "--", option).status == (2 if "no-such" in option else 0)
    assert not list(command.cwd.iterdir())


def test_a_module_that_cannot_be_imported_has_status_3(command, checkout):
    checkout.add("more.thing.holds", "assert True")
    path = checkout.root / "conformance" / "more" / "test_it.py"
    path.write_text("import no_such_module\n" + path.read_text("utf-8"))
    assert command("run").status == 3


def test_a_test_process_that_dies_has_status_3_and_a_sentence(command, checkout):
    checkout.add("more.thing.holds", "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)")
    ended = command("run", "more", "--out", "there")
    assert ended.status == 3
    place = command.cwd / "there"
    assert ended.complaint == f"the process that ran the scenarios died of SIGKILL; what it had found is in {place}."
    assert command("report", "there").status == 0


def test_a_missing_package_is_told_before_anything_is_started(command, without_packages):
    ended = without_packages("run")
    assert ended.status == 2
    assert "pytest>=9 is not installed; run " in ended.complaint
    assert "-m pip install 'pytest>=9' " in ended.complaint


def test_a_folder_with_other_things_is_refused_and_kept(command):
    (command.cwd / "there").mkdir()
    (command.cwd / "there" / "thesis.txt").write_text("years of work")
    ended = command("run", "--out", "there")
    assert ended.status == 2
    assert 'it holds "thesis.txt", which no run of sockproof wrote' in ended.complaint
    assert (command.cwd / "there" / "thesis.txt").read_text() == "years of work"


def test_the_same_folder_may_be_given_again(command):
    assert [command("run", "--out", "there", *selected).status for selected in ((), ("pair.stream.ends",))] == [0, 0]
    assert ran(command.cwd / "there") == ["test_end_reads_as_nothing"]


def test_a_run_in_a_pipe_is_quiet(command):
    out = command("run").out
    assert "test session starts" not in out
    assert "\x1b" not in out


@pytest.fixture
def ready(command, checkout):
    """A named pipe that a scenario opens, after the others have run, before it waits for ever."""
    path = command.cwd / "ready"
    os.mkfifo(path)
    checkout.add("slow.thing.waits", f"import signal\nopen({str(path)!r}, 'w').close()\nsignal.pause()")
    return path


@pytest.fixture
def waiting(command, ready):
    """A run that has come to the scenario which waits."""
    with command.start("run", "--out", "there") as process:
        ready.open().close()  # returns when the scenario has opened the other end
        yield process
        process.kill()


@pytest.mark.parametrize("way", ["to the command alone", "to its process group", "as SIGTERM"])
def test_an_interrupt_leaves_a_partial_report_and_no_traceback(command, waiting, way):
    if way == "to its process group":
        os.killpg(waiting.pid, signal.SIGINT)
    else:
        waiting.send_signal(signal.SIGTERM if way == "as SIGTERM" else signal.SIGINT)

    out, err = waiting.communicate(timeout=300)

    assert waiting.returncode == 130, out + err
    assert "Traceback" not in out + err
    assert_partial(command.cwd / "there")


def test_a_folder_that_another_run_uses_is_refused_and_kept(command, waiting):
    ended = command("run", "--out", "there", "pair")
    assert ended.status == 2
    assert "another run of sockproof writes there" in ended.complaint
    waiting.send_signal(signal.SIGINT)
    waiting.communicate(timeout=300)
    assert_partial(command.cwd / "there")


def test_a_second_signal_ends_a_run_that_does_not_listen(command, checkout, ready):
    path = checkout.root / "conformance" / "slow" / "test_it.py"
    deaf = "import signal\n    signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    path.write_text(path.read_text("utf-8").replace("import signal\n", deaf))
    with command.start("run", "--out", "there") as process:
        ready.open().close()
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=300)

    assert process.returncode == 130, out + err
    assert "Traceback" not in out + err
    assert command("report", "there").status == 0
    assert "test_end_reads_as_nothing" in (command.cwd / "there" / "junit.xml").read_text("utf-8")
    assert "pair.stream.ends" in (command.cwd / "there" / "report.html").read_text("utf-8")


@pytest.mark.parametrize("name", ["sigchld-ignored", "signals-blocked", "signals-ignored", "umask-777"])
def test_a_run_ends_by_itself_whatever_its_parent_handed_on(command, name):
    ended = replace(command, interpreter=(*spoiling(name), sys.executable))("run", "--out", "there")
    assert ended.status == 0, ended
    assert len(ran(command.cwd / "there")) == 2


def test_a_run_in_a_folder_that_was_deleted_needs_another_for_its_results(command, tmp_path):
    gone = replace(command, interpreter=(*spoiling("folder-deleted"), sys.executable))
    assert gone("run").complaint == "the current folder was deleted; go to another, or give --out a whole path."
    assert gone("run", "--out", "there").status == 2
    assert gone("run", "--out", str(tmp_path / "there")).status == 0
    assert len(ran(tmp_path / "there")) == 2


def test_with_too_few_descriptors_a_run_says_so_in_a_sentence(command):
    ended = replace(command, interpreter=(*spoiling("no-descriptors"), sys.executable))("run", "--out", "there")
    sentence = "this process may hold 16 descriptors, and the rig needs 48; raise the limit: ulimit -n 48"
    assert (ended.status, ended.err.strip()) == (2, f"sockproof: error: {sentence}")


def test_a_run_that_ignores_a_terminals_interrupt_is_ended_by_a_program(command, checkout, ready):
    spoilt = replace(command, interpreter=(*spoiling("signals-ignored-but-sigterm"), sys.executable))
    with spoilt.start("run", "--out", "there") as process:
        ready.open().close()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=300)
    assert process.returncode == 130, out + err
    assert_partial(command.cwd / "there")


def assert_partial(folder):
    """The results say that the run was cut short, and have what came before."""
    found = results(folder)
    assert (found["run"]["interrupted"], found["run"]["complete"]) == (True, False)
    assert {"test_what_is_sent_arrives", "test_end_reads_as_nothing"} <= set(ran(folder))
    assert (folder / "report.html").exists()


def test_a_terminal_shows_progress_and_its_interrupt_arrives_once(command, ready):
    master, terminal = os.openpty()
    process = subprocess.Popen(
        command.arguments("run", "--out", "there"),
        cwd=command.cwd,
        env=command.settings(),
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(terminal)
    with process:
        ready.open().close()
        os.write(master, b"\x03")
        shown = read_all(master)

    assert process.returncode == 130, shown
    assert "test session starts" in shown
    assert "Traceback" not in shown
    assert_partial(command.cwd / "there")


def read_all(master):
    """What a terminal showed until the last process closed it, which Linux reports as EIO."""
    shown = b""
    with open(master, "rb", buffering=0) as screen:
        while True:
            try:
                shown += screen.read(65536)
            except OSError:
                return shown.decode()


def test_claims_of_what_was_not_run_are_looked_up_in_one_catalogue(monkeypatch, tmp_path):
    """Thousands may be missing, and reading it takes as long as running ten of them."""
    whole, read, found = suite.catalogue(), [], []
    nodes = [each.node for scenarios in whole.scenarios.values() for each in scenarios][:2]
    monkeypatch.setattr(suite, "catalogue", lambda: read.append(whole) or whole)
    monkeypatch.setattr("reports.salvage.salvage", lambda *_, claim_of, **__: found.extend(map(claim_of, nodes)))

    running.salvage(tmp_path, 0, "it died")

    assert (len(read), all(found), len(found)) == (1, True, 2)


@pytest.mark.parametrize("behind", [(), ("--log-cli-level=INFO",), ("-o", "log_cli=true"), ("-p", "no:logging")])
def test_logging_is_pytests_where_somebody_asks_for_it(command, behind):
    assert command("run", "pair.stream.ends", "--out", "there", "--", *behind).status == 0
    assert ran(command.cwd / "there") == ["test_end_reads_as_nothing"]
