"""SIGPIPE for whoever writes where nothing can be written: when it comes, how often, to whom, and how to be spared."""

from errno import EPIPE
from select import POLLIN
from signal import SIGPIPE
from socket import MSG_NOSIGNAL, MSG_WAITALL, SHUT_WR, SO_SNDBUF, SOL_SOCKET

import pytest

from conformance.stream.sigpipe.signals import by_default, ignored, pending_by_thread, sigpipe
from conformance.stream.sigpipe.uring import send_by_ring
from conformance.stream.sigpipe.writes import over_writes, over_writes_with_nosignal
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import readiness, ready
from fixtures.stage.children import child, dies_of, in_child
from fixtures.stage.families import over_streams


@pytest.mark.claim("stream.sigpipe.kills")
@over_writes
@over_streams
def test_writing_after_shutdown_kills_by_default(stream_pair, write):
    client, _ = stream_pair

    client.shutdown(SHUT_WR)  # decisive

    dies_of(SIGPIPE, by_default(lambda: write(client)))


@pytest.mark.claim("stream.sigpipe.once-per-call")
@over_writes
@over_streams
def test_each_failing_call_raises_one_signal(stream_pair, write):
    client, _ = stream_pair

    client.shutdown(SHUT_WR)  # decisive

    with sigpipe(times=1), fails(EPIPE):
        write(client)
    with sigpipe(times=1), fails(EPIPE):
        write(client)


@pytest.mark.claim("stream.sigpipe.ignored-gives-epipe")
@over_writes
@over_streams
def test_process_that_ignores_sigpipe_gets_the_error_only(stream_pair, write):
    client, _ = stream_pair

    client.shutdown(SHUT_WR)  # decisive

    with fails(EPIPE):
        in_child(ignored(lambda: write(client)))


@pytest.mark.claim("stream.sigpipe.nosignal-gives-epipe")
@over_writes_with_nosignal
@over_streams
def test_nosignal_spares_the_life_and_keeps_the_error(stream_pair, write):
    client, _ = stream_pair

    client.shutdown(SHUT_WR)  # decisive

    with fails(EPIPE):
        in_child(by_default(lambda: write(client)))
    with sigpipe(times=0), fails(EPIPE):
        write(client)


@pytest.mark.claim("stream.sigpipe.nosignal-per-call")
@over_streams
def test_nosignal_acts_on_one_call_only(stream_pair):
    client, _ = stream_pair

    client.shutdown(SHUT_WR)  # decisive

    with sigpipe(times=0), fails(EPIPE):
        client.send(b"x", MSG_NOSIGNAL)
    with sigpipe(times=1), fails(EPIPE):
        client.send(b"x")
    with sigpipe(times=0), fails(EPIPE):
        client.send(b"x", MSG_NOSIGNAL)


@pytest.mark.claim("stream.sigpipe.thread-directed")
@over_streams
def test_signal_goes_to_the_thread_that_wrote(stream_pair):
    client, _ = stream_pair

    def writing():
        with fails(EPIPE):
            client.send(b"x")

    client.shutdown(SHUT_WR)  # decisive

    assert in_child(lambda: pending_by_thread(writing)).value == (True, False)


@pytest.mark.claim("stream.sigpipe.none-on-success")
@over_writes
@over_streams
def test_successful_write_raises_no_signal(stream_pair, write):
    client, server = stream_pair

    with sigpipe(times=0):
        assert write(client) == 3  # decisive
        ready(server, POLLIN)

    assert server.recv(3, MSG_WAITALL) == b"abc"
    assert readiness(server, POLLIN) == 0


@pytest.mark.claim("stream.sigpipe.none-on-recv")
@over_streams
def test_reading_at_the_end_raises_no_signal(stream_pair):
    client, server = stream_pair

    server.close()  # decisive

    with sigpipe(times=0):
        assert client.recv(1) == b""
        client.shutdown(SHUT_WR)
        assert client.recv(1) == b""


@pytest.mark.claim("stream.sigpipe.own-shutdown-spares-peer")
@over_streams
def test_own_shutdown_forbids_writing_to_oneself_only(stream_pair):
    client, server = stream_pair

    client.shutdown(SHUT_WR)  # decisive

    with sigpipe(times=1), fails(EPIPE):
        client.send(b"x")
    with sigpipe(times=0):
        assert server.send(b"back") == 4
    assert client.recv(4, MSG_WAITALL) == b"back"
    assert server.recv(1) == b""


@pytest.mark.claim("stream.sigpipe.none-by-io-uring")
@pytest.mark.needs("io_uring", "kernel>=5.12")
@over_streams
def test_send_by_io_uring_fails_without_a_signal(stream_pair):
    client, _ = stream_pair
    client.shutdown(SHUT_WR)  # decisive

    with sigpipe(times=0):
        assert send_by_ring(client.fileno(), b"x") == -EPIPE


@pytest.mark.claim("stream.sigpipe.none-after-progress")
@over_streams
def test_send_cut_short_by_the_peer_returns_the_count_without_a_signal(peers, family):
    client, server = peers.pair(family, rcvbuf=8192)
    client.setsockopt(SOL_SOCKET, SO_SNDBUF, 8192)

    def sending():
        server.close()
        with sigpipe(times=0):
            return client.send(bytes(1 << 20))

    with child(sending) as writer:
        ready(server, POLLIN)
        server.close()  # decisive
        assert 0 < writer.ends().value < 1 << 20
