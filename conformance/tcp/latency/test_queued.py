"""What TCP does while a segment waits in the queue of the interface: it joins small writes, and sends nothing twice."""

from socket import IPPROTO_TCP, TCP_NODELAY

import pytest

from conformance.tcp.retransmission.silence import late
from fixtures.evidence.kernel_view import counted, tcp_info
from fixtures.evidence.waiting import until
from fixtures.stage.families import over_ip

pytestmark = [pytest.mark.beside, pytest.mark.needs("slow-queue")]
RATE = 100
"""Bytes a second: a small segment keeps the next one waiting for more than half a second."""
SLOWEST = 20
"""The same, for a second, beyond which fq holds nothing back."""
LONGEST = 500_000
"""Microseconds of a time-out that comes well before."""
WRITES = 4
WHOLE = 4
"""Seconds in which that many small segments have left one by one."""


def slowed(remote, server, rate=RATE):
    """It sends each small write at once, as fast as its interface lets it."""
    server.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    remote.slow_down(rate)
    return server


def exchange(remote, server):
    """A byte is sent and acknowledged."""
    server.send(b"x")
    remote.receive(1)
    until(lambda: tcp_info(server).unacked == 0, what="the byte acknowledged")


def quick(remote, server):
    """The same socket, whose time-out comes while the queue holds a segment back, however long the handshake took."""
    while tcp_info(server).rto > LONGEST:
        exchange(remote, server)
    return server


@pytest.mark.claim("tcp.autocorking.joins-behind-a-queued-segment")
@pytest.mark.parametrize(("setting", "joined"), [(1, True), (0, False)], ids=["on", "off"])
@over_ip
def test_small_writes_are_joined_while_a_segment_waits_in_the_queue(remote, sysctl, setting, joined):
    sysctl("net.ipv4.tcp_autocorking", setting)  # decisive
    server = slowed(remote, remote.reach())

    for _ in range(WRITES):
        server.send(b"x")

    late(remote, f"any *:{WRITES + 1}(1..)", after=WHOLE)
    assert (len(remote.seen("any (1..)")) < WRITES) == joined


@pytest.mark.claim("tcp.retransmission.not-while-it-waits-in-the-queue")
@pytest.mark.needs("own-counters")
@over_ip
def test_time_out_sends_nothing_twice_that_waits_in_the_queue(remote, sysctl):
    sysctl("net.ipv4.tcp_early_retrans", 0)
    remote.let_timers_run()
    server = quick(remote, remote.reach())
    slowed(remote, server, SLOWEST)
    exchange(remote, server)
    begun = remote.numbers.received
    before = tcp_info(server).total_retrans  # it is sent again where the machine stood still

    with counted() as moved:
        server.send(b"y")  # decisive

        until(lambda: moved["TcpExt.TCPSpuriousRtxHostQueues"] > 0, what="a time-out of what waits in the queue")

        resent = tcp_info(server).total_retrans - before
        assert resent == 0 or remote.unread()  # it has left, where the machine stood still, and may be sent again
        late(remote, f"any {begun}:*(1)", after=WHOLE)
