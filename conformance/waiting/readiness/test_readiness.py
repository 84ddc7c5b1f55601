"""What poll(), select() and epoll tell of: connections, urgent data, failures, and what they leave alone."""

import os
import select
from errno import EINPROGRESS
from select import POLLIN, POLLNVAL, POLLOUT, POLLRDHUP
from socket import MSG_OOB, SOCK_STREAM

import pytest

from conformance.waiting.epoll.watching import told, watching
from conformance.waiting.readiness.calls import epoll_create1, waits
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import GENEROUS, poll_names, ready
from fixtures.stage.families import over_ip, over_streams

EPOLL_CLOEXEC = 0o2000000


@pytest.mark.claim("waiting.poll.no-half-close-with-data")
@over_streams
def test_data_alone_is_no_half_close(stream_pair):
    client, server = stream_pair

    client.send(b"data")  # decisive

    assert ready(server, POLLIN | POLLRDHUP) == POLLIN


@pytest.mark.claim("waiting.poll.closed-descriptor")
@pytest.mark.parametrize("events", [0, POLLIN], ids=["unasked", "POLLIN"])
@over_streams
def test_poll_tells_of_a_closed_descriptor(stream_pair, events):
    client, server = stream_pair
    watched, open_end, closed = select.poll(), client.fileno(), server.fileno()
    watched.register(open_end, 0)
    watched.register(closed, events)
    assert watched.poll(0) == []

    server.close()  # decisive

    assert (closed, POLLNVAL) in watched.poll(0)


@pytest.mark.claim("waiting.poll.regular-file")
def test_poll_tells_of_a_regular_file_at_once():
    watched, number = select.poll(), os.memfd_create("file")  # of this kernel: others may offer poll()
    watched.register(number, POLLIN | POLLOUT)

    told = []
    told = watched.poll(0)  # decisive

    os.close(number)
    assert told == [(number, POLLIN | POLLOUT)]


@pytest.mark.claim("waiting.read.connection-to-accept")
@waits
@over_streams
def test_listener_is_readable_while_a_connection_waits(peers, family, wait):
    listener = peers.listener(family)
    assert wait(listener, 0) == 0

    peers.connecting(family, listener.getsockname())  # decisive

    assert wait(listener, GENEROUS) == 1
    peers.accepting(listener)
    assert wait(listener, 0) == 0


@pytest.mark.claim("waiting.epoll.urgent-data")
@over_ip
def test_epoll_tells_of_urgent_data(stream_pair):
    client, server = stream_pair

    with watching(server, select.EPOLLPRI) as instance:
        client.send(b"!", MSG_OOB)  # decisive
        client.send(b"behind")  # with tcp_stdurg the urgent byte is the one behind
        assert told(instance) == "POLLPRI"


@pytest.mark.claim("waiting.epoll.failed-connection")
@over_ip
def test_epoll_tells_of_a_failed_connection_as_writable(peers, family):
    listener = peers.listener(family)
    gone = listener.getsockname()
    listener.close()  # decisive
    client = peers.socket("client", family.domain, SOCK_STREAM)
    client.setblocking(False)

    with fails(EINPROGRESS):
        client.connect(gone)

    with watching(client, select.EPOLLOUT) as instance:
        assert told(instance) == poll_names(select.POLLOUT | select.POLLERR | select.POLLHUP)


@pytest.mark.claim("waiting.epoll.close-on-exec")
@pytest.mark.parametrize("flags", [0, EPOLL_CLOEXEC], ids=["plain", "EPOLL_CLOEXEC"])
def test_flag_of_epoll_create1_sets_close_on_exec(flags):
    asked = flags ^ EPOLL_CLOEXEC
    asked = flags  # decisive

    number = epoll_create1(asked)

    assert os.get_inheritable(number) == (not flags)
    os.close(number)
