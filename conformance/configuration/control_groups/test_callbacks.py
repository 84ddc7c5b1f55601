"""Programs that TCP calls: what they write into headers and read in them, what they are told, and what they decide."""

from socket import SHUT_WR

import pytest

from conformance.configuration.control_groups.groups import (
    CONTEXT,
    FIRST,
    NEEDS_ECN,
    OF_PARSING,
    OF_RETRANSMISSIONS,
    OF_STATES,
    OF_WRITING,
    RETRANSMITTED,
    SECOND,
    STATE,
    WINDOW,
    WRITES,
    adding,
    at,
    noting,
    reading,
    replying,
    storing,
    wanting,
    within_a_group,
)
from conformance.tcp.loss_recovery.flight import again, duplicate, sent
from fixtures.evidence.waiting import until
from fixtures.stage.ebpf import ARRAY, copy, load, lookup, new_map, put
from fixtures.stage.families import over_ip

pytestmark = pytest.mark.needs("control-group", "kernel>=5.10")
EXPERIMENT = b"\xeb\x9f*"
OPTION = b"\xfe\x05" + EXPERIMENT
"""An option of an experiment (RFC 6994): kind and length, the number of the experiment, and a byte of ours."""
WRITING = wanting(OF_WRITING) + adding(OPTION)
PADDING = (4 - 2 * len(OPTION)) % 4 + len(OPTION)
"""Bytes that are left of the room for twice the option, which is made up to whole words."""
EXISTS = 2**32 - 17
ESTABLISHED, SYN_SENT, FIN_WAIT1, STATES = 1, 2, 4, 13
"""Numbers of states, and how many there are."""


def options(packet):
    """The options of an experiment, and the bytes that fill up."""
    return [option for option in packet.layers["TCP"].options if option[0] in (254, "NOP")]


@pytest.mark.claim("tcp.callback.option-written")
@over_ip
def test_every_segment_of_a_connection_carries_the_option(remote):
    with within_a_group() as group:
        group.calls(WRITING)  # decisive
        remote.connecting()
        remote.send("SYN ACK <mss 1460>")

        segments = remote.seen("SYN")[0], remote.expect("ACK !SYN")

    assert [(254, EXPERIMENT) in options(segment) for segment in segments] == [True, True]


@pytest.mark.claim("tcp.callback.option-written")
@over_ip
def test_answer_of_a_listener_carries_the_option(remote):
    with within_a_group() as group:
        group.calls(WRITING)  # decisive
        remote.listener()

        remote.send("SYN <mss 1460>")

        assert (254, EXPERIMENT) in options(remote.expect("SYN ACK"))


@pytest.mark.claim("tcp.callback.option-padded")
@over_ip
def test_what_was_reserved_and_not_written_is_filled_up(remote):
    with within_a_group() as group:
        group.calls(WRITING)  # decisive
        remote.connecting()

    carried = options(remote.seen("SYN")[0])
    assert carried[-1 - PADDING :] == [(254, EXPERIMENT), *[("NOP", None)] * PADDING]


@pytest.mark.claim("tcp.callback.option-once")
@over_ip
def test_option_that_is_there_is_not_written_again(remote):
    with new_map(ARRAY) as numbers:
        once_more = at(WRITES, storing(OPTION) + put(8, 0) + copy(9, 0) + noting(numbers))
        with within_a_group() as group:
            group.calls(WRITING, once_more)  # decisive
            remote.connecting()

        assert lookup(numbers, 0) == EXISTS
    assert options(remote.seen("SYN")[0]).count((254, EXPERIMENT)) == 1


@pytest.mark.claim("tcp.callback.option-read")
@over_ip
def test_option_of_the_peer_is_read(peers, family):
    with new_map(ARRAY) as numbers:
        noted = reading(OPTION, put(8, 0) + noting(numbers))
        with within_a_group() as group:
            group.calls(wanting(OF_WRITING | OF_PARSING), adding(OPTION), noted)  # decisive
            client, server = peers.pair(family)
            client.send(b"data")
            server.recv(4)

        assert lookup(numbers, 0) == OPTION[-1]


@pytest.mark.claim("tcp.callback.retransmission-told")
@pytest.mark.usefixtures("usual_reordering")
@over_ip
def test_segment_that_is_sent_again_is_told(remote):
    with new_map(ARRAY) as numbers:
        which = load(9, CONTEXT, FIRST) + put(8, 0) + noting(numbers)
        count = load(9, CONTEXT, SECOND) + put(8, 1) + noting(numbers)
        with within_a_group() as group:
            group.calls(wanting(OF_RETRANSMISSIONS), at(RETRANSMITTED, which + count))  # decisive
            sent(remote)
            duplicate(remote, 3)
            until(lambda: again(remote, 1) > 1, what="the first segment sent again")

        assert lookup(numbers, 0) == remote.seen("any 1:*(1..)")[0].layers["TCP"].seq
        assert lookup(numbers, 1) == 1


@pytest.mark.claim("tcp.callback.states-told")
@over_ip
def test_states_are_told_with_those_before(remote):
    with new_map(ARRAY, entries=STATES) as numbers:
        change = load(9, CONTEXT, FIRST) + load(8, CONTEXT, SECOND) + noting(numbers)
        with within_a_group() as group:
            group.calls(wanting(OF_STATES), at(STATE, change))  # decisive
            client = remote.connecting()
            remote.send("SYN ACK <mss 1460>")
            remote.expect("ACK !SYN")
            client.shutdown(SHUT_WR)

        assert lookup(numbers, ESTABLISHED) == SYN_SENT
        assert lookup(numbers, FIN_WAIT1) == ESTABLISHED


@pytest.mark.claim("tcp.callback.initial-window")
@pytest.mark.parametrize("segments", [2, 5])
@over_ip
def test_window_begins_as_a_program_says(remote, segments):
    with within_a_group() as group:
        group.calls(replying(WINDOW, segments))  # decisive
        remote.listener()
        remote.send("SYN <mss 1000>")
        answer = remote.expect("SYN ACK")

    assert answer.window == segments * dict(answer.layers["TCP"].options)["MSS"]


@pytest.mark.claim("tcp.callback.needs-ecn")
@over_ip
def test_connection_asks_for_ecn_where_a_program_says(remote):
    with within_a_group() as group:
        group.calls(replying(NEEDS_ECN, 1))  # decisive
        remote.connecting()

    assert remote.seen("SYN ECE CWR !ACK")


@pytest.mark.claim("tcp.callback.grants-ecn")
@over_ip
def test_listener_grants_ecn_where_a_program_says(remote, sysctl):
    sysctl("net.ipv4.tcp_ecn", 0)
    with within_a_group() as group:
        group.calls(replying(NEEDS_ECN, 1))  # decisive
        remote.listener()
        remote.send("SYN ECE CWR <mss 1460>")

        remote.expect("SYN ACK ECE !CWR")
