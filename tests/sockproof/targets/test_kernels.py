"""Kernels of their own: gVisor, User Mode Linux, a virtual machine."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from sockproof.targets import TargetError, Wishes, modules, vm
from sockproof.targets.gvisor import Gvisor
from sockproof.targets.uml import Uml
from sockproof.targets.vm import Machine
from tests.sockproof.targets.conftest import processes, results, verdicts

pytestmark = pytest.mark.usefixtures("spotless")
IMAGE = os.environ.get("SOCKPROOF_TEST_KERNEL", "")
"""An image or package of a kernel to boot in qemu: too large to come with the project."""


def there(target) -> bool:
    return bool(target.state().ready)


KERNELS = [
    pytest.param(
        "gvisor", "gvisor", marks=pytest.mark.skipif(not there(Gvisor("gvisor")), reason="runsc is not installed")
    ),
    pytest.param(
        "uml", "uml", marks=pytest.mark.skipif(not there(Uml("uml")), reason="user-mode-linux is not installed")
    ),
    pytest.param(
        f"vm:{IMAGE}",
        "tcg",
        marks=pytest.mark.skipif(not IMAGE or not there(Machine("vm")), reason="no kernel for qemu"),
    ),
]


def run(command, *arguments, **environment):
    return command("run", "--out", "there", *arguments, **environment)


@pytest.mark.parametrize(("target", "virtualization"), KERNELS)
def test_suite_runs_on_a_kernel_of_its_own(command, target, virtualization):
    ended = run(command, "--target", target)

    assert ended.status == 0, ended.err
    found = results(command.cwd / "there")
    assert verdicts(command.cwd / "there")["test_what_is_sent_arrives"] == "conforms"
    assert found["run"]["complete"] is True
    assert found["target"]["environment"]["virtualization"] == virtualization
    assert found["target"]["environment"]["kind"] == target.partition(":")[0]
    assert "@sockproof" not in ended.out
    assert "\r" not in ended.out


@pytest.mark.parametrize(("target", "virtualization"), KERNELS)
def test_kernel_that_is_killed_leaves_a_verdict_for_all(command, checkout, target, virtualization):
    checkout.add("zzz.thing.waits", "import signal\nsignal.pause()")
    process = command.start("run", "--out", "there", "--target", target)
    journal = command.cwd / "there" / "journal.jsonl"
    while process.poll() is None and not (journal.exists() and journal.read_bytes().count(b'"entry": "instance"') == 2):
        pass

    (enclosing,) = [pid for pid in children_of(process.pid) if name_of(pid) == "unshare"]
    os.kill(enclosing, signal.SIGKILL)
    _, err = process.communicate(timeout=300)

    assert process.returncode == 3
    assert f"the target {target.partition(':')[0]} ended after" in err
    assert verdicts(command.cwd / "there")["test_thing_waits"] == "inconclusive"
    assert verdicts(command.cwd / "there")["test_what_is_sent_arrives"] == "conforms"
    assert processes(str(command.cwd)) == set()


@pytest.mark.parametrize(("target", "virtualization"), KERNELS)
def test_interrupt_ends_the_kernel(command, checkout, target, virtualization):
    checkout.add("zzz.thing.waits", "import signal\nsignal.pause()")
    process = command.start("run", "--out", "there", "--target", target)
    journal = command.cwd / "there" / "journal.jsonl"
    while process.poll() is None and not (journal.exists() and journal.read_bytes().count(b'"entry": "instance"') == 2):
        pass

    process.send_signal(signal.SIGINT)
    process.communicate(timeout=300)

    assert process.returncode == 130
    assert results(command.cwd / "there")["run"]["interrupted"] is True


def children_of(pid):
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]


def name_of(pid):
    return Path(f"/proc/{pid}/comm").read_text("utf-8").strip()


WRONG = [
    ("gvisor:/nope", "there is no /nope; install runsc, or name one"),
    ("gvisor:/bin/true", "/bin/true does not tell a version of runsc; name a runsc"),
    ("uml:/nope", "there is no program /nope; install user-mode-linux, or name a kernel"),
    ("uml:/bin/true", "/usr/bin/true tells no release of a kernel; name a User Mode Linux kernel"),
    ("vm", "--target vm needs a kernel; write vm:/boot/vmlinuz-VERSION"),
    ("vm:/nope", "there is no kernel /nope; write vm:/boot/vmlinuz-VERSION"),
]


@pytest.mark.parametrize(("target", "sentence"), WRONG, ids=[target for target, _ in WRONG])
def test_what_is_no_kernel_is_told_before_anything_starts(command, target, sentence):
    ended = run(command, "--target", target)

    assert (ended.status, sentence.removeprefix("/usr") in ended.complaint) == (2, True), ended.err
    assert not (command.cwd / "there").exists()


def test_kernel_that_is_a_program_of_another_kind_is_told(command, tmp_path):
    """One that tells a release, and then only says something and ends."""
    kernel = tmp_path / "linux"
    kernel.write_text('#!/bin/sh\n[ "$1" = --version ] && echo 6.1.0 && exit\necho no memory\n')
    kernel.chmod(0o755)

    ended = run(command, "--target", f"uml:{kernel}")

    assert (ended.status, ended.complaint) == (3, "the target uml did not start (no memory); nothing was found.")


def test_modules_are_seen_wherever_they_lie(command, tmp_path):
    """Beside a kernel below /tmp, where the guest has files of its own. This kernel only says what it was ordered."""
    kernel, modules = tmp_path / "bin" / "linux", tmp_path / "lib" / "uml" / "modules"
    kernel.parent.mkdir()
    (modules / "6.1.0").mkdir(parents=True)
    kernel.write_text('#!/bin/sh\n[ "$1" = --version ] && echo 6.1.0 && exit\nfor order; do :; done; cat "$order"\n')
    kernel.chmod(0o755)

    ended = run(command, "--target", f"uml:{kernel}")

    (seen,) = re.findall(r'"seen": \[([^]]*)\]', ended.complaint)
    assert f'"{modules}"' in seen


def test_platforms_and_accelerators_are_checked(command):
    for words in (("gvisor", "--platform", "x"), ("vm:/bin/true", "--platform", "x"), ("uml", "--memory", "8")):
        assert run(command, "--target", *words).status == 2


def test_older_runsc_gets_the_platform_that_it_has(tmp_path):
    for told, platform in (("-platform (default systrap)", "systrap"), ("-platform (default ptrace)", "ptrace")):
        runsc = tmp_path / "runsc"
        runsc.write_text(f"#!/bin/sh\necho '{told}'\n")
        runsc.chmod(0o755)
        assert Gvisor(f"gvisor:{runsc}").platform == platform
    assert Gvisor("gvisor", Wishes(platform="kvm")).platform == "kvm"


def test_modules_are_loaded_behind_those_that_they_need(tmp_path):
    for name, needed in (("a", "b-x,c"), ("b-x", "d"), ("c", ""), ("d", ""), ("other", "")):
        (tmp_path / f"{name}.ko").write_bytes(f"ELF\0depends={needed}\0name={name}\0".encode())

    found = [path.name for path in modules.ordered(str(tmp_path), ["a", "absent"])]

    assert sorted(found) == ["a.ko", "b-x.ko", "c.ko", "d.ko"]
    assert found.index("d.ko") < found.index("b-x.ko") < found.index("a.ko")
    assert found[-1] == "a.ko"


def test_module_that_is_neither_there_nor_built_in_is_lacking(tmp_path):
    (tmp_path / "9p-net.ko").touch()
    (tmp_path / "modules.builtin").write_text("kernel/fs/fuse/virtio_fs.ko\n", "ascii")

    assert modules.lacking(str(tmp_path), ["9p_net", "virtio_fs", "9p"]) == ["9p"]


@pytest.fixture
def packages(tmp_path):
    """Makes packages of Debian beside one another, with files of these names."""

    def made(name, *files):
        root = tmp_path / "made" / name
        for file in ("DEBIAN/control", *files):
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_text(f"Package: {name}\nVersion: 1\nArchitecture: all\n{CONTROL}", "ascii")
        package = tmp_path / f"{name}_1_all.deb"
        subprocess.run(["dpkg-deb", "--build", str(root), str(package)], check=True, capture_output=True)
        return package

    return made


CONTROL = "Maintainer: nobody <nobody@invalid>\nDescription: nothing\n"
IN_PACKAGES = "usr/lib/modules/7.3.4"


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is not installed")
def test_modules_come_from_the_package_beside_the_kernels(packages, tmp_path):
    machine = Machine(f"vm:{packages('linux-binary-7.3.4', f'{IN_PACKAGES}/vmlinuz.unsigned')}")
    for work in ("first", "second"):
        (tmp_path / work).mkdir()

    with pytest.raises(TargetError, match=r"holds no modules; put linux-modules-7\.3\.4_\*\.deb into the same folder"):
        machine._image(tmp_path / "first")

    packages("linux-modules-7.3.4", f"{IN_PACKAGES}/kernel/fs/9p/9p.ko")
    image, folder = machine._image(tmp_path / "second")

    assert image.name == "vmlinuz.unsigned"
    assert [path.name for path in modules.files(str(folder)).values()] == ["9p.ko"]


@pytest.mark.skipif(shutil.which("cpio") is None, reason="cpio is not installed")
def test_first_file_system_is_what_cpio_reads(tmp_path):
    data = vm.cpio({"init": b"#!/bin/sh\n", "bin/busybox": b"12345", "m/00.ko": b""})

    subprocess.run(["cpio", "-id", "--quiet"], input=data, cwd=tmp_path, check=True)

    assert (tmp_path / "bin" / "busybox").read_bytes() == b"12345"
    assert os.access(tmp_path / "init", os.X_OK)
