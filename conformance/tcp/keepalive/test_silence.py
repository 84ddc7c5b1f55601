"""Probes towards a scripted host, which loses one, or says something before the first is due."""

import pytest

from conformance.tcp.keepalive.probing import SECOND, TICK, probe, timer
from fixtures.evidence.kernel_view import is_in
from fixtures.evidence.waiting import GENEROUS, until
from fixtures.stage.families import over_ip

pytestmark = pytest.mark.beside
PROBE = "* > remote ACK !RST !FIN 0:0(0)"
LATE = GENEROUS + 1


@pytest.mark.claim("tcp.keepalive.one-lost-probe-survived")
@over_ip
def test_connection_outlives_a_probe_without_an_answer(remote):
    server = remote.reach()

    probe(server, count=3)  # decisive

    remote.wire.expect(PROBE, within=LATE)
    remote.wire.expect(PROBE, within=LATE)
    is_in(remote.ends, "ESTABLISHED")
    remote.send("PSH ACK seq 1 ack 1 (5)", payload=b"alive")
    assert server.recv(100) == b"alive"


@pytest.mark.claim("tcp.keepalive.data-starts-the-interval-anew")
@pytest.mark.needs("sock_diag")
@over_ip
def test_what_comes_starts_the_interval_anew(remote):
    server = remote.reach()
    probe(server)
    until(lambda: timer(server)[1] < 0.5, what="half of the interval")

    remote.send("PSH ACK (5)")  # decisive

    data = remote.came("PSH ACK (5)")
    remote.expect("ACK ack 6")
    sent = remote.wire.expect(PROBE, within=LATE)
    assert sent.at - data.at >= SECOND - TICK
