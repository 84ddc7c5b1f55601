"""How long things take on this machine, in figures to read and not to test.

    python -m tests.benchmark [RESULTS.JSON] [--failing TOPIC]

An instance with its own namespace and capture, from setup to teardown; what a user waits for before anything happens;
the default run, with workers and without: its time, its processor time by instance, the memory of its largest process;
the same on kernels with one of four faults; the size of the report and what it takes to draw and to open it
(`python -m tests.benchmark_pages RESULTS.JSON` tells that alone); and the ten slowest scenarios, of the results.json
that is named or of the run that was timed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests import benchmark_pages

PROJECT = Path(__file__).resolve().parents[1]
ROUNDS = 300
GOALS = {"instance": 0.005, "run": 12.0, "start": 1.5, "first": 1.5, "cpu": 0.004, "memory": 150.0, "gain": 1.7,
         "failing": 2.0}  # fmt: skip
"""An instance at the median; the default run on two cores; until a list or a collection is there; until the first
verdict; processor time of an instance (seconds). MiB of the largest process. How many times as fast two workers are as
none; how many times as long a run takes on a kernel with a fault that many scenarios meet."""

FAULT = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/socket.h>
#ifdef OPTION
int setsockopt(int end, int level, int name, const void *value, socklen_t size) {
    int (*real)(int, int, int, const void *, socklen_t) = dlsym(RTLD_NEXT, "setsockopt");
    return level == SOL_SOCKET && name == OPTION && size >= 8 ? 0 : real(end, level, name, value, size);
}
#else
int shutdown(int end, int how) {
    int (*real)(int, int) = dlsym(RTLD_NEXT, "shutdown");
    return how == WAY ? 0 : real(end, how);
}
#endif
"""
"""A C library in which one thing succeeds and does nothing."""
FAULTS = {
    "SO_LINGER dropped": "OPTION=SO_LINGER",
    "SO_RCVTIMEO dropped": "OPTION=SO_RCVTIMEO",
    "no end is sent": "WAY=SHUT_WR",
    "nothing is cut off": "WAY=SHUT_RDWR",
}
"""What does nothing, as the compiler defines it. Many scenarios wait in vain under each."""

STOPWATCH = """
import time, pytest

began = []

@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item):
    began[:] = [time.perf_counter(), time.process_time()]
    return (yield)

@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item):
    result = yield
    with open({path!r}, "a") as file:
        print(item.originalname, time.perf_counter() - began[0], time.process_time() - began[1], file=file)
    return result
"""
"""Of the process in which scenarios run, which is a child of pytest's."""
SCENARIOS = f'''
import pytest
from fixtures.stage.families import ip4

ROUNDS = pytest.mark.parametrize("round", range({ROUNDS}))


@pytest.mark.claim("bench.it.runs")
@ROUNDS
def test_empty(wire, round):
    """Nothing but a namespace and a capture; without an assertion it would be an error."""
    assert round >= 0


@pytest.mark.claim("bench.it.runs")
@ROUNDS
def test_calls_only(peers, round):
    client, server = peers.pair(ip4)
    client.send(b"abc")
    assert server.recv(3) == b"abc"
    client.close()
    assert server.recv(1) == b""


@pytest.mark.claim("bench.it.runs")
@ROUNDS
def test_whole_life(peers, wire, round):
    client, server = peers.pair(ip4)
    client.send(b"abc")
    assert server.recv(3) == b"abc"
    client.close()
    assert server.recv(1) == b""
    wire.expect("client > server SYN")
    wire.expect("client > server FIN")


@pytest.mark.claim("bench.it.runs")
@ROUNDS
def test_whole_life_and_never(peers, wire, round):
    client, server = peers.pair(ip4)
    client.close()
    assert server.recv(1) == b""
    wire.expect("client > server FIN")
    wire.never("* > * RST")
'''
CLAIM = """
[[claim]]
id        = "bench.it.runs"
says      = "A sentence."
level     = "documented"
authority = "manual"
sources   = [{ document = "socket(7)", section = "DESCRIPTION" }]
"""


def machine() -> str:
    """What was measured on."""
    models = [line.partition(":")[2].strip() for line in read("/proc/cpuinfo") if line.startswith("model name")]
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    kernel = f"{platform.system()} {platform.release()} {platform.machine()}, Python {platform.python_version()}"
    return f"{len(os.sched_getaffinity(0))} processors ({(models or ['unknown'])[0]}), load {load}\n{kernel}"


