"""What a listener does with data in a SYN: whom it believes, and what it takes when (RFC 7413 4.1.2 and 4.2)."""

from errno import EAGAIN, ECONNRESET
from socket import IPPROTO_TCP, MSG_DONTWAIT

import pytest

from conformance.tcp.fastopen.cookies import (
    EARLY,
    EVERYTHING,
    FORGED,
    NOTHING,
    accepted_early,
    cookie_in,
    early,
    fast_listener,
    granted,
    send_early,
)
from conformance.tcp.fastopen.opening import BOTH
from fixtures.evidence.expect import fails
from fixtures.evidence.kernel_view import is_in, reaches
from fixtures.evidence.waiting import GENEROUS
from fixtures.stage.families import over_ip
from fixtures.stage.tap import FAR_HOSTS

pytestmark = pytest.mark.needs("sysctl:net.ipv4.tcp_fastopen")
KEYS = b"first key of two" + b"other key of two"
"""Two keys of 16 bytes; cookies are made with the first."""
TCP_FASTOPEN_KEY = 33
ONE_KEY, ANOTHER_KEY = "00000001-00000002-00000003-00000004", "00000005-00000006-00000007-00000008"
NO_COOKIE_IN, EVERY_LISTENER = 0x200, 0x400
TCP_FASTOPEN_NO_COOKIE = 34
"""Bits of net.ipv4.tcp_fastopen: data without a cookie is taken; every listener takes data."""


@pytest.mark.claim("tcp.fastopen.cookie-granted")
@over_ip
def test_listener_answers_a_request_with_a_cookie(remote, sysctl):
    fast_listener(remote, sysctl)

    remote.send("SYN <mss 1460,fastopen>")  # decisive

    cookie = cookie_in(remote.expect("SYN ACK ack 1"))
    assert cookie is not None
    assert (4 <= len(cookie) <= 16, len(cookie) % 2) == (True, 0)


@pytest.mark.claim("tcp.fastopen.read-before-the-handshake-ends")
@over_ip
def test_data_of_the_syn_is_read_before_the_handshake_ends(remote, sysctl):
    listener = fast_listener(remote, sysctl)
    client, cookie = remote.another("client"), granted(remote)

    send_early(client, f"fastopen {cookie}")  # decisive

    assert client.expect("SYN ACK").acknowledgement == EVERYTHING
    server = remote.peers.accepting(listener)
    assert server.recv(100) == EARLY
    is_in(client.ends, "SYN_RECV")


@pytest.mark.claim("tcp.fastopen.answered-before-the-handshake-ends")
@over_ip
def test_server_answers_before_the_handshake_ends(remote, sysctl):
    client, server = accepted_early(remote, sysctl)

    server.send(b"back")  # decisive

    assert client.expect("any 1:5(4)").payload == b"back"
    client.send("ACK")
    reaches(client.ends, "ESTABLISHED")


@pytest.mark.claim("tcp.fastopen.wrong-cookie-takes-the-syn-only")
@over_ip
def test_data_behind_a_wrong_cookie_waits_for_the_handshake(remote, sysctl):
    listener = fast_listener(remote, sysctl)
    right = granted(remote)
    client = remote.another("client")

    send_early(client, f"fastopen {FORGED}")  # decisive

    answer = client.expect("SYN ACK")
    assert (answer.acknowledgement, (cookie_in(answer) or b"").hex()) == (NOTHING, right)
    listener.setblocking(False)
    with fails(EAGAIN):
        listener.accept()
    client.send(f"ACK 1:{EVERYTHING}(5)", payload=EARLY)
    listener.setblocking(True)
    assert remote.peers.accepting(listener).recv(100) == EARLY


@pytest.mark.claim("tcp.fastopen.without-cookie-takes-the-syn-only")
@over_ip
@pytest.mark.parametrize("option", ["fastopen", "nop"], ids=["request", "no-option"])
def test_data_without_a_cookie_is_not_taken(remote, sysctl, option):
    listener = fast_listener(remote, sysctl)

    send_early(remote, option)  # decisive

    assert remote.expect("SYN ACK").acknowledgement == NOTHING
    remote.send("ACK seq 1")
    server = remote.peers.accepting(listener)
    with fails(EAGAIN):
        server.recv(100, MSG_DONTWAIT)


