"""A connect() that waits: for how long, and what ends it."""

import os
from errno import EBADF, ECONNREFUSED, EHOSTUNREACH, EINPROGRESS, EINTR, ENETUNREACH, ETIMEDOUT
from select import POLLOUT
from socket import IPPROTO_TCP, SO_SNDTIMEO, SOCK_STREAM, SOL_SOCKET, TCP_SYNCNT
from stat import S_ISSOCK

import pytest

from conformance.lifecycle.abnormal_end.silence import hear_again
from conformance.lifecycle.connect.calls import connect, double_from_the_first, nowhere, pending_error, silent
from conformance.programs.process_models.programs import compiled
from conformance.stream.sending.raw import alarm_again_and_again
from fixtures.evidence.expect import fails, lasts, timeval
from fixtures.evidence.kernel_view import tcp_info
from fixtures.evidence.waiting import ready
from fixtures.stage.children import child, in_child
from fixtures.stage.families import over_ip, over_ip4, over_streams

ELSEWHERE = {"ip4": "203.0.113.1", "ip6": "2001:db8::1"}
"""Addresses for documentation (RFC 5737, RFC 3849), to which a namespace of its own has no route."""
NEIGHBOURS = {"ip4": "ipv4", "ip6": "ipv6"}
ABSENT = {"ip4": "10.77.0.99", "ip6": "fd77::99"}
"""Addresses on the link that neither end has."""
PROGRAM = """
#include <sys/socket.h>
int reach(int fd, struct sockaddr *to, socklen_t {star}size) {{ return connect(fd, to, size); }}
"""


@pytest.mark.beside
@pytest.mark.claim("tcp.connect.waits-in-syn-sent")
@pytest.mark.needs("filter", "sock_diag")
@over_ip
def test_connect_waits_in_syn_sent_until_it_is_answered(peers, family, wire):
    listener = silent(peers, family)
    client = peers.socket("client", family.domain, SOCK_STREAM)

    with child(lambda: client.connect(listener.getsockname())) as connecting:  # decisive
        wire.expect("* > listener SYN !ACK")
        connecting.is_blocked_in("connect")
        assert tcp_info(client).state_name == "SYN_SENT"
        hear_again(listener)
        connecting.ends()
    assert tcp_info(client).state_name == "ESTABLISHED"


@pytest.mark.beside
@pytest.mark.claim("tcp.connect.times-out")
@pytest.mark.needs("filter")
@over_ip
def test_connect_fails_after_the_last_syn_has_stayed_unanswered(peers, family, sysctl, wire):
    double_from_the_first(sysctl)
    listener = silent(peers, family)
    client = peers.socket("client", family.domain, SOCK_STREAM)
    client.setsockopt(IPPROTO_TCP, TCP_SYNCNT, 1)  # decisive

    with lasts(at_least=3, slack=3), fails(ETIMEDOUT):
        client.connect(listener.getsockname())

    first, second = wire.expect("* > listener SYN !ACK"), wire.expect("* > listener SYN !ACK")
    assert second.sequence == first.sequence
    assert second.at - first.at >= 990_000_000


@pytest.mark.beside
@pytest.mark.claim("tcp.connect.syn-retries-sysctl")
@pytest.mark.needs("filter")
@over_ip
def test_tcp_syn_retries_bounds_the_attempts(peers, family, sysctl):
    double_from_the_first(sysctl)
    sysctl("net.ipv4.tcp_syn_retries", 1)  # decisive
    listener = silent(peers, family)
    client = peers.socket("client", family.domain, SOCK_STREAM)

    with lasts(at_least=3, slack=3), fails(ETIMEDOUT):
        client.connect(listener.getsockname())


@pytest.mark.claim("tcp.connect.sndtimeo-einprogress")
@pytest.mark.needs("filter")
@over_ip
def test_connect_is_bounded_by_so_sndtimeo(peers, family):
    listener = silent(peers, family)
    client = peers.socket("client", family.domain, SOCK_STREAM)
    client.setsockopt(SOL_SOCKET, SO_SNDTIMEO, timeval(0.06))  # decisive

    with lasts(at_least=0.06, slack=3), fails(EINPROGRESS):
        client.connect(listener.getsockname())

    assert tcp_info(client).state_name == "SYN_SENT"


