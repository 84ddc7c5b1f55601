"""What a map of sockets holds: who is in it, who may be added, and who leaves it."""

from errno import EBUSY, EEXIST, ENOENT
from socket import SOL_SOCKET
from sys import byteorder

import pytest

from conformance.configuration.socket_maps.maps import DROP, PASS, STREAM_VERDICT, VERDICT, socket_map
from fixtures.evidence.expect import fails
from fixtures.stage.ebpf import EXIST, NOEXIST, SOCKMAP, end, lookup, new_map, update
from fixtures.stage.families import over_streams

pytestmark = pytest.mark.needs("socket-map", "kernel>=5.15")
SO_COOKIE, LONG = 57, 8


@pytest.mark.claim("socket.map.entry-is-a-cookie")
@over_streams
def test_socket_is_told_by_its_cookie(stream_pair):
    client, _ = stream_pair
    with new_map(SOCKMAP, size=LONG) as sockets:
        update(sockets, 1, client.fileno(), size=LONG)  # decisive

        found = lookup(sockets, 1, size=LONG)

    assert found == int.from_bytes(client.getsockopt(SOL_SOCKET, SO_COOKIE, LONG), byteorder)


@pytest.mark.claim("socket.map.place-taken")
@over_streams
def test_new_entry_does_not_replace_another(stream_pair):
    client, server = stream_pair
    with socket_map() as sockets:
        sockets.takes(client)  # decisive

        with fails(EEXIST):
            update(sockets.descriptor, 0, server.fileno(), NOEXIST)


@pytest.mark.claim("socket.map.place-empty")
@over_streams
def test_entry_that_is_not_there_is_not_replaced(stream_pair):
    client, server = stream_pair
    with socket_map() as sockets:
        sockets.takes(client)  # decisive

        update(sockets.descriptor, 0, server.fileno(), EXIST)
        with fails(ENOENT):
            update(sockets.descriptor, 1, client.fileno(), EXIST)


@pytest.mark.claim("socket.map.left")
@over_streams
def test_socket_that_has_left_receives_everything(stream_pair):
    client, server = stream_pair
    with socket_map() as sockets:
        sockets.judges(VERDICT, end(DROP))
        sockets.takes(server)

        sockets.loses(0)  # decisive
        client.send(b"all")

        assert server.recv(9) == b"all"


@pytest.mark.claim("socket.map.one-verdict-each")
@over_streams
def test_socket_has_the_verdict_of_one_map_only(stream_pair):
    client, _ = stream_pair
    with socket_map() as one, socket_map() as other:
        other.judges(VERDICT, end(PASS))
        one.judges(VERDICT, end(PASS))  # decisive
        one.takes(client)

        with fails(EBUSY):
            other.takes(client)


@pytest.mark.claim("socket.map.one-kind-of-verdict")
def test_map_has_no_verdicts_of_both_kinds():
    with socket_map() as sockets:
        sockets.judges(STREAM_VERDICT, end(PASS))  # decisive

        with fails(EBUSY):
            sockets.judges(VERDICT, end(PASS))
