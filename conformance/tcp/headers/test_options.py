"""Options that come and options that go: order, alignment, unknown kinds, lengths (RFC 9293 sections 3.1 and 3.2)."""

import pytest

from fixtures.stage.families import over_ip

SIZE = 600
"""A segment size that nobody would choose by himself."""
UNKNOWN = ["kind 253 0102", "kind 254 01020304", "kind 70", "kind 200 00"]
MOST_OPTIONS = 40
"""Bytes that a sender may leave free in each segment for options that it may come to need, such as SACK's."""
WRONG = ["raw fe00", "raw fe01", "raw feff", "raw 0200", "raw 0203", "raw 0228"]


def largest(remote):
    """The bytes of the larger one of the kernel's next two segments with data."""
    return max(remote.expect("any (1..)").length for _ in range(2))


@pytest.mark.claim("tcp.headers.options-in-any-order")
@pytest.mark.parametrize("options", ["mss 600", "nop,mss 600", "nop,nop,nop,mss 600", "mss 600,eol", "sackOK,mss 600"])
@over_ip
def test_segment_size_is_read_wherever_it_stands(remote, options):
    server = remote.reach(options=f"<{options}>")

    server.sendall(b"x" * 5000)  # decisive

    assert SIZE - MOST_OPTIONS < largest(remote) <= SIZE


@pytest.mark.claim("tcp.headers.unknown-option-skipped")
@pytest.mark.parametrize("unknown", UNKNOWN)
@over_ip
def test_what_stands_behind_an_unknown_option_is_heeded(remote, unknown):
    server = remote.reach(options=f"<{unknown},mss 600>")

    server.sendall(b"x" * 5000)  # decisive

    assert largest(remote) == SIZE


@pytest.mark.claim("tcp.headers.option-in-any-segment")
@pytest.mark.parametrize("option", [*UNKNOWN, "mss 600", "sackOK", "ts 1 1", "wscale 3", "nop,nop,nop,nop", "eol"])
@over_ip
def test_data_with_an_option_is_taken(remote, option):
    server = remote.reach()

    remote.send(f"PSH ACK (5) <{option}>", payload=b"taken")  # decisive

    remote.expect("ACK ack 6")
    assert server.recv(10) == b"taken"


@pytest.mark.claim("tcp.headers.option-in-any-segment")
@pytest.mark.parametrize("option", [*UNKNOWN, "ts 1 1"])
@over_ip
def test_fin_with_an_option_is_taken(remote, option):
    server = remote.reach()

    remote.send(f"FIN ACK <{option}>")  # decisive

    remote.expect("ACK ack 2")
    assert server.recv(10) == b""


@pytest.mark.claim("tcp.headers.bad-option-length-survived")
@pytest.mark.parametrize("wrong", WRONG)
@over_ip
def test_syn_with_a_bad_option_length_is_answered(remote, wrong):
    remote.reach(options=f"<{wrong}>")  # decisive

    remote.another("client").open()


@pytest.mark.claim("tcp.headers.bad-option-length-survived")
@pytest.mark.parametrize("wrong", WRONG)
@over_ip
def test_data_with_a_bad_option_length_does_no_harm(remote, wrong):
    server = remote.reach()

    remote.send(f"PSH ACK 1:6(5) <{wrong}>", payload=b"first")  # decisive

    remote.came("PSH ACK 1:6(5)")
    remote.settle()
    remote.send("PSH ACK 1:6(5)", payload=b"first")
    remote.expect("ACK ack 6")
    assert server.recv(10) == b"first"


@pytest.mark.claim("tcp.headers.size-only-in-syn")
@over_ip
def test_no_other_segment_has_the_segment_size(remote):
    server = remote.reach(options="<mss 1000,ts,sackOK,wscale 2>")
    server.sendall(b"x" * 2001)  # decisive
    remote.receive(2001)
    server.close()  # decisive
    remote.expect("FIN")

    assert remote.seen("SYN ACK <mss>") != []
    remote.never("any !SYN <mss>")


@pytest.mark.claim("tcp.headers.options-well-formed")
@pytest.mark.parametrize("options", ["mss 1000", "mss 1000,ts,sackOK,wscale 2", "mss 1000,sackOK", "mss 1000,fastopen"])
@over_ip
def test_options_fill_the_header_as_their_lengths_say(remote, options):
    server = remote.reach(options=f"<{options}>")
    # A hole before it, so that blocks are told where both know them.
    remote.send("ACK 101:201(100)")  # decisive
    remote.expect("ACK ack 1")
    server.close()  # decisive
    remote.expect("FIN")

    assert [packet for packet in remote.seen() if not well_formed(option_bytes(packet))] == []


def option_bytes(packet):
    """The options of a segment as they stand in its header."""
    header = bytes(packet.layers["TCP"])
    return header[20 : (header[12] >> 4) * 4]


def well_formed(options):
    """Whether every option but the two of one byte has a length that fits, and only zeros follow an end of the list."""
    while options:
        if options[0] == 0:
            return not any(options)
        size = 1 if options[0] == 1 else options[1] if len(options) > 1 else 0
        if not 1 <= size <= len(options) or (options[0] != 1 and size < 2):
            return False
        options = options[size:]
    return True


@pytest.mark.claim("tcp.headers.reserved-bits-ignored")
@over_ip
def test_reserved_bits_do_no_harm(remote):
    server = remote.reach()

    remote.send("PSH ACK (5)", payload=b"taken", tcp={"reserved": 7})  # decisive

    remote.expect("ACK ack 6")
    assert server.recv(10) == b"taken"
    assert {packet.layers["TCP"].reserved for packet in remote.seen()} == {0}
