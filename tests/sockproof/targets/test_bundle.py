"""``sockproof bundle``: one file for machines that have only Python."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile

import pytest

from sockproof import bundle


@pytest.fixture
def bare(command, monkeypatch, tmp_path):
    """Runs a bundle with a Python that has no packages, in a folder of its own."""

    def ran(path, *arguments):
        folder = tmp_path / "temporary"
        folder.mkdir(exist_ok=True)
        environment = {"PATH": "/usr/bin:/bin", "TMPDIR": str(folder), "HOME": str(tmp_path)}
        line = [sys.executable, "-S", "-E", str(path), *arguments]
        done = subprocess.run(line, cwd=command.cwd, env=environment, capture_output=True, text=True, timeout=300)
        assert list(folder.glob("sockproof-*")) == []
        return done

    return ran


@pytest.mark.parametrize("name", ["sockproof.pyz", "folder"])
def test_bundle_runs_without_any_package(command, bare, name):
    assert command("bundle", "--out", name).out.strip() == str(command.cwd / name)

    done = bare(command.cwd / name, "run", "--out", "there", "-n", "2")

    assert done.returncode == 0, done.stderr
    found = json.loads((command.cwd / "there" / "results.json").read_text("utf-8"))
    assert [each["verdict"] for each in found["instances"]] == ["conforms", "conforms"]


def test_nothing_in_a_bundle_is_built_for_one_machine(command):
    command("bundle")

    names = zipfile.ZipFile(command.cwd / "sockproof.pyz").namelist()

    built = [name for name in names if name.startswith("site/") and name.endswith(bundle.NATIVE)]
    assert [*built, *(name for name in names if "__pycache__" in name)] == []
    assert {"__main__.py", "pyproject.toml", "site/pytest/__init__.py", "site/hypothesis/__init__.py"} <= set(names)


def test_what_is_no_bundle_is_not_overwritten(command):
    kept = command.cwd / "thesis.pyz"
    kept.write_text("mine")

    ended = command("bundle", "--out", "thesis.pyz")

    assert (ended.status, kept.read_text()) == (2, "mine")
    assert "is there already and no bundle; name another with --out." in ended.complaint


def test_bundle_is_written_whole_or_not_at_all(command):
    ended = command("bundle", "--out", "/dev/full/x.pyz")

    assert ended.status == 2
    assert "cannot be written" in ended.complaint


def test_who_bundles_beside_another_takes_what_the_other_has_kept(tmp_path):
    ours, kept = tmp_path / "ours", tmp_path / "kept"
    for folder in (ours, kept):
        folder.mkdir()
        (folder / "file").write_text(folder.name)

    bundle._keep(ours, kept)

    assert (kept / "file").read_text() == "kept"


def test_what_cannot_be_kept_is_told(tmp_path):
    with pytest.raises(FileNotFoundError):
        bundle._keep(tmp_path / "ours", tmp_path / "nowhere" / "kept")