@pytest.mark.claim("tcp.fastopen.cookie-of-another-host")
@over_ip
def test_cookie_of_another_host_is_worth_nothing(remote, sysctl, family):
    fast_listener(remote, sysctl)
    cookie = granted(remote)
    stranger = remote.another("stranger", host=f"{FAR_HOSTS[family.name]}0")

    send_early(stranger, f"fastopen {cookie}")  # decisive

    assert stranger.expect("SYN ACK").acknowledgement == NOTHING
    assert early(remote.another("itself"), f"fastopen {cookie}").acknowledgement == EVERYTHING


@pytest.mark.claim("tcp.fastopen.pending-at-most")
@pytest.mark.usefixtures("long_queues")
@over_ip
def test_no_more_wait_than_the_option_says(remote, sysctl):
    fast_listener(remote, sysctl, pending=2)  # decisive
    cookie = granted(remote)
    clients = [remote.another(name) for name in ("first", "second", "third")]

    answers = [early(client, f"fastopen {cookie}").acknowledgement for client in clients]

    assert answers == [EVERYTHING, EVERYTHING, NOTHING]


@pytest.mark.claim("tcp.fastopen.reset-before-the-handshake-ends")
@over_ip
def test_reset_in_the_handshake_is_told_to_the_server(remote, sysctl):
    client, server = accepted_early(remote, sysctl)
    server.recv(100)

    client.send("RST")  # decisive

    client.settle()
    with fails(ECONNRESET):
        server.recv(100)


@pytest.mark.claim("tcp.fastopen.same-syn-twice")
@over_ip
def test_syn_that_comes_twice_opens_one_connection(remote, sysctl):
    listener = fast_listener(remote, sysctl)
    client, cookie = remote.another("client"), granted(remote)
    syn = client.craft(f"SYN 0:({len(EARLY)}) <mss 1460,fastopen {cookie}>", payload=EARLY)
    client.put(syn)
    client.expect("SYN ACK")

    client.put(syn)  # decisive

    client.came(syn, times=2)
    client.settle()
    client.send("FIN ACK")
    server = remote.peers.accepting(listener)
    assert server.recv(100) + server.recv(100) == EARLY
    listener.setblocking(False)
    with fails(EAGAIN):
        listener.accept()


@pytest.mark.claim("tcp.fastopen.server-ends-before-the-handshake")
@over_ip
def test_close_before_the_handshake_ends_the_connection_in_order(remote, sysctl):
    client, server = accepted_early(remote, sysctl)
    server.recv(100)

    server.close()  # decisive

    client.send("ACK")
    client.expect("FIN ACK 1:*(0)")  # at once, or now (RFC 9293 3.10.4, 94062790f28c)
    client.never("RST")


@pytest.mark.claim("tcp.fastopen.spare-key")
@pytest.mark.usefixtures("long_queues")
@over_ip
def test_cookie_of_the_spare_key_is_taken_and_replaced(remote, sysctl):
    listener = fast_listener(remote, sysctl)
    listener.setsockopt(IPPROTO_TCP, TCP_FASTOPEN_KEY, KEYS[16:] + KEYS[:16])
    client, old = remote.another("client"), granted(remote)

    listener.setsockopt(IPPROTO_TCP, TCP_FASTOPEN_KEY, KEYS)  # decisive

    answer = early(client, f"fastopen {old}")
    new = (cookie_in(answer) or b"").hex()
    assert (answer.acknowledgement, new not in ("", old)) == (EVERYTHING, True)
    assert early(remote.another("later"), f"fastopen {new}").acknowledgement == EVERYTHING


