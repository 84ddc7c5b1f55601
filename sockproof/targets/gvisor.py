"""gVisor: a kernel of its own in user space, which runsc starts from a bundle in the form of OCI.

It sees this machine's files read-only, and has a loopback of its own and no way out of it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sockproof.targets import Job, State, Target, TargetError, launching

PLATFORMS = ("systrap", "ptrace", "kvm")
GRANTED = (
    "CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "NET_ADMIN", "SYS_ADMIN", "SETGID", "SETUID",
    "SETFCAP", "SETPCAP", "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE", "SYS_PTRACE",
)  # fmt: skip
"""Capabilities inside: what scenarios can use of those that gVisor knows."""
STATE = "/mnt"
"""Where runsc keeps its state, and finds its bundle: a file system of its own, in a mount namespace of its own."""
PREPARED = f'mount -t tmpfs -o mode=755 sockproof {STATE} && cp "$1" {STATE}/config.json && shift && cd / && exec "$@"'
"""The shell command that makes it so, and becomes what stands behind."""


@dataclass(frozen=True)
class Gvisor(Target):
    """``gvisor`` or ``gvisor:RUNSC``."""

    kind = "gvisor"
    says = "gVisor's kernel (runsc), with --platform systrap, ptrace or kvm"
    takes = frozenset({"platform", "preload"})
    patience = 2.0
    at_once = 1  # a fork there copies 2 MiB around each byte that is written: soon parent and child share nothing

    @cached_property
    def program(self) -> str:
        """runsc, as it was named or as PATH has it."""
        return self.name.partition(":")[2] or "runsc"

    @cached_property
    def platform(self) -> str:
        """What was asked for, or the default of this runsc: before 2023 it had no systrap."""
        if self.wishes.platform:
            return self.wishes.platform
        told = launching.finished([self.program, "flags"])
        return "systrap" if "systrap" in told.stdout + told.stderr else "ptrace"

    @property
    def options(self) -> dict[str, str]:
        """The platform also where nobody named it."""
        return {"platform": self.platform}

    def check(self) -> None:
        """Raises TargetError for a platform that gVisor does not have."""
        if self.wishes.platform and self.wishes.platform not in PLATFORMS:
            raise TargetError(f'there is no platform "{self.wishes.platform}"; gVisor has {", ".join(PLATFORMS)}.')

    def state(self) -> State:
        """runsc's version."""
        if shutil.which(self.program) is None:
            remedy = "install runsc, or name one: --target gvisor:/path/to/runsc"
            return State(
                False,
                f"{self.program} is not on PATH" if "/" not in self.program else f"there is no {self.program}",
                remedy,
            )
        version = launching.first_line([self.program, "--version"])
        if version is None or "runsc" not in version:
            return State(
                False,
                f"{self.program} does not tell a version of runsc",
                "name a runsc: --target gvisor:/path/to/runsc",
            )
        return State(True, version.replace(" version", ""))

    def setup(self) -> Mapping[str, Any]:
        """The folders of its own."""
        return {"loopback": True, "folders": ["/run/home", "/run/tmp"]}

    @contextmanager
    def started(self, job: Job) -> Iterator[subprocess.Popen[bytes]]:
        """The sandbox, with the job running in it. Raises TargetError."""
        bundle = job.work / "config.json"
        bundle.write_text(json.dumps(specification(job)), "utf-8")
        runsc = [shutil.which(self.program) or self.program, f"--root={STATE}/state", f"--platform={self.platform}"]
        runsc += ["--network=none", "--net-raw", "--ignore-cgroups", "run", f"--bundle={STATE}", "sockproof"]
        hidden = ["sh", "-c", PREPARED, "sh", str(bundle)]
        # It makes its root in TMPDIR, as a user who may not look into folders of ours.
        environment = {"PATH": os.environ.get("PATH", os.defpath)}
        with launching.launched(
            launching.enclosed([*hidden, *runsc], network=True), environment=environment
        ) as process:
            yield process


def specification(job: Job) -> dict[str, Any]:
    """The config.json of the bundle (opencontainers.org, runtime-spec)."""
    granted = [f"CAP_{name}" for name in GRANTED]
    sets = ("bounding", "effective", "inheritable", "permitted", "ambient")
    return {
        "ociVersion": "1.0.2",
        "process": {
            "terminal": False, "user": {"uid": 0, "gid": 0}, "args": list(job.command), "cwd": "/",
            "env": [f"PATH={os.defpath}"], "capabilities": dict.fromkeys(sets, granted), "noNewPrivileges": True,
            "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 20_000, "soft": 1024}],
        },
        "root": {"path": "/", "readonly": True},
        "hostname": "sockproof",
        "mounts": list(_mounts(job)),
        "linux": {"namespaces": [{"type": name} for name in ("pid", "ipc", "uts", "mount", "network")]},
    }  # fmt: skip


def _mounts(job: Job) -> Iterator[dict[str, Any]]:
    yield {"destination": "/proc", "type": "proc", "source": "proc"}
    yield {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]}
    yield {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["ro"]}
    for place in ("/dev/shm", "/run"):
        yield {"destination": place, "type": "tmpfs", "source": "tmpfs"}
    for path in map(str, (*job.seen, job.work)):
        if path.startswith("/run/"):
            yield {"destination": path, "type": "bind", "source": path, "options": ["rbind", "ro"]}
    yield {"destination": str(job.out), "type": "bind", "source": str(job.out), "options": ["rbind", "rw"]}
