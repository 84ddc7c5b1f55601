"""The suite in sandboxes: a chosen part of it where calls are refused, unknown or limited, or where files are missing.

    python -m tests.sandboxes [SANDBOX ...]

What a sandbox forbids may be undecided. Nothing may deviate that does not otherwise, nothing may fail that is ours, and
each run ends by itself with results.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from stat import S_IXOTH
from tempfile import TemporaryDirectory

PROJECT = Path(__file__).resolve().parents[1]
PART = (
    "tcp.handshake",
    "process",
    "stream.fork",
    "epoll.herd",
    "unix.abstract",
    "multicast.membership",
    "stream.close",
    "tcp.connect",
    "unix.credentials",
    "lookup.hosts",
    "ip.bind",
    "sample.client-000",
    "tcp.close",
)
"""What is run: scenarios with children, threads, links, sysctls, packets, names, users and credentials."""
SMALL = (
    "process.fork",
    "epoll.herd",
    "multicast.membership.counted-by-socket",
    "tcp.threads",
    "tcp.close",
    "unix.credentials",
    "process.zombie.wnohang-does-not-wait",
)
"""What is run where time is short."""
PARTS = {
    "a neighbour": ("udp.receive", "udp.connect", "multicast.membership", "multicast.loop", "udp.broadcast", "ip.tos",
                    "tcp.reuseaddr", "lookup.hosts", "unix.abstract"),
}  # fmt: skip
"""What is run in sandboxes that are about something else."""
LONGEST = 300
"""Seconds in which a run must have ended."""
FORBID = "import os, socket, sys\nfrom tests.fixtures.seccomp import forbid\n{}\nos.execvp(sys.argv[1], sys.argv[1:])"
EPERM, ENOSYS, EACCES, EAFNOSUPPORT = 1, 38, 13, 97


def without(*calls: str, error: int = EPERM, first: int | None = None) -> tuple[str, ...]:
    """What becomes a command that may not make these system calls."""
    lines = [f"forbid({call!r}, error={error}, first={first})" for call in calls]
    return sys.executable, "-c", FORBID.format("\n".join(lines))


def limited(namespaces: int) -> tuple[str, ...]:
    """What becomes a command that may have so many network namespaces (namespaces(7))."""
    script = f'ip link set lo up && echo {namespaces} > /proc/sys/user/max_net_namespaces && exec "$@"'
    return "unshare", "--user", "--map-root-user", "--net", "sh", "-c", script, "sh"


def way(base: str, path: Path) -> tuple[str, ...]:
    """The folders between `base`, empty in a container, and `path`: those of bubblewrap are for root alone."""
    between = [each for each in reversed(path.parents) if each.is_relative_to(base) and each != Path(base)]
    return tuple(word for each in between for word in ("--perms", "0755", "--dir", str(each)))


SEEN = (*way("/tmp", PROJECT), "--ro-bind", str(PROJECT), str(PROJECT))
"""The checkout, which may lie in a folder for temporary files."""


def bubble(*options: str, proc: bool = True, dev: Sequence[str] = ("--dev", "/dev")) -> tuple[str, ...]:
    """A container of bubblewrap's: the machine's files to be read, a network of its own with loopback up."""
    mounted = ("--proc", "/proc") if proc else ("--tmpfs", "/proc")
    files = ("--ro-bind", "/", "/", *dev, *mounted, "--tmpfs", "/run", "--perms", "1777", "--tmpfs", "/tmp", *SEEN)
    kept = ("--bind", "{out}", "{out}")
    return "bwrap", *files, *kept, "--unshare-net", "--unshare-pid", "--unshare-ipc", "--die-with-parent", *options


def few(processes: int) -> tuple[str, ...]:
    """A container in which a user who is nobody else on this machine may have so many processes."""
    return (*bubble(*opened(Path(sys.base_prefix).resolve(), PROJECT)), "prlimit", f"--nproc={processes}",
            "setpriv", "--reuid", "54321", "--regid", "54321", "--clear-groups")  # fmt: skip


def opened(*paths: Path) -> Iterator[str]:
    """Lets everybody come to these folders, although one above them is somebody's own: with nothing else in it."""
    shut = {path: next((each for each in reversed(path.parents) if not each.stat().st_mode & S_IXOTH), None)
            for path in paths}  # fmt: skip
    for above in filter(None, dict.fromkeys(shut.values())):
        yield from ("--tmpfs", str(above))
    for path, above in shut.items():
        yield from (*way(str(above), path), "--ro-bind", str(path), str(path)) if above else ()


NOBODY = ("--cap-drop", "ALL", "--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000")
DOCKER = tuple(
    word
    for name in ("CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP",
                 "SETPCAP", "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE")
    for word in ("--cap-add", f"CAP_{name}")
)  # fmt: skip
BARE = ("--tmpfs", "/dev", "--dev-bind", "/dev/null", "/dev/null", "--dev-bind", "/dev/urandom", "/dev/urandom")

