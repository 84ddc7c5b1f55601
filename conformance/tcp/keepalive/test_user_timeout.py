"""TCP_USER_TIMEOUT beside keepalive, and where the peer takes nothing more."""

import time
from errno import ETIMEDOUT
from select import POLLIN
from socket import IPPROTO_TCP, MSG_DONTWAIT, SO_ERROR, SOL_SOCKET, TCP_USER_TIMEOUT

import pytest

from conformance.lifecycle.abnormal_end.silence import deafen
from conformance.tcp.keepalive.probing import probe
from conformance.tcp.loss_recovery.flight import sent
from fixtures.evidence.expect import JIFFY, lasts
from fixtures.evidence.kernel_view import is_in
from fixtures.evidence.waiting import GENEROUS, ready
from fixtures.stage.families import over_ip

pytestmark = pytest.mark.beside
PROBE = "* > remote ACK !RST !FIN 0:0(0)"
LATE = GENEROUS + 1


@pytest.mark.claim("tcp.keepalive.user-timeout-decides")
@pytest.mark.needs("filter", "kernel>=4.19")
@over_ip
def test_user_timeout_ends_the_silence_before_the_last_probe(stream_pair):
    client, server = stream_pair
    probe(client, count=100)
    client.setsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT, 1500)  # decisive
    deafen(server)

    with lasts(at_least=1.5, slack=8):
        ready(client, POLLIN, within=LATE + 1)

    assert client.getsockopt(SOL_SOCKET, SO_ERROR) == ETIMEDOUT


@pytest.mark.claim("tcp.keepalive.lost-probe-within-user-timeout")
@over_ip
def test_probe_without_an_answer_is_survived_within_the_user_timeout(remote):
    server = remote.reach()
    probe(server)
    server.setsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT, 60_000)  # decisive

    remote.wire.expect(PROBE, within=LATE)
    remote.wire.expect(PROBE, within=LATE)

    is_in(remote.ends, "ESTABLISHED")
    remote.send("PSH ACK seq 1 ack 1 (5)", payload=b"alive")
    assert server.recv(100) == b"alive"


@pytest.mark.claim("tcp.window-probes.user-timeout-ends-it")
@over_ip
def test_user_timeout_ends_a_connection_whose_window_was_taken_back(remote):
    remote.let_timers_run()
    began = time.monotonic()
    server = sent(remote)
    remote.send("ACK ack 1 win 0")

    server.setsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT, 1000)  # decisive

    ready(server, POLLIN, within=LATE)
    assert server.getsockopt(SOL_SOCKET, SO_ERROR) == ETIMEDOUT
    assert time.monotonic() - began >= 1 - JIFFY


@pytest.mark.claim("tcp.window-probes.user-timeout-ends-it")
@pytest.mark.usefixtures("room_to_send")
@pytest.mark.needs("kernel>=5.11")
@over_ip
def test_user_timeout_ends_a_connection_whose_window_stays_closed(peers, family):
    client, _ = peers.pair(family, rcvbuf=4096)
    client.setsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT, 500)  # decisive

    with lasts(at_least=0.5, slack=8):
        client.send(bytes(65536), MSG_DONTWAIT)  # more than the window
        ready(client, POLLIN, within=LATE + 1)

    assert client.getsockopt(SOL_SOCKET, SO_ERROR) == ETIMEDOUT