@pytest.mark.claim("tcp.fastopen.old-key")
@over_ip
def test_cookie_of_a_key_that_is_gone_is_worth_nothing(remote, sysctl):
    listener = fast_listener(remote, sysctl)
    listener.setsockopt(IPPROTO_TCP, TCP_FASTOPEN_KEY, KEYS[:16])
    client, old = remote.another("client"), granted(remote)

    listener.setsockopt(IPPROTO_TCP, TCP_FASTOPEN_KEY, KEYS[16:])  # decisive

    answer = early(client, f"fastopen {old}")
    new = (cookie_in(answer) or b"").hex()
    assert (answer.acknowledgement, new not in ("", old)) == (NOTHING, True)


@pytest.mark.claim("tcp.fastopen.every-listener-by-setting")
@over_ip
def test_setting_opens_every_listener(remote, sysctl):
    sysctl("net.ipv4.tcp_fastopen", BOTH | EVERY_LISTENER)
    remote.listener()

    remote.send("SYN <mss 1460,fastopen>")  # decisive

    assert len(cookie_in(remote.expect("SYN ACK ack 1")) or b"") >= 4


@pytest.mark.claim("tcp.fastopen.no-cookie-needed-by-setting")
@over_ip
def test_setting_has_data_taken_without_a_cookie(remote, sysctl):
    listener = fast_listener(remote, sysctl)
    sysctl("net.ipv4.tcp_fastopen", BOTH | NO_COOKIE_IN)  # decisive

    answer = early(remote, "nop")

    assert answer.acknowledgement == EVERYTHING
    assert remote.peers.accepting(listener).recv(100) == EARLY


@pytest.mark.claim("tcp.fastopen.key-by-setting")
@over_ip
def test_setting_has_the_key_of_listeners_without_their_own(remote, sysctl):
    sysctl("net.ipv4.tcp_fastopen_key", ONE_KEY)
    fast_listener(remote, sysctl)
    old = granted(remote)

    sysctl("net.ipv4.tcp_fastopen_key", ANOTHER_KEY)  # decisive

    answer = early(remote.another("client"), f"fastopen {old}")
    assert (answer.acknowledgement, (cookie_in(answer) or b"").hex() not in ("", old)) == (NOTHING, True)
    sysctl("net.ipv4.tcp_fastopen_key", ONE_KEY)
    assert early(remote.another("later"), f"fastopen {old}").acknowledgement == EVERYTHING


@pytest.mark.claim("tcp.fastopen.no-cookie-needed-by-option")
@pytest.mark.needs(f"option:IPPROTO_TCP.{TCP_FASTOPEN_NO_COOKIE}", "kernel>=4.15")
@over_ip
def test_option_has_data_taken_without_a_cookie(remote, sysctl):
    listener = fast_listener(remote, sysctl)
    listener.setsockopt(IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, 1)  # decisive

    answer = early(remote, "nop")

    assert answer.acknowledgement == EVERYTHING
    assert remote.peers.accepting(listener).recv(100) == EARLY


@pytest.mark.beside
@pytest.mark.claim("tcp.fastopen.syn-ack-again-without")
@over_ip
def test_syn_ack_that_nobody_answers_is_sent_again_without_a_cookie(remote, sysctl):
    fast_listener(remote, sysctl)
    remote.send("SYN <mss 1460,fastopen>")  # decisive
    first = remote.expect("SYN ACK ack 1")

    again = remote.wire.expect("* > remote SYN ACK", within=GENEROUS + 1)

    assert (bool(cookie_in(first)), again.length, cookie_in(again)) == (True, 0, None)


@pytest.mark.claim("tcp.fastopen.room-when-the-handshake-ends")
@pytest.mark.usefixtures("long_queues")
@over_ip
def test_end_of_a_handshake_makes_room_for_another(remote, sysctl):
    listener = fast_listener(remote, sysctl, pending=1)
    cookie = granted(remote)
    clients = [remote.another(name) for name in ("first", "second", "third")]
    answers = [early(client, f"fastopen {cookie}").acknowledgement for client in clients[:2]]

    clients[0].send("ACK")  # decisive

    reaches(clients[0].ends, "ESTABLISHED")
    answers.append(early(clients[2], f"fastopen {cookie}").acknowledgement)
    assert answers == [EVERYTHING, NOTHING, EVERYTHING]
    assert listener.fileno() >= 0
