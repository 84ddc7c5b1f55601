"""The options of keepalive, set as short as they can be, and the timer that the kernel has for it."""

from __future__ import annotations

from socket import IPPROTO_TCP, SO_KEEPALIVE, SOL_SOCKET, TCP_KEEPCNT, TCP_KEEPIDLE, TCP_KEEPINTVL

from fixtures.evidence.kernel_view import Ends
from fixtures.evidence.recorder import RecordedSocket

SECOND = 1_000_000_000
"""In the unit of the packets' timestamps."""
TICK = SECOND // 100
"""A clock tick at HZ=100, by which a timer in jiffies may seem early."""
PROBE = "client > server ACK !RST !FIN 0:0(0)"
SYSCTLS = {
    "net.ipv4.tcp_keepalive_time": TCP_KEEPIDLE,
    "net.ipv4.tcp_keepalive_intvl": TCP_KEEPINTVL,
    "net.ipv4.tcp_keepalive_probes": TCP_KEEPCNT,
}


def probe(end: RecordedSocket, *, count: int = 1) -> None:
    """Switches keepalive on: a probe after a second of silence, `count` of them a second apart."""
    end.setsockopt(IPPROTO_TCP, TCP_KEEPIDLE, 1)
    end.setsockopt(IPPROTO_TCP, TCP_KEEPINTVL, 1)
    end.setsockopt(IPPROTO_TCP, TCP_KEEPCNT, count)
    end.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)


def values(end: RecordedSocket) -> list[int]:
    """SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT."""
    numbers = [end.getsockopt(IPPROTO_TCP, option) for option in SYSCTLS.values()]
    return [end.getsockopt(SOL_SOCKET, SO_KEEPALIVE), *numbers]


def timer(end: RecordedSocket) -> tuple[str, float]:
    """The timer that the kernel runs for a connected end (sock_diag(7)), and the seconds until it fires."""
    seen = Ends.of(end).seen()
    return (seen.timer, seen.expires) if seen else ("none", 0.0)
