"""rresvport_af(): a port that only the privileged may have, of either family."""

import ctypes
from errno import EAFNOSUPPORT
from socket import AF_UNIX, SO_DOMAIN, SO_TYPE, SOCK_STREAM, SOL_SOCKET, socket

import pytest

from fixtures.stage.families import over_ip

HIGHEST = 1023
"""The highest reserved port (rcmd(3), rresvport())."""
libc = ctypes.CDLL(None, use_errno=True)


@pytest.mark.claim("ports.reserved.of-either-family")
@pytest.mark.needs("glibc", "namespace")
@over_ip
def test_function_gives_a_socket_of_the_family_on_a_reserved_port(family):
    port = ctypes.c_int(HIGHEST)
    descriptor = None

    descriptor = libc.rresvport_af(ctypes.byref(port), family.domain)  # decisive

    with socket(fileno=descriptor) as end:
        kind = end.getsockopt(SOL_SOCKET, SO_DOMAIN), end.getsockopt(SOL_SOCKET, SO_TYPE)
        assert (kind, end.getsockname()[1]) == ((family.domain, SOCK_STREAM), port.value)
        assert HIGHEST // 2 < port.value <= HIGHEST


@pytest.mark.claim("ports.reserved.other-family-refused")
@pytest.mark.needs("glibc")
def test_function_refuses_another_family():
    port = ctypes.c_int(HIGHEST)
    ctypes.set_errno(0)
    descriptor = None

    descriptor = libc.rresvport_af(ctypes.byref(port), AF_UNIX)  # decisive

    assert (descriptor, ctypes.get_errno()) == (-1, EAFNOSUPPORT)
