"""A virtual machine: any Linux kernel image in qemu, with KVM where the processor gives it and emulated where not.

A small first file system loads what mounting needs, mounts this machine's files read-only by 9p, and starts `inside`.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sockproof.targets import Job, State, Target, TargetError, launching, modules
from sockproof.targets.uml import MODULES

PROGRAM = f"qemu-system-{os.uname().machine}"
NEEDED = ("virtio_pci", "9pnet_virtio", "9p")
"""Modules without which the files of this machine cannot be mounted."""
SHARE = "trans=virtio,version=9p2000.L,msize=512000"
ACCELERATORS = ("kvm", "tcg")
VERSION = re.compile(rb"\d+\.\d+\.\d+\S*(?= \()")
"""The release in a kernel image for x86: ``6.1.0-40-amd64 (who@where) ...``, in its boot header's text."""


@dataclass(frozen=True)
class Machine(Target):
    """``vm:KERNEL``: an image, or a Debian package of one."""

    kind = "vm"
    says = "a kernel in a virtual machine: vm:IMAGE or vm:PACKAGE.deb, with --platform kvm or tcg"
    takes = frozenset({"platform", "memory", "preload"})
    patience = 10.0
    keeps = True

    @cached_property
    def kernel(self) -> Path:
        """The image or package that was named."""
        return Path(self.name.partition(":")[2]).absolute()

    @cached_property
    def accelerator(self) -> str:
        """What was asked for; emulation where nobody asked, unless KVM boots: some machines have one that does not."""
        return self.wishes.platform or "tcg"

    @property
    def options(self) -> dict[str, str]:
        """Its accelerator and its memory."""
        return {"accelerator": self.accelerator, "memory": f"{self.wishes.memory} MiB", "kernel": self.kernel.name}

    def check(self) -> None:
        """Raises TargetError for a kernel that is not there, or an accelerator that qemu does not have."""
        if not self.name.partition(":")[2]:
            raise TargetError("--target vm needs a kernel; write vm:/boot/vmlinuz-VERSION, or vm:PACKAGE.deb.")
        if not self.kernel.is_file():
            raise TargetError(f"there is no kernel {self.kernel}; write vm:/boot/vmlinuz-VERSION, or vm:PACKAGE.deb.")
        if self.accelerator not in ACCELERATORS:
            raise TargetError(f'there is no accelerator "{self.accelerator}"; write --platform kvm or --platform tcg.')

    def state(self) -> State:
        """qemu's version."""
        for program, package in ((PROGRAM, "qemu-system-x86"), ("busybox", "busybox-static")):
            if shutil.which(program) is None:
                return State(False, f"{program} is not on PATH", f"install it, for example with: apt install {package}")
        return State(True, launching.first_line([PROGRAM, "--version"]) or PROGRAM)

    def setup(self) -> Mapping[str, Any]:
        """Everything that a system does when it begins; where the modules lie is known once the kernel was unpacked."""
        return {"init": True, "loopback": True, "folders": ["/run/home", "/run/tmp"], "load": list(MODULES)}

    @contextmanager
    def started(self, job: Job) -> Iterator[subprocess.Popen[bytes]]:
        """The machine, with the job as its first process. Raises TargetError."""
        image, folder = self._image(job.work)
        order = json.loads(job.order.read_text("utf-8"))
        order["setup"].update(
            seen=[*map(str, job.seen), *([str(folder.parent)] if folder else [])],
            mounts=[("9p", "out", str(job.out), 0, SHARE)],
            modules=str(folder.parent) if folder else None,
        )
        job.order.write_text(json.dumps(order), "utf-8")
        start = job.work / "start.cpio"
        start.write_bytes(first_files(job, folder))
        with launching.launched(launching.enclosed(self._line(image, start, job))) as process:
            yield process

    def _line(self, image: Path, start: Path, job: Job) -> list[str]:
        cpu = "host" if self.accelerator == "kvm" else "max"
        return [
            PROGRAM, "-nodefaults", "-no-reboot", "-display", "none", "-serial", "stdio", "-cpu", cpu,
            "-m", f"{self.wishes.memory}M", "-smp", "1", "-accel", self.accelerator,
            "-kernel", str(image), "-initrd", str(start), "-append", "console=ttyS0 quiet panic=-1 mitigations=off",
            *_shared("/", "root", ",readonly=on"), *_shared(str(job.out), "out", ""),
        ]  # fmt: skip

    def _image(self, work: Path) -> tuple[Path, Path | None]:
        """The image, and the folder of its modules; a package is unpacked. Raises TargetError."""
        if self.kernel.suffix == ".deb":
            return self._unpacked(work / "kernel")
        release = release_of(self.kernel)
        places = (
            self.kernel.parent,
            Path("/lib/modules", release),
            self.kernel.parents[1] / "lib" / "modules" / release,
        )
        return self.kernel, next(filter(has_modules, places), None)

    def _unpacked(self, folder: Path) -> tuple[Path, Path]:
        """What a package holds; its modules may be in a second one, which lies beside it. Raises TargetError."""
        unpack(self.kernel, folder)
        images = [*folder.glob("boot/vmlinuz-*"), *folder.glob("usr/lib/modules/*/vmlinuz*")]
        if not images:
            raise TargetError(f"{self.kernel} is no Debian package of a kernel; name an image, or linux-image-*.deb.")
        image = images[0]
        release = image.name.removeprefix("vmlinuz-") if image.parent.name == "boot" else image.parent.name
        others = f"linux-modules-{release}_*.deb"
        for package in (None, *sorted(self.kernel.parent.glob(others))):
            if package:
                unpack(package, folder)
            for place in filter(has_modules, folder.glob(f"**/lib/modules/{release}")):
                return image, place
        raise TargetError(f"{self.kernel.name} holds no modules; put {others} into the same folder.")


