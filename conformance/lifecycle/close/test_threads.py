"""One descriptor in several threads: close(), a larger buffer and a second reader beside one that waits."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from socket import SHUT_WR, SO_SNDBUF, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.lifecycle.close.threads import waiting_thread
from fixtures.evidence.kernel_view import Ends, is_in
from fixtures.evidence.waiting import GENEROUS, until
from fixtures.stage.families import over, over_all, over_ip, unix

SMALL = 8192
"""Bytes of a send buffer, before the kernel doubles them."""
AMOUNT = 200_000


@pytest.mark.claim("stream.close.reader-in-another-thread-stays")
@over_all
def test_reader_in_another_thread_receives_what_comes_after_close(stream_pair):
    client, server = stream_pair
    with waiting_thread(lambda: client.recv(100), wake=server.close) as reading:
        client.close()

        assert not reading.done()
        assert server.send(b"late") == 4  # decisive
        until(reading.done, what="the thread to receive")
        assert reading.result() == b"late"


@pytest.mark.claim("tcp.close.reader-in-another-thread-keeps-the-connection")
@pytest.mark.needs("sock_diag")
@over_ip
def test_connection_lasts_as_long_as_the_reader_of_another_thread(stream_pair, wire):
    client, server = stream_pair
    ends = Ends.of(client)
    with waiting_thread(lambda: client.recv(100), wake=server.close) as reading:
        client.close()

        wire.never("client > server FIN")
        wire.never("client > server RST")
        is_in(ends, "ESTABLISHED")
        server.send(b"late")  # decisive
        until(reading.done, what="the thread to receive")
        assert reading.result() == b"late"

    wire.expect("client > server FIN")


@pytest.mark.claim("stream.close.accepting-thread-stays")
@over_all
def test_thread_that_accepts_takes_a_connection_after_close(peers, family):
    listener = peers.listener(family)
    name = listener.getsockname()
    client = peers.socket("client", family.domain, SOCK_STREAM)
    with waiting_thread(lambda: listener.accept()[0], wake=lambda: client.connect_ex(name)) as accepting:
        listener.close()
        assert not accepting.done()

        client.connect(name)  # decisive

        until(accepting.done, what="the thread to accept")
        peers.take(accepting.result(), "server")


@pytest.mark.claim("unix.sndbuf.larger-wakes-the-writer")
@pytest.mark.needs("buffers:100000")
@over(unix)
def test_larger_send_buffer_lets_a_writer_go(stream_pair):
    client, server = stream_pair
    client.setsockopt(SOL_SOCKET, SO_SNDBUF, SMALL)
    with waiting_thread(lambda: client.send(bytes(4 * SMALL)), wake=server.close) as writing:
        client.setsockopt(SOL_SOCKET, SO_SNDBUF, 40 * SMALL)  # decisive

        until(writing.done, what="the writer to end")
        assert writing.result() == 4 * SMALL


@pytest.mark.claim("stream.receive.two-readers-share")
@over_all
def test_two_readers_share_the_bytes_of_a_stream(stream_pair):
    client, server = stream_pair
    sent = bytes(number % 251 for number in range(AMOUNT))

    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(everything, server) for _ in range(2)]
        client.sendall(sent)
        client.shutdown(SHUT_WR)  # decisive

        got = b"".join(reader.result(GENEROUS) for reader in readers)
    assert Counter(got) == Counter(sent)


def everything(end):
    """All that a reader gets until the end."""
    return b"".join(iter(lambda: end.recv(1000), b""))
