"""Which lines of a kernel the suite reaches, in figures to read and not to test: docs/decisions/0215.

    python -m tests.coverage_of_a_kernel run KERNEL FOLDER [SELECTION ...]
    python -m tests.coverage_of_a_kernel table SOURCE FOLDER ...
    python -m tests.coverage_of_a_kernel missing SOURCE net/ipv4/tcp_input.c FOLDER ...

KERNEL is a User Mode Linux that was built with gcov, SOURCE the tree in which it was built. FOLDER holds the results of
a run as ever, and what the kernel counted meanwhile; several are added up.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sockproof import command
from sockproof.targets import Job, known
from sockproof.targets.uml import Uml

COUNTED = Path("/sys/kernel/debug/gcov")
"""Where a kernel has its counters, for a file of the source one of data and a link to the notes of the compiler."""
KEPT = "gcov.tar"
GOALS = {
    "net/ipv4/tcp_input.c": 80, "net/ipv4/tcp_output.c": 88, "net/ipv4/tcp_timer.c": 85,
    "net/ipv4/tcp_fastopen.c": 85, "net/ipv4/tcp_minisocks.c": 90, "net/ipv4/tcp_ipv4.c": 78, "net/ipv4/tcp.c": None,
    "net/ipv6/tcp_ipv6.c": None, "net/unix/af_unix.c": 88, "net/unix/garbage.c": 70, "net/ipv4/udp.c": 80,
    "net/ipv6/udp.c": None, "net/ipv4/ip_sockglue.c": 80, "net/ipv6/ipv6_sockglue.c": 70, "net/ipv4/raw.c": 75,
    "net/ipv4/igmp.c": 70, "net/ipv6/mcast.c": 70, "net/core/sock.c": 72, "fs/eventpoll.c": 88, "fs/select.c": 90,
    "net/core/datagram.c": 75, "net/packet/af_packet.c": None, "net/ipv4/icmp.c": None, "net/ipv6/icmp.c": None,
    "net/ipv6/datagram.c": None, "net/ipv6/raw.c": None, "net/ipv4/inet_connection_sock.c": None,
    "net/ipv4/ip_output.c": None, "net/ipv4/ip_options.c": None, "net/ipv6/exthdrs.c": None,
}  # fmt: skip
"""The files of the table, and how many of a hundred lines are to be reached."""
LONGEST = 40
"""Lines of source that are shown of what is missing in one place."""


@dataclass(frozen=True)
class Counting(Uml):
    """``gcov:PATH``: a User Mode Linux whose counters are kept beside the results."""

    kind = "gcov"
    says = "a User Mode Linux that was built with gcov: gcov:PATH"

    @contextmanager
    def started(self, job: Job) -> Iterator[Any]:
        """As ever, with a command around the suite's that keeps the counters in the end."""
        order = json.loads(job.order.read_text("utf-8"))
        order["command"] = [sys.executable, __file__, "keep", str(job.out / KEPT), *order["command"]]
        job.order.write_text(json.dumps(order), "utf-8")
        with super().started(job) as process:
            yield process


def keep(kept: str, *words: str) -> int:
    """Inside: runs `words`, and then writes the counters; the status of the former."""
    status = subprocess.run(words, check=False).returncode
    subprocess.run(["mount", "-t", "debugfs", "none", "/sys/kernel/debug"], check=True)
    with tarfile.open(kept, "w") as archive:
        for data in COUNTED.rglob("*.gcda"):
            _add(archive, data)
    return status


def _add(archive: tarfile.TarFile, data: Path) -> None:
    """Into the archive, by its path in the tree; what debugfs says of sizes is not true."""
    size = archive.gettarinfo(data)
    with TemporaryDirectory() as folder:
        copy = shutil.copyfile(data, Path(folder, "copy"))
        size.size = copy.stat().st_size
        with copy.open("rb") as content:
            archive.addfile(size, content)


def run(kernel: str, folder: str, *selection: str) -> int:
    """The suite on this kernel; the exit status of the command."""
    assert isinstance(known.KINDS, dict)
    known.KINDS["gcov"] = Counting
    return command.main(["run", *selection, "--target", f"gcov:{kernel}", "--out", folder])


def counts(source: Path, folders: Sequence[str], file: str) -> tuple[Counter[int], dict[int, str]]:
    """How often each line of `file` that is code was run, and the function in which it stands."""
    times: Counter[int] = Counter()
    names: dict[int, str] = {}
    for folder in folders:
        for line in _lines(source, Path(folder), file):
            number = line["line_number"]
            times[number] += line["count"]
            names.setdefault(number, line.get("function_name", ""))
    return times, names


def _lines(source: Path, folder: Path, file: str) -> Iterator[dict[str, Any]]:
    """What gcov says of each line of `file`."""
    data = Path(file).with_suffix(".gcda")
    with TemporaryDirectory() as place, tarfile.open(folder / KEPT) as archive:
        member = next(each for each in archive.getnames() if each.endswith(f"/{data}"))
        content = archive.extractfile(member)
        assert content is not None
        Path(place, data.name).write_bytes(content.read())
        notes = data.with_suffix(".gcno")
        Path(place, notes.name).symlink_to(source.resolve() / notes)
        line = ["gcov", "--json-format", "--stdout", "--object-directory", place, data.name]
        said = subprocess.run(line, cwd=place, capture_output=True, text=True, check=True).stdout
    for each in json.loads(said)["files"]:
        if each["file"] == file:
            yield from each["lines"]


def table(source: str, *folders: str) -> int:
    """Prints how much of each file was reached."""
    print(f"{'file':34}{'lines':>7}{'reached':>9}{'per cent':>10}{'goal':>6}{'to go':>7}")
    for file, goal in GOALS.items():
        times, _ = counts(Path(source), folders, file)
        reached = sum(1 for count in times.values() if count)
        share = 100 * reached / len(times)
        to_go = max(0, -(-goal * len(times) // 100) - reached) if goal else ""
        print(f"{file:34}{len(times):7}{reached:9}{share:10.1f}{goal or '':>6}{to_go:>7}")
    return 0


def missing(source: str, file: str, *folders: str) -> int:
    """Prints the source that was not reached: by function, the largest first."""
    times, names = counts(Path(source), folders, file)
    text = Path(source, file).read_text("utf-8", "replace").splitlines()
    functions: dict[str, list[int]] = {}
    for number in sorted(times):
        if not times[number]:
            functions.setdefault(names[number], []).append(number)
    for name, numbers in sorted(functions.items(), key=lambda each: -len(each[1])):
        print(f"\n== {name or 'inlined'}: {len(numbers)} of {sum(1 for each in names.values() if each == name)}")
        for first, last in _runs(numbers, times):
            shown = range(first, min(last, first + LONGEST) + 1)
            print("\n".join(f"{number:6} {text[number - 1]}" for number in shown))
            print("       -")
    return 0


def _runs(numbers: Iterable[int], times: Counter[int]) -> Iterator[tuple[int, int]]:
    """From the first to the last of lines between which none was reached."""
    waiting = list(numbers)
    first = waiting[0]
    for one, other in pairwise([*waiting, 10**9]):
        if other == 10**9 or any(times[between] for between in range(one + 1, other)):
            yield first, one
            first = other


if __name__ == "__main__":
    modes = {"run": run, "keep": keep, "table": table, "missing": missing}
    sys.exit(modes[sys.argv[1]](*sys.argv[2:]))
