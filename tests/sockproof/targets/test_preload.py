"""``--preload``: a library that takes the place of calls, on the host and on targets that see its files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fixtures.evidence.verdicts import Unavailable
from fixtures.stage.compiler import compiled
from tests.sockproof.targets.conftest import results

SOURCE = "int getpriority(int which, unsigned who) { (void) which; (void) who; return 7; }\n"


@pytest.fixture
def library(tmp_path):
    """A library under which the priority of every process is 7, where targets have temporary files of their own."""
    source = tmp_path / "priority.c"
    source.write_text(SOURCE)
    try:
        return Path(shutil.copy(compiled(source, "-shared", "-fPIC"), tmp_path / "priority.so"))
    except Unavailable as error:
        pytest.skip(error.reason)


def with_program(target, program, *marks):
    return pytest.param(target, marks=[pytest.mark.skipif(not shutil.which(program), reason=f"no {program}"), *marks])


TARGETS = [
    "host",
    with_program("container", "bwrap"),
    with_program("gvisor", "runsc", pytest.mark.thorough),
    with_program("uml", "linux.uml", pytest.mark.thorough),
]


@pytest.mark.parametrize("target", TARGETS)
def test_preloaded_library_takes_the_place_of_a_call(command, checkout, library, target):
    checkout.add("more.call.answers", "import ctypes\nassert ctypes.CDLL(None).getpriority(0, 0) == 7")
    asked = ("run", "more", "--out", "there", "--target", target)

    assert command(*asked).status == 1
    assert command(*asked, "--preload", str(library)).status == 0
    assert results(command.cwd / "there")["target"]["environment"]["preload"] == [library.name]


def test_library_means_nothing_where_our_files_are_not_seen(command, library):
    ended = command("run", "--target", "command:env", "--preload", str(library))

    assert (ended.status, "--preload means nothing to the target command" in ended.complaint) == (2, True)
