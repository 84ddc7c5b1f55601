"""What comes to a UNIX socket beside the data, or keeps data from it: files, credentials, times, filters, ends."""

import os
import struct
from errno import ECONNRESET, EOPNOTSUPP, EPIPE
from os import sendfile, splice
from socket import (
    MSG_NOSIGNAL,
    MSG_OOB,
    MSG_PEEK,
    SHUT_RD,
    SO_PASSCRED,
    SOCK_DGRAM,
    SOCK_SEQPACKET,
    SOCK_STREAM,
    SOL_SOCKET,
)

import pytest

from conformance.configuration.filters.programs import RETURN, attach
from conformance.configuration.values.settings import SO_PEEK_OFF, SO_TIMESTAMP, of_type, waiting
from conformance.local.unix.names import new, serving
from conformance.local.unix.pairs import pair
from conformance.local.unix.ucred import ours, received
from conformance.stream.sending.buffers import file_of
from conformance.waiting.epoll.watching import pipe
from fixtures.evidence.expect import fails

ALL = 0xFFFFFFFF


def by_sendfile(end, data):
    """Has the kernel send `data` out of a file."""
    with file_of(data) as file:
        return sendfile(end.fileno(), file, 0, len(data))


def by_splice(end, data):
    """Has the kernel send `data` out of a pipe."""
    with pipe() as (out, into):
        os.write(into, data)
        return splice(out, end.fileno(), len(data))


calls = pytest.mark.parametrize("call", [by_sendfile, by_splice], ids=["sendfile", "splice"])


@pytest.mark.claim("unix.credentials.with-a-file")
@calls
def test_what_comes_out_of_a_file_brings_credentials(peers, call):
    sender, receiver = pair(peers, SOCK_STREAM)
    receiver.setsockopt(SOL_SOCKET, SO_PASSCRED, 1)  # decisive

    call(sender, b"one")

    assert received(receiver) == (b"one", [ours()])


@pytest.mark.claim("unix.stream.file-to-nobody")
@calls
def test_file_for_a_peer_that_reads_no_more_fails(peers, call):
    sender, receiver = pair(peers, SOCK_STREAM)

    receiver.shutdown(SHUT_RD)  # decisive

    with fails(EPIPE):
        call(sender, b"one")


@pytest.mark.claim("unix.timestamp.of-a-datagram")
def test_datagram_brings_the_time_of_its_sending(peers):
    sender, receiver = pair(peers, SOCK_DGRAM)
    receiver.setsockopt(SOL_SOCKET, SO_TIMESTAMP, 1)  # decisive

    sender.send(b"one")

    stamps = of_type(waiting(receiver, 100)[1], SOL_SOCKET, SO_TIMESTAMP)
    assert [struct.unpack("ll", stamp)[0] > 0 for stamp in stamps] == [True]


@pytest.mark.claim("unix.filter.drops-in-silence")
@pytest.mark.needs("filter")
def test_sender_is_not_told_of_a_filter(peers):
    sender, receiver = pair(peers, SOCK_DGRAM)
    attach(receiver, (RETURN, 0))  # decisive

    assert sender.send(b"refused") == 7

    attach(receiver, (RETURN, ALL))
    sender.send(b"passed")
    assert receiver.recv(100) == b"passed"


@pytest.mark.claim("unix.datagram.no-connections")
def test_datagram_socket_neither_listens_nor_accepts(peers):
    end = serving(peers, "", SOCK_DGRAM)

    with fails(EOPNOTSUPP):
        end.listen()  # decisive
    with fails(EOPNOTSUPP):
        end.accept()  # decisive


@pytest.mark.claim("unix.datagram.reader-shut-epipe")
def test_datagram_for_a_socket_that_reads_no_more_fails(peers):
    receiver, sender = serving(peers, "", SOCK_DGRAM), new(peers, SOCK_DGRAM)
    to = receiver.getsockname()

    receiver.shutdown(SHUT_RD)  # decisive

    with fails(EPIPE):
        sender.sendto(b"one", to)


@pytest.mark.claim("unix.urgent.closed-peer-epipe")
@pytest.mark.needs("kernel>=5.15")
def test_urgent_data_for_a_closed_peer_fails(peers):
    client, server = pair(peers, SOCK_STREAM)

    server.close()  # decisive

    with fails(EPIPE):
        client.send(b"U", MSG_OOB | MSG_NOSIGNAL)


@pytest.mark.claim("unix.pending.told-by-send")
def test_reset_is_told_by_the_next_record_that_is_sent(peers):
    client, server = pair(peers, SOCK_SEQPACKET)
    client.send(b"unread")

    server.close()  # decisive

    with fails(ECONNRESET):
        client.send(b"one", MSG_NOSIGNAL)
    with fails(EPIPE):
        client.send(b"one", MSG_NOSIGNAL)


@pytest.mark.claim("unix.peek-off.over-several-sends")
@pytest.mark.needs(f"option:SOL_SOCKET.{SO_PEEK_OFF}")
def test_peeks_go_on_over_the_ends_of_what_was_sent(peers):
    sender, receiver = pair(peers, SOCK_STREAM)
    for piece in (b"abc", b"def", b"ghi"):
        sender.send(piece)
    seen = []
    receiver.setsockopt(SOL_SOCKET, SO_PEEK_OFF, 2)  # decisive

    seen += [receiver.recv(4, MSG_PEEK) for _ in range(2)]

    assert b"".join(seen) == b"cdefghi"[: len(b"".join(seen))]
    assert (seen[0][:1], receiver.recv(100)[:3]) == (b"c", b"abc")
