"""What TCP_INFO counts, held against what a scripted host has sent and received; fields that came after Linux 2.6."""

import time
from socket import SOCK_STREAM

import pytest

from conformance.tcp.loss_recovery.flight import SEGMENTS, SIZE, duplicate, flown, queue, sent
from conformance.tcp.retransmission.silence import late, silent
from conformance.tcp.tcp_info.fields import told
from fixtures.evidence.expect import JIFFY
from fixtures.evidence.waiting import until
from fixtures.stage.families import over_ip

MILLISECONDS = 1000
WHILE = 60
"""Milliseconds that can be told from none at any HZ."""
PLENTY = 1.0
"""Seconds after which the kernel's clock has come so far, however busy the machine is."""
SELECTIVE = f"<mss {SIZE},sackOK>"
THIRD, BOTH = f"{2 * SIZE + 1}:{3 * SIZE + 1}", f"{SIZE + 1}:{3 * SIZE + 1}"
"""Blocks: of the third segment, and of the second and the third."""
TRIES = 5
"""What is late by a few milliseconds is taken for lost (RFC 8985 6.2) and sent again, which is no other order."""


def reaches(end, field, least, *, what):
    """Returns when a field that counts time has come so far."""
    until(lambda: told(end, field)[0] >= least, what=what, within=PLENTY)


def moved(end, before, *fields):
    """How far these fields have moved since they were told."""
    return tuple(now - then for now, then in zip(told(end, *fields), before, strict=True))


@pytest.mark.claim("tcp.info.bytes-acknowledged-and-received")
@pytest.mark.needs("tcp-info:136")
@over_ip
def test_bytes_of_both_directions_are_counted(remote):
    server = remote.reach()
    before = told(server, "bytes_acked", "bytes_received")
    server.send(b"twelve bytes")
    remote.expect("any (12)")
    remote.send("ACK")
    remote.send("PSH ACK (7)")  # decisive

    remote.settle()
    assert moved(server, before, "bytes_acked", "bytes_received") == (12, 7)


@pytest.mark.claim("tcp.info.segments-of-both-directions")
@pytest.mark.needs("tcp-info:160")
@over_ip
def test_segments_of_both_directions_are_counted(remote):
    fields = ("segs_out", "data_segs_out", "segs_in", "data_segs_in")
    server = remote.reach(options=f"<mss {SIZE}>")
    before = told(server, *fields)

    queue(server, 2)  # decisive
    for _ in range(2):
        remote.expect(f"any ({SIZE})")
    remote.send("PSH ACK (7)")  # decisive
    remote.expect("ACK (0)")
    remote.send("ACK")

    remote.settle()
    assert moved(server, before, *fields) == (3, 2, 2, 1)


@pytest.mark.beside
@pytest.mark.claim("tcp.info.bytes-sent-again")
@pytest.mark.needs("tcp-info:224")
@over_ip
def test_bytes_that_were_sent_again_are_counted(remote):
    server = silent(remote)

    server.send(b"data")  # decisive

    for _ in range(2):
        late(remote, "any 1:5(4)", after=1)
    until(lambda: told(server, "bytes_retrans")[0] >= 4, what="a repetition counted")
    (total, again), seen = told(server, "bytes_sent", "bytes_retrans"), len(remote.seen("any 1:5(4)"))
    assert total == again + 4
    assert again <= 4 * (seen - 1)


@pytest.mark.claim("tcp.info.needless-repetitions")
@pytest.mark.needs("tcp-info:224")
@over_ip
def test_repetition_of_which_the_peer_tells_that_it_was_needless_is_counted(remote, sysctl):
    sysctl("net.ipv4.tcp_sack", 1)
    server = sent(remote, options=SELECTIVE)
    duplicate(remote, options=f"<nop,nop,sack {SIZE + 1}:{SEGMENTS * SIZE + 1}>")
    remote.expect(f"any 1:*({SIZE})")
    remote.send(f"ACK ack {SEGMENTS * SIZE + 1}")
    assert told(server, "dsack_dups") == (0,)

    remote.send(f"ACK ack {SEGMENTS * SIZE + 1} <nop,nop,sack 1:{SIZE + 1}>")  # decisive

    until(lambda: told(server, "dsack_dups") == (1,), what="a needless repetition counted")


@pytest.mark.claim("tcp.info.reordering-seen")
@pytest.mark.needs("tcp-info:224")
@over_ip
def test_segments_that_came_in_another_order_are_noticed(remote, sysctl):
    sysctl("net.ipv4.tcp_sack", 1)
    sysctl("net.ipv4.tcp_early_retrans", 0)

    seen = []
    while (1,) not in seen and len(seen) < TRIES:
        other = remote.another(f"other{len(seen)}")
        server, (later, earlier) = flight_with_blocks(other)
        other.put(later)
        other.put(earlier)  # decisive
        seen.append(told(server, "reord_seen"))

    assert (1,) in seen


