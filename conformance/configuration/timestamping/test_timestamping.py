"""When datagrams came and went, and which of them it was: SO_TIMESTAMPING."""

import sys
import time
from errno import EINVAL
from functools import partial
from select import POLLERR, poll
from socket import IPPROTO_IP, SOL_SOCKET

import pytest

from conformance.configuration.timestamping.stamps import (
    OPT_CMSG,
    OPT_ID,
    OPT_STATS,
    OPT_TSONLY,
    RX_SOFTWARE,
    SCHEDULED,
    SENT,
    SO_TIMESTAMPING,
    SOFTWARE,
    TX_SCHED,
    TX_SOFTWARE,
    received,
    sent_stamp,
)
from conformance.configuration.values.settings import of_type
from conformance.datagram.udp.datagrams import IP_PKTINFO, all_came_through, ends
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import readiness, until
from fixtures.stage.children import child
from fixtures.stage.families import over_ip, over_ip4

pytestmark = pytest.mark.needs(f"option:SOL_SOCKET.{SO_TIMESTAMPING}")
points = pytest.mark.parametrize(
    ("asked", "kind"), [(TX_SOFTWARE, SENT), (TX_SCHED, SCHEDULED)], ids=["TX_SOFTWARE", "TX_SCHED"]
)


def arriving(sender, receiver):
    """The times of another datagram. Where nobody on a machine asked before, they begin a moment later."""
    sender.sendto(b"x", receiver.getsockname())
    return received(receiver)


@pytest.mark.claim("udp.timestamping.arrival")
@over_ip
def test_time_of_arrival_is_the_first_of_three(peers, family):
    sender, receiver = ends(peers, family)
    receiver.setsockopt(SOL_SOCKET, SO_TIMESTAMPING, RX_SOFTWARE | SOFTWARE)  # decisive
    before = time.time()

    told = until(partial(arriving, sender, receiver), what="a time of arrival")

    assert [before - 1e-6 <= software <= time.time() for software, *_ in told] == [True]
    assert [others for _, *others in told] == [[0, 0]]


@pytest.mark.claim("udp.timestamping.reported-where-asked")
@over_ip
def test_time_of_arrival_is_not_told_where_nobody_asks(peers, family):
    sender, receiver = ends(peers, family)
    receiver.setsockopt(SOL_SOCKET, SO_TIMESTAMPING, RX_SOFTWARE | SOFTWARE)

    receiver.setsockopt(SOL_SOCKET, SO_TIMESTAMPING, RX_SOFTWARE)  # decisive

    sender.sendto(b"x", receiver.getsockname())

    assert received(receiver) == []


@pytest.mark.claim("udp.timestamping.sent")
@points
@over_ip
def test_datagram_comes_back_with_the_time_at_which_it_went(peers, family, asked, kind):
    sender, receiver = ends(peers, family)
    sender.setsockopt(SOL_SOCKET, SO_TIMESTAMPING, asked | SOFTWARE)  # decisive
    before = time.time()

    sender.sendto(b"come back", receiver.getsockname())

    stamp = sent_stamp(sender, family)
    assert (stamp.kind, stamp.data[-9:]) == (kind, b"come back")
    assert before - 1e-6 <= stamp.times[0] <= time.time()


@pytest.mark.claim("udp.timestamping.wakes-who-waits")
@over_ip
def test_wait_for_a_time_ends_when_it_is_there(peers, family):
    sender, receiver = ends(peers, family)
    sender.setsockopt(SOL_SOCKET, SO_TIMESTAMPING, TX_SOFTWARE | SOFTWARE)

    def wait():
        asked = poll()
        asked.register(sender, 0)
        return [events for _, events in asked.poll()]

    with child(wait) as waiting:
        waiting.is_blocked_in("poll")
        sender.sendto(b"x", receiver.getsockname())  # decisive
        assert waiting.ends().value == [POLLERR]


@pytest.mark.claim("udp.timestamping.each-is-numbered")
@over_ip
def test_datagrams_are_numbered_from_zero(peers, family):
    sender, receiver = ends(peers, family)
    sender.setsockopt(SOL_SOCKET, SO_TIMESTAMPING, TX_SOFTWARE | SOFTWARE | OPT_ID)  # decisive

    for data in (b"first", b"second", b"third"):
        sender.sendto(data, receiver.getsockname())

    assert [sent_stamp(sender, family).number for _ in range(3)] == [0, 1, 2]


