"""Options of asm-generic/socket.h and linux/tcp.h of which Python has no name, and a rate that shows."""

from __future__ import annotations

import struct
import time

SO_MAX_PACING_RATE, SO_TXTIME, SO_NETNS_COOKIE, TCP_ULP = 47, 61, 71, 31
SCM_TXTIME = SO_TXTIME
CLOCK = struct.pack("iI", time.CLOCK_MONOTONIC, 0)
"""struct sock_txtime (linux/net_tstamp.h), without flags."""
MAX_PACING_RATE = struct.Struct("=Q")
"""tcpi_max_pacing_rate, which stands at 112 of struct tcp_info."""
SEGMENT, RATE, DATA = 500, 100_000, 25_000
SHORTEST = 0.05
"""Seconds that the data takes at least: a fifth of what that rate makes, for all that is not delayed.

The kernel paces from the tenth segment on, a segment may be twice the size, and half a pause may be made up for
(net/ipv4/tcp_output.c, tcp_update_skb_after_send()).
"""


def soon() -> bytes:
    """A time to send at that is already here."""
    return struct.pack("=Q", time.monotonic_ns())
