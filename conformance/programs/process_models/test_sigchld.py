"""accept() in a parent whose child ends meanwhile: interrupted, or begun again."""

import os
import signal
from errno import EINTR
from signal import SIGCHLD

import pytest

from conformance.lifecycle.backlog.libc import accept
from conformance.programs.process_models.servers import forked
from conformance.programs.process_models.zombies import state
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import until
from fixtures.stage.children import child
from fixtures.stage.families import over_streams

ENDED = ("Z", "")
"""States of a process that has ended; it is gone where its parent has ended too."""

pytestmark = pytest.mark.needs("processes:8")


def accept_while_a_child_ends(listener, pids, *, restart):
    """The descriptor that accept(2) gives; a child of the calling process ends while that is blocked."""
    caught = []
    signal.signal(SIGCHLD, lambda *_: caught.append(os.getpid()))
    signal.siginterrupt(SIGCHLD, not restart)
    parent = os.getpid()
    pid = forked(lambda: until(lambda: state(parent) == "S", what="the parent asleep in accept()"))
    os.write(pids, b"%d" % pid)
    return accept(listener) >= 0, bool(caught)


@pytest.mark.claim("stream.accept.sigchld-interrupts")
@over_streams
def test_sigchld_ends_accept_with_eintr(peers, family):
    listener, (reading, writing) = peers.listener(family), os.pipe()

    with child(lambda: accept_while_a_child_ends(listener, writing, restart=False)) as server, fails(EINTR):
        server.ends()  # decisive

    os.close(reading)
    os.close(writing)


@pytest.mark.claim("stream.accept.sigchld-restarts")
@over_streams
def test_accept_goes_on_after_sigchld_with_sa_restart(peers, family):
    listener, (reading, writing) = peers.listener(family), os.pipe()

    with child(lambda: accept_while_a_child_ends(listener, writing, restart=True)) as server:
        pid = int(os.read(reading, 20))
        until(lambda: state(pid) in ENDED, what="the end of the child")
        server.is_blocked_in("accept")
        peers.connecting(family, listener.getsockname())  # decisive

        assert server.ends().value == (True, True)
    os.close(reading)
    os.close(writing)
