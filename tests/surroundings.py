"""A part of the suite in surroundings that are odd and no kernel's fault: red must mean the kernel there as well.

    python -m tests.surroundings [SURROUNDING ...]

In each the run ends by itself, with results or with one sentence that says why there are none; nothing deviates,
nothing fails that is ours, and there is no traceback. What cannot be made on this machine is passed over, and said so.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.sandboxes import SMALL, Seen

PROJECT = Path(__file__).resolve().parents[1]
LONGEST = 300
"""Seconds in which a run must have ended."""
CANNOT = 9
"""The status of a shell that could not make the surroundings."""


@dataclass(frozen=True)
class Surrounding:
    """What becomes the command, the variables and options that it has beside, and the sentence of a refusal."""

    before: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    refused: str | None = None


def shell(script: str, *before: str) -> tuple[str, ...]:
    """What becomes a command after a line of the shell, in the namespaces of `before`."""
    return (*before, "sh", "-c", f'{{ {script}; }} || exit {CANNOT}; exec "$@"', "sh")


def python(text: str) -> tuple[str, ...]:
    """What becomes a command after a few lines of Python."""
    return sys.executable, "-c", f"import os, signal, sys\n{text}\nos.execvp(sys.argv[1], sys.argv[1:])"


def limited(option: str) -> Surrounding:
    """Under a limit of resources, by an option of prlimit(1)."""
    return Surrounding(("prlimit", f"--{option}"))


def mounted(script: str, **variables: str) -> Surrounding:
    """In a mount namespace of its own; in a user namespace, so that it needs no rights."""
    return Surrounding(shell(script, "unshare", "--user", "--map-root-user", "--mount"), variables)


def on_loopback(script: str, refused: str | None = None) -> Surrounding:
    """All scenarios on the loopback of one namespace."""
    before = shell(script, "unshare", "--user", "--map-root-user", "--net")
    return Surrounding(before, options=("--isolation", "loopback"), refused=refused)


def variables(*words: str) -> dict[str, Surrounding]:
    """Each with one variable of the environment."""
    return {word: Surrounding(variables=dict([word.split("=", 1)])) for word in words}


def dropping(rule: str) -> str:
    """The line of the shell for a loopback whose firewall drops that."""
    chain = "add chain inet f i { type filter hook input priority 0; policy accept; }"
    return f'ip link set lo up && nft "add table inet f; {chain}; add rule inet f i {rule} drop"'


SURROUNDINGS: dict[str, Surrounding] = {
    "stdin closed": Surrounding(shell("exec 0<&-")),
    "descriptors 3 and 9 taken": Surrounding(shell("exec 3</dev/null 9</dev/zero")),
    "output does not wait": Surrounding(python("os.set_blocking(1, False); os.set_blocking(2, False)")),
    "a session of its own": Surrounding(("setsid", "--wait")),
    "umask 777": Surrounding(shell("umask 777")),
    "folder is gone": Surrounding(shell("d=$(mktemp -d) && cd $d && rmdir $d")),
    "all signals blocked": Surrounding(python("signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())")),
    "children ignored": Surrounding(python("signal.signal(signal.SIGCHLD, signal.SIG_IGN)")),
    "real-time signals ignored": Surrounding(python("for n in range(34, 65): signal.signal(n, signal.SIG_IGN)")),
    "an alarm in two seconds": Surrounding(python("signal.alarm(2)")),
    "a timer that ticks": Surrounding(python(
        "signal.signal(signal.SIGALRM, signal.SIG_IGN); signal.setitimer(signal.ITIMER_REAL, 1, 1)")),
    "children of a stranger": Surrounding(python("for _ in range(5):\n    os.fork() or os._exit(0)")),
    "one processor": Surrounding(("taskset", "1")),
    "little priority": Surrounding(("nice", "-n", "19")),
    "only when idle": Surrounding(("chrt", "-i", "0")),
    "addresses are not random": Surrounding(("setarch", "-R")),
    "Linux 2.6 by name": Surrounding(("setarch", "--uname-2.6")),
    "32 bits by name": Surrounding(("setarch", "i686")),
    "no capability of the net": Surrounding(("setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin")),
    "no raw sockets": Surrounding(("setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw")),
    "root without its rights": Surrounding(("setpriv", "--securebits", "+noroot,+noroot_locked,+no_setuid_fixup")),
    "64 descriptors": limited("nofile=64:64"),
    "descriptors without end": limited("nofile=1048576"),
    "no signals wait": limited("sigpending=0"),
    "no memory is locked": limited("memlock=0"),
    "a stack without end": limited("stack=unlimited"),
    "no messages": limited("msgqueue=0"),
    "files of no size": Surrounding(("prlimit", "--fsize=0"), refused="there is no temporary folder to write to"),
    "little data": Surrounding(("prlimit", "--data=60000000"), refused="a process may have 57 MiB of data here"),
    "no temporary folder": Surrounding(variables={"TMPDIR": "/nowhere"}),
    "tiny temporary folder": Surrounding(
        mounted("mount -t tmpfs -o size=8k t /mnt").before, {"TMPDIR": "/mnt"}, refused="has room for"),
    "temporary folder without programs": mounted("mount -t tmpfs -o noexec,size=200m t /mnt", TMPDIR="/mnt"),
    "no services": mounted("mount --bind /dev/null /etc/services"),
    "no hosts": mounted("mount --bind /dev/null /etc/hosts"),
    "no users": mounted("mount --bind /dev/null /etc/passwd"),
    "full /dev/shm": mounted("mount -t tmpfs -o size=4k t /dev/shm"),
    "empty /proc/stat": mounted("mount --bind /dev/null /proc/stat"),
    "empty /proc/meminfo": mounted("mount --bind /dev/null /proc/meminfo"),
    "empty /proc/cpuinfo": mounted("mount --bind /dev/null /proc/cpuinfo"),
    "users within users": Surrounding(("unshare", "--user", "--map-root-user") * 2),
    "no map of users": Surrounding(("unshare", "--user"), refused="has an empty uid_map"),
    "another's /proc": Surrounding(("unshare", "--user", "--map-root-user", "--pid", "--fork"),
                                   refused="/proc is that of another PID namespace"),
    "loopback is down": on_loopback("true", "loopback is down in this network namespace"),
    "loopback of 1500 bytes": on_loopback("ip link set lo up mtu 1500"),
    "loopback without IPv6": on_loopback("ip link set lo up && ip address del ::1/128 dev lo"),
    "loopback without IPv4": on_loopback("ip link set lo up && ip address del 127.0.0.1/8 dev lo",
                                         "127.0.0.1 cannot be used in this network namespace"),
    "a firewall keeps TCP": on_loopback(dropping("ip protocol tcp"), "does not pass TCP"),
    "a firewall keeps IPv6": on_loopback(dropping("meta nfproto ipv6 meta l4proto { tcp, udp }")),
    **variables(
        "LC_ALL=tr_TR.UTF-8", "LC_ALL=xx", "LANG=de_DE.ISO-8859-1", "TZ=:/nowhere", "TZ=XXX+99YYY,M3", "HOME=/proc/no",
        "PYTHONIOENCODING=ascii", "PYTHONUTF8=0", "PYTHONWARNINGS=error", "PYTHONMALLOC=debug", "PYTHONHASHSEED=0",
        "PYTHONDEVMODE=1", "COLUMNS=1", "COLUMNS=x", "TERM=dumb", "NO_COLOR=1", "FORCE_COLOR=1", "MALLOC_PERTURB_=165",
        "CC=/bin/false", "CFLAGS=-nonsense", "PYTEST_ADDOPTS=--nonsense", "POSIXLY_CORRECT=1", "GITHUB_ACTIONS=true",
    ),
}  # fmt: skip
"""By name."""


def missing(name: str) -> str | None:
    """Why the surroundings cannot be made here; None where they can."""
    wanted = SURROUNDINGS[name].before
    tried = subprocess.run([*wanted, "true"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return tried.stderr.strip() or f"status {tried.returncode}" if tried.returncode else None


def within(name: str, part: Sequence[str] = SMALL) -> Seen:
    """What came of that part of the suite there."""
    there = SURROUNDINGS[name]
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        out = Path(folder, "out")
        command = [sys.executable, "-m", "sockproof", "run", *part, *there.options, "--out", str(out)]
        ended = subprocess.run(
            [*there.before, *command], cwd=PROJECT, env={**os.environ, "PYTHONPATH": str(PROJECT), **there.variables},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=LONGEST, check=False,
        )  # fmt: skip
        try:
            results = json.loads((out / "results.json").read_text("utf-8"))
        except OSError:
            return Seen(ended.returncode, f"{ended.stdout[-1000:]}{ended.stderr}")
        return Seen(ended.returncode, ended.stderr, tuple(results["instances"]), results["run"]["complete"])


def wrong(name: str, seen: Seen) -> list[str]:
    """What should be otherwise."""
    refused = SURROUNDINGS[name].refused
    found = list(seen.wrong)
    if "Traceback" in seen.complaint or "INTERNALERROR" in seen.complaint:
        found.append("a traceback")
    if refused is None and not seen.complete:
        found.append(f"no whole results: {seen.complaint[-300:]}")
    if refused is not None and refused not in seen.complaint:
        found.append(f"it was to be refused with: {refused}")
    return found


def main(words: Sequence[str]) -> int:
    """Runs the part in each of the surroundings that were asked for, and tells what came of it; the exit status."""
    worst = 0
    for name in words or SURROUNDINGS:
        if (reason := missing(name)) is not None:
            print(f"{name}: cannot be made here ({reason})", flush=True)
            continue
        seen = within(name)
        found = wrong(name, seen)
        print(f"{name}: {seen}", *found, sep="\n    ", flush=True)
        worst = max(worst, bool(found))
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
