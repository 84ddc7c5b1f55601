"""Where results go: new folders, refusals that lose nothing, and the link to the newest."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from reports.folder import (
    CAPTURES,
    IN_VAIN,
    LOCK,
    NOT_RETURNED,
    ROOT,
    FolderError,
    check,
    default_folder,
    held,
    point_latest,
)

PROJECT = Path(__file__).resolve().parents[2]
SIGNED = '{"schema": "sockproof-results", "version": 1,\n"instances": [{"pcap": "pcap/frame.pcapng"}]}'


def fill(folder, *names):
    """Write what a run leaves; a name that ends in a slash is a folder with a file in it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        path = folder / name
        if name.endswith("/"):
            fill(path, "frame.pcapng")
        else:
            path.write_text(SIGNED)
    return folder


def prepare(path):
    """What a run does with a folder, without the run; gives the path."""
    folder = held(path)
    folder.empty()
    folder.lock.close()
    (folder.path / LOCK).unlink()
    return folder.path


def entries(folder):
    return sorted(path.name for path in folder.iterdir())


def test_each_default_folder_is_new_and_empty(tmp_path):
    folders = [default_folder(tmp_path) for _ in range(3)]
    assert len(set(folders)) == 3
    assert all(folder.parent == tmp_path / ROOT and not entries(folder) for folder in folders)


def test_prepare_makes_the_folder_and_those_above_it(tmp_path):
    assert prepare(tmp_path / "a" / "b") == tmp_path / "a" / "b"
    assert entries(tmp_path / "a" / "b") == []


def test_prepare_gives_an_absolute_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert prepare(Path("results")) == tmp_path / "results"


@pytest.mark.parametrize("signed", ["results.json", "journal.jsonl"])
def test_an_earlier_run_is_replaced(tmp_path, signed):
    fill(tmp_path / "r", signed, "report.html", "pcap/", ".report.html.7.part", LOCK, IN_VAIN, NOT_RETURNED)
    assert entries(prepare(tmp_path / "r")) == []


def test_captures_that_no_run_has_named_are_kept(tmp_path):
    folder = fill(tmp_path / "r", "results.json", "pcap/")
    (folder / CAPTURES / "mine.pcapng").write_text("evidence")
    (folder / CAPTURES / ".other.pcapng.7.part").write_text("half")
    assert entries(prepare(folder)) == [CAPTURES]
    assert entries(folder / CAPTURES) == ["mine.pcapng"]


def test_captures_elsewhere_are_kept(tmp_path):
    folder = fill(tmp_path / "r", "results.json")
    elsewhere = fill(tmp_path / "elsewhere", "frame.pcapng")
    (folder / CAPTURES).symlink_to(elsewhere)
    prepare(folder)
    assert entries(elsewhere) == ["frame.pcapng"]


def test_a_capture_with_a_path_of_its_own_is_kept(tmp_path):
    folder = fill(tmp_path / "r", "results.json", "pcap/")
    (folder / "results.json").write_text(SIGNED.replace("pcap/frame", "pcap/../../mine"))
    fill(tmp_path, "mine.pcapng")
    prepare(folder)
    assert (tmp_path / "mine.pcapng").exists()


def test_a_folder_that_is_held_has_what_it_had(tmp_path):
    folder = held(fill(tmp_path / "r", "results.json", "pcap/"))
    folder.release()
    assert entries(tmp_path / "r") == ["pcap", "results.json"]


@pytest.mark.parametrize("take", [check, held])
def test_a_folder_that_another_run_uses_is_refused(tmp_path, take):
    folder = held(tmp_path / "r")
    with pytest.raises(FolderError, match="another run of sockproof writes there"):
        take(tmp_path / "r")
    folder.release()
    assert not (tmp_path / "r").exists()
    held(tmp_path / "r").release()


def test_a_lock_that_a_killed_run_left_is_no_obstacle(tmp_path):
    fill(tmp_path / "r", LOCK)
    folder = held(tmp_path / "r")
    assert not folder.has_results
    folder.release()


