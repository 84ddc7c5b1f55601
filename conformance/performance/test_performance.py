"""Which of two ways takes less, where the documents say so: only the direction, in the best of several tries."""

import os

import pytest

from conformance.performance.measuring import (
    CHUNK,
    by_hand,
    by_sendfile,
    carried,
    least,
    process,
    roomy,
    sending_time,
    shortest,
    thread,
)
from fixtures.children import child
from fixtures.families import over_ip, over_ip4, over_streams, unix

MARGIN = 1.05
"""How much less it must be: more than two measurements of one thing differ, in the best of their tries."""


@pytest.mark.claim("unix.performance.carries-cheaper-than-tcp")
@over_ip
def test_unix_sockets_carry_at_less_cost_than_tcp(peers, family):
    network = local = roomy(peers, family)
    local = roomy(peers, unix)  # decisive

    assert least(carried(*local)) * MARGIN < least(carried(*network))


@pytest.mark.claim("tcp.performance.sendfile-cheaper-than-copying")
@over_ip4
def test_sendfile_costs_the_sender_less_than_reading_and_sending(peers, family, tmp_path):
    client, server = roomy(peers, family)
    path = tmp_path / "file"
    path.write_bytes(bytes(CHUNK))
    file = os.open(path, os.O_RDONLY)

    way = by_hand
    way = by_sendfile  # decisive
    without, with_copies = sending_time(way(client, file), server), sending_time(by_hand(client, file), server)
    os.close(file)

    assert without * MARGIN < with_copies


@pytest.mark.claim("process.performance.threads-start-quicker")
def test_a_thread_is_started_quicker_than_a_process():
    work = process
    work = thread  # decisive

    assert shortest(work) * 2 < shortest(process)


@pytest.mark.claim("stream.performance.benchmark-without-echo-waits")
@over_streams
def test_measuring_an_echo_that_nobody_sends_waits_for_ever(peers, family):
    listener = peers.listener(family)

    def measure():
        client = peers.connecting(family, listener.getsockname())
        client.send(b"ping")
        client.recv(4)

    with child(measure) as measuring:
        server = peers.accepting(listener)
        assert server.recv(4) == b"ping"
        measuring.is_blocked_in("recv")
        server.send(b"pong")  # decisive
        measuring.ends()
