"""Who imports whom, read from the syntax trees: DESIGN section 3, and what costs too much to import early."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[1]
FOLDERS = ("conformance", "fixtures", "reports", "sockproof")
MAY_IMPORT = {
    "conformance": {"fixtures", "conformance"},
    "fixtures": {"fixtures", "reports"},
    "reports": {"reports"},
    "sockproof": {"fixtures", "reports", "sockproof"},
}
ROOMS = {
    "evidence": {"evidence"},
    "wire": {"wire", "evidence"},
    "stage": {"stage", "wire", "evidence"},
    "remote": {"remote", "stage", "wire", "evidence"},
    "models": {"models", "stage", "wire", "evidence"},
    "packetdrill": {"packetdrill", "remote", "stage", "wire", "evidence"},
    "catalogue": {"catalogue"},
    "run": {"run", "catalogue", "models", "remote", "stage", "wire", "evidence"},
}
"""The rooms of ``fixtures``, and from which each may import."""
HEAVY = ("scapy", "jinja2", "pyroute2", "jsonschema", "hypothesis.strategies")


def modules(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((PROJECT / folder).rglob("*.py"))]
    assert found
    return found


def name_of(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def imported(tree: ast.AST) -> Iterator[str]:
    """What a module imports, wherever in it, as dotted names; relative imports begin with a dot."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ("." * node.level + f"{node.module or ''}.{alias.name}" for alias in node.names)


def used(tree: ast.AST) -> Iterator[str]:
    """Dotted names that a module uses: ``time.sleep``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"


@cache
def names_in(path: Path) -> tuple[frozenset[str], frozenset[str]]:
    """What a module imports, and the dotted names that it uses."""
    tree = ast.parse(path.read_text("utf-8"), str(path))
    return frozenset(imported(tree)), frozenset(used(tree))


def breaches(paths: Iterable[Path], wrong: Callable[[str, frozenset[str], frozenset[str]], set[str]]) -> dict[str, Any]:
    """The modules in which something is `wrong`, by their path, what they import and what they use."""
    found = {name_of(path): sorted(wrong(name_of(path), *names_in(path))) for path in paths}
    return {name: names for name, names in found.items() if names}


def test_arrows_point_one_way():
    def wrong(path, imports, _):
        own = {name for name in imports if name.partition(".")[0] in (*FOLDERS, "tests")}
        return {name for name in own if name.partition(".")[0] not in MAY_IMPORT[path.partition("/")[0]]}

    assert breaches(modules(*FOLDERS), wrong) == {}


def test_rooms_of_the_rig_lie_above_one_another():
    """Below evidence lies nothing, and the catalogue needs none of the others: no circles."""

    def wrong(path, imports, _):
        names = {name for name in imports if name.startswith("fixtures.")}
        return {name for name in names if name.split(".")[1] not in ROOMS[path.split("/")[1]]}

    assert breaches((path for path in modules("fixtures") if path.parent.name != "fixtures"), wrong) == {}


def test_every_module_of_the_rig_is_in_a_room():
    assert {path.name for path in (PROJECT / "fixtures").iterdir() if path.name != "__pycache__"} == {
        "__init__.py",
        *ROOMS,
    }


def test_scenarios_are_nobodys_helpers():
    trees = {path: ast.parse(path.read_text("utf-8")) for path in modules("conformance")}
    used_by = [(path, name) for path, tree in trees.items() for name in imported(tree)]
    found = [f"{name_of(path)} imports {name}" for path, name in used_by if ".test_" in name]
    assert found == [], "what two modules need stands in a module of its own"


def test_nothing_imports_the_whole_of_scapy():
    def wrong(_, imports, __):
        return {name for name in imports if name.startswith("scapy.all")}

    assert breaches(modules(*FOLDERS, "tests"), wrong) == {}


def test_nothing_sleeps():
    def wrong(_, imports, uses):
        return {"time.sleep"} & (imports | uses) | {"asyncio.sleep", "trio.sleep"} & imports

    assert breaches(modules(*FOLDERS, "tests"), wrong) == {}


def test_imports_are_absolute_and_named():
    """File path = import path; nothing arrives under a star."""

    def wrong(_, imports, __):
        return {name for name in imports if name.startswith(".") or name.endswith(".*")}

    assert breaches(modules(*FOLDERS), wrong) == {}


def loaded_by(statement: str) -> set[str]:
    """The heavy modules that a fresh interpreter holds after `statement`."""
    code = f"{statement}\nimport json, sys\nprint(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    settings = {**os.environ, "PYTHONPATH": str(PROJECT)}
    told = subprocess.run([sys.executable, "-c", code], env=settings, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    return set(json.loads(told.stdout))


@pytest.mark.parametrize(
    "module",
    ["fixtures.run.plugin", "fixtures.wire.wire", "fixtures.stage.links", "sockproof.command", "reports.store"],
)
def test_nothing_heavy_is_imported_before_it_is_needed(module):
    assert loaded_by(f"import {module}") == set()


def test_this_test_sees_what_is_heavy():
    assert loaded_by("import scapy, hypothesis.strategies") == {"scapy", "hypothesis.strategies"}
