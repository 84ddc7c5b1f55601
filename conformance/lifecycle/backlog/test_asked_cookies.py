"""Cookies that a program of eBPF asks a listener for, and that it asks about (bpf-helpers(7))."""

from errno import ENOENT
from pathlib import Path

import pytest

from conformance.lifecycle.backlog.asking import CHECK, ISSUE, answer
from fixtures.evidence.verdicts import Unavailable
from fixtures.stage.families import ip6, over_ip

pytestmark = pytest.mark.needs("socket-map", "sysctl:net.ipv4.tcp_syncookies", "kernel>=5.10")
WHOLE = 2**32


def loaded_modules():
    """A line for each module, none where the kernel has no such list."""
    listed = Path("/proc/modules")
    return listed.read_text("ascii").splitlines() if listed.exists() else []


@pytest.fixture(autouse=True)
def cookies_always(remote, sysctl):
    """Each SYN is answered by a cookie, and nothing is kept of it."""
    if remote.family is ip6 and any(line.startswith("ipv6 ") for line in loaded_modules()):
        raise Unavailable("IPv6 is a module of this kernel, and no helper knows its cookies", verdict="unsupported")
    sysctl("net.ipv4.tcp_syncookies", 2)


@pytest.mark.claim("tcp.backlog.cookie-issued-to-a-program")
@over_ip
def test_cookie_that_a_program_was_given_opens_a_connection(remote):
    listener, cookie = remote.listener(), 0

    cookie = answer(ISSUE, remote.craft("SYN <mss 1460>"))  # decisive
    remote.send("ACK seq 1", tcp={"ack": (cookie + 1) % WHOLE})

    assert remote.peers.accepting(listener).getpeername()[1] == remote.port


@pytest.mark.claim("tcp.backlog.cookie-known-to-a-program")
@over_ip
def test_program_is_told_a_cookie_from_another_number(remote):
    remote.listener()
    remote.send("SYN <mss 1460>")
    remote.expect("SYN ACK")
    told = []

    told = [answer(CHECK, remote.craft(text)) for text in ("ACK", "ACK ack rcv.nxt+1000000")]  # decisive

    assert told == [0, -ENOENT]
