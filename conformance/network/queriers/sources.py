"""Members of a group that hear some sources of it, or all but some, and what is told of them."""

from __future__ import annotations

import socket
import struct

from conformance.datagram.multicast.filters import MCAST_MSFILTER, storage
from conformance.network.queriers.queries import GROUP, PROTOCOL, member
from fixtures.evidence.expect import in_addr
from fixtures.evidence.recorder import RecordedSocket
from fixtures.remote.host import Remote
from fixtures.stage.tap import NAME

SOURCES = {"ip4": ("10.9.9.1", "10.9.9.2", "10.9.9.3"), "ip6": ("fd99::1", "fd99::2", "fd99::3")}
LEVEL = {"ip4": socket.IPPROTO_IP, "ip6": socket.IPPROTO_IPV6}


def listener(remote: Remote, mode: int, *sources: str) -> RecordedSocket:
    """A member that hears these sources of the group alone, or all others; its changes have been reported."""
    end, group = member(remote, GROUP[remote.family]), storage(GROUP[remote.family])
    index = struct.pack("=I4x", socket.if_nametoindex(NAME))
    numbers = struct.pack("=II", mode, len(sources))
    listed = index + group + numbers + b"".join(map(storage, sources))
    end.setsockopt(LEVEL[remote.family.name], MCAST_MSFILTER, listed)
    remote.wire.settle()
    return end


def told(remote: Remote, mode: str) -> list[str]:
    """Which of the sources the next answer of that mode has."""
    protocol, group = PROTOCOL[remote.family], GROUP[remote.family]
    frame = remote.wire.expect(f"* > * {protocol} {mode} {group} ttl 1").frame
    return [source for source in SOURCES[remote.family.name] if in_addr(source) in frame[14 + 20 :]]
