"""What programs of a map say of what its sockets receive: none of it, all of it, or that it goes elsewhere."""

from errno import EAGAIN, EINVAL
from select import POLLIN
from socket import MSG_DONTWAIT, MSG_OOB, SOCK_DGRAM, SOCK_STREAM

import pytest

from conformance.configuration.socket_maps.maps import DROP, INGRESS, PARSER, PASS, STREAM_VERDICT, VERDICT, socket_map
from conformance.configuration.socket_maps.pairs import another_pair
from conformance.local.unix.pairs import pair
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.ebpf import end, load, when
from fixtures.stage.families import over_ip, over_streams, over_unix

pytestmark = pytest.mark.needs("socket-map", "kernel>=5.15")
SIZE, TO = 0, 2
"""Where the context of a program has the size of what came; the register into which it is loaded."""
NOT_FOUR = load(TO, 1, SIZE) + when(TO, 4, end(DROP)) + end(PASS)
FOUR = load(TO, 1, SIZE) + when(TO, 4, end(PASS)) + end(DROP)
"""Programs that drop what has four bytes, and what has not."""


@pytest.mark.claim("socket.map.verdict-drops")
@over_streams
def test_bytes_that_a_program_drops_are_not_received(stream_pair):
    client, server = stream_pair

    with socket_map() as sockets:
        sockets.judges(VERDICT, NOT_FOUR)  # decisive
        sockets.takes(server)
        client.send(b"four")
        client.send(b"other")
        got = server.recv(9)

    assert got == b"other"


@pytest.mark.claim("socket.map.verdict-drops")
def test_datagrams_that_a_program_drops_are_not_received(peers):
    sender, receiver = pair(peers, SOCK_DGRAM)

    with socket_map() as sockets:
        sockets.judges(VERDICT, NOT_FOUR)  # decisive
        sockets.takes(receiver)
        sender.send(b"four")
        sender.send(b"other")
        got = receiver.recv(9)

    assert got == b"other"


@pytest.mark.claim("socket.map.redirected-in")
@over_streams
def test_bytes_that_are_redirected_make_another_socket_readable(peers, family, stream_pair):
    client, server = stream_pair
    _, reader = another_pair(peers, family)

    with socket_map() as sockets:
        sockets.redirects(VERDICT, INGRESS)  # decisive
        sockets.takes(server, reader)
        client.send(b"elsewhere")
        ready(reader, POLLIN)
        got = reader.recv(9)

    assert got == b"elsewhere"
    with fails(EAGAIN):
        server.recv(9, MSG_DONTWAIT)


@pytest.mark.claim("socket.map.redirected-in")
def test_datagrams_that_are_redirected_make_another_socket_readable(peers):
    sender, receiver = pair(peers, SOCK_DGRAM)
    _, reader = pair(peers, SOCK_DGRAM)

    with socket_map() as sockets:
        sockets.redirects(VERDICT, INGRESS)  # decisive
        sockets.takes(receiver, reader)
        sender.send(b"elsewhere")
        ready(reader, POLLIN)
        got = reader.recv(9)

    assert got == b"elsewhere"
    with fails(EAGAIN):
        receiver.recv(9, MSG_DONTWAIT)


@pytest.mark.claim("socket.map.redirected-out")
@over_streams
def test_bytes_that_are_redirected_are_sent_by_another_socket(peers, family, stream_pair):
    client, server = stream_pair
    writer, reader = another_pair(peers, family)

    with socket_map() as sockets:
        sockets.redirects(VERDICT)  # decisive
        sockets.takes(server, writer)
        client.send(b"elsewhere")
        got = reader.recv(9)

    assert got == b"elsewhere"
    with fails(EAGAIN):
        server.recv(9, MSG_DONTWAIT)


@pytest.mark.claim("socket.map.parser-waits")
@pytest.mark.needs("socket-parser")
@over_ip
def test_verdict_waits_for_as_much_as_the_parser_says(stream_pair):
    client, server = stream_pair

    with socket_map() as sockets:
        sockets.judges(STREAM_VERDICT, FOUR)
        sockets.judges(PARSER, end(4))  # decisive
        sockets.takes(server)
        client.send(b"fo")
        client.send(b"ur")
        got = server.recv(9)

    assert got == b"four"


@pytest.mark.claim("unix.map.urgent-byte-is-lost")
@over_unix
def test_urgent_byte_comes_to_no_program(stream_pair):
    client, server = stream_pair

    with socket_map() as sockets:
        sockets.judges(VERDICT, end(PASS))  # decisive
        sockets.takes(server)
        client.send(b"U", MSG_OOB)
        sockets.loses(0)

    client.send(b"normal")
    with fails(EINVAL):
        server.recv(1, MSG_OOB)
    assert server.recv(9) == b"normal"


@pytest.mark.claim("unix.map.earlier-data-kept")
@pytest.mark.parametrize("kind", [SOCK_STREAM, SOCK_DGRAM], ids=["stream", "datagram"])
def test_what_came_before_a_socket_joined_is_received_as_ever(peers, kind):
    client, server = pair(peers, kind)
    client.send(b"earlier")

    with socket_map() as sockets:
        sockets.judges(VERDICT, end(DROP))
        sockets.takes(server)  # decisive
        got = server.recv(100)
        client.send(b"later")
        with fails(EAGAIN):
            server.recv(100, MSG_DONTWAIT)

    assert got == b"earlier"
