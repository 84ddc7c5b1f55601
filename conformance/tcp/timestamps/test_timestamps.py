"""Time stamps of TCP, echoed and checked (RFC 7323)."""

from itertools import pairwise

import pytest

from conformance.tcp.timestamps.stamps import OPTIONS, later, stamps
from fixtures.evidence.expect import one_of
from fixtures.evidence.kernel_view import reaches
from fixtures.stage.families import over_ip


@pytest.mark.claim("tcp.timestamps.echoed")
@over_ip
def test_syn_ack_and_acknowledgement_echo_what_came(remote):
    remote.listener()
    remote.send("SYN <mss 1000,ts 1000 0>")
    first = remote.expect("SYN ACK <ts>")
    remote.send("ACK <ts 1001 ts.recent>")

    remote.send("PSH ACK (10) <ts 1007 ts.recent>")  # decisive

    assert stamps(first)[1] == 1000
    assert stamps(remote.expect("ACK ack 11 <ts>"))[1] == 1007


@pytest.mark.claim("tcp.timestamps.of-the-hole")
@over_ip
def test_stamp_behind_a_hole_is_not_echoed(remote):
    remote.reach(options=OPTIONS)
    now = later(remote)
    remote.send(f"PSH ACK 1:11(10) <ts {now} ts.recent>")
    remote.expect("ACK ack 11")

    remote.send(f"PSH ACK 21:31(10) <ts {now + 20} ts.recent>")  # decisive

    assert stamps(remote.expect("ACK ack 11"))[1] == now
    remote.send(f"PSH ACK 11:21(10) <ts {now + 10} ts.recent>")
    assert stamps(remote.expect("ACK ack 31"))[1] == now + 10


@pytest.mark.claim("tcp.timestamps.older-refused")
@over_ip
def test_data_with_an_older_stamp_is_not_taken(remote):
    server = remote.reach(options=OPTIONS)
    now = later(remote)
    remote.send(f"PSH ACK (4) <ts {now} ts.recent>", payload=b"new ")
    remote.expect("ACK ack 5")

    remote.send(f"PSH ACK 5:9(4) <ts {now - 1000} ts.recent>", payload=b"old ")  # decisive

    remote.expect("ACK ack 5")
    remote.send(f"PSH ACK 5:9(4) <ts {now} ts.recent>", payload=b"next")
    remote.expect("ACK ack 9")
    assert server.recv(100) == b"new next"


@pytest.mark.claim("tcp.timestamps.reset-not-checked")
@pytest.mark.needs("sock_diag")
@pytest.mark.parametrize("option", ["<ts 1 ts.recent>", "<!ts>"])
@over_ip
def test_reset_is_taken_whatever_its_stamp(remote, option):
    remote.reach(options=OPTIONS)

    remote.send(f"RST {option}")  # decisive

    reaches(remote.ends, "CLOSE")


@pytest.mark.claim("tcp.timestamps.in-every-segment")
@over_ip
def test_every_segment_is_stamped_in_order(remote):
    server = remote.reach(options="<mss 1000,ts>")
    server.sendall(b"x" * 3000)  # decisive
    remote.receive(3000)
    remote.send("FIN ACK")
    remote.expect("ACK ack snd.nxt")
    server.close()  # decisive
    remote.expect("FIN")

    values = [stamps(packet) for packet in remote.seen()]

    assert None not in values
    assert all(before[0] <= after[0] for before, after in pairwise(values))


@pytest.mark.claim("tcp.timestamps.missing-one-survived")
@over_ip
def test_segment_without_a_stamp_ends_nothing(remote):
    server = remote.reach(options=OPTIONS)

    remote.send("PSH ACK 1:6(5) <!ts>", payload=b"first")  # decisive

    remote.came("PSH ACK 1:6(5) <!ts>")
    remote.settle()
    remote.send("PSH ACK 1:6(5)", payload=b"again")
    one_of(server.recv(100), {b"again": "RFC 7323 3.2: dropped", b"first": "RFC 7323 3.2: a SHOULD"})
