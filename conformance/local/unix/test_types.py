"""Streams, datagrams and sequenced packets between processes of one machine."""

from errno import EAGAIN, ECONNREFUSED, ECONNRESET, EMSGSIZE, EOPNOTSUPP, EPERM, EPIPE
from select import POLLIN, POLLOUT
from socket import (
    MSG_DONTWAIT,
    MSG_EOR,
    MSG_NOSIGNAL,
    MSG_OOB,
    MSG_TRUNC,
    SHUT_WR,
    SO_SNDBUF,
    SOCK_DGRAM,
    SOCK_SEQPACKET,
    SOCK_STREAM,
    SOL_SOCKET,
)  # fmt: skip

import pytest

from conformance.local.unix.names import calling, connected_kinds, new, serving
from conformance.local.unix.pairs import pair
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import readiness, ready
from fixtures.stage.children import child
from fixtures.stage.families import unix

records = pytest.mark.parametrize("kind", [SOCK_DGRAM, SOCK_SEQPACKET], ids=["datagram", "seqpacket"])


def filled(sender):
    """How many datagrams `sender` may send before it would have to wait."""
    count = 0
    while readiness(sender, POLLOUT):
        try:
            sender.send(b"%d" % count, MSG_DONTWAIT)
        except BlockingIOError:
            break
        count += 1
    return count


@pytest.mark.claim("unix.stream.no-boundaries")
def test_stream_keeps_no_boundaries(peers):
    first, second = pair(peers, SOCK_STREAM)
    first.send(b"one")
    first.send(b"two")  # decisive

    assert second.recv(4) == b"onet"
    assert second.recv(4) == b"wo"


@pytest.mark.claim("unix.records.boundaries-kept")
@records
def test_records_are_read_one_at_a_time_and_in_order(peers, kind):
    first, second = pair(peers, kind)
    for number in range(8):
        first.send(b"%d" % number * (number + 1))  # decisive

    assert [second.recv(100) for _ in range(8)] == [b"%d" % number * (number + 1) for number in range(8)]


@pytest.mark.claim("unix.records.excess-lost")
@records
def test_rest_of_a_record_that_has_no_room_is_lost(peers, kind):
    first, second = pair(peers, kind)
    first.send(b"0123456789")  # decisive
    first.send(b"next")

    data, _, flags, _ = second.recvmsg(4)

    assert (data, flags & MSG_TRUNC) == (b"0123", MSG_TRUNC)
    assert second.recv(100) == b"next"


@pytest.mark.claim("unix.records.empty-is-a-record")
@records
def test_empty_record_is_received_as_one(peers, kind):
    first, second = pair(peers, kind)

    first.send(b"")  # decisive
    first.send(b"behind")

    ready(second, POLLIN)
    assert second.recv(100) == b""
    assert second.recv(100) == b"behind"


@pytest.mark.claim("unix.seqpacket.end-of-file")
def test_sequenced_packets_end_with_the_connection(peers):
    first, second = pair(peers, SOCK_SEQPACKET)
    first.send(b"last")

    first.close()  # decisive

    assert second.recv(100) == b"last"
    assert second.recv(100) == b""
    with fails(EPIPE):
        second.send(b"too late", MSG_NOSIGNAL)


@pytest.mark.claim("unix.seqpacket.needs-a-connection")
def test_sequenced_packets_go_over_a_connection_that_is_accepted(peers, folder):
    listener = serving(peers, folder / "server", SOCK_SEQPACKET)
    client = calling(peers, folder / "server", SOCK_SEQPACKET)  # decisive
    server = peers.accepting(listener)

    client.send(b"one")
    client.send(b"two")

    assert [server.recv(100), server.recv(100)] == [b"one", b"two"]
    server.send(b"back")
    assert client.recv(100) == b"back"


@pytest.mark.claim("unix.seqpacket.eor-not-told")
def test_end_of_a_record_is_not_marked(peers):
    first, second = pair(peers, SOCK_SEQPACKET)

    first.sendmsg([b"whole"], [], MSG_EOR)  # decisive

    data, _, flags, _ = second.recvmsg(100)
    assert (data, flags & MSG_EOR) == (b"whole", 0)


@pytest.mark.claim("unix.records.longer-than-so-sndbuf")
@records
def test_record_longer_than_the_send_buffer_is_refused(peers, kind):
    first, second = pair(peers, kind)
    first.setsockopt(SOL_SOCKET, SO_SNDBUF, 4608)
    room = first.getsockopt(SOL_SOCKET, SO_SNDBUF)

    with fails(EMSGSIZE):
        first.send(bytes(room))  # decisive

    assert first.send(bytes(room - 512)) == room - 512
    assert len(second.recv(room)) == room - 512


@pytest.mark.claim("unix.datagram.nothing-lost")
@pytest.mark.needs("buffers:100000")
def test_datagrams_are_kept_until_there_is_no_room_and_none_is_lost(peers):
    receiver = peers.datagram(unix, lane="receiver")
    sender = peers.socket("sender", unix.domain, SOCK_DGRAM)
    sender.connect(receiver.getsockname())

    count = filled(sender)
    with fails(EAGAIN):
        sender.send(b"no room", MSG_DONTWAIT)  # decisive

    assert [receiver.recv(100) for _ in range(count)] == [b"%d" % number for number in range(count)]
    assert readiness(receiver, POLLIN) == 0


