"""Segments whose headers say that they end where they cannot (RFC 9293 section 3.1, Data Offset)."""

import pytest
from scapy.packet import Raw

from conformance.tcp.validation.synchronized import needs_states
from fixtures.evidence.kernel_view import counted
from fixtures.stage.families import over_ip

WORDS = pytest.mark.parametrize("words", [0, 4, 15])
"""Of four bytes: fewer than a header has, and more than there are."""
STATES = ["LISTEN", "ESTABLISHED", "TIME_WAIT"]


@pytest.mark.claim("tcp.headers.impossible-offset-dropped")
@pytest.mark.parametrize("state", STATES)
@needs_states
@WORDS
@over_ip
def test_segment_with_an_impossible_offset_is_answered_in_no_state(remote, sysctl, state, words):
    sysctl("net.ipv4.tcp_invalid_ratelimit", 0)
    remote.reach(state)
    remote.send("SYN seq 0", tcp={"dataofs": words})
    remote.expect_none()

    remote.send("SYN seq 0")  # decisive

    remote.expect("any (0)")


@pytest.mark.claim("tcp.headers.impossible-offset-dropped")
@pytest.mark.parametrize("size", [0, 8, 19])
@over_ip
def test_segment_that_ends_within_its_header_is_not_answered(remote, size):
    remote.reach("LISTEN")
    network = remote.craft("SYN")
    header = bytes(network.payload)
    network.remove_payload()

    remote.put(network / Raw(header[:size]))

    remote.expect_none()
    remote.send("SYN")  # decisive
    remote.expect("SYN ACK")


@pytest.mark.claim("tcp.headers.short-offset-counted")
@over_ip
def test_header_that_is_too_short_is_an_error_of_the_segment(remote):
    remote.reach("LISTEN")

    with counted() as counts:
        remote.send("SYN", tcp={"dataofs": 4})  # decisive
        remote.expect_none()

        assert counts["Tcp.InErrs"] == 1
