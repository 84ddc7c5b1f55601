"""Answers that no socket of a process makes: those of a listener, of a request, of TIME_WAIT, and of no connection."""

from errno import EAGAIN
from socket import IPPROTO_TCP, SHUT_WR, SOCK_STREAM

import pytest

from conformance.tcp.signatures.keys import half_open, listener, opened
from conformance.tcp.signatures.signing import KEY, OTHER_KEY, SIGNED, right, send_signed
from fixtures.evidence.expect import fails
from fixtures.evidence.kernel_view import reaches
from fixtures.remote.states import begin_to_connect
from fixtures.stage.families import over_ip
from fixtures.stage.probes.sockets import TCP_MD5SIG, signature_key

pytestmark = pytest.mark.needs("signatures")


def lost(remote, family):
    """Of a connection nothing is left but a listener at the port of the remote host, which has the key of that host.

    So does a program that listens at the well-known port to which it also connects.
    """
    closed = remote.peers.listener(family, backlog=None, host=remote.near_host)
    remote.towards(closed)
    end = remote.peers.socket("listener", family.domain, SOCK_STREAM)
    end.bind(family.address(remote.port, remote.near_host))
    end.setsockopt(IPPROTO_TCP, TCP_MD5SIG, signature_key(remote.host, KEY))
    end.listen(1)


@pytest.mark.claim("tcp.signatures.reset-signed")
@over_ip
def test_reset_of_a_listener_is_signed(remote):
    listener(remote)

    send_signed(remote, f"ACK seq 1 ack 1000 <{SIGNED}>")  # decisive

    assert right(remote.expect("RST !ACK"))


@pytest.mark.claim("tcp.signatures.reset-of-a-lost-connection-signed")
@over_ip
def test_reset_of_a_lost_connection_is_signed_with_the_key_of_the_listener(remote, family):
    lost(remote, family)

    send_signed(remote, f"ACK seq 1 ack 1000 <{SIGNED}>")  # decisive

    assert right(remote.expect("RST !ACK"))


@pytest.mark.claim("tcp.signatures.wrong-draws-no-reset")
@over_ip
def test_wrong_signature_of_a_lost_connection_draws_no_reset(remote, family):
    lost(remote, family)

    send_signed(remote, f"ACK seq 1 ack 1000 <{SIGNED}>", key=OTHER_KEY)  # decisive

    remote.expect_none()
    assert len(remote.wire.seen("remote > * ACK")) == 1
    send_signed(remote, f"ACK seq 1 ack 1000 <{SIGNED}>")
    remote.expect("RST !ACK")


@pytest.mark.claim("tcp.signatures.time-wait-signed")
@pytest.mark.usefixtures("time_wait_kept")
@pytest.mark.needs("sock_diag")
@over_ip
def test_acknowledgement_of_time_wait_is_signed(remote):
    server = opened(remote)
    server.shutdown(SHUT_WR)
    remote.expect("FIN")
    send_signed(remote, f"FIN ACK <{SIGNED}>")
    remote.expect("ACK")
    reaches(remote.ends, "TIME_WAIT")

    send_signed(remote, f"FIN ACK seq 1 <{SIGNED}>")  # decisive

    assert right(remote.expect("ACK ack 2"))


@pytest.mark.claim("tcp.signatures.request-signed")
@over_ip
def test_acknowledgement_before_the_handshake_ends_is_signed(remote):
    end = half_open(remote)
    end.setblocking(False)

    send_signed(remote, f"PSH ACK 1000001:1000005(4) <{SIGNED}>")  # decisive

    assert right(remote.expect("ACK !SYN (0) ack 1"))
    with fails(EAGAIN):
        end.accept()


@pytest.mark.claim("tcp.signatures.syn-signed")
@over_ip
def test_client_with_a_key_signs_its_syn(remote, family):
    client = remote.peers.socket("client", family.domain, SOCK_STREAM)
    client.setsockopt(IPPROTO_TCP, TCP_MD5SIG, signature_key(remote.host, KEY))  # decisive

    begin_to_connect(client, remote)

    assert right(remote.expect("SYN !ACK"))
