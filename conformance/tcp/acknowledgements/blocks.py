"""The blocks of selective acknowledgements, as numbers of the scripted host."""

from __future__ import annotations

from fixtures.remote.host import Remote
from fixtures.wire.packet import Packet

OPTIONS = "<mss 1460,sackOK>"


def blocks(remote: Remote, packet: Packet) -> list[tuple[int, int]]:
    """The blocks of an acknowledgement, counted from the SYN of this end."""
    edges = dict(packet.layers["TCP"].options).get("SAck", ())
    relative = [(edge - remote.numbers.first) % (1 << 32) for edge in edges]
    return list(zip(relative[::2], relative[1::2], strict=True))


def told(remote: Remote, first: int, behind: int) -> list[tuple[int, int]]:
    """The blocks of the answer to bytes from the one number to before the other."""
    remote.send(f"ACK {first}:{behind}({behind - first})")
    return blocks(remote, remote.expect("ACK (0)"))
