"""How many bytes send() takes when the buffers are small: what fits, or everything."""

from errno import EAGAIN, ECONNRESET, EPIPE
from fcntl import F_GETFL, fcntl
from os import O_NONBLOCK, read, sendfile, splice, write
from select import POLLIN
from socket import MSG_DONTWAIT, MSG_NOSIGNAL, SO_SNDTIMEO, SOL_SOCKET

import pytest

from conformance.stream.sending.buffers import MESSAGE, file_of, fill, received, small_pair
from conformance.waiting.epoll.watching import pipe
from fixtures.evidence.expect import fails, lasts, timeval
from fixtures.evidence.waiting import readiness, ready
from fixtures.stage.children import child
from fixtures.stage.families import over_ip, over_streams
from fixtures.stage.processor import also_across_processors


@pytest.mark.claim("stream.send.nonblocking-short-count")
@pytest.mark.needs("siocoutq")
@over_streams
@also_across_processors
def test_non_blocking_send_takes_what_fits(peers, family):
    client, server = pair = small_pair(peers, family)
    client.setblocking(False)  # decisive

    first = client.send(MESSAGE)
    total = first + fill(pair, MESSAGE[first:])

    assert 0 < first < len(MESSAGE)
    assert received(server, total) == MESSAGE[:total]
    assert readiness(server, POLLIN) == 0


@pytest.mark.claim("stream.send.nonblocking-full-fails")
@pytest.mark.needs("siocoutq")
@over_streams
def test_non_blocking_send_into_a_full_buffer_fails(peers, family):
    client, server = pair = small_pair(peers, family)
    client.setblocking(False)  # decisive
    total = fill(pair, MESSAGE)

    with fails(EAGAIN):
        client.send(b"x")

    assert received(server, total) == MESSAGE[:total]
    assert readiness(server, POLLIN) == 0
    assert client.send(b"x") == 1
    assert received(server, 1) == b"x"


@pytest.mark.claim("stream.send.never-zero-of-something")
@pytest.mark.needs("siocoutq")
@over_streams
def test_send_of_something_gives_a_number_or_an_error(peers, family):
    client, server = pair = small_pair(peers, family)
    client.setblocking(False)
    fill(pair, MESSAGE)  # decisive

    with fails(EAGAIN):
        client.send(b"more")

    server.close()
    ready(client, POLLIN)
    with fails(EPIPE, accepted={ECONNRESET: "send(2), ERRORS, ECONNRESET: unread bytes were closed upon"}):
        client.send(b"more", MSG_NOSIGNAL)


@pytest.mark.claim("stream.send.dontwait-short-count")
@pytest.mark.needs("siocoutq")
@over_streams
def test_send_with_dontwait_takes_what_fits(peers, family):
    client, server = pair = small_pair(peers, family)
    first = 0

    first += client.send(MESSAGE, MSG_DONTWAIT)  # decisive

    assert 0 < first < len(MESSAGE)
    total = first + fill(pair, MESSAGE[first:])
    assert received(server, total) == MESSAGE[:total]
    assert readiness(server, POLLIN) == 0


@pytest.mark.claim("stream.send.dontwait-full-fails")
@pytest.mark.needs("siocoutq")
@over_streams
def test_send_with_dontwait_into_a_full_buffer_fails(peers, family):
    client, server = pair = small_pair(peers, family)
    total = fill(pair, MESSAGE)

    with fails(EAGAIN):
        client.send(b"x", MSG_DONTWAIT)  # decisive

    assert received(server, total) == MESSAGE[:total]
    assert readiness(server, POLLIN) == 0


@pytest.mark.claim("stream.send.dontwait-per-call")
@pytest.mark.needs("siocoutq")
@over_streams
def test_dontwait_acts_on_one_call_only(peers, family):
    client, _ = pair = small_pair(peers, family)
    fill(pair, MESSAGE)

    with fails(EAGAIN):
        client.send(b"x", MSG_DONTWAIT)  # decisive

    client.setsockopt(SOL_SOCKET, SO_SNDTIMEO, timeval(0.03))
    with lasts(at_least=0.03), fails(EAGAIN):
        client.send(b"x")  # decisive

    assert fcntl(client, F_GETFL) & O_NONBLOCK == 0


@pytest.mark.claim("stream.send.sendfile-short-count")
@over_streams
def test_non_blocking_sendfile_takes_what_fits(peers, family):
    client, server = small_pair(peers, family)
    client.setblocking(False)  # decisive

    with file_of(MESSAGE) as file:
        count = sendfile(client.fileno(), file, 0, len(MESSAGE))

    assert 0 < count < len(MESSAGE)
    assert received(server, count) == MESSAGE[:count]
    assert readiness(server, POLLIN) == 0


@pytest.mark.claim("stream.send.full-takes-no-file")
@pytest.mark.needs("siocoutq")
@over_streams
def test_sendfile_into_a_full_buffer_fails(peers, family):
    client, _ = pair = small_pair(peers, family)
    client.setblocking(False)
    fill(pair, MESSAGE)  # decisive

    with file_of(MESSAGE) as file, fails(EAGAIN):
        sendfile(client.fileno(), file, 0, 100)


@pytest.mark.claim("stream.send.full-takes-no-pipe")
@pytest.mark.needs("siocoutq")
@over_streams
def test_splice_into_a_full_buffer_fails(peers, family):
    client, _ = pair = small_pair(peers, family)
    client.setblocking(False)
    fill(pair, MESSAGE)  # decisive

    with pipe() as (out, into):
        write(into, b"left in the pipe")
        with fails(EAGAIN):
            splice(out, client.fileno(), 100)
        assert read(out, 100) == b"left in the pipe"


@pytest.mark.claim("stream.send.blocking-takes-all")
@pytest.mark.parametrize(
    "sends", [lambda end, data: end.send(data), lambda end, data: write(end.fileno(), data)], ids=["send", "write"]
)
@over_streams
@also_across_processors
def test_blocking_send_waits_until_everything_is_taken(peers, family, sends):
    client, server = small_pair(peers, family)

    with child(lambda: received(server, len(MESSAGE)) == MESSAGE) as reader:
        assert sends(client, MESSAGE) == len(MESSAGE)  # decisive
        assert reader.ends().value is True

    assert readiness(server, POLLIN) == 0


@pytest.mark.claim("stream.send.zero-length-sends-nothing")
@over_streams
def test_send_of_nothing_gives_the_reader_nothing(peers, family):
    client, server = peers.pair(family)

    assert client.send(b"") == 0

    assert readiness(server) & POLLIN == 0
    assert client.send(b"after") == 5  # decisive
    assert received(server, 5) == b"after"
    assert readiness(server) & POLLIN == 0


@pytest.mark.claim("tcp.send.zero-length-makes-no-packet")
@over_ip
def test_send_of_nothing_puts_nothing_on_the_wire(stream_pair, wire):
    client, server = stream_pair

    assert client.send(b"") == 0
    client.send(b"after")  # decisive

    assert received(server, 5) == b"after"
    wire.expect("client > server ACK 1:1(0)")  # the third of the handshake
    wire.expect("client > server 1:6(5)")
    empty = wire.seen("client > server ACK (0)")
    assert len(empty) == 1
