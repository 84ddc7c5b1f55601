"""sendfile(), splice() and tee(): data that a program does not see on its way."""

import ctypes
import os
from errno import EAGAIN, EINVAL
from select import POLLIN, select
from socket import IPPROTO_TCP, TCP_NODELAY
from time import time_ns

import pytest

from conformance.stream.sending.buffers import received
from conformance.stream.sending.segments import before_the_ceiling
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_ip, over_streams
from fixtures.stage.processor import also_across_processors

DATA = bytes(range(256)) * 16
SPLICE_F_NONBLOCK, SPLICE_F_MORE = 2, 4
_libc = ctypes.CDLL(None, use_errno=True)


def tee(source: int, target: int, count: int) -> int:
    """The bytes that tee(2) has copied from one pipe to another; Python lacks the call. Raises OSError."""
    copied: int = _libc.tee(source, target, ctypes.c_size_t(count), SPLICE_F_NONBLOCK)
    if copied < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return copied


@pytest.fixture
def file():
    """A descriptor of a file of this kernel's own with DATA in it, at its beginning."""
    number = os.memfd_create("data")
    os.pwrite(number, DATA, 0)
    yield number
    os.close(number)


@pytest.fixture
def pipe():
    """Both ends of a pipe."""
    ends = os.pipe()
    yield ends
    for number in ends:
        os.close(number)


@pytest.mark.claim("stream.sendfile.file-to-socket")
@pytest.mark.usefixtures("usual_windows")
@over_streams
@also_across_processors
def test_sendfile_moves_the_file_into_the_stream(stream_pair, file):
    client, server = stream_pair

    assert os.sendfile(client.fileno(), file, 0, len(DATA)) == len(DATA)  # decisive

    assert received(server, len(DATA)) == DATA


@pytest.mark.claim("stream.sendfile.offset-leaves-the-position")
@over_streams
def test_sendfile_with_an_offset_leaves_the_position(stream_pair, file):
    client, server = stream_pair
    os.lseek(file, 7, os.SEEK_SET)

    os.sendfile(client.fileno(), file, 100, 50)  # decisive

    assert received(server, 50) == DATA[100:150]
    assert os.lseek(file, 0, os.SEEK_CUR) == 7


@pytest.mark.claim("stream.sendfile.offset-is-advanced")
@over_streams
def test_sendfile_advances_its_offset(stream_pair, file):
    client, server = stream_pair
    offset = ctypes.c_longlong(100)

    assert _libc.sendfile64(client.fileno(), file, ctypes.byref(offset), ctypes.c_size_t(50)) == 50  # decisive

    assert offset.value == 150
    assert received(server, 50) == DATA[100:150]


@pytest.mark.claim("stream.sendfile.without-offset-moves-the-position")
@over_streams
def test_sendfile_without_an_offset_moves_the_position(stream_pair, file):
    client, server = stream_pair

    os.sendfile(client.fileno(), file, None, 50)  # decisive

    assert received(server, 50) == DATA[:50]
    assert os.lseek(file, 0, os.SEEK_CUR) == 50


@pytest.mark.claim("stream.sendfile.zero-at-the-end")
@over_streams
def test_sendfile_gives_zero_at_the_end_of_the_file(stream_pair, file):
    offset = len(DATA) - 1
    offset += 1  # decisive

    assert os.sendfile(stream_pair.client.fileno(), file, offset, 10) == 0


@pytest.mark.claim("stream.sendfile.not-from-a-socket")
@over_streams
def test_sendfile_does_not_read_from_a_socket(stream_pair):
    client, server = stream_pair
    client.send(b"x")
    ready(server, POLLIN)

    with fails(EINVAL):
        os.sendfile(client.fileno(), server.fileno(), None, 1)  # decisive

    assert server.recv(10) == b"x"


@pytest.mark.claim("stream.splice.pipe-to-socket")
@over_streams
@also_across_processors
def test_splice_moves_a_pipe_into_the_stream(stream_pair, pipe):
    client, server = stream_pair
    os.write(pipe[1], b"through the pipe")

    assert os.splice(pipe[0], client.fileno(), 100) == 16  # decisive

    assert received(server, 16) == b"through the pipe"


@pytest.mark.claim("tcp.splice.more-joins")
@over_ip
def test_splice_with_more_joins_what_follows(stream_pair, wire, pipe):
    client, server = stream_pair
    client.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    os.write(pipe[1], b"HEAD")
    began = time_ns()

    assert os.splice(pipe[0], client.fileno(), 4, flags=SPLICE_F_MORE) == 4  # decisive
    assert client.send(b"BODY") == 4

    assert received(server, 8) == b"HEADBODY"
    assert before_the_ceiling(wire, since=began) in ([8], [])


@pytest.mark.claim("stream.splice.socket-to-pipe")
@over_streams
@also_across_processors
def test_splice_moves_the_stream_into_a_pipe(stream_pair, pipe):
    client, server = stream_pair
    client.send(b"into the pipe")

    assert os.splice(server.fileno(), pipe[1], 100) == 13  # decisive

    assert os.read(pipe[0], 100) == b"into the pipe"


@pytest.mark.claim("stream.splice.needs-a-pipe")
@over_streams
def test_splice_without_a_pipe_is_refused(stream_pair, file):
    with fails(EINVAL):
        os.splice(file, stream_pair.client.fileno(), 10)  # decisive
    with fails(EINVAL):
        tee(stream_pair.server.fileno(), stream_pair.client.fileno(), 10)
    with fails(EINVAL):
        os.splice(stream_pair.server.fileno(), stream_pair.client.fileno(), 10)


@pytest.mark.claim("stream.splice.nothing-there-eagain")
@over_streams
def test_splice_from_an_empty_non_blocking_socket(stream_pair, pipe):
    stream_pair.server.setblocking(False)

    with fails(EAGAIN):
        os.splice(stream_pair.server.fileno(), pipe[1], 10)  # decisive


@pytest.mark.claim("pipe.tee.copies")
def test_tee_copies_and_leaves_what_it_copied(pipe):
    reader, writer = os.pipe()
    os.write(pipe[1], b"twice")  # decisive

    copied = tee(pipe[0], writer, 100)

    assert copied == 5
    assert select([pipe[0]], [], [], 0)[0] == [pipe[0]]
    assert (os.read(reader, 100), os.read(pipe[0], 100)) == (b"twice", b"twice")
    os.close(reader)
    os.close(writer)


@pytest.mark.claim("stream.splice.zero-at-the-end")
@over_streams
def test_splice_gives_zero_at_the_end_of_the_stream(stream_pair, pipe):
    stream_pair.client.send(b"abc")
    stream_pair.client.close()
    ready(stream_pair.server, POLLIN)
    source = stream_pair.server.fileno()
    counts = []

    counts.append(os.splice(source, pipe[1], 100))
    counts.append(os.splice(source, pipe[1], 100))  # decisive
    counts.append(os.splice(source, pipe[1], 100, flags=SPLICE_F_NONBLOCK))  # decisive

    assert counts == [3, 0, 0]
