"""The end of a stream, and sockets that have none because they were never connected."""

from errno import EINVAL, ENOTCONN
from socket import SHUT_WR

import pytest

from conformance.stream.receiving.ends import end_has_come, unconnected
from conformance.stream.sending.buffers import received
from fixtures.evidence.expect import fails
from fixtures.stage.families import over_ip, over_streams, over_unix


@pytest.mark.claim("stream.receive.end-after-last-byte")
@over_streams
def test_reader_gets_the_last_byte_and_then_the_end_each_time(stream_pair):
    client, server = stream_pair
    client.send(b"last words")

    client.close()  # decisive

    end_has_come(server)
    assert received(server, 10) == b"last words"
    assert [server.recv(1), server.recv(100), server.recv(1)] == [b"", b"", b""]


@pytest.mark.claim("stream.receive.end-is-of-one-direction")
@over_streams
def test_reader_that_saw_the_end_can_still_send(stream_pair):
    client, server = stream_pair

    client.shutdown(SHUT_WR)  # decisive

    assert server.recv(1) == b""
    assert server.send(b"answer") == 6
    assert received(client, 6) == b"answer"


@pytest.mark.claim("tcp.receive.unconnected-fails")
@over_ip
def test_receive_on_an_unconnected_socket_fails(peers, family):
    end = unconnected(peers, family)

    with fails(ENOTCONN):
        end.recv(1)  # decisive


@pytest.mark.claim("tcp.receive.unconnected-fails")
@over_ip
def test_receive_on_a_listener_fails(peers, family):
    listener = peers.listener(family)

    with fails(ENOTCONN):
        listener.recv(1)  # decisive


@pytest.mark.claim("unix.receive.unconnected-fails")
@over_unix
def test_receive_on_an_unconnected_unix_socket_fails(peers, family):
    end = unconnected(peers, family)

    with fails(EINVAL, accepted={ENOTCONN: "recv(2), ERRORS, ENOTCONN"}):
        end.recv(1)  # decisive
