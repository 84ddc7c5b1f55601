"""``--preload``: a library that takes the place of calls, on the host and on targets that see its files."""

from __future__ import annotations

import shutil

import pytest

from fixtures.evidence.verdicts import Unavailable
from fixtures.stage.compiler import compiled
from tests.sockproof.targets.conftest import results

SOURCE = "int getpriority(int which, unsigned who) { (void) which; (void) who; return 7; }\n"


@pytest.fixture
def library(tmp_path):
    """A library under which the priority of every process is 7."""
    source = tmp_path / "priority.c"
    source.write_text(SOURCE)
    try:
        return compiled(source, "-shared", "-fPIC")
    except Unavailable as error:
        pytest.skip(error.reason)


TARGETS = [
    "host",
    pytest.param("container", marks=pytest.mark.skipif(shutil.which("bwrap") is None, reason="no bubblewrap")),
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
