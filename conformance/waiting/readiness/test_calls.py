"""poll(), select() and epoll_wait(): how long they wait, and what signals do to the wait."""

import signal
from errno import EINTR
from signal import SIG_BLOCK, SIGALRM, SIGUSR1, siginterrupt

import pytest

from conformance.programs.process_models.programs import compiled
from conformance.stream.sending.raw import alarm_again_and_again
from conformance.waiting.readiness.calls import sleeps, waits
from fixtures.evidence.expect import fails, lasts
from fixtures.stage.children import child, in_child
from fixtures.stage.families import over_streams

LONG = 600.0
"""Seconds that no wait of a scenario lasts."""


@pytest.mark.claim("waiting.timeout.not-early")
@waits
@over_streams
def test_wait_ends_with_nothing_when_its_time_is_over(stream_pair, wait):
    with lasts(at_least=0.05):
        assert wait(stream_pair.server, 0.05) == 0  # decisive


@pytest.mark.claim("waiting.timeout.zero-at-once")
@waits
@over_streams
def test_wait_of_no_time_returns_at_once(stream_pair, wait):
    seconds = 0.05
    seconds = 0.0  # decisive

    assert wait(stream_pair.server, seconds) == 0
    assert min(sleeps(lambda: wait(stream_pair.server, seconds)) for _ in range(3)) == 0


@pytest.mark.claim("waiting.timeout.none-for-ever")
@waits
@over_streams
def test_wait_without_a_limit_lasts_until_something_comes(stream_pair, wait):
    client, server = stream_pair
    seconds = 0.0
    seconds = None  # decisive

    with child(lambda: wait(server, seconds)) as waiting:
        waiting.is_blocked_in(wait.__name__)
        client.send(b"data")
        assert waiting.ends().value == 1


@pytest.mark.claim("waiting.signal.never-restarted")
@pytest.mark.parametrize("restart", [False, True], ids=["plain", "SA_RESTART"])
@waits
@over_streams
def test_signal_handler_ends_the_wait(stream_pair, wait, restart):
    def waiting():
        alarm_again_and_again()  # decisive
        siginterrupt(SIGALRM, not restart)
        return wait(stream_pair.server, LONG)

    with fails(EINTR):
        in_child(waiting)


@pytest.mark.claim("waiting.mask.lets-a-signal-in")
@waits
@over_streams
def test_mask_of_the_wait_lets_a_pending_signal_in(stream_pair, wait):
    handled = []

    def waiting():
        signal.signal(SIGUSR1, lambda *_: handled.append(signal.pthread_sigmask(SIG_BLOCK, [])))
        signal.pthread_sigmask(SIG_BLOCK, {SIGUSR1})
        signal.raise_signal(SIGUSR1)  # decisive
        with fails(EINTR):
            wait(stream_pair.server, LONG, mask=set())
        return len(handled), SIGUSR1 in signal.pthread_sigmask(SIG_BLOCK, [])

    assert in_child(waiting).value == (1, True)


@pytest.mark.claim("waiting.kqueue.is-not-there")
@pytest.mark.needs("command:cc")
def test_there_is_an_epoll_and_no_kqueue(tmp_path):
    found = compiled(tmp_path, "#include <sys/epoll.h>\n", "-fsyntax-only")
    missing = found
    missing = compiled(tmp_path, "#include <sys/event.h>\n", "-fsyntax-only")  # decisive

    assert found.returncode == 0, found.stderr
    assert missing.returncode != 0
    assert "sys/event.h" in missing.stderr
