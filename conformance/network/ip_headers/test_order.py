"""In which order headers and options of IPv6 are taken (RFC 8200 sections 4, 4.1 and 4.2)."""

import pytest

from conformance.network.fragments.pieces import receiver_of
from conformance.network.ip_headers.extensions import (
    DROP,
    EVERY_OPTION_HEADER,
    FIRST_OPTION,
    PROBLEM,
    TELL,
    UNKNOWN,
    destination_options,
    hop_options,
    pointer,
    routing,
    send_behind,
)
from fixtures.stage.families import ip6, over

pytestmark = pytest.mark.usefixtures("as_delivered")


@pytest.mark.claim("ipheader.extension.any-order")
@over(ip6)
def test_headers_in_another_order_and_several_times_are_taken(remote):
    receiver = receiver_of(remote)
    headers = (destination_options(), routing(0, 0), destination_options(), routing(0, 0), destination_options())

    send_behind(remote, *headers, bound=receiver)  # decisive

    assert receiver.recv(10) == b"first"


@pytest.mark.claim("ipheader.extension.hop-options-elsewhere-told")
@over(ip6)
def test_hop_options_that_do_not_come_first_are_told(remote):
    receiver = receiver_of(remote)

    send_behind(remote, destination_options(), hop_options(), bound=receiver)  # decisive

    assert pointer(remote.expect(f"{PROBLEM} code 1")) == FIRST_OPTION - 2
    send_behind(remote, payload=b"right", bound=receiver)
    assert receiver.recv(10) == b"right"


@pytest.mark.claim("ipheader.extension.first-option-decides")
@EVERY_OPTION_HEADER
@over(ip6)
def test_first_unknown_option_decides(remote, header):
    receiver = receiver_of(remote)

    send_behind(remote, header(DROP | UNKNOWN, TELL | UNKNOWN), bound=receiver)  # decisive

    send_behind(remote, payload=b"right", bound=receiver)
    assert receiver.recv(10) == b"right"
    remote.expect_none(PROBLEM)
    send_behind(remote, header(TELL | UNKNOWN, DROP | UNKNOWN), bound=receiver)
    assert pointer(remote.expect(f"{PROBLEM} code 2")) == FIRST_OPTION


@pytest.mark.claim("ipheader.extension.padding-taken")
@pytest.mark.parametrize("options", [b"\0" * 6, b"\1\4\0\0\0\0", b"\0\1\3\0\0\0"], ids=["single", "several", "both"])
@over(ip6)
def test_both_options_that_pad_are_understood(remote, options):
    from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt

    receiver = receiver_of(remote)
    datagram = remote.craft("UDP", payload=b"first")
    header = IPv6ExtHdrDestOpt(bytes([17, 0]) + options)

    remote.put(IPv6(src=datagram.src, dst=datagram.dst, nh=60) / header / datagram["UDP"])  # decisive

    assert receiver.recv(10) == b"first"
