"""SO_MEMINFO: what memory a socket has, field by field (sock_diag(7), SK_MEMINFO_*)."""

from socket import SO_RCVBUF, SO_SNDBUF, SOL_SOCKET

import pytest

from conformance.configuration.filters.programs import RETURN, SO_DETACH_FILTER, attach
from conformance.configuration.options.asking import memory_of
from conformance.configuration.values.tables import KINDS
from conformance.lifecycle.linger.unsent import jam
from conformance.local.unix.names import kinds
from conformance.local.unix.pairs import pair
from fixtures.stage.families import over_ip, over_streams

pytestmark = pytest.mark.needs("option:SOL_SOCKET.55")  # SO_MEMINFO
SENT, QUEUED, OPTIONS = 2, 5, 6
"""Places of SK_MEMINFO_WMEM_ALLOC, WMEM_QUEUED and OPTMEM."""


@pytest.mark.claim("socket.meminfo.new-has-none")
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@over_streams
def test_new_socket_has_limits_and_no_memory(peers, family, kind):
    end = peers.socket("end", family.domain, kind)
    told = ()

    told = memory_of(end)  # decisive

    limits = [end.getsockopt(SOL_SOCKET, option) for option in (SO_RCVBUF, SO_SNDBUF)]
    assert list(told) == [0, limits[0], 0, limits[1], 0, 0, 0, 0, 0]


@pytest.mark.claim("socket.meminfo.filter-is-an-option")
@over_ip
def test_filter_is_memory_of_options(peers, family):
    end = peers.datagram(family, lane="end")

    attach(end, (RETURN, 0xFFFF))  # decisive

    assert memory_of(end)[OPTIONS] > 0
    end.setsockopt(SOL_SOCKET, SO_DETACH_FILTER, 0)
    assert memory_of(end)[OPTIONS] == 0


@pytest.mark.claim("socket.meminfo.unread-of-unix-is-the-senders")
@kinds
def test_what_the_peer_has_not_read_is_memory_of_the_sender(peers, kind):
    sender, receiver = pair(peers, kind)

    sender.send(bytes(1000))  # decisive

    assert memory_of(sender)[SENT] >= 1000
    receiver.recv(1000)
    assert memory_of(sender)[SENT] == 0


@pytest.mark.claim("tcp.meminfo.unsent-is-queued")
@pytest.mark.usefixtures("usual_windows")
@pytest.mark.unwatched
@over_ip
def test_what_is_unsent_is_queued_memory(stream_pair):
    client, _ = stream_pair
    before = memory_of(client)[QUEUED]

    jam(client)  # decisive

    assert (before, memory_of(client)[QUEUED] > 0) == (0, True)
