"""What a client remembers of a host and sends in its SYN, and what follows when that fails (RFC 7413 4.1.3 and 4.2)."""

from errno import EALREADY, ECONNREFUSED, EOPNOTSUPP
from socket import MSG_FASTOPEN, SOCK_STREAM

import pytest

from conformance.lifecycle.close.threads import waiting_thread
from conformance.tcp.fastopen.cookies import EARLY, EVERYTHING, NOTHING, acquaint, begin, cookie_in, hurried
from conformance.tcp.fastopen.opening import CLIENTS
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import GENEROUS
from fixtures.stage.families import over_ip

pytestmark = pytest.mark.needs("sysctl:net.ipv4.tcp_fastopen")
COOKIE = "0102030405060708"
NEWER = "a1a2a3a4a5a6a7a8"
NO_COOKIE_OUT = 0x4
"""A bit of net.ipv4.tcp_fastopen: data is sent without a cookie."""
SMALL = 600
"""Bytes of a segment."""


@pytest.fixture(autouse=True)
def as_client(remote, sysctl):
    """Fast Open for clients; a fixture so that it comes after the settings of the run."""
    assert remote
    sysctl("net.ipv4.tcp_fastopen", CLIENTS)


@pytest.mark.claim("tcp.fastopen.cookie-asked-for")
@over_ip
def test_client_without_a_cookie_asks_and_sends_no_data(remote):
    begin(remote)  # decisive

    syn = remote.expect("SYN !ACK")
    assert (syn.length, cookie_in(syn)) == (0, b"")


@pytest.mark.claim("tcp.fastopen.cookie-shown-again")
@over_ip
def test_client_shows_the_cookie_that_it_was_given(remote):
    acquaint(remote, COOKIE)  # decisive

    assert cookie_in(hurried(remote.another("again"))) == bytes.fromhex(COOKIE)


@pytest.mark.claim("tcp.fastopen.newer-cookie-shown")
@over_ip
def test_newer_cookie_takes_the_place_of_the_older(remote):
    acquaint(remote, COOKIE)
    acquaint(remote.another("again"), NEWER)  # decisive

    assert cookie_in(hurried(remote.another("third"))) == bytes.fromhex(NEWER)


@pytest.mark.claim("tcp.fastopen.useless-cookie-ignored")
@over_ip
@pytest.mark.parametrize("cookie", ["0102", "0102030405", "01" * 18], ids=["2-bytes", "5-bytes", "18-bytes"])
def test_cookie_of_a_wrong_length_is_not_kept(remote, cookie):
    acquaint(remote, cookie)  # decisive

    remote.came("SYN ACK <fastopen>")
    assert cookie_in(hurried(remote.another("again"))) in (b"", None)
    acquaint(remote.another("right"), COOKIE)
    assert cookie_in(hurried(remote.another("last"))) == bytes.fromhex(COOKIE)


@pytest.mark.claim("tcp.fastopen.taken-data-not-again")
@over_ip
def test_data_that_was_acknowledged_with_the_syn_is_not_sent_again(remote):
    acquaint(remote, COOKIE)
    again = remote.another("again")
    hurried(again)

    again.send(f"SYN ACK ack {EVERYTHING} <mss 1460>")  # decisive

    again.expect(f"ACK {EVERYTHING}:*(0) ack 1")
    again.never(f"!SYN 1:*({len(EARLY)})")


@pytest.mark.claim("tcp.fastopen.refused-data-again")
@over_ip
def test_data_that_was_not_acknowledged_with_the_syn_follows_it(remote):
    acquaint(remote, COOKIE)
    again = remote.another("again")
    hurried(again)

    again.send(f"SYN ACK ack {NOTHING} <mss 1460>")  # decisive

    assert again.expect(f"!SYN 1:{EVERYTHING}(5) ack 1").payload == EARLY


@pytest.mark.claim("tcp.fastopen.syn-again-without")
@pytest.mark.beside
@over_ip
def test_syn_that_nobody_answers_is_sent_again_without_data(remote):
    acquaint(remote, COOKIE)
    again = remote.another("again")
    hurried(again)  # decisive

    repeated = again.wire.expect("* > again SYN !ACK", within=GENEROUS + 1)

    assert (repeated.length, cookie_in(repeated)) == (0, None)


@pytest.mark.claim("tcp.fastopen.segment-size-remembered")
@over_ip
def test_syn_has_no_more_than_a_segment_of_that_host(remote):
    acquaint(remote, COOKIE, size=SMALL)  # decisive

    syn = hurried(remote.another("again"), bytes(3 * SMALL))

    assert 0 < syn.length <= SMALL


@pytest.mark.claim("tcp.fastopen.no-cookie-shown-by-setting")
@over_ip
def test_setting_has_data_sent_without_a_cookie(remote, sysctl):
    sysctl("net.ipv4.tcp_fastopen", CLIENTS | NO_COOKIE_OUT)  # decisive

    syn = hurried(remote)

    assert (syn.payload, cookie_in(syn)) == (EARLY, None)


@pytest.mark.claim("tcp.fastopen.refused-as-usual")
@over_ip
def test_refused_syn_with_data_is_told_as_refused(remote):
    acquaint(remote, COOKIE)
    again = remote.another("again")
    client = begin(again)
    again.expect("SYN !ACK")

    again.send(f"RST ACK seq 0 ack {EVERYTHING}")  # decisive

    again.settle()
    with fails(ECONNREFUSED):
        client.recv(1)


@pytest.mark.claim("tcp.fastopen.not-for-clients")
@over_ip
def test_flag_is_refused_where_clients_may_not(remote, family, sysctl):
    sysctl("net.ipv4.tcp_fastopen", 0)  # decisive
    client = remote.peers.socket("client", family.domain, SOCK_STREAM)

    with fails(EOPNOTSUPP):
        client.sendto(EARLY, MSG_FASTOPEN, remote.address)


@pytest.mark.claim("tcp.fastopen.one-at-a-time")
@over_ip
def test_second_call_while_one_is_under_way_is_told_so(remote, family):
    client = remote.peers.socket("client", family.domain, SOCK_STREAM)

    def hurry():
        return client.sendto(EARLY, MSG_FASTOPEN, remote.address)

    with waiting_thread(hurry, wake=lambda: answered(remote)), fails(EALREADY):
        hurry()  # decisive


def answered(remote):
    """The handshake of whoever connects ends."""
    remote.expect("SYN !ACK")
    remote.send("SYN ACK <mss 1460>")


@pytest.mark.beside
@pytest.mark.claim("tcp.fastopen.request-again-without")
@over_ip
def test_request_that_nobody_answers_is_sent_again_without_the_option(remote):
    first = hurried(remote)  # decisive

    again = remote.wire.expect("* > remote SYN !ACK", within=GENEROUS + 1)

    assert (cookie_in(first), cookie_in(again)) == (b"", None)