def read(path: str) -> list[str]:
    """The lines of a file, none where there is no such file."""
    try:
        return Path(path).read_text("utf-8", "replace").splitlines()
    except OSError:
        return []


def timed(command: Sequence[str], cwd: Path) -> float:
    """Seconds that a command took. Raises SystemExit with its last words when it failed to run at all."""
    # With compiled files kept, as users have it: without, pytest rewrites every scenario's asserts anew.
    settings = {**os.environ, "PYTHONPATH": str(PROJECT), "PYTHONDONTWRITEBYTECODE": ""}
    began = time.perf_counter()
    ran = subprocess.run(command, cwd=cwd, env=settings, capture_output=True, text=True)
    if ran.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)}: exit {ran.returncode}\n{ran.stdout[-2000:]}{ran.stderr[-2000:]}")
    return time.perf_counter() - began


def pytest_command(*arguments: str) -> list[str]:
    """A quiet run of pytest."""
    return [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]


def instances(folder: Path) -> Iterator[str]:
    """Seconds per instance of each small scenario, from setup to teardown."""
    topic = folder / "suite" / "conformance" / "bench"
    topic.mkdir(parents=True)
    shutil.copy(PROJECT / "pyproject.toml", folder / "suite")
    (topic / "claims.toml").write_text(CLAIM, "utf-8")
    (topic / "test_bench.py").write_text(SCENARIOS, "utf-8")
    (folder / "suite" / "conftest.py").write_text(STOPWATCH.format(path=str(folder / "times")), "utf-8")
    timed(pytest_command("--out", str(folder / "out")), folder / "suite")
    spent: dict[str, list[tuple[float, float]]] = {}
    for line in read(str(folder / "times")):
        name, *seconds = line.split()
        spent.setdefault(name, []).append((float(seconds[0]), float(seconds[1])))
    for name, pairs in spent.items():
        yield spread(name.removeprefix("test_").replace("_", " "), *zip(*pairs, strict=True))


def spread(name: str, elapsed: Sequence[float], worked: Sequence[float]) -> str:
    """Median and 90th percentile of the time, and median of the processor's time, in milliseconds.

    On a machine that has other work to do the second tells more.
    """
    median, late = statistics.median(elapsed), statistics.quantiles(elapsed, n=10)[-1]
    figures = f"{median * 1000:6.2f} ms median {late * 1000:6.2f} ms p90 {statistics.median(worked) * 1000:6.2f} ms cpu"
    return f"  {name:<22}{figures}   {verdict(median, 'instance')}"


def verdict(value: float, goal: str, *, least: bool = False) -> str:
    """How a figure stands to its goal, the most that it may be, or with `least` the least."""
    met = value >= GOALS[goal] if least else value <= GOALS[goal]
    return f"goal {GOALS[goal]:g}: {'met' if met else 'MISSED'}"


