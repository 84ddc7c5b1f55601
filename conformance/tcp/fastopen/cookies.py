"""Fast Open cookies as they stand on the wire (RFC 7413 section 4.1.1), got and shown by a scripted host."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from socket import IPPROTO_TCP, MSG_FASTOPEN, SOCK_STREAM, TCP_FASTOPEN

from conformance.tcp.fastopen.opening import BOTH, WAITING
from fixtures.evidence.recorder import RecordedSocket
from fixtures.remote.host import Remote
from fixtures.wire.packet import Packet

KIND = 34
EARLY = b"early"
"""What goes in the SYN."""
NOTHING = 1
"""Acknowledged by a SYN-ACK that takes the SYN alone."""
EVERYTHING = NOTHING + len(EARLY)
FORGED = "00112233445566aa"


def cookie_in(packet: Packet) -> bytes | None:
    """The cookie of a segment, b"" for a request; None where it has no Fast Open option."""
    options = bytes(packet.layers["TCP"])[20 : packet.layers["TCP"].dataofs * 4]
    while options and options[0] != 0:
        size = 1 if options[0] == 1 else options[1]
        if options[0] == KIND:
            return options[2:size]
        options = options[size:]
    return None


def fast_listener(remote: Remote, sysctl: Callable[[str, object], None], pending: int = WAITING) -> RecordedSocket:
    """A listener of the kernel's that takes data in SYNs, of `pending` connections at a time."""
    sysctl("net.ipv4.tcp_fastopen", BOTH)
    end = remote.listener()
    end.setsockopt(IPPROTO_TCP, TCP_FASTOPEN, pending)
    return end


def granted(remote: Remote) -> str:
    """The cookie that the kernel gives the scripted host, in hexadecimal digits."""
    remote.send("SYN <mss 1460,fastopen>")
    cookie = cookie_in(remote.expect("SYN ACK"))
    remote.send("RST seq 1")
    return (cookie or b"").hex()


def send_early(client: Remote, option: str) -> None:
    """Sends a SYN with data and this option."""
    client.send(f"SYN 0:({len(EARLY)}) <mss 1460,{option}>", payload=EARLY)


def early(client: Remote, option: str) -> Packet:
    """The answer to such a SYN."""
    send_early(client, option)
    return client.expect("SYN ACK")


def accepted_early(remote: Remote, sysctl: Callable[[str, object], None]) -> tuple[Remote, RecordedSocket]:
    """A scripted client that has sent EARLY in its SYN, and the socket that was accepted before the handshake ends."""
    listener = fast_listener(remote, sysctl)
    client, cookie = remote.another("client"), granted(remote)
    early(client, f"fastopen {cookie}")
    return client, remote.peers.accepting(listener)


def begin(remote: Remote, data: bytes = EARLY) -> RecordedSocket:
    """A client of the kernel's that hurries to `remote` with `data`; its SYN is on the way."""
    client = remote.peers.socket(f"to-{remote.lane}", remote.family.domain, SOCK_STREAM)
    client.setblocking(False)
    with suppress(BlockingIOError):
        client.sendto(data, MSG_FASTOPEN, remote.address)
    client.setblocking(True)
    remote.towards(client)
    return client


def hurried(remote: Remote, data: bytes = EARLY) -> Packet:
    """The SYN of such a client."""
    begin(remote, data)
    return remote.expect("SYN !ACK")


def acquaint(remote: Remote, cookie: str, size: int = 1460) -> None:
    """Has the kernel ask for a cookie and gives it this one, by a connection that opens as usual."""
    hurried(remote)
    remote.send(f"SYN ACK <mss {size},fastopen {cookie}>")
    remote.expect("ACK !SYN")
