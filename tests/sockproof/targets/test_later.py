"""Kernels that are programs of a later release than this machine's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sockproof.targets import later
from sockproof.targets.uml import Uml

REFUSED = """#!/bin/sh
echo "$0: /lib/libc.so.6: version \\`GLIBC_2.9' not found (required by $0)" >&2
echo "$0: /lib/libc.so.6: version \\`GLIBC_2.38' not found (required by $0)" >&2
exit 1
"""


@pytest.fixture
def kernel(tmp_path):
    """A program that needs a newer C library, in a folder of its own."""
    program = tmp_path / "usr" / "bin" / "linux.uml"
    program.parent.mkdir(parents=True)
    program.write_text(REFUSED, "ascii")
    program.chmod(0o755)
    return program


def test_newest_of_the_libraries_that_are_missing_is_told(kernel):
    assert later.missing(str(kernel)) == "2.38"
    assert later.missing("/bin/true") is None
    assert later.missing("/nope") is None


def test_kernel_that_needs_a_newer_library_says_what_to_do(kernel):
    state = Uml(f"uml:{kernel}").state()

    assert not state.ready
    assert state.says == f"{kernel} needs the C library 2.38, which is newer than this machine's"
    assert "libc6 of the same release into the same folder" in state.remedy


@pytest.mark.parametrize("folder", ["usr/lib64", "lib64"])
def test_loader_of_the_library_beside_it_is_found(kernel, tmp_path, folder):
    beside = tmp_path / folder / "ld-linux-x86-64.so.2"
    beside.parent.mkdir()
    beside.touch()

    assert later.loader(str(kernel)) == beside


def test_program_that_starts_is_left_alone(tmp_path):
    assert later.command("/bin/true", tmp_path) == ["/bin/true"]


@pytest.mark.skipif(sys.maxsize < 1 << 32, reason="programs here have 32 bits")
def test_program_is_loaded_by_the_other_loader(tmp_path):
    (usual,) = [line.split()[-1] for line in maps(Path("/bin/cat")) if "/ld-linux" in line][:1]
    other, program = tmp_path / "other-loader.so", tmp_path / "cat"
    other.write_bytes(Path(usual).read_bytes())
    program.write_bytes(later.with_interpreter(Path("/bin/cat").read_bytes(), str(other)))
    for file in (other, program):
        file.chmod(0o755)

    assert any(str(other) in line for line in maps(program))
    assert not any(usual in line for line in maps(program))


def maps(program):
    """What a program like cat sees in its own memory."""
    done = subprocess.run([str(program), "/proc/self/maps"], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()
