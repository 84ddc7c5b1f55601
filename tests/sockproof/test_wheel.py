"""The wheel: one package and nothing beside it, with the whole suite inside, which runs from there."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
CARRIED = ("conformance", "fixtures", "reports")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built by the build system itself where it is installed, and else by pip, which must then fetch it."""
    folder = tmp_path_factory.mktemp("wheel")
    if find_spec("hatchling"):
        builder = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    else:
        builder = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "-w", str(folder), str(PROJECT)]
    built = subprocess.run(builder, cwd=PROJECT, capture_output=True, text=True)
    if "No matching distribution found for hatchling" in built.stderr or "No module named pip" in built.stderr:
        pytest.skip("the wheel needs hatchling to be built, which is not installed and cannot be fetched here")
    assert built.returncode == 0, built.stdout + built.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture
def installed(wheel, tmp_path_factory, small_catalogue) -> Path:
    """A folder on the path into which the wheel was unpacked, as pip does, with claims that hold everywhere."""
    folder = tmp_path_factory.mktemp("site")
    zipfile.ZipFile(wheel).extractall(folder)
    small_catalogue(folder / "sockproof" / "suite")
    return folder


@pytest.fixture
def start(installed, tmp_path):
    """Starts the installed command in a folder of its own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "GITHUB_"))}
    environment = {**inherited, "PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"}

    def started(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-P", "-m", "sockproof", *arguments]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)

    return started


def test_nothing_but_the_package_comes_to_stand_beside_other_packages(wheel):
    tops = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {"dist-info" if name.endswith(".dist-info") else name for name in tops} == {"sockproof", "dist-info"}
    assert len(tops) == 2


@pytest.mark.parametrize("part", CARRIED)
def test_every_file_of_the_suite_is_carried(wheel, part):
    names = set(zipfile.ZipFile(wheel).namelist())
    files = [path for path in (PROJECT / part).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    missing = [path for path in files if f"sockproof/suite/{path.relative_to(PROJECT).as_posix()}" not in names]
    assert files
    assert missing == []


def test_the_installed_command_lists_the_claims_from_anywhere(start):
    ended = start("list")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.endswith("\n2 claims, 2 scenarios\n")


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_the_installed_command_runs_and_writes_nothing_into_the_package(start, installed, tmp_path, workers):
    before = sorted(installed.rglob("*"))

    ended = start("run", "--out", "there", *workers)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "pair.stream.carries" in (tmp_path / "there" / "report.html").read_text("utf-8")
    assert sorted(installed.rglob("*")) == before
