"""What a socket of messages answers in each of its states, by each of the calls that ask it."""

import os
from socket import SO_ACCEPTCONN, SOL_SOCKET

import pytest

from conformance.configuration.values.tables import answer
from conformance.datagram.models.libc import disconnect
from conformance.lifecycle.states import asking
from conformance.lifecycle.states.asking import RECEIVES, SENDS
from conformance.lifecycle.states.message_tables import CONNECTED_AGAIN, column
from conformance.lifecycle.states.messages import (
    bound,
    in_each_state,
    listening,
    over_datagrams,
    over_messages,
)
from fixtures.evidence.spelling import spell_poll_events

pytestmark = pytest.mark.unwatched  # one of the states is a full buffer


def another(kind):
    """A name that nobody has."""
    return kind.family.address() if kind.family.ip else b"\0" + os.urandom(8).hex().encode("ascii")


def each(calls):
    return pytest.mark.parametrize("call", calls.values(), ids=calls)


@pytest.mark.claim("messages.states.told-by-each-wait")
@over_messages
def test_each_wait_tells_the_events_of_the_state(peers, kind):
    ends, polled, seen, members = in_each_state(peers, kind), {}, {}, {}

    polled = {state: asking.polled(end) for state, end in ends.items()}  # decisive
    seen = {state: asking.events(end) for state, end in ends.items()}  # decisive
    members = {state: asking.sets(end) for state, end in ends.items()}  # decisive

    bits = column(kind.table, "events")
    assert polled == {state: spell_poll_events(bits[state]) for state in ends}
    assert seen == {state: asking.as_told(bits[state]) for state in ends}
    assert members == {state: asking.in_sets(bits[state]) for state in ends}


@pytest.mark.claim("messages.states.peer-told-while-there-is-one")
@over_messages
def test_peer_is_told_in_the_states_that_have_one(peers, kind):
    ends, seen = in_each_state(peers, kind), {}

    seen = {state: answer(asking.named, end) for state, end in ends.items()}  # decisive

    assert seen == column(kind.table, "peer")


@pytest.mark.claim("messages.states.queue-told")
@over_messages
def test_fionread_tells_what_waits_in_each_state(peers, kind):
    ends, seen = in_each_state(peers, kind), {}

    seen = {state: answer(asking.queued, end) for state, end in ends.items()}  # decisive

    assert seen == column(kind.table, "queued")


@pytest.mark.claim("messages.states.received-by-each-call")
@each(RECEIVES)
@over_messages
def test_receive_gives_what_the_state_has(peers, kind, call):
    ends, seen = in_each_state(peers, kind), {}

    seen = {state: [answer(call, end) for _ in range(3)] for state, end in ends.items()}  # decisive

    assert seen == column(kind.table, "received")


@pytest.mark.claim("messages.states.sent-by-each-call")
@each(SENDS)
@over_messages
def test_send_gives_what_the_state_permits(peers, kind, call):
    ends, seen = in_each_state(peers, kind), {}

    seen = {state: [answer(call, end) for _ in range(2)] for state, end in ends.items()}  # decisive

    assert seen == column(kind.table, "sent")


@pytest.mark.claim("messages.states.nothing-read")
@over_messages
def test_read_of_nothing_gives_nothing_and_takes_nothing(peers, kind):
    ends, seen, left = in_each_state(peers, kind), {}, {}

    seen = {state: answer(asking.read_nothing, end) for state, end in ends.items()}  # decisive

    left = {state: answer(asking.queued, end) for state, end in ends.items()}
    assert (seen, left) == (dict.fromkeys(ends, b""), column(kind.table, "queued"))


@pytest.mark.claim("messages.states.connects-again")
@pytest.mark.usefixtures("long_queues")
@over_messages
def test_connect_gives_a_datagram_socket_another_peer_and_a_record_socket_none(peers, kind):
    ends, seen = in_each_state(peers, kind), {}
    other = listening(peers, kind) if kind.table == "records" else bound(peers, kind)

    seen = {state: answer(end.connect, other.getsockname()) for state, end in ends.items()}  # decisive

    assert seen == (CONNECTED_AGAIN if kind.table == "records" else dict.fromkeys(ends))
    reached = {state for state, end in ends.items() if answer(end.getpeername) == other.getsockname()}
    assert reached == {state for state in ends if seen[state] is None}


@pytest.mark.claim("messages.states.listens-told")
@over_messages
def test_so_acceptconn_is_of_the_states_that_listen(peers, kind):
    ends, seen = in_each_state(peers, kind), {}

    seen = {state: end.getsockopt(SOL_SOCKET, SO_ACCEPTCONN) for state, end in ends.items()}  # decisive

    assert seen == dict.fromkeys(ends, 0) | {state: 1 for state in ends if state in ("listening", "asked")}


@pytest.mark.claim("messages.states.binds-once")
@over_messages
def test_bind_gives_a_name_to_a_socket_of_messages_that_has_none(peers, kind):
    ends, seen = in_each_state(peers, kind), {}

    seen = {state: answer(end.bind, another(kind)) for state, end in ends.items()}  # decisive

    nameless = {"new", "dissolved"} if kind.table == "udp" else {"new"}
    assert seen == {state: None if state in nameless else "EINVAL" for state in ends}


@pytest.mark.claim("messages.states.dissolves-always")
@over_datagrams
def test_datagram_socket_gives_its_peer_up_in_each_state(peers, kind):
    ends, seen = in_each_state(peers, kind), {}

    seen = {state: answer(disconnect, end) for state, end in ends.items()}  # decisive

    assert seen == dict.fromkeys(ends)
    assert {answer(end.getpeername) for end in ends.values()} == {"ENOTCONN"}
