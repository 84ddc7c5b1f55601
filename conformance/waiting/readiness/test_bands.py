"""poll(2) and epoll_wait(2): the band of priority, which is another one for each kind of socket."""

from select import POLLIN, POLLOUT, POLLRDBAND, POLLWRBAND

import pytest

from conformance.local.unix.names import kinds
from conformance.local.unix.pairs import pair
from conformance.waiting.epoll.watching import watching
from fixtures.evidence.waiting import readiness, ready
from fixtures.stage.families import over_ip

BANDS = POLLWRBAND | POLLRDBAND


def by_epoll(end, events):
    """What epoll_wait(2) tells of one socket: its events have the numbers of those of poll(2)."""
    with watching(end, events) as instance:
        return sum(bits for _, bits in instance.poll(0))


waits = pytest.mark.parametrize("told_by", [readiness, by_epoll], ids=["poll", "epoll"])


@pytest.mark.claim("poll.bands.priority-of-sockets")
@waits
@over_ip
def test_band_of_priority_is_writable_and_never_readable(peers, family, told_by):
    end = peers.datagram(family, lane="end")
    end.sendto(b"x", end.getsockname())
    ready(end, POLLIN)
    told = None

    told = told_by(end, BANDS)  # decisive

    assert told == POLLWRBAND


@pytest.mark.claim("poll.bands.priority-of-unix")
@waits
@kinds
def test_band_of_priority_of_unix_is_writable_and_never_readable(peers, kind, told_by):
    client, server = pair(peers, kind)
    client.send(b"x")
    ready(server, POLLIN)
    told = None

    told = told_by(server, BANDS)  # decisive

    assert told == POLLWRBAND


@pytest.mark.claim("poll.bands.none-of-tcp")
@waits
@over_ip
def test_tcp_has_no_band_of_priority(stream_pair, told_by):
    client, server = stream_pair
    client.send(b"x")
    ready(server, POLLIN)
    told = None

    told = told_by(server, BANDS | POLLIN | POLLOUT)  # decisive

    assert told == POLLIN | POLLOUT