@dataclass
class Timed:
    """One run of the command: seconds that passed, until the first verdict, of the processors; MiB; what was found."""

    seconds: float
    first: float
    worked: float
    memory: float
    instances: list[dict[str, Any]]

    @classmethod
    def of(cls, out: Path, *options: str, **environment: str) -> Timed:
        """``sockproof run`` with these options, as a user starts it."""
        command = [sys.executable, "-m", "sockproof", "run", "--out", str(out), *options]
        settings = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "", **environment}
        began, first = time.perf_counter(), 0.0
        started = subprocess.Popen(command, cwd=PROJECT, env=settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert started.stdout is not None
        while data := os.read(started.stdout.fileno(), 1 << 16):
            if not first and set(data.strip()) <= set(b".FIEup"):
                first = time.perf_counter() - began
        _, _, used = os.wait4(started.pid, 0)
        started.returncode = 0
        found = json.loads((out / "results.json").read_text("utf-8"))["instances"]
        seconds, worked = time.perf_counter() - began, used.ru_utime + used.ru_stime
        return cls(seconds, first, worked, used.ru_maxrss / 1024, found)

    @property
    def counts(self) -> str:
        """The instances by verdict."""
        told = Counter(entry["verdict"] for entry in self.instances)
        return ", ".join(f"{count} {word}" for word, count in told.most_common())

    @property
    def each(self) -> float:
        """Seconds of the processors by instance, everything that the run does beside them included."""
        return self.worked / len(self.instances)


def runs(folder: Path) -> Iterator[str]:
    """The default run of the whole suite, and one on a kernel with a fault."""
    alone, two = Timed.of(folder / "run0"), Timed.of(folder / "run2", "-n", "2")
    yield f"  without workers       {alone.seconds:7.2f} s   {alone.counts}"
    yield f"  with -n 2             {two.seconds:7.2f} s   {verdict(two.seconds, 'run')}   {two.counts}"
    gain = alone.seconds / two.seconds
    yield f"  two are as fast as    {gain:7.2f}     {verdict(gain, 'gain', least=True)}"
    for name, run in (("without workers", alone), ("with -n 2", two)):
        yield f"  {name}, first verdict {run.first:5.2f} s   {verdict(run.first, 'first')}"
        yield f"  {name}, processor {run.each * 1000:6.2f} ms an instance   {verdict(run.each, 'cpu')}"
        yield f"  {name}, memory    {run.memory:6.0f} MiB   {verdict(run.memory, 'memory')}"
    yield from failing(folder, two.seconds)


def failing(folder: Path, green: float, topics: Sequence[str] = ()) -> Iterator[str]:
    """The same on kernels with a fault, against the seconds of a `green` run; nothing without a C compiler."""
    for name, definition in FAULTS.items() if shutil.which("cc") else ():
        red = Timed.of(folder / "red", "-n", "2", *topics, LD_PRELOAD=str(fault(folder, definition)))
        times = red.seconds / green
        yield f"  {name:<22}{red.seconds:7.2f} s   {times:.1f} times, {verdict(times, 'failing')}"
        yield f"    {red.counts}"


def fault(folder: Path, definition: str) -> Path:
    """The library of `FAULT` for one of them."""
    (folder / "fault.c").write_text(FAULT, "utf-8")
    built = folder / "fault.so"
    command = ["cc", "-shared", "-fPIC", f"-D{definition}", "-o", str(built), str(folder / "fault.c"), "-ldl"]
    subprocess.run(command, check=True)
    return built


def faults(topics: Sequence[str]) -> Iterator[str]:
    """What the faults cost on these topics alone."""
    with TemporaryDirectory(prefix="sockproof-benchmark-") as made:
        green = Timed.of(Path(made) / "green", "-n", "2", *topics)
        yield f"  without a fault       {green.seconds:7.2f} s   {green.counts}"
        yield from failing(Path(made), green.seconds, topics)


def starts() -> Iterator[str]:
    """What passes before anything happens; the best of three, since the first fills caches."""
    commands = {
        "pytest --collect-only": pytest_command("--collect-only"),
        "sockproof list": [sys.executable, "-m", "sockproof", "list"],
    }
    for name, command in commands.items():
        seconds = min(timed(command, PROJECT) for _ in range(3))
        yield f"  {name:<22}{seconds:7.2f} s   {verdict(seconds, 'start')}"


def slowest(path: Path) -> Iterator[str]:
    """The ten slowest instances of a results.json."""
    found = json.loads(path.read_text("utf-8"))["instances"]
    yield f"  {sum(entry['duration'] for entry in found):7.2f} s in {len(found)} instances, of these"
    for entry in sorted(found, key=lambda entry: -entry["duration"])[:10]:
        yield f"  {entry['duration']:7.2f} s  {entry['id']}"


def main() -> None:
    """Prints all figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("results", nargs="?", type=Path, metavar="RESULTS.JSON", help="tell its slowest scenarios only")
    parser.add_argument("--failing", action="append", metavar="TOPIC", help="time the faults only, on these topics")
    asked = parser.parse_args()
    if asked.results:
        print(*slowest(asked.results), sep="\n")
        return
    if asked.failing:
        print(machine(), *faults(asked.failing), sep="\n")
        return
    with TemporaryDirectory(prefix="sockproof-benchmark-") as made:
        folder = Path(made)
        for title, figures in (
            (machine(), iter(())),
            (f"one instance, {ROUNDS} times", instances(folder)),
            ("before anything happens", starts()),
            ("the default run", runs(folder)),
        ):
            print(title, *figures, sep="\n", flush=True)
        print("the report", *benchmark_pages.figures(folder / "run0" / "results.json"), sep="\n", flush=True)
        print("the slowest scenarios", *slowest(folder / "run0" / "results.json"), sep="\n")


if __name__ == "__main__":
    main()
