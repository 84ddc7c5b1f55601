"""A kernel that has sent several segments of known size, none of them acknowledged."""

from __future__ import annotations

from socket import MSG_EOR, SO_SNDBUF, SOL_SOCKET

SIZE = 1000
"""Bytes of a segment."""
SEGMENTS = 6
"""Fewer than the initial window of RFC 6928, ten segments."""


def sent(remote, *, options=f"<mss {SIZE}>"):
    """The kernel's socket, after a flight of segments has come that fills the window of this end."""
    return flown(remote, remote.reach(options=options, window=SEGMENTS * SIZE))


def flown(remote, server):
    """The same with a connection that is open already."""
    queue(server, SEGMENTS, at_once=remote.timers_run)
    for number in range(SEGMENTS):
        remote.expect(f"any {1 + number * SIZE}:*({SIZE})")
    return server


def queue(server, segments, *, at_once=False):
    """Gives the kernel so many segments to send, each by itself.

    A large piece of data would be sent when several segments of it may leave, and that depends on the time that the
    peer takes to answer. Where timers run segments are single ones anyway (Tap.let_timers_run), and go `at_once`: a
    time-out between two calls would close the congestion window before the second.
    """
    server.setsockopt(SOL_SOCKET, SO_SNDBUF, 4 * segments * SIZE)
    if at_once:
        server.sendall(b"x" * segments * SIZE)
        return
    for _ in range(segments):
        server.send(b"x" * SIZE, MSG_EOR)


def duplicate(remote, times=1, *, ack=1, window=SEGMENTS * SIZE, options=""):
    """The same acknowledgement as before, several times."""
    for _ in range(times):
        remote.send(f"ACK ack {ack} win {window} {options}")


def again(remote, start):
    """How often the segment that begins at `start` has been sent, after a fence."""
    return len(remote.seen(f"any {start}:*(1..)"))
