"""Plain pytest beside a dozen plugins of other people: does it run, and does it judge the same?

    python -m tests.company [TOPIC ...]

It is run where those plugins are installed (``tox -e company``), and refuses to judge where they are not. The verdicts
without them, as the command has them, are compared with those of pytest that loads them all, alone and with workers,
and once more with what they offer switched on.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory

PROJECT = Path(__file__).resolve().parents[1]
PLUGINS = (
    "anyio", "pytest-asyncio", "pytest-benchmark", "pytest-cov", "pytest-forked", "pytest-html", "pytest-mock",
    "pytest-order", "pytest-randomly", "pytest-repeat", "pytest-rerunfailures", "pytest-sugar", "pytest-timeout",
)  # fmt: skip
TOPICS = ("conformance/lifecycle/linger", "conformance/stream/sending")
WAYS = {
    "installed": (),
    "installed, two workers": ("-n", "2"),
    "switched on": (
        "--timeout=120", "--reruns=1", "--html=page.html", "--cov=reports", "--cov-report=", "--count=1",
        "--randomly-seed=7", "--benchmark-disable",
    ),
}  # fmt: skip
"""What pytest is given in each way."""
AT_ONCE = 2
"""Runs at the same time: most of each is waiting, and none knows of the others."""


def main(topics: Sequence[str]) -> int:
    """Compare the verdicts, and tell; the exit status."""
    if missing := [name for name in PLUGINS if not is_installed(name)]:
        print(f"not installed here: {', '.join(missing)}; run tox -e company", file=sys.stderr)
        return 2
    with TemporaryDirectory() as folder:
        return compare(topics or TOPICS, Path(folder))


def compare(topics: Sequence[str], folder: Path) -> int:
    """Run every way into `folder`; the exit status."""
    alone = [sys.executable, "-m", "sockproof", "run", *topics]
    command = [sys.executable, "-m", "pytest", "--rootdir", str(PROJECT), "-c", str(PROJECT / "pyproject.toml")]
    paths = [str(PROJECT / topic) for topic in topics]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        first = pool.submit(verdicts, alone, folder / "alone", folder)
        others = {
            way: pool.submit(
                verdicts, [*command, *options, *paths], folder / re.sub(r"\W", "-", way), folder, plugins=True
            )
            for way, options in WAYS.items()
        }
    expected, faults = first.result(), []
    print(f"alone: {len(expected)} instances")
    for way, coming in others.items():
        found = coming.result()
        differing = {name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)}
        print(f"{way}: {len(found)} instances, {len(differing)} judged differently")
        faults += [f"  {name}: {expected.get(name)} alone, {found.get(name)} {way}" for name in sorted(differing)]
    print(*faults, sep="\n", end="\n" if faults else "")
    return 1 if faults or not expected else 0


def verdicts(command: Sequence[str], out: Path, cwd: Path, *, plugins: bool = False) -> dict[str, str]:
    """The verdict of each instance of a run into `out`. Raises SystemExit where it failed or lacked the plugins."""
    settings = {**os.environ, "PYTHONPATH": str(PROJECT)}
    run = subprocess.run([*command, f"--out={out}"], cwd=cwd, env=settings, capture_output=True, text=True)
    if run.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {run.returncode}:\n{run.stdout[-3000:]}{run.stderr[-3000:]}")
    loaded = re.search(r"^plugins: .*", run.stdout, re.MULTILINE)
    told = loaded[0] if loaded else ""
    if plugins and (lacking := [name for name in PLUGINS if name.removeprefix("pytest-") not in told]):
        raise SystemExit(f"pytest did not load {', '.join(lacking)}:\n{run.stdout[:1000]}")
    results = json.loads((out / "results.json").read_text("utf-8"))
    return {each["id"].removeprefix("../"): each["verdict"] for each in results["instances"]}


def is_installed(name: str) -> bool:
    """Whether this Python has the distribution."""
    try:
        return bool(version(name))
    except PackageNotFoundError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
