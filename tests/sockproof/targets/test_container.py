"""The container target: bubblewrap with the limits of an engine."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from sockproof.targets import Wishes
from sockproof.targets.container import PRESETS, Container
from tests.sockproof.targets.conftest import processes, results, verdicts

pytestmark = [
    pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed"),
    pytest.mark.usefixtures("spotless"),
]


def run(command, *arguments, **environment):
    return command("run", "--out", "there", *arguments, **environment)


def around(command):
    return results(command.cwd / "there")["target"]["environment"]


def test_suite_runs_in_a_container(command):
    ended = run(command, "--target", "container")

    assert ended.status == 0, ended.err
    assert set(verdicts(command.cwd / "there").values()) == {"conforms"}
    assert f"report: {command.cwd / 'there' / 'report.html'}" in ended.out
    assert "@sockproof" not in ended.out
    assert (around(command)["kind"], around(command)["namespaces"]["pid"]) == ("container", "own")
    assert around(command)["version"].startswith("bubblewrap")


@pytest.mark.parametrize("preset", PRESETS)
def test_preset_sets_its_limits(command, preset):
    assert run(command, "--target", f"container:{preset}", "pair.stream.carries").status == 0

    found = around(command)

    assert found["options"] == {"preset": preset}
    assert set(found["granted"]) == {f"CAP_{name}" for name in Container(f"container:{preset}").granted}
    assert found["seccomp"] == ("disabled" if preset == "nothing" else "filter")


def test_option_names_the_preset_too():
    assert Container("container", Wishes(preset="docker")).granted == Container("container:docker").granted


@pytest.mark.parametrize(
    ("preset", "rung"), [("docker", "loopback"), ("podman", "user-namespace"), ("nothing", "loopback")]
)
def test_engines_differ_in_the_namespaces_that_they_permit(command, preset, rung):
    run(command, "--target", "container", "--preset", preset, "pair.stream.carries")

    assert results(command.cwd / "there")["target"]["isolation"] == rung


def test_capabilities_are_taken_and_given(command):
    assert run(command, "--target=container", "--cap-drop=ALL", "--cap-add=net_raw", "--cap-add=CAP_KILL").status == 0

    assert around(command)["granted"] == ["CAP_KILL", "CAP_NET_RAW"]


def test_another_user_is_one(command, checkout):
    checkout.add("more.user.is", "import os; assert (os.getuid(), os.getgid()) == (7, 8)")

    assert run(command, "--target", "container", "--user", "7:8", "more").status == 0


def test_profile_of_an_engine_is_obeyed(command, checkout):
    profile = command.cwd / "profile.json"
    rule = '{"names": ["sched_rr_get_interval"], "action": "SCMP_ACT_ERRNO", "errnoRet": 55}'
    profile.write_text(f'{{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{rule}]}}')
    checkout.add(
        "more.call.fails",
        "import os\nwith pytest.raises(OSError) as told: os.sched_rr_get_interval(0)\nassert told.value.errno == 55",
    )

    ended = run(command, "--target", "container", "--seccomp", str(profile), "more")
    assert ended.status == 0, ended.out
    assert run(command, "--target", "container", "more").status == 1


def test_files_of_the_host_cannot_be_written_and_those_of_its_programs_not_be_seen(command, checkout):
    for folder in ("/tmp", "/run", "/var/tmp"):
        name = f"{folder}/sockproof-test-{os.getpid()}"
        body = f"with open({name!r}, 'w'): pass"
        checkout.add("more.file.made", body)
        run(command, "--target", "container", "more")
        assert not Path(name).exists()


WRONG = [
    (("container", "--preset", "x"), 'there is no preset "x"; known: docker, podman, nothing.'),
    (("container:/nope",), "/nope is no folder; behind the colon stands a preset"),
    (("container", "--cap-add", "foo"), 'there is no capability "foo"; capabilities(7) lists them.'),
    (("container", "--seccomp", "/dev/null"), "is neither a profile in JSON nor a compiled filter"),
    (("container", "--seccomp", "/nope"), "cannot be read: No such file or directory"),
    (("container", "--user", "root"), '--user "root" is no number; write a user id such as 1000.'),
    (("host", "--preset", "docker"), "--preset means nothing to the target host; it is for container."),
    (("contaner",), 'there is no target "contaner"; did you mean "container"?'),
    (("host", "--preload", "/etc/passwd"), "is no shared library for this machine"),
    (("host", "--preload", "/nope"), "cannot be read: No such file or directory"),
]


@pytest.mark.parametrize(("words", "sentence"), WRONG, ids=[" ".join(words) for words, _ in WRONG])
def test_what_cannot_be_is_told_before_anything_starts(command, words, sentence):
    ended = run(command, "--target", *words)

    assert (ended.status, sentence in ended.complaint) == (2, True), ended.err
    assert not (command.cwd / "there").exists()


def test_missing_program_is_told_with_the_remedy(command, tmp_path):
    ended = run(command, "--target", "container", PATH=str(tmp_path))

    assert ended.status == 2
    assert ended.complaint.endswith(
        "bwrap is not on PATH; install bubblewrap, for example with: apt install bubblewrap."
    )


BLOCKED = "import os, signal; print('in it', flush=True); os.kill(os.getpid(), signal.SIGSTOP)"


def started(command, checkout, *arguments):
    """A run whose last scenario stops for good, once it is there."""
    checkout.add("zzz.thing.stops", f"open('/run/tmp/there', 'w').close(); {BLOCKED}")
    return command.start("run", "--out", "there", "--target", "container", *arguments)


def wait_for(process, condition):
    while process.poll() is None and not condition():
        pass


def conforming(command):
    journal = command.cwd / "there" / "journal.jsonl"
    return journal.exists() and journal.read_bytes().count(b'"verdict": "conforms"') == 2


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupt_ends_the_container_and_keeps_what_was_found(command, checkout, name):
    process = started(command, checkout)
    wait_for(process, lambda: conforming(command))

    process.send_signal(name)
    process.communicate(timeout=300)

    assert process.returncode == 130
    assert set(verdicts(command.cwd / "there").values()) == {"conforms"}
    assert results(command.cwd / "there")["run"]["interrupted"] is True
    assert processes(str(command.cwd)) == set()


def inner(command):
    """The process ids of pytest in the container, as this machine sees them."""
    found = subprocess.run(["pgrep", "-f", f"fixtures.run.*{command.cwd}"], capture_output=True, text=True, check=False)
    return [int(word) for word in found.stdout.split()]


def test_container_that_is_killed_leaves_a_verdict_for_all(command, checkout):
    process = started(command, checkout)
    wait_for(process, lambda: conforming(command))

    (bubblewrap,) = [pid for pid in children_of(process.pid) if "bwrap" in name_of(pid)]
    os.kill(bubblewrap, signal.SIGKILL)
    _, err = process.communicate(timeout=300)

    assert process.returncode == 3
    assert "sockproof: error: the target container ended after 2 scenarios; what it had found is in" in err
    assert verdicts(command.cwd / "there")["test_thing_stops"] == "inconclusive"
    reasons = {each["reason"] for each in results(command.cwd / "there")["instances"] if each["reason"]}
    assert reasons == {"the target container ended before it came to this one"}


def test_container_ends_with_the_command(command, checkout):
    process = started(command, checkout)
    wait_for(process, lambda: conforming(command))
    held = {str(command.checkout.root), str(command.cwd)}

    process.kill()
    process.communicate(timeout=300)

    wait_for_end = lambda: not any(processes(word) for word in held)  # noqa: E731
    while not wait_for_end():
        pass


def children_of(pid):
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]


def name_of(pid):
    return Path(f"/proc/{pid}/comm").read_text("utf-8").strip()


def test_image_with_a_python_is_verified(command):
    """The root of this machine stands for one: its Python gets the suite, and sees nothing else of this process."""
    ended = run(command, "--target", "container:/", "--preset", "docker")

    assert ended.status == 0, ended.err
    assert set(verdicts(command.cwd / "there").values()) <= {"conforms", "not-permitted"}
    assert around(command)["options"] == {"preset": "docker"}


@pytest.fixture
def image(tmp_path):
    """A folder with these files of an image, which nothing can run: there is no C library."""

    def holding(*files):
        rootfs = tmp_path / "image"
        for name in ("etc/passwd", *files):
            (rootfs / name).parent.mkdir(parents=True, exist_ok=True)
            (rootfs / name).write_text("")
        return rootfs

    return holding


def test_image_without_a_python_gets_ours(command, image):
    rootfs = image()

    ended = run(command, "--target", f"container:{rootfs}")

    assert ended.status == 0, ended.err
    assert set(verdicts(command.cwd / "there").values()) == {"conforms"}
    assert around(command)["options"] == {"python": "brought along"}
    assert sorted(path.name for path in rootfs.iterdir()) == ["etc"]


def test_image_whose_python_does_not_run_is_told_in_a_sentence(command, image):
    ended = run(command, "--target", f"container:{image('usr/bin/python3')}")

    assert ended.status == 3
    assert ended.complaint.startswith("the target container did not start (bwrap: execvp python3: Permission denied)")
    assert not (command.cwd / "there").exists()
