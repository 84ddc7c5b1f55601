"""Cookies that a scripted host gives back, rightly and wrongly (RFC 4987 section 3.6)."""

import pytest

from fixtures.stage.families import over_ip

pytestmark = pytest.mark.needs("sysctl:net.ipv4.tcp_syncookies")


@pytest.fixture(autouse=True)
def cookies_always(remote, sysctl):
    """Each SYN is answered by a cookie, and nothing is kept of it."""
    assert remote
    sysctl("net.ipv4.tcp_syncookies", 2)


@pytest.mark.claim("tcp.backlog.forged-cookie-reset")
@pytest.mark.parametrize("ahead", [1_000_000, 5_000_000])
@over_ip
def test_acknowledgement_of_another_cookie_draws_reset(remote, ahead):
    listener = remote.listener()
    remote.send("SYN <mss 1460>")
    remote.expect("SYN ACK")

    remote.send(f"ACK seq 1 ack rcv.nxt+{ahead}")  # decisive

    remote.expect(f"RST !ACK {1 + ahead}:*(0)")
    remote.another("honest").open()
    assert remote.peers.accepting(listener).getpeername()[1] != remote.port


@pytest.mark.claim("tcp.backlog.cookie-keeps-data")
@over_ip
def test_data_with_the_cookie_is_taken(remote):
    listener = remote.listener()
    remote.send("SYN <mss 1460>")
    remote.expect("SYN ACK")

    remote.send("PSH ACK (4)", payload=b"data")  # decisive

    assert remote.peers.accepting(listener).recv(10) == b"data"
