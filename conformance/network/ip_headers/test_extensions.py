"""Extension headers of IPv6 and options in them, known and not (RFC 8200 section 4, RFC 5095)."""

import pytest

from conformance.network.fragments.pieces import receiver_of
from conformance.network.ip_headers.extensions import (
    DROP,
    EVERY_OPTION_HEADER,
    FIRST_OPTION,
    PASS,
    PROBLEM,
    TELL,
    TELL_ONE,
    UNKNOWN,
    destination_options,
    hop_options,
    pointer,
    routing,
    send_behind,
)
from fixtures.stage.families import ip6, over

pytestmark = pytest.mark.usefixtures("as_delivered")


@pytest.mark.claim("ipheader.extension.known-passed")
@over(ip6)
def test_datagram_behind_headers_in_order_is_taken(remote):
    receiver = receiver_of(remote)

    send_behind(remote, hop_options(), routing(0, 0), destination_options(), bound=receiver)  # decisive

    assert receiver.recv(10) == b"first"


@pytest.mark.claim("ipheader.extension.option-passed-over")
@EVERY_OPTION_HEADER
@over(ip6)
def test_unknown_option_that_may_be_passed_over_is(remote, header):
    receiver = receiver_of(remote)

    send_behind(remote, header(PASS | UNKNOWN), bound=receiver)  # decisive

    assert receiver.recv(10) == b"first"


@pytest.mark.claim("ipheader.extension.option-drops")
@EVERY_OPTION_HEADER
@over(ip6)
def test_unknown_option_that_asks_for_it_has_the_packet_dropped_in_silence(remote, header):
    receiver = receiver_of(remote)

    send_behind(remote, header(DROP | UNKNOWN), bound=receiver)  # decisive

    remote.came("UDP (5)")
    remote.expect_none(PROBLEM)
    send_behind(remote, payload=b"right", bound=receiver)
    assert receiver.recv(10) == b"right"


@pytest.mark.claim("ipheader.extension.option-told")
@EVERY_OPTION_HEADER
@pytest.mark.parametrize("action", [TELL, TELL_ONE], ids=["always", "to-one"])
@over(ip6)
def test_unknown_option_that_asks_for_it_is_told(remote, header, action):
    receiver = receiver_of(remote)

    send_behind(remote, header(action | UNKNOWN), bound=receiver)  # decisive

    assert pointer(remote.expect(f"{PROBLEM} code 2")) == FIRST_OPTION
    send_behind(remote, payload=b"right", bound=receiver)
    assert receiver.recv(10) == b"right"


@pytest.mark.claim("ipheader.extension.option-told-to-many")
@pytest.mark.parametrize(("action", "told"), [(TELL, 1), (TELL_ONE, 0)], ids=["always", "to-one"])
@over(ip6)
def test_option_of_a_packet_to_many_is_told_only_where_it_asks_for_that(remote, action, told):
    receiver = receiver_of(remote)

    send_behind(remote, destination_options(action | UNKNOWN), to="ff02::1", bound=receiver)  # decisive

    remote.came("UDP (5)")
    assert len(remote.seen(f"{PROBLEM} code 2")) == told


@pytest.mark.claim("ipheader.extension.unknown-header-told")
@over(ip6)
def test_header_that_nobody_knows_is_told(remote):
    from scapy.layers.inet6 import IPv6

    remote.put(IPv6(src=remote.host, dst=remote.near_host, nh=253) / b"anything")  # decisive

    assert pointer(remote.expect(f"{PROBLEM} code 1")) == 6


@pytest.mark.claim("ipheader.extension.routing-unknown")
@pytest.mark.parametrize("kind", [0, 253])
@over(ip6)
def test_unknown_route_with_segments_left_is_told(remote, kind):
    receiver = receiver_of(remote)

    send_behind(remote, routing(kind, 1), bound=receiver)  # decisive

    assert pointer(remote.expect(f"{PROBLEM} code 0")) == FIRST_OPTION
    send_behind(remote, payload=b"right", bound=receiver)
    assert receiver.recv(10) == b"right"


@pytest.mark.claim("ipheader.extension.routing-done")
@pytest.mark.parametrize("kind", [0, 253])
@over(ip6)
def test_route_without_segments_left_is_passed_over(remote, kind):
    receiver = receiver_of(remote)

    send_behind(remote, routing(kind, 0), bound=receiver)  # decisive

    assert receiver.recv(10) == b"first"


@pytest.mark.claim("ipheader.extension.nothing-follows")
@over(ip6)
def test_what_stands_behind_no_next_header_is_not_looked_at(remote):
    from scapy.layers.inet6 import IPv6

    receiver = receiver_of(remote)
    datagram = bytes(remote.craft("UDP", payload=b"first")["UDP"])

    remote.put(IPv6(src=remote.host, dst=remote.near_host, nh=59) / datagram)  # decisive

    remote.came("IP protocol 59")
    remote.expect_none("ICMPv6")
    send_behind(remote, payload=b"right", bound=receiver)
    assert receiver.recv(10) == b"right"
