"""What a writer meets when the other end is gone: by FIN, by RST, or because there was none."""

from errno import ECONNREFUSED, ECONNRESET, ENOTCONN, EPIPE
from select import POLLERR, POLLIN
from signal import SIGPIPE
from socket import MSG_NOSIGNAL, SHUT_WR, SO_ERROR, SO_LINGER, SOCK_SEQPACKET, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.configuration.values.tables import answer
from conformance.lifecycle.states.asking import SENDS
from conformance.lifecycle.states.messages import in_each_state, over_messages
from conformance.local.unix.pairs import pair as unix_pair
from conformance.stream.sigpipe.signals import by_default, sigpipe
from conformance.stream.sigpipe.writes import over_writes
from fixtures.evidence.expect import fails, linger
from fixtures.evidence.kernel_view import Ends, is_in, reaches
from fixtures.evidence.waiting import ready
from fixtures.stage.children import dies_of
from fixtures.stage.families import over_ip, over_streams, over_unix

WITHOUT_SIGNAL = {
    **SENDS,
    "send with MSG_NOSIGNAL": lambda end: end.send(b"x", MSG_NOSIGNAL),
    "sendmsg with MSG_NOSIGNAL": lambda end: end.sendmsg([b"x"], [], MSG_NOSIGNAL),
}


@pytest.mark.claim("tcp.sigpipe.first-write-succeeds")
@over_ip
def test_first_write_after_the_peers_close_succeeds_and_the_second_fails(stream_pair):
    client, server = stream_pair
    server.close()
    ready(client, POLLIN)

    with sigpipe(times=0):
        assert client.send(b"lost") == 4  # decisive

    ready(client, POLLERR)
    with sigpipe(times=1), fails(EPIPE):
        client.send(b"x")
    with sigpipe(times=1), fails(EPIPE):
        client.send(b"x")


@pytest.mark.claim("tcp.sigpipe.first-write-draws-rst")
@pytest.mark.needs("sock_diag")
@over_ip
def test_first_write_after_the_peers_close_draws_a_reset(stream_pair, wire):
    client, server = stream_pair
    ends = Ends.of(client)
    server.close()
    reaches(ends, "CLOSE_WAIT")

    assert client.send(b"lost") == 4  # decisive

    ready(client, POLLERR)
    is_in(ends, "CLOSE")
    with fails(EPIPE):
        client.send(b"x")
    wire.expect("server > client FIN 1:1(0)")
    wire.expect("client > server 1:5(4)")
    wire.expect("server > client RST")
    wire.never("client > server any 5:*(1..)")


@pytest.mark.claim("tcp.sigpipe.second-write-kills")
@over_ip
def test_second_write_after_the_peers_close_kills_by_default(stream_pair):
    client, server = stream_pair
    server.close()
    client.send(b"lost")  # decisive
    ready(client, POLLERR)

    dies_of(SIGPIPE, by_default(lambda: client.send(b"x")))


@pytest.mark.claim("tcp.sigpipe.late-write-leaves-epipe")
@over_ip
def test_reset_after_the_peers_fin_leaves_epipe_as_pending_error(stream_pair):
    client, server = stream_pair
    server.close()
    ready(client, POLLIN)

    client.send(b"lost")  # decisive

    ready(client, POLLERR)
    assert client.getsockopt(SOL_SOCKET, SO_ERROR) == EPIPE
    assert client.getsockopt(SOL_SOCKET, SO_ERROR) == 0
    with sigpipe(times=1), fails(EPIPE):
        client.send(b"x")


@pytest.mark.claim("tcp.sigpipe.reset-told-to-writer-once")
@over_ip
def test_writer_is_told_of_a_reset_once_and_without_a_signal(stream_pair):
    client, server = stream_pair
    server.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))  # decisive
    server.close()
    ready(client, POLLERR)

    with sigpipe(times=0), fails(ECONNRESET):
        client.send(b"x")

    with sigpipe(times=1), fails(EPIPE):
        client.send(b"x")


@pytest.mark.claim("tcp.sigpipe.reset-told-to-reader-once")
@over_ip
def test_writer_gets_epipe_when_the_reader_was_told_of_the_reset(stream_pair):
    client, server = stream_pair
    server.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))  # decisive
    server.close()
    ready(client, POLLERR)

    with sigpipe(times=0), fails(ECONNRESET):
        client.recv(1)

    with sigpipe(times=1), fails(EPIPE):
        client.send(b"x")
    assert client.recv(1) == b""