def unpack(package: Path, folder: Path) -> None:
    """Unpack a Debian package; of what is none nothing comes."""
    launching.finished(["dpkg-deb", "-x", str(package), str(folder)])


def has_modules(folder: Path) -> bool:
    """Whether modules of a kernel lie there, with a list by depmod or without."""
    return (folder / "modules.dep").is_file() or (folder / "kernel").is_dir()


def release_of(image: Path) -> str:
    """The release of a kernel, by the name of its image, or else by what the image says."""
    named = image.name.partition("vmlinuz-")[2]
    if named:
        return named
    found = VERSION.search(image.read_bytes()[: 1 << 16])
    return found[0].decode("ascii") if found else ""


def _shared(path: str, tag: str, more: str) -> list[str]:
    share = f"local,id={tag},path={path},security_model=none,multidevs=remap{more}"
    return ["-fsdev", share, "-device", f"virtio-9p-pci,fsdev={tag},mount_tag={tag}"]


def first_files(job: Job, folder: Path | None) -> bytes:
    """The first file system (cpio): busybox, the modules for mounting, and the script that starts `inside`.

    Raises TargetError where a module that is needed is not among the kernel's.
    """
    program = Path(shutil.which("busybox") or "/bin/busybox")
    if b"ld-linux" in program.read_bytes()[:4096]:
        raise TargetError(f"{program} is not linked statically; install it with: apt install busybox-static.")
    files: dict[str, bytes] = {"bin/busybox": program.read_bytes()}
    if folder and modules.lacking(str(folder), NEEDED[-1:]):
        raise TargetError(
            f"the kernel has no module {NEEDED[-1]}, with which it would see the files of this machine; "
            "take one without cloud in its name."
        )
    found = modules.ordered(str(folder), NEEDED) if folder else []
    for number, path in enumerate(found):
        files[f"m/{number:02}.ko"] = modules.read(path)
    return cpio({"init": _script(job, len(found)), **files})


def _script(job: Job, count: int) -> bytes:
    lines = ["#!/bin/busybox sh", "b=/bin/busybox", "$b mkdir -p /proc /root", "$b mount -t proc proc /proc"]
    lines += [f"$b insmod /m/{number:02}.ko" for number in range(count)]
    lines += [
        f"$b mount -t 9p -o {SHARE},cache=loose,ro root /root || $b poweroff -f",
        "$b umount /proc",
        f"exec $b switch_root /root {shlex.join(job.command)}",
    ]
    return "\n".join([*lines, ""]).encode()


def cpio(files: Mapping[str, bytes]) -> bytes:
    """An archive as the kernel reads it (Documentation/driver-api/early-userspace/buffer-format.rst)."""
    folders = sorted({str(parent) for name in files for parent in Path(name).parents} - {"."})
    entries = [(name, b"", 0o40755) for name in folders] + [(name, data, 0o100755) for name, data in files.items()]
    parts = [_entry(name, data, mode, number) for number, (name, data, mode) in enumerate(entries, 1)]
    return b"".join([*parts, _entry("TRAILER!!!", b"", 0, 0)])


def _entry(name: str, data: bytes, mode: int, number: int) -> bytes:
    spelled = name.encode() + b"\0"
    numbers = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(spelled), 0)
    head = b"070701" + b"".join(f"{each:08X}".encode() for each in numbers) + spelled
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)
