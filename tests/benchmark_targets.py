"""How long the targets take on this machine, in figures to read and not to test.

    python -m tests.benchmark_targets [TARGET ...]

Of each, by default of all that are there: until its first verdict, and for a part of the suite. A virtual machine is
among them where SOCKPROOF_TEST_KERNEL names a kernel. At the end the time to compare three results of 4,000 instances.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sockproof.targets.container import PRESETS
from sockproof.targets.known import KINDS

PART = ("tcp.linger", "stream.close")
GOAL = (4.0, 5.0)
"""How many times as long as on the host, and how many seconds more, User Mode Linux may take for a run."""


def there() -> list[str]:
    """The targets that can be used here."""
    image = os.environ.get("SOCKPROOF_TEST_KERNEL")
    names = [
        "host",
        *(f"container:{preset}" for preset in PRESETS),
        "gvisor",
        "uml",
        *([f"vm:{image}"] if image else []),
    ]
    return [name for name in names if KINDS[name.partition(":")[0]](name).state().ready]


def measured(target: str, selection: tuple[str, ...]) -> tuple[float, float, str]:
    """Seconds until the first verdict and until the end, and the last line but one."""
    with TemporaryDirectory() as folder:
        line = [
            sys.executable,
            "-m",
            "sockproof",
            "run",
            *selection,
            "--target",
            target,
            "--out",
            str(Path(folder, "out")),
        ]
        began = time.monotonic()
        with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert process.stdout is not None
            data = os.read(process.stdout.fileno(), 1)
            first = time.monotonic() - began
            data += process.stdout.read()
        lines = data.decode("utf-8", "replace").splitlines()
        return (
            first,
            time.monotonic() - began,
            next((line for line in lines if " instances of " in line), "nothing ran"),
        )


INSTANCES = 4_000


def large(results: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Results of `INSTANCES` instances, those that there are again and again, of a target of another name."""
    turns = enumerate(islice(cycle(results["instances"]), INSTANCES))
    instances = [{**each, "id": f"{each['id'].removesuffix(']')}-{turn}]"} for turn, each in turns]
    run = {**results["run"], "id": name, "collected": INSTANCES}
    return {**results, "run": run, "target": {**results["target"], "name": name}, "instances": instances}


def comparison() -> float:
    """Seconds to compare three results, with all pages."""
    with TemporaryDirectory() as folder:
        line = [sys.executable, "-m", "sockproof", "run", *PART, "--out", f"{folder}/small"]
        subprocess.run(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        small = json.loads(Path(folder, "small", "results.json").read_text("utf-8"))
        sides = [Path(folder, f"{name}.json") for name in ("one", "two", "three")]
        for side in sides:
            side.write_text(json.dumps(large(small, side.stem)), "utf-8")
        began = time.monotonic()
        line = [sys.executable, "-m", "sockproof", "compare", *map(str, sides), "--out", f"{folder}/compare"]
        subprocess.run(line, stdout=subprocess.DEVNULL, check=True)
        return time.monotonic() - began


def main() -> None:
    """Print a line for each target."""
    print(f"load {os.getloadavg()[0]:.1f}\n{'target':24}{'first verdict':>14}{'part':>9}  what came of it")
    host = 0.0
    for target in sys.argv[1:] or there():
        first, whole, said = measured(target, PART)
        host = whole if target == "host" else host
        goal = f" (goal {GOAL[0] * host + GOAL[1]:.1f})" if target == "uml" and host else ""
        print(f"{target[:23]:24}{first:12.1f} s{whole:7.1f} s  {said}{goal}", flush=True)
    print(f"{'compare 3 x 4,000':24}{comparison():21.1f} s")


if __name__ == "__main__":
    main()