@pytest.mark.parametrize(
    ("names", "foreign"),
    [
        (("results.json", "thesis.txt"), "thesis.txt"),
        (("junit.xml", "report.html"), "junit.xml"),
        (("pcap/",), "pcap"),
        ((".git/",), ".git"),
    ],
    ids=" ".join,
)
def test_what_no_run_wrote_is_refused_and_kept(tmp_path, names, foreign):
    folder = fill(tmp_path / "r", *names)
    before = entries(folder)

    with pytest.raises(FolderError) as refused:
        prepare(folder)

    assert f'{folder}: it holds "{foreign}", which no run of sockproof wrote; name a new' in str(refused.value)
    assert entries(folder) == before


def test_results_of_another_program_are_not_taken_for_ours(tmp_path):
    folder = fill(tmp_path / "r", "junit.xml")
    (folder / "results.json").write_text('{"tests": 3}')
    with pytest.raises(FolderError):
        prepare(folder)


def test_a_file_in_the_way_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(FolderError, match="file is not a folder"):
            prepare(path)


def test_a_file_called_as_the_folder_of_runs_is_refused(tmp_path):
    (tmp_path / ROOT).write_text("")
    with pytest.raises(FolderError, match="a file of that name is in the way"):
        default_folder(tmp_path)


def test_a_folder_that_may_not_be_written_is_refused():
    """procfs refuses new folders to everybody, root included."""
    with pytest.raises(FolderError, match="the results cannot go to /proc/sockproof: "):
        prepare(Path("/proc/sockproof"))


def test_check_changes_nothing(tmp_path):
    folder = fill(tmp_path / "r", "results.json")
    check(folder)
    check(tmp_path / "new")
    assert (entries(folder), entries(tmp_path)) == (["results.json"], ["r"])


def test_latest_is_a_relative_link_that_follows_the_newest(tmp_path):
    for _ in range(2):
        folder = default_folder(tmp_path)
        link = point_latest(folder)
        assert link == tmp_path / ROOT / "latest"
        assert os.readlink(link) == folder.name
    assert len(entries(tmp_path / ROOT)) == 3


def test_a_chosen_folder_gets_no_link_beside_it(tmp_path):
    assert point_latest(prepare(tmp_path / "r")) is None
    assert entries(tmp_path) == ["r"]


def test_something_else_called_latest_is_left_alone(tmp_path):
    folder = default_folder(tmp_path)
    fill(folder.parent / "latest", "thesis.txt")
    assert point_latest(folder) is None
    assert entries(folder.parent / "latest") == ["thesis.txt"]
    assert entries(folder.parent) == sorted([folder.name, "latest"])


def test_lock_that_children_of_a_dead_run_hold_keeps_nobody_out(tmp_path):
    """As where a run was killed, and a child of a scenario goes on."""
    script = f"import os, signal, pathlib, reports.folder as f; kept = f.held(pathlib.Path({str(tmp_path)!r}))"
    child = "\nif os.fork() == 0:\n    signal.pause()\nos.kill(os.getpid(), signal.SIGKILL)"
    run = subprocess.Popen([sys.executable, "-c", script + child], cwd=PROJECT, start_new_session=True)
    try:
        assert run.wait(60) == -signal.SIGKILL
        check(tmp_path)
        folder = held(tmp_path)
        with pytest.raises(FolderError, match="another run"):
            held(tmp_path)
        folder.release()
    finally:
        os.killpg(run.pid, signal.SIGKILL)


def test_a_folder_whose_run_is_dying_is_waited_for(tmp_path):
    """Another process has the lock, and lets it go when its standard input ends."""
    code = f"import sys; sys.path.insert(0, {str(PROJECT)!r}); from pathlib import Path; from reports import folder; "
    code += f"held = folder.held(Path({str(tmp_path)!r})); print('held', flush=True); sys.stdin.read()"
    dying = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert dying.stdout.readline() == "held\n"
    threading.Timer(0.2, dying.stdin.close).start()

    held(tmp_path, within=60).release()

    assert dying.wait(60) == 0


def test_a_lock_of_which_the_kernel_says_for_ever_that_it_is_another_file_is_taken(tmp_path, monkeypatch):
    monkeypatch.setattr("os.path.samestat", lambda *_: False)
    held(tmp_path / "out").release()


def test_processes_are_told_apart_whatever_stands_in_proc(tmp_path, monkeypatch):
    (tmp_path / "boot").write_bytes(b"\377\376")
    monkeypatch.setattr("reports.folder.BOOT", tmp_path / "boot")
    held(tmp_path / "out").release()
