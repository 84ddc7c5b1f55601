"""Windows that are closed or taken back, and how the kernel asks whether they have opened (RFC 9293 section 3.8.6)."""

from errno import ETIMEDOUT
from itertools import pairwise

import pytest

from conformance.tcp.loss_recovery.flight import SEGMENTS, SIZE, queue, sent
from conformance.tcp.retransmission.silence import apart, late, timeout
from fixtures.evidence.expect import JIFFY, fails
from fixtures.evidence.kernel_view import is_in, tcp_info
from fixtures.stage.families import over_ip

pytestmark = pytest.mark.beside
EDGE = 2 * SIZE
"""Where the window closes: a kernel sends segments of at most half of what was ever announced."""
PROBE = f"ACK !SYN !FIN !RST {EDGE}:{EDGE}(0)"
"""A probe of that window: nothing, at a number that was acknowledged."""


def filled(remote):
    """The kernel's socket that has filled the window of its peer, and has a segment more."""
    remote.let_timers_run()
    server = remote.reach(options=f"<mss {SIZE}>", window=EDGE)
    queue(server, 3, at_once=True)
    remote.expect(f"any {SIZE + 1}:*({SIZE})")
    return server


def closed(remote):
    """Such a socket whose segment waits for a closed window, and the packet that has closed it."""
    server = filled(remote)
    remote.send("ACK win 0")
    remote.settle()
    return server, next(packet for packet in reversed(remote.wire.packets()) if packet.source == remote.lane)


def probed(remote, times):
    """Returns when so many probes have come: on a machine under load some have before anybody looks."""
    for _ in range(times):
        late(remote, PROBE, after=0)


@pytest.mark.claim("tcp.window-probes.first-after-time-out")
@over_ip
def test_first_probe_comes_after_the_time_out(remote):
    server, closing = closed(remote)  # decisive

    probe = late(remote, PROBE, after=0)

    assert apart(closing, probe) >= tcp_info(server).rto / 1_000_000 - JIFFY


@pytest.mark.claim("tcp.info.probes-counted")
@over_ip
def test_probe_of_a_closed_window_is_counted(remote):
    server, _ = closed(remote)
    before = tcp_info(server)

    probed(remote, before.probes + 1)  # decisive

    after = tcp_info(server)
    assert min(after.probes, after.backoff) > max(before.probes, before.backoff)


@pytest.mark.claim("tcp.window-probes.intervals-double")
@over_ip
def test_each_interval_is_twice_the_one_before(remote, sysctl):
    sysctl("net.ipv4.tcp_retries2", 8)
    server = filled(remote)

    remote.send("ACK win 0")  # decisive

    remote.settle()
    base = tcp_info(server).rto / 1_000_000

    probes = [late(remote, PROBE, after=base * 2**number) for number in range(3)]
    for number, (one, other) in enumerate(pairwise(probes), 1):
        assert apart(one, other) >= base * 2**number - JIFFY


@pytest.mark.claim("tcp.window-probes.kept-while-answered")
@over_ip
def test_connection_stays_as_long_as_probes_are_answered(remote, sysctl):
    server, _ = closed(remote)
    base = timeout(server)  # long where the machine was slow to open the connection
    sysctl("net.ipv4.tcp_retries2", 1)

    for number in range(3):
        late(remote, PROBE, after=base * 2**number)
        remote.send("ACK win 0")  # decisive

    is_in(remote.ends, "ESTABLISHED")
    remote.send(f"ACK win {SIZE}")
    remote.expect(f"any {EDGE + 1}:*({SIZE})")


@pytest.mark.claim("tcp.window-probes.given-up-unanswered")
@over_ip
def test_connection_ends_when_probes_are_not_answered(remote, sysctl):
    server, _ = closed(remote)  # decisive
    sysctl("net.ipv4.tcp_retries2", 1)

    late(remote, PROBE, after=0)
    with fails(ETIMEDOUT):
        server.recv(1)


@pytest.mark.claim("tcp.window-probes.small-window-used-in-time")
@over_ip
def test_small_window_is_used_after_a_while(remote):
    closed(remote)

    remote.send("ACK win 100")  # decisive

    late(remote, f"any {EDGE + 1}:*(100)", after=0)


@pytest.mark.claim("tcp.window-probes.shrunk-to-zero")
@over_ip
def test_window_taken_back_is_probed(remote):
    remote.let_timers_run()
    server = sent(remote)

    remote.send("ACK ack 1 win 0")  # decisive

    remote.came("ACK ack 1 win 0")
    late(remote, "ACK !SYN !FIN !RST", after=0)
    remote.send(f"ACK ack {SEGMENTS * SIZE + 1} win {SIZE}")
    server.send(b"more")
    remote.expect(f"any {SEGMENTS * SIZE + 1}:*(4)")


@pytest.mark.claim("tcp.window-probes.old-data-beyond-the-edge")
@over_ip
def test_first_segment_is_sent_again_beyond_the_edge(remote):
    remote.let_timers_run()
    sent(remote)

    remote.send("ACK ack 1 win 0")  # decisive

    remote.came("ACK ack 1 win 0")
    late(remote, f"any 1:*({SIZE})", after=0)


@pytest.mark.claim("tcp.window-probes.old-data-inside-the-edge")
@over_ip
def test_segments_inside_a_shrunk_window_are_sent_again(remote):
    remote.let_timers_run()
    sent(remote)

    remote.send(f"ACK ack 1 win {2 * SIZE}")  # decisive

    remote.came(f"ACK ack 1 win {2 * SIZE}")
    late(remote, f"any 1:*({SIZE})", after=0)
    remote.send(f"ACK ack {SIZE + 1} win {SIZE}")
    late(remote, f"any {SIZE + 1}:*({SIZE})", after=1)


@pytest.mark.claim("tcp.window-probes.beyond-the-edge-not-given-up")
@over_ip
def test_data_beyond_the_edge_ends_no_connection(remote, sysctl):
    remote.let_timers_run()
    base = timeout(sent(remote))

    remote.send("PSH ACK ack 1 (1)")  # the segment behind it is a newer one: before 6.6 only such took a window away
    remote.send("ACK ack 1 win 0")  # decisive

    sysctl("net.ipv4.tcp_retries2", 1)  # not before, or the connection ends where the machine stands still
    for number in range(3):
        late(remote, f"any 1:*({SIZE})", after=base * 2**number)
    is_in(remote.ends, "ESTABLISHED")
