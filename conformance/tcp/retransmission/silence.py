"""A kernel whose segments nobody acknowledges, and the time-out that it counts with."""

from __future__ import annotations

from fixtures.evidence.kernel_view import is_in, tcp_info
from fixtures.evidence.waiting import GENEROUS, Deadline

SECOND = 1_000_000_000
"""In the unit of the packets' timestamps."""


def silent(remote, state="ESTABLISHED"):
    """The kernel's socket whose retransmission timer runs as usual; without selective acknowledgements, so that
    there are no tail loss probes."""
    remote.let_timers_run()
    return remote.reach(state)


def timeout(end):
    """Seconds of the retransmission time-out, without what it was backed off by."""
    info = tcp_info(end)
    return info.rto / 2**info.backoff / 1_000_000


def late(remote, pattern, *, after):
    """The next packet like `pattern`, which comes after so many seconds.

    Three times as many where the SYN-ACK had to be sent again: time-outs then begin with 3 s (RFC 6298 5.7).
    """
    __tracebackhide__ = True
    return remote.wire.expect(f"* > remote {pattern}", within=GENEROUS + 3 * after)


def apart(one, other):
    """Seconds between two packets, by the kernel's timestamps."""
    return (other.at - one.at) / SECOND


def forgotten(remote, *, after):
    """Returns when the kernel keeps nothing of the connection, which is after so many seconds.

    Looked at with each packet and ten times a second: a closer look for seconds would cost more than the scenario.
    """
    __tracebackhide__ = True
    deadline = Deadline(GENEROUS + after)
    while remote.ends.seen() is not None and not deadline.passed:
        remote.wire.drain()
        remote.wire.wait(deadline)
    is_in(remote.ends, "CLOSE")
