"""The code points of congestion notification on packets, and connections whose ends have agreed on it."""

from conformance.tcp.loss_recovery.flight import SIZE

NOT_ECT, ECT, CE = 0, 2, 3
"""The field of the IP header (RFC 3168 section 5); ECT is that with the code point 10."""


def codepoint(packet):
    """The two bits of a packet's IP header."""
    layers = packet.layers
    return (layers["IPv6"].tc if "IPv6" in layers else layers["IP"].tos) & 3


def marked(remote, text, point):
    """Sends a segment with that code point."""
    remote.send(text, ip={"tc" if remote.family.name == "ip6" else "tos": point})


def negotiated(remote):
    """The kernel's socket of a connection whose ends have agreed on it."""
    listener = remote.listener()
    remote.send(f"SYN ECE CWR <mss {SIZE}>")
    remote.expect("SYN ACK ECE !CWR")
    remote.send("ACK")
    return remote.peers.accepting(listener)
