"""/proc/net/protocols: the protocols of the kernel, and how many sockets of each the namespace has."""

from pathlib import Path
from socket import AF_INET, SOCK_RAW

import pytest

from fixtures.evidence.verdicts import Unavailable
from fixtures.stage.families import ip4, ip6, unix

LISTED = Path("/proc/thread-self/net/protocols")
NEW = {
    "TCP": lambda peers, lane: peers.listener(ip4, lane=lane),
    "TCPv6": lambda peers, lane: peers.listener(ip6, lane=lane),
    "UDP": lambda peers, lane: peers.datagram(ip4, lane=lane),
    "UDPv6": lambda peers, lane: peers.datagram(ip6, lane=lane),
    "RAW": lambda peers, lane: peers.socket(lane, AF_INET, SOCK_RAW, 253),
    "UNIX": lambda peers, lane: peers.datagram(unix, lane=lane),
}
NEEDS = {"TCPv6": ["ipv6"], "UDPv6": ["ipv6"], "RAW": ["CAP_NET_RAW"]}
protocols = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.needs(*NEEDS[name])] if name in NEEDS else []) for name in NEW]
)


def sockets(name):
    """How many sockets of that protocol are listed."""
    head, *lines = LISTED.read_text("ascii").splitlines()
    if not lines:
        raise Unavailable(f"{LISTED} lists no protocol", verdict="unsupported")
    rows = {line.split()[0]: dict(zip(head.split(), line.split(), strict=True)) for line in lines}
    return int(rows[name]["sockets"])


@pytest.mark.claim("socket.proc.protocols-count-sockets")
@pytest.mark.needs("namespace")
@protocols
def test_protocols_tell_how_many_sockets_they_have(peers, name):
    before, seen, ends = sockets(name), [], []

    ends = [NEW[name](peers, f"end {number}") for number in range(3)]  # decisive

    for end in ends:
        seen.append(sockets(name) - before)
        end.close()
    seen.append(sockets(name) - before)
    assert seen == [3, 2, 1, 0]
