"""Descriptors: how many there may be, and which of them a new program inherits."""

import ctypes
import os
import resource
import struct
import subprocess
from errno import EMFILE, EPERM
from pathlib import Path
from select import POLLIN
from socket import AF_INET, SOCK_STREAM

import pytest

from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import readiness, ready
from fixtures.stage.children import in_child
from fixtures.stage.families import over_streams

NR_OPEN = Path("/proc/sys/fs/nr_open")
_libc = ctypes.CDLL(None, use_errno=True)


def full() -> None:
    """The process may open no descriptor more than it has."""
    lowest = os.dup(0)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


@pytest.mark.claim("stream.accept.reserve-descriptor-sheds-load")
@over_streams
def test_descriptor_in_reserve_lets_a_connection_be_turned_away(peers, family):
    listener = peers.listener(family)
    client = peers.connecting(family, listener.getsockname())
    ready(listener, POLLIN)

    def shed():
        reserve = os.open(os.devnull, os.O_RDONLY)
        full()
        with fails(EMFILE):
            listener.accept()
        os.close(reserve)  # decisive
        listener.accept()[0].close()
        return readiness(listener, POLLIN)

    assert in_child(shed).value == 0
    assert client.recv(1) == b""


@pytest.mark.claim("process.limits.descriptors-of-one-process")
def test_limit_of_descriptors_is_that_of_one_process(peers):
    def refused():
        full()  # decisive
        with fails(EMFILE):
            peers.socket("child", AF_INET, SOCK_STREAM)

    in_child(refused)

    assert peers.socket("parent", AF_INET, SOCK_STREAM).fileno() >= 0


@pytest.mark.claim("process.limits.no-more-than-nr-open")
def test_limit_of_descriptors_is_bounded_by_the_system():
    most = int(NR_OPEN.read_text(encoding="ascii"))

    with fails(EPERM):
        in_child(lambda: limit_descriptors(most + 1))  # decisive


def limit_descriptors(number):
    """setrlimit(2) of RLIMIT_NOFILE, both limits. Raises OSError; Python tells of every refusal by ValueError."""
    limits = struct.pack("LL", number, number)
    if _libc.setrlimit(resource.RLIMIT_NOFILE, limits) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


@pytest.mark.claim("process.exec.close-on-exec-keeps-to-itself")
@pytest.mark.parametrize("inheritable", [False, True], ids=["closed", "inherited"])
@over_streams
def test_new_program_has_what_is_not_closed_on_exec(stream_pair, inheritable):
    client, _ = stream_pair
    os.set_inheritable(client.fileno(), not inheritable)
    os.set_inheritable(client.fileno(), inheritable)  # decisive
    name = os.readlink(f"/proc/self/fd/{client.fileno()}")

    asked = ["readlink", f"/proc/self/fd/{client.fileno()}"]
    seen = subprocess.run(asked, capture_output=True, text=True, check=False, close_fds=False).stdout

    assert (name in seen) == inheritable
