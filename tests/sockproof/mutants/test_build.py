"""Compiling the preload library, and keeping it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.stage.compiler import seal_of
from sockproof.mutants import MutantError, build


@pytest.fixture
def small(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sources that are compiled in a moment; those of the mutants take three seconds each time."""
    sources = tmp_path_factory.mktemp("sources")
    (sources / "one.c").write_text("int one(void) { return 1; }\n", "utf-8")
    monkeypatch.setattr(build, "SOURCES", sources)


@pytest.mark.usefixtures("small")
def test_library_is_compiled_once(tmp_path: Path) -> None:
    first = build.library(cache=tmp_path)
    made = first.stat()

    assert build.library(cache=tmp_path) == first
    assert first.stat() == made
    assert {path.name for path in first.parent.iterdir()} == {build.LIBRARY, seal_of(first).name}


DAMAGE = {
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:100]),
    "empty": lambda path: path.write_bytes(b""),
    "another library": lambda path: path.write_bytes(Path(sys.executable).read_bytes()),
    "without its hash": lambda path: seal_of(path).unlink(),
    "with another hash": lambda path: seal_of(path).write_text("0" * 64),
    "a hash that is no text": lambda path: seal_of(path).write_bytes(b"\xff"),
}


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damaged_library_is_compiled_again(damage, tmp_path: Path) -> None:
    path = build.library(cache=tmp_path)
    whole = path.read_bytes()
    damage(path)

    assert build.library(cache=tmp_path) == path
    assert path.read_bytes() == whole
    assert build.is_sound(path)


def test_edited_sources_have_another_fingerprint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = build.fingerprint(build.compiler())
    sources = tmp_path / "preload"
    shutil.copytree(build.SOURCES, sources)
    with (sources / "send.c").open("a", encoding="utf-8") as file:
        file.write("/* edited */\n")
    monkeypatch.setattr(build, "SOURCES", sources)

    assert build.fingerprint(build.compiler()) != before


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_sources_compile_without_a_warning(compiler: str, tmp_path: Path) -> None:
    if not shutil.which(compiler):
        pytest.skip(f"{compiler} is not installed")
    command = [compiler, *build.FLAGS, "-Werror", "-o", str(tmp_path / "out.so"), *map(str, build.sources())]

    done = subprocess.run([*command, *build.LIBRARIES], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_no_compiler_is_a_sentence_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)

    with pytest.raises(MutantError, match=r"no C compiler found .* apt install gcc"):
        build.compiler()


def test_failing_compiler_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "false")

    with pytest.raises(MutantError, match=r"could not compile .* headers may be missing"):
        build.library(cache=tmp_path)
    assert not list(tmp_path.rglob("*.so"))


def test_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")

    with pytest.raises(MutantError, match=r"cannot keep .* point XDG_CACHE_HOME to another"):
        build.library(cache=tmp_path / "file")


def test_cache_follows_the_base_directory_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert build.cache_folder() == tmp_path / "sockproof" / "mutants"

    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert build.cache_folder() == Path.home() / ".cache" / "sockproof" / "mutants"