@pytest.mark.beside
@pytest.mark.claim("tcp.connect.interrupted-goes-on")
@pytest.mark.needs("filter")
@over_ip
def test_interrupted_connect_goes_on_by_itself(peers, family):
    listener = silent(peers, family)
    client = peers.socket("client", family.domain, SOCK_STREAM)

    def interrupted():
        alarm_again_and_again()  # decisive
        connect(client, family, listener.getsockname())

    with fails(EINTR):
        in_child(interrupted)
    assert tcp_info(client).state_name == "SYN_SENT"

    hear_again(listener)
    ready(client, POLLOUT)
    assert pending_error(client) == 0
    assert tcp_info(client).state_name == "ESTABLISHED"


@pytest.mark.claim("tcp.connect.refused")
@over_ip
def test_connect_to_a_port_without_listener_is_refused(peers, family, wire):
    client = peers.socket("client", family.domain, SOCK_STREAM)
    address = nowhere(peers, family)

    with lasts(slack=3), fails(ECONNREFUSED):
        client.connect(address)  # decisive

    wire.expect("* > * SYN !ACK")
    wire.expect("* > * RST")


@pytest.mark.claim("tcp.connect.refused-leaves-it-open")
@over_ip
def test_refused_socket_keeps_its_descriptor_until_it_is_closed(peers, family):
    client = peers.socket("client", family.domain, SOCK_STREAM)
    number = client.fileno()
    with fails(ECONNREFUSED):
        client.connect(nowhere(peers, family))

    assert S_ISSOCK(os.fstat(number).st_mode)
    client.close()  # decisive
    with fails(EBADF):
        os.fstat(number)


@pytest.mark.claim("tcp.connect.works-after-refusal")
@over_ip
def test_refused_client_can_connect_again(peers, family):
    client = peers.socket("client", family.domain, SOCK_STREAM)
    with fails(ECONNREFUSED):
        client.connect(nowhere(peers, family))  # decisive

    listener = peers.listener(family)
    client.connect(listener.getsockname())

    assert peers.accepting(listener).getpeername() == client.getsockname()


@pytest.mark.claim("tcp.connect.no-route")
@pytest.mark.needs("namespace")
@over_ip
def test_connect_without_a_route_fails_at_once(peers, family):
    client = peers.socket("client", family.domain, SOCK_STREAM)

    with lasts(slack=3), fails(ENETUNREACH):
        client.connect((ELSEWHERE[family.name], 9))  # decisive


@pytest.mark.claim("tcp.connect.no-neighbour")
@over_ip
def test_connect_to_an_absent_neighbour_is_unreachable(peers, family, link, sysctl):
    neighbours = f"net.{NEIGHBOURS[family.name]}.neigh.{link.near_interface}"
    sysctl(f"{neighbours}.mcast_solicit", 1)
    sysctl(f"{neighbours}.retrans_time_ms", 20)
    client = peers.socket("client", family.domain, SOCK_STREAM)

    with fails(EHOSTUNREACH):
        client.connect((ABSENT[family.name], 9))  # decisive


@pytest.mark.claim("tcp.connect.neighbour-first")
@over_ip4
def test_the_neighbour_is_asked_for_before_the_first_segment(peers, family, link, wire):
    with link.far.entered():
        listener = peers.socket("listener", family.domain, SOCK_STREAM)
        listener.bind((link.far_host(family), 0))
        listener.listen(1)
    client = peers.socket("client", family.domain, SOCK_STREAM)

    client.connect(listener.getsockname())  # decisive

    wire.expect("client > listener SYN")
    asked = [frame.layers.haslayer("ARP") for frame in wire.frames]
    sent = [frame.layers.haslayer("TCP") for frame in wire.frames]
    assert any(asked)
    assert asked.index(True) < sent.index(True)


@pytest.mark.claim("stream.connect.length-by-value")
@pytest.mark.needs("processes:8", "command:cc")
def test_length_of_the_address_is_given_by_value(tmp_path):
    options = "-fsyntax-only", "-Werror=int-conversion"

    star = ""
    star = "*"  # decisive
    wrong = compiled(tmp_path, PROGRAM.format(star=star), *options)

    assert wrong.returncode != 0
    assert "size" in wrong.stderr
    assert compiled(tmp_path, PROGRAM.format(star=""), *options).returncode == 0


@pytest.mark.claim("stream.connect.names-both-ends")
@over_streams
def test_connected_ends_name_each_other(peers, family):
    listener = peers.listener(family)

    client = peers.pair(family).client
    client = peers.connecting(family, listener.getsockname())  # decisive

    assert client.getpeername() == listener.getsockname()