SANDBOXES = {
    "unshare is unknown": without("unshare", error=ENOSYS),
    "unshare is forbidden": without("unshare"),
    "setns is unknown": without("setns", error=ENOSYS),
    "setns is forbidden": without("setns"),
    "no pidfds": without("pidfd_open"),
    "pidfds are unknown": without("pidfd_open", "pidfd_send_signal", error=ENOSYS),
    "no netlink": without("socket", first=16),
    "netlink is unknown": without("socket", first=16, error=EAFNOSUPPORT),
    "no packet sockets": without("socket", first=17),
    "processors cannot be chosen": without("sched_setaffinity"),
    "no ipv6": without("socket", first=10, error=EAFNOSUPPORT),
    "3 namespaces": limited(3),
    "5 namespaces": limited(5),
    "1 namespace": limited(1),
    "no capabilities": bubble(*NOBODY),
    "like docker": (*bubble("--cap-drop", "ALL", *DOCKER, "--ro-bind", "/proc/sys", "/proc/sys"),
                    *without("unshare", "setns")),
    "like podman": (*bubble("--cap-drop", "ALL", *DOCKER, "--ro-bind", "/proc/sys", "/proc/sys"),
                    *without("unshare", "setns", error=ENOSYS)),
    "read-only sysctls": bubble("--ro-bind", "/proc/sys", "/proc/sys"),
    "no proc": bubble(proc=False),
    "no proc and no capabilities": bubble(*NOBODY, proc=False),
    "8 processes": few(8),
    "4 processes": few(4),
    "2 processes": few(2),
    "a neighbour": (sys.executable, "-m", "tests.neighbour"),
    "no devices": bubble(dev=BARE),
}  # fmt: skip
"""By name, what becomes the command; ``{out}`` stands for the folder of the run."""
REFUSED = {"2 processes": "raise the limit of processes: ulimit -u"}
"""By name of a sandbox in which nothing can run, the sentence that says so."""
TOLERATED = frozenset({"conforms", "unsupported", "not-permitted"})
WORST = ("harness-error", "deviates", "inconclusive", "not-permitted", "unsupported", "conforms")


@dataclass(frozen=True)
class Seen:
    """What came of a run in a sandbox."""

    status: int
    complaint: str
    instances: tuple[dict[str, str], ...] = ()
    complete: bool = False

    @property
    def wrong(self) -> list[str]:
        """Each instance whose verdict says something that the sandbox is no reason for."""
        return [
            f"{each['id']} {each['verdict']}: {' '.join((each['reason'] or '').split())[:300]}"
            for each in self.instances if each["verdict"] not in TOLERATED and each["counts"] and not each["expected"]
        ]  # fmt: skip

    def __str__(self) -> str:
        told = Counter(each["verdict"] for each in self.instances)
        return ", ".join(f"{told[verdict]} {verdict}" for verdict in WORST if told[verdict]) or self.complaint


def missing(name: str) -> str | None:
    """Why the sandbox cannot be made here; None where it can."""
    program = SANDBOXES[name][0]
    if shutil.which(program) is None:
        return f"{program} is not installed"
    ended = subprocess.run([*filled(name, Path("/tmp")), "true"], cwd=PROJECT, capture_output=True, text=True)
    return ended.stderr.strip() if ended.returncode else None


def filled(name: str, out: Path) -> list[str]:
    """What becomes the command, for a run into the folder `out`."""
    return [word.format(out=out) if word == "{out}" else word for word in SANDBOXES[name]]


def run(name: str, *options: str, part: Sequence[str] = PART) -> Seen:
    """Runs a part of the suite in a sandbox, or what goes with it."""
    part = PARTS.get(name, part)
    with TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)  # who runs may be another user
        command = [sys.executable, "-m", "sockproof", "run", "--out", folder, *options, *part]
        environment = {**os.environ, "PYTHONPATH": str(PROJECT), "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/tmp"}
        ended = subprocess.run(
            [*filled(name, Path(folder)), *command, "--", "-p", "no:cacheprovider"], cwd=PROJECT, env=environment,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONGEST,
        )  # fmt: skip
        try:
            results = json.loads((Path(folder) / "results.json").read_text("utf-8"))
        except OSError:
            return Seen(ended.returncode, f"{ended.stdout[-1000:]}{ended.stderr[-1000:]}")
        return Seen(ended.returncode, ended.stderr, tuple(results["instances"]), results["run"]["complete"])


def main(names: Sequence[str]) -> int:
    """Runs the part in each sandbox, and tells what came of it; the exit status."""
    if unknown := [name for name in names if name not in SANDBOXES]:
        print(f'there is no sandbox "{unknown[0]}"; they are {", ".join(SANDBOXES)}', file=sys.stderr)
        return 2
    return max(tried(name) for name in names or SANDBOXES)


def suits(name: str, seen: Seen) -> bool:
    """Whether that is what may come of a run in the sandbox."""
    if name in REFUSED:
        return seen.status == 2 and REFUSED[name] in seen.complaint and "Traceback" not in seen.complaint
    decided = any(each["verdict"] == "conforms" for each in seen.instances)
    return seen.complete and decided and not seen.wrong and seen.status == 0 and "Traceback" not in seen.complaint


def tried(name: str) -> int:
    """One run; 1 where it says something that it should not."""
    if (reason := missing(name)) is not None:
        print(f"{name}: not tried, {reason}")
        return 0
    seen = run(name)
    print(f"{name}: {seen}", flush=True)
    for line in seen.wrong[:20]:
        print(f"  {line}")
    return int(not suits(name, seen))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
