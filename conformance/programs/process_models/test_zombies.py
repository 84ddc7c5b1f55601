"""What a child that has ended leaves behind, and which handler of SIGCHLD clears it away."""

import os
import signal
from errno import ECHILD
from signal import SIG_DFL, SIG_IGN, SIGCHLD

import pytest

from conformance.programs.process_models.zombies import BURST, ended, held_back, state, zombies
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import until
from fixtures.stage.children import in_child

pytestmark = pytest.mark.needs("processes:8")


@pytest.mark.claim("process.zombie.until-waited-for")
def test_child_that_ended_is_a_zombie_until_its_parent_waits():
    def piece():
        signal.signal(SIGCHLD, SIG_DFL)
        (pid,) = ended(1)
        before = state(pid)
        waited = (0, 0)
        waited = os.waitpid(pid, 0)  # decisive
        return before, waited == (pid, 0), state(pid)

    assert in_child(piece).value == ("Z", True, "")


@pytest.mark.claim("process.zombie.one-signal-for-many")
def test_children_that_end_together_send_one_signal():
    def piece():
        signal.signal(SIGCHLD, lambda *_: None)
        with held_back():
            pids = ended(1)
            pids += ended(BURST - 1)  # decisive
            first = signal.sigtimedwait({SIGCHLD}, 0)
            return zombies(pids), bool(first), signal.sigtimedwait({SIGCHLD}, 0)

    assert in_child(piece).value == (BURST, True, None)


@pytest.mark.claim("process.zombie.loop-clears-all")
def test_handler_that_waits_in_a_loop_leaves_no_zombie():
    def reap(*_):
        while True:
            try:
                if os.waitpid(-1, os.WNOHANG) == (0, 0):
                    return
            except ChildProcessError:
                return

    def piece():
        signal.signal(SIGCHLD, reap)  # decisive
        with held_back():
            pids = ended(BURST)
        until(lambda: zombies(pids) == 0, what="no zombie")
        return zombies(pids)

    assert in_child(piece).value == 0


@pytest.mark.claim("process.zombie.one-wait-leaves-the-rest")
def test_handler_that_waits_once_leaves_the_rest():
    waited = []

    def piece():
        signal.signal(SIGCHLD, lambda *_: waited.append(os.waitpid(-1, os.WNOHANG)[0]))  # decisive
        with held_back():
            pids = ended(BURST)
        until(lambda: waited, what="the handler")
        return waited[0] in pids, zombies(pids)

    assert in_child(piece).value == (True, BURST - 1)


@pytest.mark.claim("process.zombie.ignored-leaves-none")
def test_ignored_sigchld_leaves_no_zombie_and_nothing_to_wait_for():
    def piece():
        signal.signal(SIGCHLD, SIG_IGN)  # decisive
        pids = ended(BURST)
        until(lambda: zombies(pids) == 0, what="no zombie")
        with fails(ECHILD):
            os.waitpid(-1, 0)
        return [state(pid) for pid in pids]

    assert in_child(piece).value == [""] * BURST


@pytest.mark.claim("process.zombie.wnohang-does-not-wait")
def test_wnohang_returns_at_once_while_the_child_runs():
    def piece():
        signal.signal(SIGCHLD, SIG_DFL)
        reading, writing = os.pipe()
        if (pid := os.fork()) == 0:
            os.close(writing)
            os.read(reading, 1)  # until its parent ends
            os._exit(0)
        found = None
        found = os.waitpid(-1, os.WNOHANG)  # decisive
        os.close(writing)
        return found, os.waitpid(pid, 0) == (pid, 0)

    assert in_child(piece).value == ((0, 0), True)
