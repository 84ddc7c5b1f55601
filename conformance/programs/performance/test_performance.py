"""Which of two ways takes less, where the documents say so: only the direction, in the best of several tries."""

import pytest

from conformance.programs.performance.batches import ways
from conformance.programs.performance.measuring import (
    CHUNK,
    FEW_CHUNKS,
    as_datagrams,
    by_hand,
    by_sendfile,
    carried,
    elapsed,
    exchanged,
    process,
    processor_time,
    roomy,
    sending_time,
    takes_less,
    thread,
)
from fixtures.stage.children import child
from fixtures.stage.families import over_ip, over_ip4, over_streams, unix

pytestmark = pytest.mark.unwatched  # what it looks at would be another with a capture beside it


@pytest.mark.claim("unix.performance.carries-cheaper-than-tcp")
@pytest.mark.needs("thread-clock")
@over_ip
def test_unix_sockets_carry_at_less_cost_than_tcp(peers, family):
    both = [carried(*roomy(peers, over)) for over in (family, unix)]
    both.reverse()  # decisive

    takes_less(*map(processor_time, both))


@pytest.mark.claim("unix.performance.exchanges-cheaper-than-tcp")
@pytest.mark.needs("thread-clock")
@over_ip
def test_unix_sockets_exchange_at_less_cost_than_tcp(peers, family):
    both = [exchanged(*roomy(peers, over)) for over in (family, unix)]
    both.reverse()  # decisive

    takes_less(*map(processor_time, both))


@pytest.mark.claim("tcp.performance.streams-cheaper-than-datagrams")
@pytest.mark.needs("thread-clock")
@over_ip
def test_a_stream_carries_at_less_cost_than_datagrams(peers, family):
    sender, receiver = (peers.datagram(family, lane=lane) for lane in ("sender", "receiver"))
    sender.connect(receiver.getsockname())

    both = [as_datagrams(sender, receiver), carried(*roomy(peers, family), chunks=FEW_CHUNKS)]
    both.reverse()  # decisive

    takes_less(*map(processor_time, both))


@pytest.mark.claim("tcp.performance.sendfile-cheaper-than-copying")
@pytest.mark.needs("thread-clock")
@over_ip4
def test_sendfile_costs_the_sender_less_than_reading_and_sending(peers, family, folder):
    client, server = roomy(peers, family)
    path = folder / "file"
    path.write_bytes(bytes(CHUNK))

    with path.open("rb") as file:
        both = [by_hand(client, file.fileno()), by_sendfile(client, file.fileno())]
        both.reverse()  # decisive

        takes_less(*(sending_time(way, server) for way in both))


@pytest.mark.claim("udp.performance.batches-cheaper")
@pytest.mark.needs("processes:8", "command:cc", "exec", "thread-clock")
@over_ip
def test_a_batch_of_datagrams_costs_less_than_one_by_one(peers, family, tmp_path):
    sender, receiver = (peers.datagram(family, lane=lane) for lane in ("sender", "receiver"))
    sender.connect(receiver.getsockname())

    both = ways(tmp_path, sender, receiver)
    both.reverse()  # decisive

    takes_less(*both)


@pytest.mark.claim("process.performance.threads-start-quicker")
def test_a_thread_is_started_quicker_than_a_process():
    both = [process, thread]
    both.reverse()  # decisive

    takes_less(*map(elapsed, both))


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
