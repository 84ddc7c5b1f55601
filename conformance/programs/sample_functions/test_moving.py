"""The functions of the documents that move data: what their counts do not say."""

import ctypes
import os
from errno import EAGAIN, ECHILD
from select import POLLIN
from socket import SHUT_WR, SO_LINGER, SO_SNDBUF, SOL_SOCKET, recv_fds

import pytest

from conformance.programs.sample_functions.functions import functions, needs_functions, telling
from fixtures.evidence.expect import linger
from fixtures.evidence.waiting import ready
from fixtures.stage.children import child, in_child
from fixtures.stage.families import over_ip4, over_streams, over_unix

MUCH = 1 << 22
"""Bytes, more than any pair holds."""


def little_room(peers, family):
    """A connected pair between which little fits."""
    client, server = peers.pair(family, rcvbuf=4096 if family.ip else None)
    client.setsockopt(SOL_SOCKET, SO_SNDBUF, 4096)
    return client, server


@pytest.mark.claim("sample.safe-read.same-for-nothing-and-end")
@needs_functions
@over_streams
def test_safe_read_gives_the_same_when_nothing_has_come_and_at_the_end(stream_pair):
    client, server = stream_pair
    functions().set_nonblocking(server.fileno())
    room = ctypes.create_string_buffer(100)

    nothing = functions().safe_read(server.fileno(), room, 100)
    client.send(b"data")
    ready(server, POLLIN)
    some = functions().safe_read(server.fileno(), room, 100)  # decisive
    client.shutdown(SHUT_WR)
    ready(server, POLLIN)

    assert (nothing, some, functions().safe_read(server.fileno(), room, 100)) == (0, 4, 0)


@pytest.mark.claim("sample.safe-write.short-where-full")
@pytest.mark.parametrize("name", ["safe_write", "unsafe_send_data"])
@needs_functions
@over_streams
def test_functions_that_write_give_a_short_count_where_it_is_full(peers, family, name):
    client, server = little_room(peers, family)
    functions().set_nonblocking(client.fileno())  # decisive

    sent = getattr(functions(), name)(client.fileno(), bytes(MUCH), MUCH)

    assert 0 < sent < MUCH
    ready(server, POLLIN)


@pytest.mark.claim("sample.safe-write.whole-where-it-blocks")
@needs_functions
@over_streams
def test_safe_write_sends_all_to_a_reader_that_is_slow(peers, family):
    client, server = little_room(peers, family)
    library = functions()

    with child(lambda: library.safe_write(client.fileno(), bytes(MUCH), MUCH)) as sender:
        count = 0
        while count < MUCH:
            ready(server, POLLIN)
            count += len(server.recv(1 << 16))  # decisive
        assert sender.ends().value == MUCH


@pytest.mark.claim("sample.sendfile.zero-where-full")
@needs_functions
@over_ip4
def test_file_transfer_gives_zero_where_it_is_full_and_at_the_end_of_the_file(peers, family):
    client, _ = little_room(peers, family)
    functions().set_nonblocking(client.fileno())
    file = os.memfd_create("file")
    os.write(file, bytes(MUCH))

    moved, at = [], 0
    while not moved or moved[-1]:
        moved.append(functions().high_performance_file_transfer(client.fileno(), file, at, MUCH))
        at += moved[-1]  # decisive
    end = functions().high_performance_file_transfer(client.fileno(), file, MUCH, 1)

    assert 0 < at < MUCH
    assert (moved[-1], end) == (0, 0)
    os.close(file)


@pytest.mark.claim("sample.vectored-write.loses-its-count")
@needs_functions
@over_ip4
def test_vectored_write_says_nothing_of_what_it_had_sent(peers, family):
    client, server = little_room(peers, family)
    library = functions()

    def send():
        server.close()  # in this process, so that the other one can reset
        return library.vectored_write_of_two(client.fileno(), bytes(MUCH), MUCH)

    with child(send) as sender:
        ready(server, POLLIN)
        sender.is_blocked_in("writev")
        assert server.recv(1) == b"\0"
        server.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))
        server.close()  # decisive

        assert sender.ends().value == -1


@pytest.mark.claim("sample.debug-read.shows-64-bytes")
@needs_functions
@over_streams
def test_debug_read_shows_the_first_64_bytes_and_the_end(stream_pair):
    client, server = stream_pair
    room, library = ctypes.create_string_buffer(100), functions()
    client.send(b"\x01" * 64 + b"\x02")
    ready(server, POLLIN)

    with telling(library) as said:
        assert library.debug_read(server.fileno(), room, 100) == 65  # decisive
        assert said() == "read 65: " + "01 " * 64

    client.shutdown(SHUT_WR)
    ready(server, POLLIN)
    with telling(library) as said:
        assert library.debug_read(server.fileno(), room, 100) == 0
        assert said() == "end"


@pytest.mark.claim("sample.handle-sigchld.changes-errno")
@needs_functions
def test_handler_of_the_fork_server_changes_errno():
    library = functions()

    assert in_child(lambda: library.errno_after_the_handler(EAGAIN)).value == ECHILD  # decisive


@pytest.mark.claim("sample.send-descriptor.arrives-as-another-number")
@needs_functions
@over_unix
def test_descriptor_that_is_passed_arrives_under_another_number(stream_pair):
    client, server = stream_pair
    file = os.memfd_create("file")
    os.write(file, b"data")

    assert functions().send_descriptor(client.fileno(), file) == 1  # decisive
    os.close(file)

    message, numbers, _, _ = recv_fds(server, 10, 1)
    assert (message, len(numbers)) == (b"X", 1)
    assert os.pread(numbers[0], 10, 0) == b"data"
    os.close(numbers[0])


@pytest.mark.claim("sample.send-descriptor.room-not-aligned")
@needs_functions
def test_room_for_the_descriptor_is_aligned_like_a_byte_only():
    library = functions()

    head = library.alignment_of_its_room()
    head = library.alignment_of_its_head()  # decisive

    assert library.alignment_of_its_room() < head
