"""What TIME_WAIT makes of the segments that still come: a new connection, old duplicates, resets."""

import time
from errno import EADDRNOTAVAIL, EAGAIN
from socket import SOCK_STREAM

import pytest

from conformance.lifecycle.time_wait.closing import (
    LENGTH,
    bound_again,
    finished,
    finished_with,
    kept,
    last_port_spent,
    least_of,
)
from conformance.lifecycle.time_wait.segments import forge
from fixtures.evidence.expect import fails, one_of
from fixtures.evidence.kernel_view import Ends, is_in, reaches
from fixtures.evidence.waiting import GENEROUS, until
from fixtures.stage.families import over_ip

forging = pytest.mark.needs("sock_diag", "CAP_NET_RAW")
LONGEST_DELAY = 60_000
"""Milliseconds, as long as TIME_WAIT itself."""


@pytest.mark.claim("tcp.time-wait.late-data-resets")
@pytest.mark.needs("sock_diag")
@over_ip
def test_data_for_a_closed_socket_whose_end_was_acknowledged_is_reset(stream_pair, wire):
    client, server = stream_pair
    ends = Ends.of(client)
    client.close()
    reaches(ends, "FIN_WAIT2")

    server.send(b"late")  # decisive

    wire.expect("client > server RST")


@pytest.mark.claim("tcp.time-wait.new-syn-reopens")
@pytest.mark.needs("sock_diag", "own-ports")
@over_ip
def test_client_connects_again_from_the_port_that_the_server_has_in_time_wait(peers, family):
    listener, server, name = finished(peers, family)
    client = peers.socket("client", family.domain, SOCK_STREAM)
    client.bind(name)

    client.connect(listener.getsockname())  # decisive

    is_in(server, "ESTABLISHED")
    again = peers.accepting(listener)
    assert again.getpeername() == name
    again.send(b"again")
    assert client.recv(100) == b"again"


@pytest.mark.claim("tcp.time-wait.new-syn-reopens")
@pytest.mark.needs("sock_diag")
@pytest.mark.parametrize("timestamps", [0, 1])
@over_ip
def test_new_syn_is_answered_at_once(peers, family, timestamps, sysctl, wire):
    sysctl("net.ipv4.tcp_timestamps", timestamps)
    sysctl("net.ipv4.tcp_ecn", 0)  # which would set more flags in the SYN
    listener, _, name = finished(peers, family)
    client = peers.socket("client", family.domain, SOCK_STREAM)
    client.bind(name)
    wire.expect("client > server FIN")
    wire.settle()

    client.connect(listener.getsockname())  # decisive

    wire.expect("client > server SYN !ACK")
    wire.expect("server > client SYN ACK ack 1")
    wire.never("* > * RST")


@pytest.mark.claim("tcp.time-wait.newer-timestamp-reopens")
@forging
@over_ip
def test_syn_with_lower_sequence_and_newer_timestamp_is_accepted(peers, family, sysctl, wire):
    sysctl("net.ipv4.tcp_timestamps", 1)
    _, server, _ = finished(peers, family)
    wire.expect("client > server FIN")
    wire.settle()

    forge(wire, family, server, "S", ahead=-1000, newer=1000)  # decisive

    wire.expect("client > server SYN !ACK")
    wire.expect("server > client SYN ACK ack 1")


@pytest.mark.claim("tcp.time-wait.old-syn-acknowledged")
@forging
@over_ip
def test_syn_of_an_old_duplicate_is_acknowledged_and_opens_nothing(peers, family, sysctl, wire):
    sysctl("net.ipv4.tcp_rfc1337", 1)  # the host of the closed client answers the acknowledgement with a RST
    listener, server, _ = finished(peers, family)
    wire.expect("client > server FIN")
    before = len(wire.seen("server > client any"))

    forge(wire, family, server, "S", ahead=-1000)  # decisive

    wire.expect("client > server SYN !ACK")
    answers = wire.seen("server > client any")[before:]
    one_of(len(answers), {1: "RFC 9293 3.10.7.4: an acknowledgement", 0: "RFC 6191 2: silently dropped"})
    assert wire.seen("server > client ACK (0) ack 1000") == answers
    is_in(server, "TIME_WAIT")
    listener.setblocking(False)
    with fails(EAGAIN):
        listener.accept()


@pytest.mark.claim("tcp.time-wait.fin-acknowledged-again")
@forging
@over_ip
def test_retransmitted_fin_is_acknowledged_and_restarts_the_timer(peers, family, sysctl, wire):
    sysctl("net.ipv4.tcp_rfc1337", 1)  # the host of the closed client answers the acknowledgement with a RST
    _, server, _ = finished(peers, family)
    wire.expect("server > client ACK 2:2(0) ack 2")
    until(lambda: kept(server).expires < LENGTH - 0.05, what="50 ms of TIME_WAIT to pass")
    began = time.monotonic()

    forge(wire, family, server, "FA", ahead=-1)  # decisive

    wire.expect("client > server FIN 1:1(0)")
    wire.expect("server > client ACK 2:2(0) ack 2")
    is_in(server, "TIME_WAIT")
    assert kept(server).expires > least_of(LENGTH, since=began)


