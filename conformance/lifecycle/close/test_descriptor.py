"""What is left of a descriptor after close(): nothing to ask, and a number for the next one."""

import ctypes
import os
from errno import EBADF
from fcntl import F_DUPFD_CLOEXEC, fcntl
from resource import RLIMIT_NOFILE, getrlimit
from socket import SO_TYPE, SOCK_STREAM, SOL_SOCKET

import pytest

from fixtures.evidence.expect import fails
from fixtures.stage.children import in_child
from fixtures.stage.families import over_all

_libc = ctypes.CDLL(None, use_errno=True)
_room = ctypes.create_string_buffer(128)
_length = ctypes.c_int(128)

CALLS = {
    "close": lambda fd: _libc.close(fd),
    "send": lambda fd: _libc.send(fd, b"x", 1, 0),
    "recv": lambda fd: _libc.recv(fd, _room, 1, 0),
    "write": lambda fd: _libc.write(fd, b"x", 1),
    "read": lambda fd: _libc.read(fd, _room, 1),
    "shutdown": lambda fd: _libc.shutdown(fd, 2),
    "listen": lambda fd: _libc.listen(fd, 1),
    "accept": lambda fd: _libc.accept(fd, None, None),
    "bind": lambda fd: _libc.bind(fd, _room, 16),
    "connect": lambda fd: _libc.connect(fd, _room, 16),
    "getsockname": lambda fd: _libc.getsockname(fd, _room, ctypes.byref(_length)),
    "getpeername": lambda fd: _libc.getpeername(fd, _room, ctypes.byref(_length)),
    "getsockopt": lambda fd: _libc.getsockopt(fd, SOL_SOCKET, SO_TYPE, _room, ctypes.byref(_length)),
    "setsockopt": lambda fd: _libc.setsockopt(fd, SOL_SOCKET, SO_TYPE, _room, 4),
}


def called(name, descriptor):
    """What the C library's call gives. Raises OSError where it fails."""
    result = CALLS[name](descriptor)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


@pytest.mark.claim("socket.close.then-ebadf")
@pytest.mark.parametrize("name", CALLS)
@over_all
def test_closed_descriptor_is_bad_to_every_call(stream_pair, name):
    client, server = stream_pair
    # A number that nobody else is given meanwhile: the lowest that are free are given, far below the middle.
    descriptor = fcntl(client.fileno(), F_DUPFD_CLOEXEC, getrlimit(RLIMIT_NOFILE)[0] // 2)
    client.close()
    os.close(descriptor)  # decisive

    with fails(EBADF):
        called(name, descriptor)

    assert server.recv(1) == b""


@pytest.mark.claim("socket.close.number-is-given-again")
@over_all
def test_second_close_of_a_number_closes_the_socket_that_has_it_now(peers, stream_pair, family):
    client, server = stream_pair

    def close_twice():
        number = client.fileno()
        os.close(number)  # decisive
        other = peers.socket("other", family.domain, SOCK_STREAM)
        same = other.fileno() == number
        os.close(number)
        with fails(EBADF):
            other.getsockopt(SOL_SOCKET, SO_TYPE)
        return same

    assert in_child(close_twice).value
    client.send(b"the parent's")
    assert server.recv(100) == b"the parent's"
