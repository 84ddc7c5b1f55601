"""The server of 004 with a thread for each client, and the command by which it is to be compiled."""

import subprocess
from select import POLLIN
from shutil import copy
from signal import SIGSEGV

import pytest

from conformance.programs.samples.programs import SOURCES, asked, needs_samples, rest, sample, served
from fixtures.evidence.waiting import readiness
from fixtures.stage.compiler import compiler
from fixtures.stage.families import over_ip4

THREAD = "thread_server_004"
LISTING, COMMAND = "tcp_server_pthread.c", "tcp_server_thread.c"
"""What the listing of 004 is called, and what its command compiles."""


@pytest.mark.claim("sample.thread-004.serves-while-one-is-idle")
@needs_samples
@over_ip4
def test_thread_server_serves_others_while_one_is_idle(peers, family, wire):
    with sample(THREAD, "-pthread") as server:
        idle = served(peers, family, server, lane="idle")
        client = served(peers, family, server)

        assert asked(client, b"hello") == b"hello"
        assert rest(client) == b""
        assert readiness(idle, POLLIN) == 0
        wire.expect("server > client FIN")
        idle.send(b"late")  # decisive
        wire.expect("server > idle any (4)")


@pytest.mark.claim("sample.thread-004.crash-ends-all")
@needs_samples
@over_ip4
def test_thread_that_crashes_ends_the_server_and_all_its_clients(peers, family):
    with sample(THREAD, "-pthread", "-DFRAGILE=1") as server:
        first = served(peers, family, server, lane="first")
        other = served(peers, family, server, lane="other")
        assert asked(other, b"there") == b"there"  # who was not accepted is reset

        first.send(b"crash")  # decisive

        server.dies_of(SIGSEGV)
        assert rest(other) == b""


@pytest.mark.claim("sample.thread-004.command-names-no-file")
@pytest.mark.needs("compiler")
def test_command_of_004_names_a_file_that_its_listing_is_not(tmp_path):
    copy(SOURCES / f"{THREAD}.c", tmp_path / LISTING)
    name = LISTING
    name = COMMAND  # decisive

    done = subprocess.run([compiler(), name, "-o", "server", "-pthread"], cwd=tmp_path, capture_output=True, text=True,
                          check=False)  # fmt: skip

    assert done.returncode != 0
    assert COMMAND in done.stderr
    assert not (tmp_path / "server").exists()