@pytest.mark.claim("tcp.sigpipe.so-error-clears-reset")
@over_ip
def test_so_error_tells_of_a_reset_once_and_clears_it(stream_pair):
    client, server = stream_pair
    server.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))  # decisive
    server.close()
    ready(client, POLLERR)

    assert client.getsockopt(SOL_SOCKET, SO_ERROR) == ECONNRESET

    assert client.getsockopt(SOL_SOCKET, SO_ERROR) == 0
    assert client.recv(1) == b""
    with sigpipe(times=1), fails(EPIPE):
        client.send(b"x")


@pytest.mark.claim("unix.sigpipe.first-write-fails")
@over_writes
@over_unix
def test_first_write_after_the_peers_close_fails_on_a_unix_socket(stream_pair, write):
    client, server = stream_pair
    with sigpipe(times=0):
        assert client.send(b"before") == 6
    server.recv(6)

    server.close()  # decisive

    with sigpipe(times=1), fails(EPIPE):
        write(client)


@pytest.mark.claim("unix.sigpipe.records-without-signal")
@over_writes
def test_write_of_a_record_after_the_peers_close_raises_no_signal(peers, write):
    client, server = unix_pair(peers, SOCK_SEQPACKET)

    server.close()  # decisive

    with sigpipe(times=0), fails(EPIPE):
        write(client)


@pytest.mark.claim("tcp.sigpipe.unconnected")
@over_ip
def test_writing_to_a_tcp_socket_without_connection_fails(peers, family):
    end = peers.socket("client", family.domain, SOCK_STREAM)

    with fails(ENOTCONN, accepted={EPIPE: "send(2), BUGS"}) as failure:
        end.send(b"x", MSG_NOSIGNAL)  # decisive

    with sigpipe(times=int(failure.error.errno == EPIPE)), fails(failure.error.errno):
        end.send(b"x")


@pytest.mark.claim("tcp.sigpipe.listener")
@over_ip
def test_writing_to_a_listener_fails(peers, family):
    end = peers.listener(family)

    with fails(ENOTCONN, accepted={EPIPE: "send(2), BUGS"}) as failure:
        end.send(b"x", MSG_NOSIGNAL)  # decisive

    with sigpipe(times=int(failure.error.errno == EPIPE)), fails(failure.error.errno):
        end.send(b"x")


@pytest.mark.claim("unix.sigpipe.unconnected-without-signal")
@over_unix
def test_writing_to_a_unix_socket_without_connection_raises_no_signal(peers, family):
    end = peers.socket("client", family.domain, SOCK_STREAM)

    with sigpipe(times=0), fails(ENOTCONN):
        end.send(b"x")  # decisive


@pytest.mark.claim("udp.sigpipe.refused-without-signal")
@over_ip
def test_refused_datagram_raises_no_signal(peers, family):
    sender, receiver = peers.datagram(family, lane="sender"), peers.datagram(family, lane="receiver")
    sender.connect(receiver.getsockname())
    receiver.close()  # decisive
    sender.send(b"lost")
    ready(sender, POLLERR)

    with sigpipe(times=0), fails(ECONNREFUSED):
        sender.send(b"x")


@pytest.mark.claim("unix.sigpipe.datagram-refused-without-signal")
@over_unix
def test_datagram_to_a_closed_unix_socket_raises_no_signal(peers, family):
    sender, receiver = peers.datagram(family, lane="sender"), peers.datagram(family, lane="receiver")
    sender.connect(receiver.getsockname())

    receiver.close()  # decisive

    with sigpipe(times=0), fails(ECONNREFUSED):
        sender.send(b"x")


@pytest.mark.claim("datagram.sigpipe.shutdown-without-signal")
@over_streams
def test_datagram_after_shutdown_raises_no_signal(peers, family):
    sender, receiver = peers.datagram(family, lane="sender"), peers.datagram(family, lane="receiver")
    sender.connect(receiver.getsockname())

    sender.shutdown(SHUT_WR)  # decisive

    with sigpipe(times=0), fails(EPIPE):
        sender.send(b"x")


@pytest.mark.claim("datagram.sigpipe.shutdown-without-signal")
@pytest.mark.unwatched
@pytest.mark.parametrize("call", WITHOUT_SIGNAL.values(), ids=WITHOUT_SIGNAL)
@over_messages
def test_no_state_of_a_socket_of_messages_raises_a_signal(peers, kind, call):
    ends, seen = in_each_state(peers, kind), {}

    with sigpipe(times=0):
        seen = {state: answer(call, end) for state, end in ends.items()}  # decisive

    assert seen["half_closed"] == seen["shut"] == "EPIPE"
