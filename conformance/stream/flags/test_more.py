"""MSG_MORE: what is held back for the next call, and for how long."""

from select import POLLIN
from socket import IPPROTO_TCP, MSG_DONTWAIT, MSG_MORE, TCP_CORK, TCP_NODELAY
from time import time_ns

import pytest

from conformance.stream.receiving.ends import datagram_pair
from conformance.stream.sending.buffers import received, unsent
from conformance.stream.sending.segments import CEILING, before_the_ceiling
from fixtures.evidence.expect import JIFFY
from fixtures.evidence.waiting import readiness, ready
from fixtures.stage.families import over_ip


@pytest.mark.claim("tcp.flags.more-joins")
@pytest.mark.parametrize("flags", [MSG_MORE, MSG_MORE | MSG_DONTWAIT], ids=["MSG_MORE", "MSG_MORE|MSG_DONTWAIT"])
@over_ip
def test_more_joins_two_sends_to_one_segment(stream_pair, wire, flags):
    client, server = stream_pair
    client.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    began = time_ns()

    assert client.send(b"HEAD", flags) == 4  # decisive
    assert client.send(b"BODY") == 4

    assert received(server, 8) == b"HEADBODY"
    assert before_the_ceiling(wire, since=began) in ([8], [])


@pytest.mark.claim("tcp.flags.more-per-call")
@pytest.mark.needs("siocoutqnsd")
@over_ip
def test_after_more_a_send_without_it_leaves_at_once(stream_pair, wire):
    client, server = stream_pair
    client.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    client.send(b"HEAD", MSG_MORE)

    client.send(b"BODY")  # decisive

    assert unsent(client) == 0
    assert client.getsockopt(IPPROTO_TCP, TCP_CORK) == 0
    client.send(b"next")
    assert unsent(client) == 0
    assert received(server, 12) == b"HEADBODYnext"


@pytest.mark.claim("tcp.flags.more-alone-leaves")
@over_ip
def test_what_is_sent_with_more_alone_leaves_after_the_ceiling(stream_pair, wire):
    client, server = stream_pair
    client.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)

    client.send(b"HEAD", MSG_MORE)  # decisive

    third = wire.expect("client > server ACK 1:1(0)")
    alone = wire.expect("client > server 1:5(4)")
    assert received(server, 4) == b"HEAD"
    early = alone.at - third.at < (CEILING - JIFFY) * 1e9
    assert not early


@pytest.mark.claim("udp.flags.more-joins-datagram")
@over_ip
def test_more_joins_two_sends_to_one_datagram(peers, family, wire):
    sender, receiver = datagram_pair(peers, family)

    assert sender.send(b"HEAD", MSG_MORE) == 4  # decisive
    assert readiness(receiver, POLLIN) == 0
    assert sender.send(b"BODY") == 4

    ready(receiver, POLLIN)
    assert receiver.recv(100) == b"HEADBODY"
    assert readiness(receiver, POLLIN) == 0
    wire.expect("sender > receiver UDP (8)")
    wire.never("sender > receiver UDP (4)")
