"""A container without a daemon and without privileges: bubblewrap, with the limits that container engines set."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sockproof.targets import Job, State, Target, TargetError, brought, command, launching, seccomp

PROGRAM = "bwrap"
REMEDY = "install bubblewrap, for example with: apt install bubblewrap"
DATA: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("presets.toml").read_text("utf-8"))
PRESETS = tuple(name for name in DATA if name != "numbers")
IMAGE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""PATH in an image."""
HIDDEN = ("/run", "/tmp")
"""Where the host keeps what its own programs share; a container has its own."""


@dataclass(frozen=True)
class Container(Target):
    """``container``, ``container:PRESET`` or ``container:ROOTFS``."""

    kind = "container"
    says = "this kernel from inside a container (bubblewrap), with an engine's limits by --preset"
    takes = frozenset({"cap_add", "cap_drop", "seccomp", "user", "preset", "preload"})
    patience = 10.0

    @cached_property
    def place(self) -> str:
        """What stands behind the colon."""
        return self.name.partition(":")[2]

    @property
    def preset(self) -> str | None:
        """The preset, by its option or behind the colon."""
        return self.wishes.preset or (self.place if self.place in PRESETS else None)

    @property
    def rootfs(self) -> Path | None:
        """The folder with the image; None for the files of this machine."""
        return Path(self.place).absolute() if self.place and self.place not in PRESETS else None

    @property
    def ships(self) -> bool:  # type: ignore[override]
        """An image sees none of this machine's files: the suite is sent to the Python that it has."""
        return self.rootfs is not None

    @property
    def options(self) -> dict[str, str]:
        """The preset also where it stands behind the colon."""
        named = {"preset": self.preset} if self.preset else {}
        brings = {"python": "brought along"} if self.rootfs and not brought.has_python(self.rootfs, IMAGE_PATH) else {}
        return {**named, **brings, **self.wishes.given()}

    def state(self) -> State:
        """Bubblewrap's version, once it has shown that it can make a container here."""
        if shutil.which(PROGRAM) is None:
            return State(False, f"{PROGRAM} is not on PATH", REMEDY)
        tried = launching.finished([PROGRAM, *self._namespaces(), "--ro-bind", "/", "/", "true"])
        if tried.returncode:
            remedy = "allow user namespaces (sysctl user.max_user_namespaces above 0), or run as root"
            return State(False, tried.stderr.strip() or "bubblewrap fails without a word", remedy)
        return State(True, launching.first_line([PROGRAM, "--version"]) or PROGRAM)

    def check(self) -> None:
        """Raises TargetError for what was asked and cannot be."""
        if self.preset and self.preset not in PRESETS:
            raise TargetError(f'there is no preset "{self.preset}"; known: {", ".join(PRESETS)}.')
        if self.rootfs and not self.rootfs.is_dir():
            known = f"a preset ({', '.join(PRESETS)}) or a folder with an image's files"
            raise TargetError(f"{self.name}: {self.rootfs} is no folder; behind the colon stands {known}.")
        if self.user and not self.user.partition(":")[0].isdecimal():
            raise TargetError(f'--user "{self.user}" is no number; write a user id such as 1000.')
        _ = self.granted, self.program()

    @property
    def user(self) -> str | None:
        """The user id inside; None for the one of this process, or root where bubblewrap needs a user namespace."""
        return self.wishes.user or (DATA[self.preset].get("user") if self.preset in PRESETS else None)

    @property
    def granted(self) -> tuple[str, ...]:
        """The capabilities inside, without ``CAP_``. Raises TargetError for an unknown name."""
        from fixtures.run.environment import CAPABILITIES

        names = set(DATA[self.preset]["capabilities"] if self.preset in PRESETS else CAPABILITIES)
        for word, change in ((self.wishes.cap_drop, names.difference_update), (self.wishes.cap_add, names.update)):
            for name in word:
                plain = name.upper().removeprefix("CAP_")
                if plain != "ALL" and plain not in CAPABILITIES:
                    raise TargetError(f'there is no capability "{name}"; capabilities(7) lists them.')
                change(CAPABILITIES if plain == "ALL" else [plain])
        return tuple(name for name in CAPABILITIES if name in names)

    def setup(self) -> Mapping[str, Any]:
        """The folders of its own; bubblewrap has put up the loopback."""
        return {"loopback": True, "folders": ["/run/home", "/run/tmp"]}

    def program(self) -> bytes | None:
        """The seccomp filter; None without one. Raises TargetError."""
        if self.wishes.seccomp:
            return seccomp.from_file(Path(self.wishes.seccomp), self.granted)
        if not self.preset or "refused" not in DATA[self.preset]:
            return None
        numbers = DATA["numbers"].get(platform.machine())
        if numbers is None:
            raise TargetError(
                f"preset {self.preset} knows no system call numbers of {platform.machine()}; give --seccomp FILE."
            )
        return seccomp.of_preset(DATA[self.preset], numbers, self.granted)

    @contextmanager
    def started(self, job: Job) -> Iterator[subprocess.Popen[bytes]]:
        """The container, with the job running in it. Raises TargetError."""
        with ExitStack() as held:
            files = self._image(self.rootfs) if self.rootfs else self._files(job)
            words, hold = [PROGRAM, *self._namespaces(), *files, *self._limits()], []
            program = self.program()
            if program is not None:
                hold.append(descriptor := os.memfd_create("seccomp"))
                held.callback(os.close, descriptor)
                os.write(descriptor, program)
                os.lseek(descriptor, 0, os.SEEK_SET)
                words += ["--seccomp", str(descriptor)]
            if not self.ships:
                yield held.enter_context(launching.launched([*words, "--", *job.command], hold=hold))
                return
            words += [*self._python(job.work), "--", *command.PYTHON]
            process = held.enter_context(launching.launched(words, hold=hold, stdin=subprocess.PIPE))
            held.enter_context(command.sent(process, job))
            yield process

    def _namespaces(self) -> list[str]:
        words = ["--unshare-net", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--hostname", "sockproof"]
        words += ["--die-with-parent"]
        if self.user is None and os.geteuid() == 0:
            return words
        number, _, group = (self.user or "0").partition(":")
        words += ["--unshare-user", "--uid", number, "--gid", group or number]
        return [*words, "--disable-userns"] if self.preset == "nothing" else words

    def _files(self, job: Job) -> list[str]:
        words = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
        for place in HIDDEN:
            words += ["--tmpfs", place]
        for path in map(str, (*job.seen, job.work)):
            words += ["--ro-bind", path, path] if path.startswith(tuple(f"{place}/" for place in HIDDEN)) else []
        return [*words, "--bind", str(job.out), str(job.out), "--chdir", "/run"]

    def _image(self, rootfs: Path) -> list[str]:
        """The files of an image, read-only, each below a root of our own, in which there can be /run and the others."""
        words = ["--tmpfs", "/"]
        for path in sorted(rootfs.iterdir()):
            place = f"/{path.name}"
            if path.is_symlink():
                words += ["--symlink", os.readlink(path), place]
            elif place not in ("/dev", "/proc", *HIDDEN):
                words += ["--ro-bind", str(path), place]
        for place in HIDDEN:
            words += ["--tmpfs", place]
        return [*words, "--dev", "/dev", "--proc", "/proc", "--chdir", "/run"]

    def _python(self, work: Path) -> list[str]:
        """How the image's Python is found; where it has none, this machine's is there too."""
        if self.rootfs is None or brought.has_python(self.rootfs, IMAGE_PATH):
            return ["--setenv", "PATH", IMAGE_PATH]
        words = ["--setenv", "PATH", f"{brought.PLACE}/bin:{IMAGE_PATH}"]
        words += ["--setenv", "LD_LIBRARY_PATH", f"{brought.PLACE}/so"]
        for path, place in brought.python(work):
            words += ["--ro-bind", str(path), place]
        return words

    def _limits(self) -> list[str]:
        words = ["--clearenv", "--cap-drop", "ALL"]
        for name in self.granted:
            words += ["--cap-add", f"CAP_{name}"]
        return [*words, "--ro-bind", "/proc/sys", "/proc/sys"] if self.preset else words
