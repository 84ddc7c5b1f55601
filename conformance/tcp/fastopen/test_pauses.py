"""A client that finds the network against Fast Open, and leaves it alone for a while (ip-sysctl)."""

import pytest

from conformance.tcp.fastopen.cookies import EARLY, EVERYTHING, acquaint, begin, cookie_in, hurried
from conformance.tcp.fastopen.opening import CLIENTS
from fixtures.evidence.kernel_view import is_in
from fixtures.evidence.waiting import GENEROUS
from fixtures.stage.families import over_ip

SETTING = "net.ipv4.tcp_fastopen_blackhole_timeout_sec"
pytestmark = pytest.mark.needs(f"sysctl:{SETTING}")
COOKIE = "0102030405060708"
LONG = 3600
"""Seconds."""
STARTED = pytest.mark.parametrize(("seconds", "paused"), [(LONG, True), (0, False)], ids=["on", "off"])


@pytest.fixture(autouse=True)
def as_client(remote, sysctl):
    """Fast Open for clients, in a namespace that has met no trouble yet."""
    assert remote
    sysctl("net.ipv4.tcp_fastopen", CLIENTS)


def opened_early(remote):
    """A connection of the kernel's whose data went in its SYN and was taken, and the end of the kernel's."""
    acquaint(remote, COOKIE)
    client = remote.another("client")
    end = begin(client)
    client.expect("SYN !ACK")
    client.send(f"SYN ACK ack {EVERYTHING} <mss 1460>")
    client.expect("ACK !SYN")
    return client, end


def goes_early(remote):
    """Whether the data of a further connection goes in its SYN."""
    syn = hurried(remote.another("later"))
    return (syn.payload, cookie_in(syn)) == (EARLY, bytes.fromhex(COOKIE))


@pytest.mark.claim("tcp.fastopen.paused-by-lone-end")
@STARTED
@over_ip
def test_end_behind_lost_data_stops_it_for_a_while(remote, sysctl, seconds, paused):
    sysctl(SETTING, seconds)
    client, end = opened_early(remote)

    client.send("FIN ACK seq 101")  # decisive
    end.close()
    client.send("RST seq 1")

    client.came("FIN ACK 101:101(0)")
    is_in(client.ends, "CLOSE")
    assert goes_early(remote) != paused


@pytest.mark.claim("tcp.fastopen.paused-by-reset")
@STARTED
@over_ip
def test_reset_ahead_of_all_data_stops_it_for_a_while(remote, sysctl, seconds, paused):
    sysctl(SETTING, seconds)
    client, end = opened_early(remote)

    client.send("RST seq 101")  # decisive

    client.came("RST 101:101(0)")
    client.settle()
    assert goes_early(remote) != paused
    assert end.fileno() >= 0


@pytest.mark.beside
@pytest.mark.claim("tcp.fastopen.paused-by-silence")
@pytest.mark.usefixtures("patient_connects")
@over_ip
def test_third_time_out_of_a_syn_stops_it_for_a_while(remote, sysctl):
    sysctl(SETTING, LONG)
    acquaint(remote, COOKIE)
    client = remote.another("client")
    end = begin(client)  # decisive

    for before in (0, 1, 2, 4):
        client.wire.expect("* > client SYN !ACK", within=GENEROUS + before)

    assert not goes_early(remote)
    assert end.fileno() >= 0
