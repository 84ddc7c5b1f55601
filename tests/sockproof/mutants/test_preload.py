"""The preload library: every provoked mutant shows, is counted, and shows nothing while it is not armed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.stage.probes.programs import probe_control_group, probe_socket_map
from sockproof.mutants.build import library
from sockproof.mutants.state import State, environment, names

HERE = Path(__file__).parent
PROJECT = HERE.parents[2]
MODULES = sorted(
    path.stem for path in (HERE / "provocations").glob("[a-z]*.py") if path.stem not in ("alarm", "common")
)

ON_THE_LINK = {"grouping", "linking", "framing", "values", "errands", "labelling", "calling", "rawness", "joining"}
"""Modules whose packets have nowhere to go without the link, or that need the privileges of the namespace."""

OUTSIDE = {"tying"}
"""Modules whose privileges count in the user namespace of the machine only."""

# A namespace with a veth link, which carries the multicasts: loopback returns its own, whatever is set.
LINK = (
    "ip link set lo up && ip link add v0 type veth peer name v1 && ip addr add 10.87.0.1/24 dev v0 && "
    'ip link set v1 up && ip link set v0 up && ip addr add fe80::87/64 dev v0 nodad && exec "$@"'
)
IN_NAMESPACE = ("unshare", "--user", "--map-root-user", "--net", "sh", "-c", LINK, "sh")
SEARCH_PATH = {**os.environ, "PYTHONPATH": f"{PROJECT}:{HERE}"}


@pytest.fixture(scope="session")
def shim() -> Path:
    return library()


@pytest.fixture(scope="session")
def namespaced() -> bool:
    return subprocess.run([*IN_NAMESPACE, "true"], capture_output=True, check=False).returncode == 0


def provoke(module: str, shim: Path, folder: Path, *, namespaced: bool) -> tuple[list[list[Any]], str]:
    """What each provocation of the module gave, and what went to standard error."""
    before = IN_NAMESPACE if namespaced else ()
    done = subprocess.run(
        [*before, "env", f"LD_PRELOAD={shim}", sys.executable, "-m", "provocations", module, str(folder)],
        env=SEARCH_PATH, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def faults(result: list[Any]) -> Iterator[str]:
    if len(result) == 2:
        yield f"{result[0]}: {result[1]}"
        return
    name, plain, (observed, seen, early), (armed, _, acted) = result
    if observed != plain:
        yield f"{name}: observing altered {plain} to {observed}"
    if not seen:
        yield f"{name}: not counted as seen"
    if early:
        yield f"{name}: acted without being armed"
    if not acted:
        yield f"{name}: armed and never acted"
    if armed == plain:
        yield f"{name}: acted, and nothing was seen of it but {plain}"


def permitted() -> bool:
    try:
        probe_socket_map()
        probe_control_group()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("module", MODULES)
def test_mutants_show_and_are_counted(module: str, shim: Path, tmp_path: Path, namespaced: bool) -> None:
    if module in ON_THE_LINK and not namespaced:
        pytest.skip("needs a network namespace: unshare --user --net failed; permit user namespaces or run as root")
    if module in OUTSIDE and not permitted():
        pytest.skip("needs socket-map and control-group, which a process may have as root")

    results, errors = provoke(module, shim, tmp_path, namespaced=namespaced and module not in OUTSIDE)

    assert results
    assert [fault for result in results for fault in faults(result)] == [], errors


def test_nearly_every_mutant_is_provoked() -> None:
    done = run("from provocations import PROVOCATIONS; print(*PROVOCATIONS)")
    provoked = set(done.stdout.split())

    assert provoked <= set(names())
    assert len(provoked) > 0.9 * len(names())


def run(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], env={**SEARCH_PATH, **variables}, capture_output=True, text=True, check=False
    )


PEEK = "import socket; a, b = socket.socketpair(); a.send(b'xy'); b.recv(1, socket.MSG_PEEK); print(b.recv(2))\n"


def test_armed_by_environment_alone(shim: Path) -> None:
    assert run(PEEK, LD_PRELOAD=str(shim)).stdout == "b'xy'\n"
    assert run(PEEK, LD_PRELOAD=str(shim), SOCKPROOF_MUTANT="receive_peek_consumes").stdout == "b'y'\n"


def test_unknown_name_stops_the_process_with_a_sentence(shim: Path) -> None:
    done = run("print('ran')", LD_PRELOAD=str(shim), SOCKPROOF_MUTANT="no_such")

    assert done.returncode == 2
    assert done.stdout == ""
    assert 'unknown SOCKPROOF_MUTANT "no_such"; preload/mutants.def lists the names' in done.stderr


def test_state_file_of_another_layout_stops_the_process(shim: Path, tmp_path: Path) -> None:
    (tmp_path / "state").write_bytes(bytes(100))

    done = run("print('ran')", **environment(shim, tmp_path / "state"))

    assert done.returncode == 2
    assert "cannot use the state file" in done.stderr


IN_FORK = f"import os\nif os.fork() == 0:\n    {PEEK}    os._exit(0)\nos.wait()\n"
IN_EXEC = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {PEEK!r}])\n"


@pytest.mark.parametrize("code", [IN_FORK, IN_EXEC], ids=["forked", "executed"])
def test_children_are_altered_and_counted(code: str, shim: Path, tmp_path: Path) -> None:
    with State.create(tmp_path / "state") as state:
        state.arm("receive_peek_consumes")
        state.gate = True

        run(code, **environment(shim, state.path))

        assert state.count("receive_peek_consumes").acted == 1
        assert state.attached >= 1


def test_nothing_happens_behind_a_shut_gate(shim: Path, tmp_path: Path) -> None:
    with State.create(tmp_path / "state") as state:
        state.arm("receive_peek_consumes")

        assert run(PEEK, **environment(shim, state.path)).stdout == "b'xy'\n"
        assert state.reached() == {}
        assert state.attached == 1


NOT_SOCKETS = """
import fcntl, os, select, socket
out, into = os.pipe()
os.write(into, b"xyz"); os.readv(out, [bytearray(1)]); fcntl.fcntl(out, fcntl.F_SETFL, os.O_NONBLOCK)
waiter = select.poll(); waiter.register(out, select.POLLIN); waiter.poll(0); os.read(out, 2)
link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0); link.bind((0, 0)); link.setblocking(False); link.close()
os.close(into); os.close(out)
"""


def test_other_descriptors_are_left_alone(shim: Path, tmp_path: Path) -> None:
    with State.create(tmp_path / "state") as state:
        state.observe()
        state.gate = True

        done = run(NOT_SOCKETS, **environment(shim, state.path))

        assert (done.returncode, done.stderr) == (0, "")
        # Importing socket makes an epoll instance, which is what this one is about.
        assert set(state.reached()) <= {"epoll_cloexec_ignored"}