@pytest.mark.claim("tcp.time-wait.reset-ends-it")
@forging
@over_ip
def test_reset_that_fits_ends_time_wait(peers, family, sysctl, wire):
    sysctl("net.ipv4.tcp_rfc1337", 0)
    _, server, _ = finished(peers, family)

    forge(wire, family, server, "R")  # decisive

    wire.expect("client > server RST")
    reaches(server, "CLOSE")


@pytest.mark.claim("tcp.time-wait.rfc1337-survives-reset")
@forging
@over_ip
def test_reset_is_ignored_with_rfc1337(peers, family, sysctl, wire):
    sysctl("net.ipv4.tcp_rfc1337", 1)  # decisive
    _, server, _ = finished(peers, family)

    forge(wire, family, server, "R")  # decisive

    wire.expect("client > server RST")
    wire.settle()
    is_in(server, "TIME_WAIT")


@pytest.mark.claim("tcp.time-wait.reset-elsewhere-ignored")
@pytest.mark.parametrize("ahead", [-1, 1, 100_000_000])
@forging
@over_ip
def test_reset_with_another_number_does_not_end_time_wait(peers, family, ahead, sysctl, wire):
    sysctl("net.ipv4.tcp_rfc1337", 0)
    _, server, _ = finished(peers, family)

    forge(wire, family, server, "R", ahead=ahead)  # decisive

    wire.expect("client > server RST")
    wire.settle()
    is_in(server, "TIME_WAIT")


@pytest.mark.claim("tcp.time-wait.same-pair-refused")
@pytest.mark.needs("sock_diag")
@over_ip
def test_active_closer_cannot_connect_over_the_same_pair_of_addresses(peers, family, sysctl):
    sysctl("net.ipv4.tcp_timestamps", 0)  # decisive
    to, ends, again = bound_again(peers, family)

    with fails(EADDRNOTAVAIL):
        again.connect(to)  # decisive

    is_in(ends, "TIME_WAIT")


@pytest.mark.claim("tcp.time-wait.uses-up-ports")
@pytest.mark.needs("sock_diag")
@over_ip
def test_port_in_time_wait_cannot_be_chosen_for_the_same_destination(peers, family, sysctl):
    sysctl("net.ipv4.tcp_tw_reuse", 0)
    to, ends, again = last_port_spent(peers, family, sysctl)

    with fails(EADDRNOTAVAIL):
        again.connect(to)  # decisive

    is_in(ends, "TIME_WAIT")


@pytest.mark.beside
@pytest.mark.claim("tcp.time-wait.tw-reuse-takes-over")
@pytest.mark.needs("sock_diag", "kernel>=4.19")
@pytest.mark.parametrize("setting", [1, 2], ids=["everywhere", "over loopback"])
@over_ip
def test_port_in_time_wait_can_be_chosen_after_a_second(peers, family, sysctl, setting):
    sysctl("net.ipv4.tcp_timestamps", 1)
    sysctl("net.ipv4.tcp_tw_reuse", 0)
    to, ends, again = last_port_spent(peers, family, sysctl)

    sysctl("net.ipv4.tcp_tw_reuse", setting)  # decisive

    until(lambda: again.connect_ex(to) == 0, what="connect() to take over TIME_WAIT", within=GENEROUS + 2)

    is_in(ends, "ESTABLISHED")


@pytest.mark.beside
@pytest.mark.claim("tcp.time-wait.tw-reuse-of-loopback-only")
@pytest.mark.needs("sock_diag", "kernel>=4.19")
@over_ip
def test_port_in_time_wait_of_an_address_elsewhere_is_not_chosen(link, peers, family, sysctl):
    sysctl("net.ipv4.tcp_timestamps", 1)
    sysctl("net.ipv4.tcp_tw_reuse", 0)
    far, near = (peers.listener(family, host=host) for host in (link.near_host(family), family.loopback))
    sysctl("net.ipv4.ip_local_port_range", "50000 50000")
    (ends, third), (_, again) = (finished_with(peers, family, listener) for listener in (far, near))

    sysctl("net.ipv4.tcp_tw_reuse", 2)  # decisive
    until(lambda: again.connect_ex(near.getsockname()) == 0, what="connect() over loopback", within=GENEROUS + 2)

    with fails(EADDRNOTAVAIL):
        third.connect(far.getsockname())
    is_in(ends, "TIME_WAIT")


@pytest.mark.claim("tcp.time-wait.tw-reuse-takes-over")
@pytest.mark.needs("sock_diag", "sysctl:net.ipv4.tcp_tw_reuse_delay")
@over_ip
def test_port_in_time_wait_can_be_chosen_with_tw_reuse(peers, family, sysctl):
    sysctl("net.ipv4.tcp_timestamps", 1)
    sysctl("net.ipv4.tcp_tw_reuse", 1)
    sysctl("net.ipv4.tcp_tw_reuse_delay", LONGEST_DELAY)
    to, ends, again = last_port_spent(peers, family, sysctl)
    with fails(EADDRNOTAVAIL):
        again.connect(to)

    sysctl("net.ipv4.tcp_tw_reuse_delay", 1)  # decisive
    until(lambda: again.connect_ex(to) == 0, what="connect() to take over TIME_WAIT")  # decisive

    is_in(ends, "ESTABLISHED")
