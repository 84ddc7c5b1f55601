"""User Mode Linux: a Linux kernel that is an ordinary program, and needs neither root nor a processor's help.

Its root is this machine's files, read-only, by hostfs; its first process is `inside`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sockproof.targets import Job, State, Target, TargetError, later, launching, shim

MODULES = ("ipv6", "veth", "dummy", "tun", "af_packet", "inet_diag", "tcp_diag", "udp_diag", "unix_diag")
"""Modules that scenarios use without the kernel asking for them by name."""
PLACES = ("/usr/lib/uml/modules", "/lib/modules")
"""Where Debian lays the modules of User Mode Linux, and where any other kernel's are."""


@dataclass(frozen=True)
class Uml(Target):
    """``uml`` or ``uml:PATH``."""

    kind = "uml"
    says = "a User Mode Linux kernel: uml (linux.uml on PATH) or uml:PATH"
    takes = frozenset({"memory", "preload"})
    patience = 10.0

    @cached_property
    def program(self) -> str:
        """The kernel, as it was named or as PATH has it."""
        return self.name.partition(":")[2] or "linux.uml"

    @property
    def options(self) -> dict[str, str]:
        """Its memory."""
        return {"memory": f"{self.wishes.memory} MiB"}

    def check(self) -> None:
        """Raises TargetError for a memory in which nothing would run."""
        if self.wishes.memory < 256:
            raise TargetError(f"--memory {self.wishes.memory} is too little for Python and pytest; give 512 at least.")

    def state(self) -> State:
        """The release of the kernel."""
        found = shutil.which(self.program)
        if found is None:
            named = f"there is no program {self.program}" if "/" in self.program else f"{self.program} is not on PATH"
            return State(False, named, "install user-mode-linux, or name a kernel: --target uml:/path/to/linux")
        needed = later.missing(found)
        if needed and later.loader(found) is None:
            return State(
                False,
                f"{found} needs the C library {needed}, which is newer than this machine's",
                "unpack libc6 of the same release into the same folder: dpkg-deb -x libc6_*.deb FOLDER",
            )
        with tempfile.TemporaryDirectory(prefix="sockproof-") as work:
            release = launching.first_line([*later.command(found, Path(work)), "--version"])
        if release is None or not release[:1].isdigit():
            return State(
                False,
                f"{found} tells no release of a kernel",
                "name a User Mode Linux kernel: --target uml:/path/to/linux",
            )
        return State(True, f"User Mode Linux {release}")

    @property
    def modules(self) -> str | None:
        """The folder with the modules of this kernel; None where it has none, and everything built in."""
        release = self.state().says.rpartition(" ")[2]
        beside = Path(shutil.which(self.program) or "/").parents[1] / "lib" / "uml" / "modules"
        places = (str(beside), *PLACES)
        return next((place for place in places if (Path(place) / release).is_dir()), None)

    def setup(self) -> Mapping[str, Any]:
        """Everything that a system does when it begins."""
        return {
            "init": True, "loopback": True, "folders": ["/run/home", "/run/tmp"], "modules": self.modules,
            "load": list(MODULES),
        }  # fmt: skip

    @contextmanager
    def started(self, job: Job) -> Iterator[subprocess.Popen[bytes]]:
        """The kernel, with the job as its first process. Raises TargetError."""
        order = json.loads(job.order.read_text("utf-8"))
        seen = [*map(str, job.seen), *([self.modules] if self.modules else [])]
        order["setup"].update(mounts=[("hostfs", "none", str(job.out), 0, str(job.out))], seen=seen)
        job.order.write_text(json.dumps(order), "utf-8")
        python, *words = job.command
        kernel = [
            *later.command(shutil.which(self.program) or self.program, job.work),
            f"mem={self.wishes.memory}M", "umid=sockproof", "root=/dev/root", "rootfstype=hostfs", "ro", "quiet",
            "con=null", "con0=null,fd:1", "panic=-1", f"uml_dir={job.work}", f"init={python}", "--", *words,
        ]  # fmt: skip
        environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(job.work), "TMPDIR": str(job.work)}
        environment |= shim.preloaded()
        with launching.launched(launching.enclosed(kernel), environment=environment) as process:
            yield process
