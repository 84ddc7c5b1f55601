"""Duplicate acknowledgements without selective ones (RFC 5681 section 3.2, RFC 6582)."""

from itertools import pairwise

import pytest

from conformance.tcp.loss_recovery.flight import SEGMENTS, SIZE, again, duplicate, queue, sent
from fixtures.evidence.kernel_view import tcp_info
from fixtures.remote.script import WINDOW
from fixtures.stage.families import over_ip


@pytest.fixture(autouse=True)
def plain_recovery(remote, sysctl):
    """The algorithm of RFC 5681."""
    sysctl("net.ipv4.tcp_congestion_control", "reno")
    sysctl("net.ipv4.tcp_reordering", 3)


@pytest.mark.claim("tcp.loss-recovery.third-duplicate-retransmits")
@over_ip
def test_third_duplicate_has_the_first_segment_sent_again(remote):
    sent(remote)
    duplicate(remote, 2)
    before = again(remote, 1)

    duplicate(remote)  # decisive

    assert (before, again(remote, 1)) == (1, 2)


@pytest.mark.claim("tcp.loss-recovery.first-duplicates-send-new")
@over_ip
def test_each_of_two_duplicates_lets_a_new_segment_leave(remote):
    server = remote.reach(options=f"<mss {SIZE}>")
    queue(server, 30)
    flights = [highest(remote)]

    for _ in range(2):
        duplicate(remote, window=WINDOW)  # decisive
        flights.append(highest(remote))

    assert [after - before for before, after in pairwise(flights)] == [SIZE, SIZE]


def highest(remote):
    """The number behind the last byte that has come, after a fence."""
    remote.settle()
    return remote.numbers.received


@pytest.mark.claim("tcp.loss-recovery.no-duplicate-with-data")
@over_ip
def test_acknowledgements_with_data_are_no_duplicates(remote):
    server = sent(remote)

    for _ in range(5):
        remote.send(f"PSH ACK (10) ack 1 win {SEGMENTS * SIZE}")  # decisive

    assert again(remote, 1) == 1
    assert len(server.recv(100)) == 50


@pytest.mark.claim("tcp.loss-recovery.old-acknowledgement-harmless")
@over_ip
def test_old_acknowledgements_cause_nothing(remote):
    sent(remote)
    remote.send(f"ACK ack {SIZE + 1} win {SEGMENTS * SIZE}")

    duplicate(remote, 5, ack=1)  # decisive

    remote.came(f"ACK ack 1 win {SEGMENTS * SIZE}", times=5)
    assert (again(remote, 1), again(remote, SIZE + 1)) == (1, 1)
    duplicate(remote, 3, ack=SIZE + 1)
    assert again(remote, SIZE + 1) == 2


@pytest.mark.claim("tcp.loss-recovery.partial-acknowledgement-retransmits")
@over_ip
def test_acknowledgement_of_a_part_has_the_next_hole_filled(remote):
    sent(remote)
    duplicate(remote, 3)
    before = again(remote, 1)

    remote.send(f"ACK ack {SIZE + 1} win {SEGMENTS * SIZE}")  # decisive

    assert (before, again(remote, SIZE + 1)) == (2, 2)


@pytest.mark.claim("tcp.loss-recovery.window-reduced")
@over_ip
def test_loss_lowers_the_threshold(remote):
    server = sent(remote)

    duplicate(remote, 3)  # decisive

    remote.settle()
    assert 2 <= tcp_info(server).snd_ssthresh < SEGMENTS


@pytest.mark.claim("tcp.loss-recovery.blocks-unasked-ignored")
@over_ip
def test_blocks_that_were_not_negotiated_change_nothing(remote):
    sent(remote)

    duplicate(remote, 2, options=f"<nop,nop,sack {2 * SIZE + 1}:{6 * SIZE + 1}>")  # decisive

    assert again(remote, 1) == 1
    duplicate(remote)  # the third, if it was not for the blocks
    assert again(remote, 1) == 2
