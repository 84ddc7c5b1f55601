"""``sockproof run`` where a disk is full, a stream is closed, memory is short, or the run is killed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from xml.etree import ElementTree

import pytest

from tests.sockproof.conftest import Ended

SPOILS = {
    "-O": ({"PYTHONOPTIMIZE": "1"}, (), "start it without -O and PYTHONOPTIMIZE."),
    "no patience": ({"SOCKPROOF_PATIENCE": "nan"}, (), 'SOCKPROOF_PATIENCE="nan" is no number of seconds'),
    "-n 5000": ({}, ("-n", "5000"), "-n 5000 is no number of workers for"),
    "-n -1": ({}, ("-n", "-1"), '-n "-1" is no number of workers'),
    "-n two": ({}, ("-n", "two"), '-n "two" is no number of workers'),
}


@pytest.mark.parametrize("kind", SPOILS)
def test_what_cannot_be_is_told_in_one_sentence(command, kind):
    environment, arguments, sentence = SPOILS[kind]
    ended = command("run", *arguments, **environment)
    assert ended.status == 2
    assert sentence in ended.complaint
    assert not list(command.cwd.iterdir())


@pytest.mark.parametrize("workers", ["0", "1", "auto"])
def test_other_numbers_of_workers_are_met(command, workers):
    assert command("run", "-n", workers).status == 0


def in_shell(command, line, **more):
    """What came of a line of shell in which $RUN is the command and its ``run --out there``."""
    words = " ".join(command.arguments("run", "--out", "there"))
    process = subprocess.run(
        ["bash", "-c", line], cwd=command.cwd, env={**command.settings(), "RUN": words, **more},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    return Ended(process.returncode, process.stdout, process.stderr)


def whole_results(folder):
    """The verdicts in results.json, once every file of the folder has been seen to be whole."""
    assert not list(folder.rglob("*.part"))
    for path in folder.glob("junit.xml"):
        ElementTree.parse(path)
    for path in folder.glob("report.html"):
        assert path.read_text("utf-8").rstrip().endswith("</html>")
    for path in folder.glob("journal.jsonl"):
        assert [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        assert path.read_bytes().endswith(b"\n")
    results = folder / "results.json"
    return (
        [each["verdict"] for each in json.loads(results.read_text("utf-8"))["instances"]] if results.exists() else None
    )


STREAMS = ["$RUN >&-", "$RUN 2>&-", "$RUN <&-", "$RUN <&- >&- 2>&-", "$RUN | true; exit ${PIPESTATUS[0]}",
           "$RUN 2>&1 | head -c 1; exit ${PIPESTATUS[0]}", "$RUN -n 2 >&-"]  # fmt: skip


@pytest.mark.parametrize("line", STREAMS)
def test_streams_that_are_closed_lose_nothing(command, line):
    ended = in_shell(command, line)
    assert (ended.status, whole_results(command.cwd / "there")) == (0, ["conforms"] * 2), ended
    assert "Traceback" not in ended.out + ended.err


def test_output_on_a_full_disk_is_told_and_the_results_are_there(command):
    ended = in_shell(command, "$RUN > /dev/full")
    assert ended.status == 3
    assert "the output could not be written (No space left on device)" in ended.complaint
    assert whole_results(command.cwd / "there") == ["conforms"] * 2


@pytest.mark.parametrize("kilobytes", [30_000, 100_000, 400_000])
def test_too_little_memory_is_told(command, kilobytes):
    ended = in_shell(command, f"ulimit -v {kilobytes}; $RUN")
    assert ended.status == 2
    assert "MiB of address space here, and a run needs" in ended.complaint


ON_SMALL_DISK = """
mount -t tmpfs -o size=$SIZE tmpfs there || exit 77
$RUN; status=$?
cp -a there kept
exit $status
"""


@pytest.fixture
def on_small_disk(command):
    """Runs the command with a file system of so many kilobytes under ``there``; what was in it is in ``kept``."""

    def run(kilobytes, line=ON_SMALL_DISK):
        (command.cwd / "there").mkdir(exist_ok=True)
        unshare = "unshare -m" if os.geteuid() == 0 else "unshare -Urm"
        ended = in_shell(command, f"{unshare} bash -c '{line}'", SIZE=f"{kilobytes}k")
        if ended.status in (1, 77) and ("unshare" in ended.err or "mount" in ended.err):
            pytest.skip(f"needs a mount namespace: {ended.err.strip()}")
        return ended

    return run


def test_a_disk_without_room_for_the_beginning_is_told_before_anything_runs(command, on_small_disk):
    ended = on_small_disk(4)
    assert ended.status == 2, ended
    assert "cannot be written (No space left on device): name another folder with --out" in ended.err
    assert [each.name for each in (command.cwd / "kept").iterdir() if each.stat().st_size] == []


@pytest.mark.parametrize("kilobytes", [12, 16, 24])
def test_a_full_disk_leaves_the_verdicts_and_whole_files(command, on_small_disk, kilobytes):
    ended = on_small_disk(kilobytes)
    assert ended.status == 3, ended
    assert "2 conforms" in ended.out
    assert "cannot be written (No space left on device)" in ended.complaint
    whole_results(command.cwd / "kept")


def test_a_disk_that_is_full_from_the_start_costs_no_earlier_results(command, on_small_disk):
    line = ON_SMALL_DISK.replace("$RUN;", "$RUN pair.stream.ends >/dev/null; mkdir there/pcap; "
                                 "cat /dev/zero 2>/dev/null >there/pcap/mine; $RUN;")  # fmt: skip
    ended = on_small_disk(400, line)
    assert ended.status == 2, ended
    assert "(No space left on device)" in ended.err
    found = json.loads((command.cwd / "kept" / "results.json").read_text("utf-8"))
    assert [each["scenario"] for each in found["instances"]] == ["test_end_reads_as_nothing"]


FILLS = """
    import os
    try:
        with open(os.environ["FILLER"], "wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
    except OSError:
        pass
    client, server = stream_pair
    client.send(b"x")
    assert server.recv(1) == b"x"
"""


@pytest.mark.parametrize("workers", ["-n 0", "-n 2"])
def test_a_disk_that_fills_up_meanwhile_changes_no_verdict(command, checkout, on_small_disk, workers):
    checkout.write("more/claims.toml", CLAIM)
    checkout.write("more/test_it.py", FULL)
    line = ON_SMALL_DISK.replace("$RUN", f"FILLER=$PWD/there/filler $RUN {workers}")
    ended = on_small_disk(4000, line)
    assert ended.status == 3, ended
    assert "3 conforms" in ended.out
    assert "cannot be written (No space left on device)" in ended.complaint
    (command.cwd / "kept" / "filler").unlink()
    whole_results(command.cwd / "kept")


CLAIM = """
[[claim]]
id        = "more.thing.holds"
says      = "What is sent arrives."
level     = "documented"
authority = "manual"
sources   = [{ document = "recv(2)", section = "RETURN VALUE" }]
"""
FULL = f"""
import pytest

from fixtures.stage.families import over_ip4


@pytest.mark.claim("more.thing.holds")
@over_ip4
def test_thing_holds(stream_pair, wire):{FILLS}"""


def test_a_summary_that_the_ci_cannot_have_is_told_and_fails_nothing(command):
    for place in ("/proc/version", "/proc/nowhere/file", str(command.cwd)):
        ended = command("run", "--out", "there", GITHUB_STEP_SUMMARY=place)
        assert ended.status == 0, ended
        assert f"{place} cannot be written (" in ended.complaint
        assert "mend or unset GITHUB_STEP_SUMMARY" in ended.complaint
        assert whole_results(command.cwd / "there") == ["conforms"] * 2


def test_a_run_that_is_killed_leaves_results(command, checkout):
    checkout.add("zzz.thing.dies", "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)")
    ended = command("run", "--out", "there")
    assert ended.status == 3
    place = command.cwd / "there"
    assert ended.complaint == f"the process that ran the scenarios died of SIGKILL; what it had found is in {place}."
    assert whole_results(place) == ["conforms", "conforms", "inconclusive"]
    assert json.loads((place / "results.json").read_text("utf-8"))["run"]["complete"] is False
    assert (place / "report.html").exists()


WRITING = """
import os, signal
from reports import pages

drawn = pages._drawn


def told(name, *results):
    if name == "junit.xml":
        for _ in range({times}):
            os.kill(os.getpid(), signal.SIGINT)
    return drawn(name, *results)


pages._drawn = told
"""


@pytest.mark.parametrize("times", [1, 2])
def test_an_interrupt_while_results_are_written(command, checkout, times):
    """Once, everything is there; twice, the end comes at once and the journal has everything."""
    plugin = checkout.root / "interrupting.py"
    plugin.write_text(WRITING.format(times=times))
    ended = command("run", "--out", "there", "--", "-p", "interrupting")
    assert "Traceback" not in ended.out + ended.err
    assert whole_results(command.cwd / "there") == ["conforms"] * 2
    assert ended.status == (0 if times == 1 else 130)
    assert (command.cwd / "there" / "report.html").exists()


@pytest.mark.parametrize("settings", [{"TMPDIR": "/proc/nowhere"}, {"TMPDIR": "/proc"}], ids=str)
def test_a_temporary_folder_that_is_not_there_is_no_obstacle(command, settings):
    assert command("run", **settings).status == 0


def test_a_home_that_is_not_there_is_no_obstacle(command):
    for line in ("env -u HOME $RUN", "HOME=/proc/nowhere $RUN", "env -u HOME -u USER -u LOGNAME -u PATH $RUN"):
        ended = in_shell(command, line)
        assert (ended.status, ended.err) == (0, ""), ended


@pytest.mark.skipif(shutil.which("setpriv") is None or os.geteuid() != 0, reason="needs root and setpriv")
def test_a_user_whom_nobody_knows_is_no_obstacle(command):
    """He has no home, and may write neither the suite nor the packages."""
    ended = in_shell(command, AS_STRANGER, WHERE=str(command.checkout.root.parent))
    if "Permission denied" in ended.err and "python" in ended.err:
        pytest.skip(f"this Python is not for everybody: {ended.err.strip()}")
    assert (ended.status, ended.err) == (0, ""), ended


AS_STRANGER = """
place=$(mktemp -d /tmp/sockproof-stranger-XXXXXX)
trap 'rm -rf "$place"' EXIT
cp -r "$PYTHONPATH" "$place/suite"
chmod -R a+rX "$place"
mkdir -m 777 "$place/user"
cd "$place/user"
export PYTHONPATH="$place/suite"
setpriv --reuid 54321 --regid 54321 --clear-groups env -u HOME $RUN
"""


def test_a_folder_whose_name_is_no_text(command):
    """Without workers it is as good as any; workers could not be told of it."""
    name = os.fsdecode(b"t\xffhere")
    assert command("run", "--out", name).status == 0
    assert whole_results(command.cwd / name) == ["conforms"] * 2
    ended = command("run", "--out", name, "-n", "2")
    assert ended.status == 2
    assert "is not UTF-8, and workers can be told nothing else" in ended.err
    assert whole_results(command.cwd / name) == ["conforms"] * 2