@pytest.mark.claim("unix.datagram.nothing-lost")
@pytest.mark.needs("buffers:100000")
def test_blocking_datagram_waits_for_room_and_is_not_lost(peers):
    receiver = peers.datagram(unix, lane="receiver")
    sender = peers.socket("sender", unix.domain, SOCK_DGRAM)
    sender.connect(receiver.getsockname())
    count = filled(sender)

    with child(lambda: sender.send(b"in the end")) as sending:
        sending.is_blocked_in("send")
        received = [receiver.recv(100)]  # decisive
        assert sending.ends().value == len(b"in the end")

    received += [receiver.recv(100) for _ in range(count)]
    assert received == [*(b"%d" % number for number in range(count)), b"in the end"]


@pytest.mark.claim("unix.datagram.queue-length")
@pytest.mark.needs("sysctl:net.unix.max_dgram_qlen", "buffers:100000")
@pytest.mark.parametrize("length", [1, 4])
def test_queue_of_a_receiver_is_as_long_as_max_dgram_qlen(peers, sysctl, length):
    sysctl("net.unix.max_dgram_qlen", length)  # decisive
    receiver = peers.datagram(unix, lane="receiver")
    sender = peers.socket("sender", unix.domain, SOCK_DGRAM)
    sender.connect(receiver.getsockname())

    assert filled(sender) == length + 1

    receiver.recv(100)
    assert ready(sender, POLLOUT) & POLLOUT


@pytest.mark.claim("unix.datagram.names-the-sender")
def test_datagram_names_its_sender_who_can_be_answered(peers):
    server, client = peers.datagram(unix, lane="server"), peers.datagram(unix, lane="client")

    client.sendto(b"ask", server.getsockname())  # decisive

    data, address = server.recvfrom(100)
    assert (data, address) == (b"ask", client.getsockname())
    server.sendto(b"answer", address)
    assert client.recvfrom(100) == (b"answer", server.getsockname())


@pytest.mark.claim("unix.datagram.peer-closed-refused")
def test_datagram_to_a_name_whose_socket_is_closed_is_refused(peers, folder):
    serving(peers, folder / "server", SOCK_DGRAM).close()  # decisive

    with fails(ECONNREFUSED):
        new(peers, SOCK_DGRAM).sendto(b"anyone?", str(folder / "server"))


@pytest.mark.claim("unix.datagram.connected-refuses-strangers")
def test_socket_that_is_connected_takes_datagrams_of_its_peer_only(peers):
    server, friend = peers.datagram(unix, lane="server"), peers.datagram(unix, lane="friend")
    server.connect(friend.getsockname())  # decisive

    with fails(EPERM):
        new(peers, SOCK_DGRAM, lane="stranger").sendto(b"stranger", server.getsockname())

    friend.sendto(b"friend", server.getsockname())
    assert server.recv(100) == b"friend"


@pytest.mark.claim("unix.close.unread-resets")
@connected_kinds
def test_close_with_unread_bytes_resets_the_peer(peers, kind):
    first, second = pair(peers, kind)
    first.send(b"never read")  # decisive

    second.close()

    with fails(ECONNRESET):
        first.recv(1)
    assert first.recv(1) == b""


@pytest.mark.claim("unix.close.read-up-ends-orderly")
@connected_kinds
def test_close_after_reading_everything_is_end_of_file(peers, kind):
    first, second = pair(peers, kind)
    first.send(b"read")
    assert second.recv(100) == b"read"  # decisive

    second.close()

    assert first.recv(1) == b""


@pytest.mark.claim("unix.close.listener-resets-those-who-wait")
@connected_kinds
def test_connection_that_nobody_accepted_is_reset_with_its_listener(peers, folder, kind):
    listener = serving(peers, folder / "server", kind)
    client = calling(peers, folder / "server", kind)

    listener.close()  # decisive

    with fails(ECONNRESET):
        client.recv(1)


@pytest.mark.claim("unix.records.no-urgent-data")
@records
def test_records_know_no_urgent_data(peers, kind):
    first, second = pair(peers, kind)

    with fails(EOPNOTSUPP):
        first.send(b"!", MSG_OOB)  # decisive
    with fails(EOPNOTSUPP):
        second.recv(1, MSG_OOB)


@pytest.mark.claim("unix.stream.both-ways-between-processes")
def test_two_processes_talk_over_a_connection(peers, folder):
    listener = serving(peers, folder / "server")

    def ask():
        client = calling(peers, folder / "server")
        client.send(b"question")
        return client.recv(100)

    with child(ask) as asking:
        server = peers.accepting(listener)
        assert server.recv(100) == b"question"
        server.send(b"answer")  # decisive
        server.close()
        assert asking.ends().value == b"answer"


@pytest.mark.claim("unix.seqpacket.shutdown-behind-records")
def test_end_of_shutdown_comes_behind_every_record(peers):
    first, second = pair(peers, SOCK_SEQPACKET)
    first.send(b"one")
    first.send(b"two")

    first.shutdown(SHUT_WR)  # decisive

    assert [second.recv(100) for _ in range(3)] == [b"one", b"two", b""]
    second.send(b"back")
    assert first.recv(100) == b"back"
