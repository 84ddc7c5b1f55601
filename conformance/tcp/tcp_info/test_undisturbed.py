"""TCP_INFO of a connection on which nothing was lost, nothing waited and nothing was marked."""

from select import POLLIN

import pytest

from conformance.tcp.tcp_info.fields import told
from fixtures.evidence.waiting import ready, until
from fixtures.stage.families import over_ip

TROUBLE = (
    "ca_state", "retransmits", "probes", "backoff", "sacked", "lost", "retrans", "total_retrans", "delivered_ce",
    "bytes_retrans", "dsack_dups",
)  # fmt: skip
MEASURED = ("rto", "snd_mss", "rcv_mss", "pmtu", "advmss", "snd_cwnd", "rcv_space", "pacing_rate")


@pytest.mark.claim("tcp.info.no-trouble-is-nothing")
@over_ip
def test_connection_without_trouble_counts_none(stream_pair):
    client, server = stream_pair
    client.send(b"question")
    server.send(server.recv(100))
    ready(client, POLLIN)
    seen = None

    until(lambda: told(client, "unacked") == (0,), what="an acknowledgement")
    seen = dict(zip(TROUBLE, told(client, *TROUBLE), strict=True))  # decisive

    assert seen == dict.fromkeys(TROUBLE, 0)


@pytest.mark.claim("tcp.info.measures-are-there")
@pytest.mark.needs("tcp-info:136")
@over_ip
def test_connection_has_a_measure_of_each_kind(stream_pair):
    client, server = stream_pair
    client.send(b"question")
    server.send(server.recv(100))
    ready(client, POLLIN)
    missing = MEASURED

    missing = [name for name in MEASURED if told(client, name) == (0,)]  # decisive

    assert missing == []