def flight_with_blocks(other):
    """A socket that has noticed nothing yet, and the acknowledgements of the third segment and of the two before it."""
    server = sent(other, options=SELECTIVE)
    assert told(server, "reord_seen") == (0,)
    texts = (f"ACK ack 1 win {SEGMENTS * SIZE} <nop,nop,sack {block}>" for block in (THIRD, BOTH))
    return server, [other.craft(text) for text in texts]


@pytest.mark.claim("tcp.info.pieces-out-of-order")
@pytest.mark.needs("tcp-info:228")
@over_ip
def test_segments_behind_a_hole_are_counted(remote):
    server = remote.reach()
    assert told(server, "rcv_ooopack") == (0,)

    for start in (11, 21):
        remote.send(f"PSH ACK {start}:(5)")  # decisive

    until(lambda: told(server, "rcv_ooopack") == (2,), what="two segments behind a hole")


@pytest.mark.claim("tcp.info.time-that-data-was-on-its-way")
@pytest.mark.needs("tcp-info:192")
@over_ip
def test_time_counts_while_data_is_unacknowledged(remote):
    server = remote.reach()
    began = time.monotonic()
    server.send(b"data")
    remote.expect("any (4)")
    reaches(server, "busy_time", WHILE * MILLISECONDS, what=f"{WHILE} ms with data on its way")

    remote.send("ACK")  # decisive

    until(lambda: told(server, "unacked") == (0,), what="everything acknowledged")
    (over,) = told(server, "busy_time")
    assert over <= (time.monotonic() - began + JIFFY) * MILLISECONDS * MILLISECONDS
    assert told(server, "busy_time") == (over,)


@pytest.mark.claim("tcp.info.time-that-the-window-was-closed")
@pytest.mark.needs("tcp-info:192")
@over_ip
def test_time_counts_while_data_waits_for_the_window_of_the_peer(remote):
    server = remote.reach(options=f"<mss {SIZE}>", window=SEGMENTS * SIZE)
    queue(server, SEGMENTS + 1)  # decisive

    reaches(server, "rwnd_limited", WHILE * MILLISECONDS, what=f"{WHILE} ms behind a window")

    limited, busy = told(server, "rwnd_limited", "busy_time")
    assert limited <= busy


@pytest.mark.claim("tcp.info.time-since-the-last-data")
@over_ip
def test_time_since_the_last_data_is_told_of_each_direction(remote):
    server = remote.reach(options=f"<mss {SIZE}>")
    began = time.monotonic()
    flown(remote, server)
    reaches(server, "last_data_sent", WHILE, what=f"{WHILE} ms since the last data")

    remote.send("PSH ACK (7)")  # decisive

    assert server.recv(10) != b""
    received, since = told(server, "last_data_recv", "last_data_sent")
    assert received <= since - WHILE + JIFFY * MILLISECONDS
    assert since <= (time.monotonic() - began + JIFFY) * MILLISECONDS
    reaches(server, "last_data_recv", WHILE, what=f"{WHILE} ms since data came last")


@pytest.mark.claim("tcp.info.least-round-trip")
@pytest.mark.needs("tcp-info:152")
@over_ip
def test_least_round_trip_is_no_longer_than_the_first_exchange(peers, family):
    listener, client = peers.listener(family), peers.socket("client", family.domain, SOCK_STREAM)
    began = time.monotonic()

    client.connect(listener.getsockname())  # decisive

    least, smoothed = told(client, "min_rtt", "rtt")
    assert 0 < least <= smoothed
    assert least <= (time.monotonic() - began) * MILLISECONDS**2


@pytest.mark.claim("tcp.info.delivered-counts-segments")
@pytest.mark.needs("tcp-info:196")
@over_ip
def test_segments_that_arrived_are_counted(remote):
    server = remote.reach(options=f"<mss {SIZE}>")
    before = told(server, "delivered")

    queue(server, 2)  # decisive

    remote.expect(f"any ({SIZE})")
    remote.expect(f"any ({SIZE})")
    assert moved(server, before, "delivered") == (0,)
    remote.send("ACK")
    remote.settle()
    assert moved(server, before, "delivered") == (2,)


@pytest.mark.claim("tcp.info.counts-begin-at-nothing")
@pytest.mark.needs("tcp-info:216")
@over_ip
def test_connection_begins_with_no_bytes_and_no_segments_of_data(stream_pair):
    fields = ("data_segs_out", "data_segs_in", "bytes_sent", "bytes_retrans", "bytes_received", "notsent_bytes")
    client, server = stream_pair
    before = None

    before = told(client, *fields), told(server, *fields)  # decisive

    assert before == ((0,) * len(fields),) * 2
