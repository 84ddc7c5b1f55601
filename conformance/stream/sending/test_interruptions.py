"""What a blocked send() returns when a signal or SO_SNDTIMEO ends it."""

from errno import EAGAIN, EINTR
from select import POLLIN
from signal import SIGALRM, siginterrupt
from socket import SO_RCVTIMEO, SO_SNDTIMEO, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.stream.sending.buffers import MESSAGE, fill, received, small_pair
from conformance.stream.sending.raw import alarm_again_and_again, interrupt, send, signal_pair, tell_of_alarms
from fixtures.evidence.expect import STALL, fails, lasts, timeval
from fixtures.evidence.waiting import readiness
from fixtures.stage.children import child, in_child
from fixtures.stage.families import over_streams

LIMIT = 0.25
"""Seconds; ten times as many would be more than what is allowed for a machine that stands still."""


@pytest.mark.claim("stream.send.signal-after-progress-returns-count")
@over_streams
def test_signal_after_progress_ends_send_with_the_count(peers, family):
    client, server = small_pair(peers, family)

    def sending():
        alarm_again_and_again()  # decisive
        return send(client, MESSAGE)

    count = in_child(sending).value

    assert 0 < count < len(MESSAGE)
    assert received(server, count) == MESSAGE[:count]
    assert readiness(server, POLLIN) == 0


@pytest.mark.claim("stream.send.signal-before-progress-fails")
@pytest.mark.needs("siocoutq")
@over_streams
def test_signal_before_any_progress_ends_send_with_eintr(peers, family):
    client, server = pair = small_pair(peers, family)
    total = fill(pair, MESSAGE)

    def sending():
        alarm_again_and_again()  # decisive
        return send(client, b"more")

    with fails(EINTR):
        in_child(sending)
    assert received(server, total) == MESSAGE[:total]
    assert readiness(server, POLLIN) == 0


@pytest.mark.claim("stream.send.sa-restart-continues")
@pytest.mark.needs("siocoutq")
@over_streams
def test_send_goes_on_after_a_handler_with_sa_restart(peers, family):
    client, server = pair = small_pair(peers, family)
    total = fill(pair, MESSAGE)

    with signal_pair() as (reader, writer):

        def sending():
            tell_of_alarms(writer)
            siginterrupt(SIGALRM, False)  # decisive
            return send(client, b"more")

        with child(sending) as sender:
            interrupt(sender, "send", reader)
            assert received(server, total) == MESSAGE[:total]
            assert sender.ends().value == 4
    assert received(server, 4) == b"more"


@pytest.mark.claim("stream.send.timeout-never-restarts")
@pytest.mark.needs("siocoutq")
@over_streams
def test_send_with_a_timeout_is_not_restarted(peers, family):
    client, _ = pair = small_pair(peers, family)
    client.setsockopt(SOL_SOCKET, SO_SNDTIMEO, timeval(600))  # decisive
    fill(pair, MESSAGE)

    def sending():
        alarm_again_and_again()
        siginterrupt(SIGALRM, False)
        return send(client, b"more")

    with fails(EINTR):
        in_child(sending)


@pytest.mark.claim("stream.send.timeout-after-progress-returns-count")
@over_streams
def test_timeout_after_progress_ends_send_with_the_count(peers, family):
    client, server = small_pair(peers, family)
    client.setsockopt(SOL_SOCKET, SO_SNDTIMEO, timeval(0.06))  # decisive

    with lasts(at_least=0.05, slack=STALL):  # what remains after progress is counted in ticks, at most 10 ms each
        count = client.send(MESSAGE)

    assert 0 < count < len(MESSAGE)
    assert received(server, count) == MESSAGE[:count]
    assert readiness(server, POLLIN) == 0


@pytest.mark.claim("stream.send.timeout-before-progress-fails")
@pytest.mark.needs("siocoutq")
@over_streams
def test_timeout_before_any_progress_ends_send_with_eagain(peers, family):
    client, server = pair = small_pair(peers, family)
    client.setsockopt(SOL_SOCKET, SO_SNDTIMEO, timeval(LIMIT))  # decisive
    total = fill(pair, MESSAGE)

    with lasts(at_least=LIMIT, slack=STALL), fails(EAGAIN):
        client.send(b"more")

    assert received(server, total) == MESSAGE[:total]
    assert readiness(server, POLLIN) == 0


@pytest.mark.claim("stream.send.timeout-reads-back")
@over_streams
def test_send_timeout_reads_back(peers, family):
    end = peers.socket("client", family.domain, SOCK_STREAM)
    assert end.getsockopt(SOL_SOCKET, SO_SNDTIMEO, 16) == timeval(0)

    end.setsockopt(SOL_SOCKET, SO_SNDTIMEO, timeval(2.5))  # decisive

    assert end.getsockopt(SOL_SOCKET, SO_SNDTIMEO, 16) == timeval(2.5)
    assert end.getsockopt(SOL_SOCKET, SO_RCVTIMEO, 16) == timeval(0)