@pytest.mark.claim("udp.timestamping.numbers-begin-anew")
@over_ip
def test_numbers_begin_anew_where_the_option_was_off(peers, family):
    sender, receiver = ends(peers, family)
    sender.setsockopt(SOL_SOCKET, SO_TIMESTAMPING, TX_SOFTWARE | SOFTWARE | OPT_ID)
    sender.sendto(b"first", receiver.getsockname())
    sender.setsockopt(SOL_SOCKET, SO_TIMESTAMPING, TX_SOFTWARE | SOFTWARE)  # decisive

    sender.setsockopt(SOL_SOCKET, SO_TIMESTAMPING, TX_SOFTWARE | SOFTWARE | OPT_ID)
    sender.sendto(b"first again", receiver.getsockname())

    assert [sent_stamp(sender, family).number for _ in range(2)] == [0, 0]


@pytest.mark.claim("udp.timestamping.numbers-go-on")
@over_ip
def test_numbers_go_on_where_the_option_stays_on(peers, family):
    sender, receiver = ends(peers, family)
    sender.setsockopt(SOL_SOCKET, SO_TIMESTAMPING, TX_SOFTWARE | SOFTWARE | OPT_ID)
    sender.sendto(b"first", receiver.getsockname())

    sender.setsockopt(SOL_SOCKET, SO_TIMESTAMPING, TX_SCHED | SOFTWARE | OPT_ID)
    sender.sendto(b"second", receiver.getsockname())  # decisive

    assert [sent_stamp(sender, family).number for _ in range(2)] == [0, 1]


@pytest.mark.claim("udp.timestamping.time-alone")
@over_ip
def test_time_comes_without_the_datagram(peers, family):
    sender, receiver = ends(peers, family)
    sender.setsockopt(SOL_SOCKET, SO_TIMESTAMPING, TX_SOFTWARE | SOFTWARE | OPT_TSONLY)  # decisive
    before = time.time()

    sender.sendto(b"stay away", receiver.getsockname())

    stamp = sent_stamp(sender, family)
    assert stamp.data == b""
    assert before - 1e-6 <= stamp.times[0] <= time.time()


@pytest.mark.claim("udp.timestamping.by-message")
@over_ip
def test_one_datagram_alone_is_stamped(peers, family):
    sender, receiver = ends(peers, family)
    sender.setsockopt(SOL_SOCKET, SO_TIMESTAMPING, SOFTWARE)
    asking = [(SOL_SOCKET, SO_TIMESTAMPING, TX_SOFTWARE.to_bytes(4, sys.byteorder))]

    sender.sendto(b"before", receiver.getsockname())
    sender.sendmsg([b"asked for"], asking, 0, receiver.getsockname())  # decisive
    sender.sendto(b"behind", receiver.getsockname())

    assert sent_stamp(sender, family).data.endswith(b"asked for")
    all_came_through(peers, family)
    assert readiness(sender, POLLERR) == 0


@pytest.mark.claim("udp.timestamping.message-overrides")
@over_ip
def test_message_counts_in_place_of_the_option(peers, family):
    sender, receiver = ends(peers, family)
    sender.setsockopt(SOL_SOCKET, SO_TIMESTAMPING, TX_SOFTWARE | SOFTWARE)
    asking = [(SOL_SOCKET, SO_TIMESTAMPING, TX_SCHED.to_bytes(4, sys.byteorder))]

    sender.sendmsg([b"x"], asking, 0, receiver.getsockname())  # decisive

    assert sent_stamp(sender, family).kind == SCHEDULED
    all_came_through(peers, family)
    assert readiness(sender, POLLERR) == 0


@pytest.mark.claim("udp.timestamping.messages-of-ip4")
@pytest.mark.parametrize(("option", "told"), [(OPT_CMSG, 1), (0, 0)], ids=["OPT_CMSG", "without"])
@over_ip4
def test_packet_information_comes_where_it_is_asked_for(peers, family, option, told):
    sender, receiver = ends(peers, family)
    sender.setsockopt(IPPROTO_IP, IP_PKTINFO, 1)
    sender.setsockopt(SOL_SOCKET, SO_TIMESTAMPING, TX_SOFTWARE | SOFTWARE | option)  # decisive

    sender.sendto(b"x", receiver.getsockname())

    assert len(of_type(sent_stamp(sender, family).ancillary, IPPROTO_IP, IP_PKTINFO)) == told


@pytest.mark.claim("udp.timestamping.statistics-without-data")
@over_ip
def test_statistics_need_times_without_data(peers, family):
    end, _ = ends(peers, family)
    end.setsockopt(SOL_SOCKET, SO_TIMESTAMPING, SOFTWARE)

    with fails(EINVAL):
        end.setsockopt(SOL_SOCKET, SO_TIMESTAMPING, SOFTWARE | OPT_STATS)  # decisive

    assert end.getsockopt(SOL_SOCKET, SO_TIMESTAMPING) == SOFTWARE
    end.setsockopt(SOL_SOCKET, SO_TIMESTAMPING, SOFTWARE | OPT_STATS | OPT_TSONLY)
