"""Servers as the documents print them: what becomes of a client that closes, and of what could not be sent."""

from select import select
from socket import SOCK_DGRAM

import pytest

from conformance.programs.performance.measuring import processor_time, takes_less
from conformance.stream.sending.buffers import MESSAGE, received, small_pair
from conformance.waiting.epoll.watching import EDGE, IN, now, told, watching
from fixtures.evidence.kernel_view import Ends, is_in, reaches
from fixtures.evidence.waiting import GENEROUS
from fixtures.stage.families import over_ip, over_ip4, over_streams

IDLE = 200


@pytest.mark.claim("tcp.epoll.unclosed-stays-in-close-wait")
@pytest.mark.needs("sock_diag")
@over_ip
def test_connection_that_the_server_does_not_close_stays(stream_pair):
    client, server = stream_pair
    ends = Ends.of(server)

    with watching(server, IN | EDGE) as instance:
        client.close()  # decisive
        assert told(instance) == "POLLIN"
        assert server.recv(1) == b""
        assert now(instance) == "none"

    reaches(ends, "CLOSE_WAIT")
    assert server.fileno() >= 0
    is_in(ends, "CLOSE_WAIT")


@pytest.mark.claim("stream.epoll.unsent-remainder-is-lost")
@over_streams
def test_what_a_short_send_left_is_lost_unless_it_is_sent_later(peers, family):
    client, server = small_pair(peers, family)
    client.setblocking(False)

    count = client.send(MESSAGE)
    client.close()  # decisive

    assert 0 < count < len(MESSAGE)
    assert received(server, count) == MESSAGE[:count]
    assert server.recv(1) == b""


@pytest.mark.claim("epoll.performance.waiting-does-not-grow")
@pytest.mark.needs("descriptors:260", "thread-clock")
@over_ip4
def test_waiting_costs_less_than_with_select_where_many_are_idle(peers, family):
    ends = [peers.socket(f"idle{number}", family.domain, SOCK_DGRAM) for number in range(IDLE)]
    active, sender = peers.datagram(family, lane="active"), peers.datagram(family, lane="sender")
    sender.sendto(b"x", active.getsockname())

    with watching(active, IN) as instance:
        for end in ends:
            instance.register(end.fileno(), IN)
        ways = [lambda: select([*ends, active], [], [], GENEROUS), lambda: instance.poll(GENEROUS)]
        ways.reverse()  # decisive

        takes_less(*map(processor_time, ways))
