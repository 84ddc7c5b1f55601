"""A process for each client: what parent and child share, and what each must close."""

import fcntl
import os
from select import POLLIN, POLLRDHUP
from signal import SIGKILL
from socket import SO_KEEPALIVE, SOL_SOCKET

import pytest

from conformance.programs.process_models.servers import OTHERS, asked, echo_all, in_processes
from fixtures.evidence.waiting import readiness, ready
from fixtures.stage.children import child, in_child
from fixtures.stage.families import over_ip, over_streams

pytestmark = pytest.mark.needs("processes:8")


@pytest.mark.claim("stream.fork.parent-copy-withholds-the-end")
@over_streams
def test_client_reads_end_of_file_only_when_the_parent_has_closed_too(stream_pair):
    client, server = stream_pair

    def serve():
        server.send(b"bye")
        server.close()

    in_child(serve)
    assert client.recv(100) == b"bye"
    assert readiness(client, POLLIN | POLLRDHUP) == 0
    server.close()  # decisive

    assert ready(client, POLLIN) & POLLIN
    assert client.recv(1) == b""


@pytest.mark.claim("stream.fork.parent-copy-withholds-the-end")
@over_ip
def test_fin_goes_out_only_when_the_parent_has_closed_too(stream_pair, wire):
    in_child(stream_pair.server.close)
    wire.never("server > client FIN")
    wire.never("server > client RST")

    stream_pair.server.close()  # decisive

    wire.expect("server > client FIN")


@pytest.mark.claim("stream.fork.parent-may-close-first")
@over_streams
def test_child_talks_on_after_its_parent_has_closed(stream_pair):
    client, server = stream_pair

    def serve():
        client.close()
        echo_all(server)  # decisive

    with child(serve) as serving:
        server.close()

        assert asked(client, b"one") == b"one"
        assert asked(client, b"two") == b"two"
        client.close()
        assert serving.ends().status == 0


@pytest.mark.claim("stream.fork.child-closes-its-listener")
@over_streams
def test_child_that_closes_its_listener_leaves_that_of_its_parent(peers, family):
    listener = peers.listener(family)

    in_child(listener.close)

    client = peers.connecting(family, listener.getsockname())
    client.send(b"still listening")  # decisive
    assert peers.accepting(listener).recv(100) == b"still listening"


@pytest.mark.claim("stream.fork.child-keeps-the-listener")
@over_streams
def test_listener_that_a_child_keeps_goes_on_listening(peers, family):
    listener = peers.listener(family)
    address = listener.getsockname()

    with child(lambda: listener.accept()[0].recv(100)) as keeping:
        keeping.is_blocked_in("accept")
        listener.close()
        peers.connecting(family, address).send(b"in")  # decisive

        assert keeping.ends().value == b"in"


@pytest.mark.claim("stream.fork.serves-while-one-is-idle")
@over_streams
def test_server_that_forks_serves_others_while_one_is_idle(peers, family):
    listener = peers.listener(family)
    with child(lambda: in_processes(listener, OTHERS + 1)) as server:
        idle = peers.connecting(family, listener.getsockname(), lane="idle")
        clients = [peers.connecting(family, listener.getsockname(), lane=f"client{n}") for n in range(OTHERS)]

        answers = [asked(client, b"client %d" % number) for number, client in enumerate(clients)]

        assert answers == [b"client %d" % number for number in range(OTHERS)]
        assert [client.recv(1) for client in clients] == [b""] * OTHERS
        assert readiness(idle, POLLIN) == 0
        assert asked(idle, b"at last") == b"at last"  # decisive
        assert server.ends().value == [0] * (OTHERS + 1)


@pytest.mark.claim("stream.fork.a-crash-spares-the-others")
@over_streams
def test_child_that_is_killed_takes_only_its_own_connection_along(peers, family):
    listener = peers.listener(family)
    doomed, spared = peers.connecting(family, listener.getsockname(), lane="doomed"), None
    server = peers.accepting(listener)
    with child(lambda: echo_all(server)) as serving:
        server.close()
        assert asked(doomed, b"hello") == b"hello"
        spared = peers.connecting(family, listener.getsockname(), lane="spared")

        serving.kill(SIGKILL)  # decisive

        ready(doomed, POLLIN)
        assert doomed.recv(1) == b""
        assert serving.ends().signal == SIGKILL
    spared.send(b"alive")
    assert peers.accepting(listener).recv(100) == b"alive"


@pytest.mark.claim("process.fork.memory-of-its-own")
def test_what_a_child_writes_in_memory_its_parent_does_not_see():
    memory = bytearray(b"parent")

    def write():
        memory[:] = b"child!"  # decisive
        return bytes(memory)

    assert in_child(write).value == b"child!"
    assert memory == b"parent"


@pytest.mark.claim("stream.fork.shares-what-is-open")
@over_streams
def test_child_and_parent_share_flags_and_options_of_a_socket(stream_pair):
    client, _ = stream_pair

    def change():
        fcntl.fcntl(client, fcntl.F_SETFL, os.O_NONBLOCK)  # decisive
        client.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)  # decisive

    in_child(change)

    assert fcntl.fcntl(client, fcntl.F_GETFL) & os.O_NONBLOCK
    assert client.getsockopt(SOL_SOCKET, SO_KEEPALIVE) == 1


@pytest.mark.claim("stream.fork.shares-what-was-read")
@over_streams
def test_bytes_that_a_child_has_read_are_gone_for_its_parent(stream_pair):
    client, server = stream_pair
    client.send(b"onetwo")
    ready(server, POLLIN)

    assert in_child(lambda: server.recv(3)).value == b"one"  # decisive

    assert server.recv(100) == b"two"
