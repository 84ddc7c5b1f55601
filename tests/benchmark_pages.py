"""What the report costs, against its budgets: its size, its elements, when it answers, and drawing a very big one.

python -m tests.benchmark_pages RESULTS.JSON
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from reports import html, store
from tests.reports.browser import PROGRAM, Browser

BUDGETS = {"bytes": 3e6, "elements": 40_000, "answers": 1.0, "big": 15e6, "seconds": 10.0, "memory": 200.0}
"""Bytes and elements of a page of 3,000 instances; processor seconds until it can be filtered; bytes of a page of
20,000, and seconds and MiB that drawing all of its pages takes."""
USUAL, MANY = 3_000, 20_000
COUNTED = "document.querySelectorAll('*').length"
DRAWN = "document.querySelector('.filter')"

WATCHED = """
import re, time
from sockproof.__main__ import main
main()
print(time.process_time(), int(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1]) / 1024)
"""
"""The command, and what it took of the processor and of memory: what a child is told of begins with its parent."""


def figures(results: Path) -> Iterator[str]:
    """Everything, of the run with these results."""
    with TemporaryDirectory(prefix="sockproof-benchmark-") as made:
        folder = Path(made)
        yield from usual(results, folder)
        yield from big(results, folder)


def told(name: str, value: float, budget: str, shown: str) -> str:
    """A figure and how it stands to its budget."""
    return f"  {name:<34}{shown:>10}   budget {BUDGETS[budget]:g}: {'met' if value <= BUDGETS[budget] else 'MISSED'}"


def usual(results: Path, folder: Path) -> Iterator[str]:
    """The page as it is, its size as if it had 3,000 instances."""
    found, page = store.read_results(results), folder / "report.html"
    page.write_text(html.page(found), "utf-8")
    share, size = USUAL / len(found.instances), page.stat().st_size
    yield f"  {len(found.instances)} instances of {len(found.claims)} claims: {size / 1e6:.2f} MB"
    yield told(f"MB of {USUAL} instances", size * share, "bytes", f"{size * share / 1e6:.2f}")
    if PROGRAM is None:
        yield "  no browser: apt install chromium"
        return
    elements, seconds = opened(page, folder)
    yield told(f"elements of {USUAL} instances", elements * share, "elements", f"{elements * share:.0f}")
    yield told("processor seconds until it answers", seconds * share, "answers", f"{seconds * share:.2f}")


def opened(page: Path, folder: Path) -> tuple[int, float]:
    """The elements of a page in a browser, and seconds of the processor until it can be filtered."""
    (folder / "profile").mkdir()
    browser = Browser(folder / "profile")
    try:
        with browser.page() as shown:
            shown.ask("Performance.enable", timeDomain="threadTicks")
            shown.open(page)
            shown.until(DRAWN)
            measured = {each["name"]: each["value"] for each in shown.ask("Performance.getMetrics")["metrics"]}
            return shown.run(COUNTED), measured["TaskDuration"]
    finally:
        browser.close()


def big(results: Path, folder: Path) -> Iterator[str]:
    """The pages of 20,000 instances: those of the run again and again, each time with claims of their own."""
    many = folder / "many"
    many.mkdir()
    (many / store.RESULTS).write_text(repeated(json.loads(results.read_text("utf-8"))), "utf-8")
    command = [sys.executable, "-c", WATCHED, "report", str(many)]
    ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    seconds, memory = map(float, ran.stdout.splitlines()[-1].split())
    size = (many / "report.html").stat().st_size
    yield told(f"MB of {MANY} instances", size, "big", f"{size / 1e6:.2f}")
    yield told("processor seconds to draw them", seconds, "seconds", f"{seconds:.1f}")
    yield told("MiB to draw them", memory, "memory", f"{memory:.0f}")


def repeated(data: dict[str, Any]) -> str:
    """results.json of 20,000 instances, a claim and an instance a line as runs write it."""
    rounds = range(math.ceil(MANY / len(data["instances"])))
    instances = [again(each, "claim", number) for number in rounds for each in data["instances"]][:MANY]
    claims = [again(each, "topic", number) for number in rounds for each in data["claims"]]
    used = {each["claim"] for each in instances}
    claims = [each for each in claims if each["id"] in used]
    whole = {**data, "claims": claims, "instances": instances}
    return "{\n" + ",\n".join(f"{json.dumps(name)}: {spelled(value)}" for name, value in whole.items()) + "\n}\n"


def again(entry: dict[str, Any], also: str, number: int) -> dict[str, Any]:
    """A claim or an instance under another name."""
    return {**entry, "id": renamed(entry["id"], number), also: renamed(entry[also], number)}


def renamed(name: str, number: int) -> str:
    """A name in one of the rounds; in the first as it is."""
    return f"{name}.{number}" if number else name


def spelled(value: Any) -> str:
    """JSON; of a list one entry a line."""
    if not isinstance(value, list) or not value:
        return json.dumps(value)
    return "[\n" + ",\n".join(map(json.dumps, value)) + "\n]"


if __name__ == "__main__":
    print(*figures(Path(sys.argv[1])), sep="\n")
