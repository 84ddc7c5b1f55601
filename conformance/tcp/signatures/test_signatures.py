"""Segments that are signed with a key that both ends know (RFC 2385, tcp(7) TCP_MD5SIG)."""

from errno import EAGAIN
from socket import IPPROTO_TCP, MSG_DONTWAIT

import pytest

from conformance.tcp.signatures.keys import listener, opened
from conformance.tcp.signatures.signing import OTHER_KEY, SIGNED, right, send_signed
from fixtures.evidence.expect import fails
from fixtures.evidence.kernel_view import is_in
from fixtures.stage.families import over_ip
from fixtures.stage.probes.sockets import TCP_MD5SIG, signature_key
from fixtures.stage.tap import FAR_HOSTS

pytestmark = pytest.mark.needs("signatures")


@pytest.mark.claim("tcp.signatures.every-segment-signed")
@over_ip
def test_every_segment_is_signed_with_the_key(remote):
    server = opened(remote)

    server.send(b"data")  # decisive
    remote.expect("any 1:5(4)")
    server.close()  # decisive
    remote.expect("FIN")

    assert [right(packet) for packet in remote.seen()] == [True for _ in remote.seen()]


@pytest.mark.claim("tcp.signatures.signed-taken")
@over_ip
def test_data_that_is_signed_is_taken(remote):
    server = opened(remote)

    send_signed(remote, f"PSH ACK (4) <{SIGNED}>", payload=b"data")  # decisive

    assert server.recv(10) == b"data"


@pytest.mark.claim("tcp.signatures.unsigned-dropped")
@pytest.mark.parametrize("segment", ["PSH ACK (4)", "FIN ACK", "RST"])
@over_ip
def test_segment_without_a_signature_is_dropped(remote, segment):
    server = opened(remote)

    remote.send(segment)  # decisive

    remote.came(segment)
    remote.settle()
    is_in(remote.ends, "ESTABLISHED")
    with fails(EAGAIN):
        server.recv(10, MSG_DONTWAIT)
    send_signed(remote, f"PSH ACK seq 1 (4) <{SIGNED}>", payload=b"data")
    assert server.recv(10) == b"data"


@pytest.mark.claim("tcp.signatures.wrong-dropped")
@over_ip
def test_segment_with_the_signature_of_another_key_is_dropped(remote):
    server = opened(remote)

    send_signed(remote, f"PSH ACK (5) <{SIGNED}>", key=OTHER_KEY, payload=b"wrong")  # decisive

    remote.came("PSH ACK (5)")
    remote.expect_none()
    with fails(EAGAIN):
        server.recv(10, MSG_DONTWAIT)
    send_signed(remote, f"PSH ACK seq 1 (5) <{SIGNED}>", payload=b"right")
    assert server.recv(10) == b"right"


@pytest.mark.claim("tcp.signatures.unsigned-syn-dropped")
@pytest.mark.parametrize("options", ["", f",{SIGNED}"], ids=["unsigned", "blank"])
@over_ip
def test_syn_without_a_right_signature_is_dropped_in_silence(remote, options):
    listener(remote)

    remote.send(f"SYN <mss 1460{options}>")  # decisive

    remote.came("SYN")
    remote.expect_none()
    send_signed(remote, f"SYN seq 0 <mss 1460,{SIGNED}>")
    remote.expect("SYN ACK")


@pytest.mark.claim("tcp.signatures.others-unconcerned")
@over_ip
def test_other_hosts_connect_without_signatures(remote, family):
    listener(remote)
    other = remote.another("other", host=f"{FAR_HOSTS[family.name]}0")

    other.send("SYN <mss 1460>")  # decisive

    other.expect("SYN ACK")


@pytest.mark.claim("tcp.signatures.unexpected-dropped")
@over_ip
def test_signed_segment_is_dropped_where_there_is_no_key(remote):
    remote.listener()

    send_signed(remote, f"SYN <mss 1460,{SIGNED}>")  # decisive

    remote.came("SYN")
    remote.expect_none()
    remote.another("unsigned").open()


@pytest.mark.claim("tcp.signatures.key-taken-away")
@over_ip
def test_without_its_key_a_listener_takes_what_is_not_signed(remote):
    end = listener(remote)

    end.setsockopt(IPPROTO_TCP, TCP_MD5SIG, signature_key(remote.host, b""))  # decisive

    remote.send("SYN <mss 1460>")
    remote.expect("SYN ACK")
