"""Keys of signatures as TCP_MD5SIG and TCP_MD5SIG_EXT of linux/tcp.h take them."""

from __future__ import annotations

from socket import IPPROTO_TCP

from conformance.tcp.signatures.signing import KEY, SIGNED, send_signed
from fixtures.stage.probes.sockets import TCP_MD5SIG, signature_key

TCP_MD5SIG_EXT = 32
BY_PREFIX, BY_INTERFACE = 1, 2
"""TCP_MD5SIG_FLAG_PREFIX, TCP_MD5SIG_FLAG_IFINDEX."""
FLAGS, PREFIX, LENGTH, INTERFACE = slice(128, 129), slice(129, 130), slice(130, 132), slice(132, 136)
"""Where these stand in struct tcp_md5sig."""
LONGEST = 80
"""TCP_MD5SIG_MAXKEYLEN."""


def extended(host, key, *, flags=0, prefix=0, interface=0):
    """A struct tcp_md5sig with what only TCP_MD5SIG_EXT looks at."""
    whole = bytearray(signature_key(host, key))
    whole[FLAGS], whole[PREFIX] = bytes([flags]), bytes([prefix])
    whole[INTERFACE] = interface.to_bytes(4, "little")
    return bytes(whole)


def network_key(end, host, length, key=KEY):
    """Gives a socket a key for all hosts of a network."""
    end.setsockopt(IPPROTO_TCP, TCP_MD5SIG_EXT, extended(host, key, flags=BY_PREFIX, prefix=length))


def listener(remote, key=KEY):
    """A listener that wants the segments of the remote host signed."""
    end = remote.listener()
    end.setsockopt(IPPROTO_TCP, TCP_MD5SIG, signature_key(remote.host, key))
    return end


def half_open(remote):
    """A listener to which the remote host has begun to connect, in signed segments."""
    end = listener(remote)
    send_signed(remote, f"SYN <mss 1460,{SIGNED}>")
    remote.expect("SYN ACK")
    return end


def opened(remote):
    """The kernel's end of a connection whose segments are signed."""
    end = half_open(remote)
    send_signed(remote, f"ACK <{SIGNED}>")
    accepted = remote.peers.accepting(end)
    remote.settle()  # a SYN-ACK that was sent again before, because the machine stood still, is no answer
    return accepted
