"""When bytes of a stream were sent and acknowledged: SO_TIMESTAMPING of TCP."""

import struct
import time
from errno import EINVAL
from socket import SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.configuration.timestamping.stamps import (
    ACKNOWLEDGED,
    OPT_ID,
    OPT_STATS,
    OPT_STATS_MESSAGE,
    OPT_TSONLY,
    SO_TIMESTAMPING,
    SOFTWARE,
    TX_ACK,
    TX_SOFTWARE,
    sent_stamp,
)
from conformance.configuration.values.settings import of_type
from fixtures.evidence.expect import fails
from fixtures.stage.families import over_ip

pytestmark = pytest.mark.needs(f"option:SOL_SOCKET.{SO_TIMESTAMPING}")


@pytest.mark.claim("tcp.timestamping.acknowledged")
@over_ip
def test_time_at_which_data_was_acknowledged_is_told(peers, family):
    client, server = peers.pair(family)
    client.setsockopt(SOL_SOCKET, SO_TIMESTAMPING, TX_ACK | SOFTWARE | OPT_TSONLY)  # decisive
    before = time.time()

    client.send(b"data")

    assert server.recv(4) == b"data"
    stamp = sent_stamp(client, family)
    assert stamp.kind == ACKNOWLEDGED
    assert before - 1e-6 <= stamp.times[0] <= time.time()


@pytest.mark.claim("tcp.timestamping.bytes-are-numbered")
@over_ip
def test_last_byte_of_each_call_is_numbered(peers, family):
    client, server = peers.pair(family)
    client.setsockopt(SOL_SOCKET, SO_TIMESTAMPING, TX_ACK | SOFTWARE | OPT_TSONLY | OPT_ID)  # decisive

    numbers = []
    for size in (5, 3, 1):
        client.send(bytes(size))
        assert len(server.recv(size)) == size
        numbers.append(sent_stamp(client, family).number)

    assert numbers == [4, 7, 8]


@pytest.mark.claim("tcp.timestamping.numbers-need-a-connection")
@over_ip
def test_bytes_are_not_numbered_before_there_is_a_connection(peers, family):
    end = peers.socket("end", family.domain, SOCK_STREAM)

    with fails(EINVAL):
        end.setsockopt(SOL_SOCKET, SO_TIMESTAMPING, TX_SOFTWARE | OPT_ID)  # decisive


@pytest.mark.claim("tcp.timestamping.statistics")
@over_ip
def test_statistics_come_with_the_time(peers, family):
    client, server = peers.pair(family)
    client.setsockopt(SOL_SOCKET, SO_TIMESTAMPING, TX_ACK | SOFTWARE | OPT_TSONLY | OPT_STATS)  # decisive

    client.send(b"data")

    assert server.recv(4) == b"data"
    told = of_type(sent_stamp(client, family).ancillary, SOL_SOCKET, OPT_STATS_MESSAGE)
    first = [struct.unpack_from("HH", one)[0] for one in told]  # 4 where numbers are aligned by an empty one
    assert [4 <= length <= len(one) for length, one in zip(first, told, strict=True)] == [True]
