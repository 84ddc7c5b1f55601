"""The checksum of a segment, both ways (RFC 9293 section 3.1)."""

import pytest

from conformance.tcp.validation.synchronized import OPEN, OVER, needs_states
from fixtures.stage.families import over_ip

sizes = pytest.mark.parametrize("size", [0, 200], ids=["empty", "long"])
"""Bytes of data: a long segment is summed up later than one without."""


def summed(packet):
    """The checksum that the segment of `packet` should have, as Scapy works it out."""
    layers = packet.layers.copy()
    del layers["TCP"].chksum
    return layers.__class__(bytes(layers))["TCP"].chksum


@pytest.mark.claim("tcp.headers.checksum-right")
@over_ip
def test_every_segment_of_a_whole_life_sums_up(remote):
    server = remote.reach(options="<mss 1000,ts,sackOK>")
    server.sendall(b"a" * 2001)  # decisive
    remote.receive(2001)
    remote.send("FIN ACK (3)")
    remote.expect("ACK ack snd.nxt")
    assert server.recv(10) == bytes([0, 1, 2])
    server.close()  # decisive
    remote.expect("FIN")
    remote.send("RST seq snd.nxt+1000")

    sent = remote.seen()

    assert len(sent) >= 5
    assert [packet.layers["TCP"].chksum for packet in sent] == [summed(packet) for packet in sent]


@pytest.mark.claim("tcp.headers.wrong-checksum-dropped")
@pytest.mark.parametrize("off", [1, 0x100, 0x8000])
@over_ip
def test_data_with_a_wrong_checksum_is_not_taken(remote, off):
    server = remote.reach()
    segment = remote.craft("PSH ACK 1:6(5)", payload=b"wrong")
    right = segment.__class__(bytes(segment))["TCP"].chksum

    remote.send("PSH ACK 1:6(5)", payload=b"wrong", tcp={"chksum": right ^ off})  # decisive

    remote.came("PSH ACK 1:6(5)")
    remote.expect_none()
    remote.send("PSH ACK 1:6(5)", payload=b"right")
    assert server.recv(10) == b"right"


@pytest.mark.claim("tcp.headers.wrong-checksum-dropped")
@sizes
@over_ip
def test_syn_with_a_wrong_checksum_is_not_answered(remote, size):
    remote.reach("LISTEN")

    remote.send(f"SYN ({size})", tcp={"chksum": 1})  # decisive

    remote.came("SYN")
    remote.expect_none()
    remote.send("SYN seq 0")
    remote.expect("SYN ACK")


@pytest.mark.claim("tcp.headers.wrong-checksum-dropped")
@pytest.mark.parametrize("state", ["SYN_RECV", *OPEN, *OVER, "TIME_WAIT"])
@needs_states
@sizes
@over_ip
def test_segment_with_a_wrong_checksum_is_answered_in_no_state(remote, sysctl, state, size):
    sysctl("net.ipv4.tcp_invalid_ratelimit", 0)
    remote.reach(state)

    remote.send(f"SYN seq 0 ({size})", tcp={"chksum": 1})  # decisive

    remote.came("SYN", times=2)
    remote.expect_none()
    remote.send("SYN seq 0")
    remote.expect("any (0)")
