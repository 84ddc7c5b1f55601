"""What a stream socket answers in each of its states, by each of the calls that ask it."""

import pytest

from conformance.configuration.values.tables import answer
from conformance.lifecycle.states import asking, tables
from conformance.lifecycle.states.asking import RECEIVES, SENDS, SHUTS
from conformance.lifecycle.states.states import in_each_state
from fixtures.evidence.kernel_view import tcp_info
from fixtures.evidence.spelling import spell_poll_events
from fixtures.stage.families import over_ip, over_streams

pytestmark = [
    pytest.mark.unwatched,  # one of the states is a full buffer
    pytest.mark.usefixtures("bsd_urgent"),
]


def each(calls):
    return pytest.mark.parametrize("call", calls.values(), ids=calls)


@pytest.mark.claim("stream.states.told-by-each-wait")
@over_streams
def test_each_wait_tells_the_events_of_the_state(peers, family):
    ends, polled, seen, members = in_each_state(peers, family), {}, {}, {}

    polled = {state: asking.polled(end) for state, end in ends.items()}  # decisive
    seen = {state: asking.events(end) for state, end in ends.items()}  # decisive
    members = {state: asking.sets(end) for state, end in ends.items()}  # decisive

    assert polled == {state: spell_poll_events(tables.EVENTS[state]) for state in ends}
    assert seen == {state: asking.as_told(tables.EVENTS[state]) for state in ends}
    assert members == {state: asking.in_sets(tables.EVENTS[state]) for state in ends}


@pytest.mark.claim("stream.states.peer-told-while-there-is-one")
@over_streams
def test_peer_is_told_in_the_states_that_have_one(peers, family):
    ends, seen = in_each_state(peers, family), {}

    seen = {state: answer(asking.named, end) for state, end in ends.items()}  # decisive

    assert seen == tables.of(tables.HAS_PEER, family, ends)


@pytest.mark.claim("stream.states.queue-told")
@over_streams
def test_fionread_tells_what_waits_in_each_state(peers, family):
    ends, seen = in_each_state(peers, family), {}

    seen = {state: answer(asking.queued, end) for state, end in ends.items()}  # decisive

    assert seen == tables.of(tables.QUEUED, family, ends)


@pytest.mark.claim("stream.states.received-by-each-call")
@each(RECEIVES)
@over_streams
def test_receive_gives_what_the_state_has(peers, family, call):
    ends, seen = in_each_state(peers, family), {}

    seen = {state: [answer(call, end) for _ in range(3)] for state, end in ends.items()}  # decisive

    assert seen == tables.of(tables.RECEIVED, family, ends)


@pytest.mark.claim("stream.states.sent-by-each-call")
@each(SENDS)
@over_streams
def test_send_gives_what_the_state_permits(peers, family, call):
    ends, seen = in_each_state(peers, family), {}

    seen = {state: [answer(call, end) for _ in range(2)] for state, end in ends.items()}  # decisive

    assert seen == tables.of(tables.SENT, family, ends)


@pytest.mark.claim("stream.states.shut-where-connected")
@each(SHUTS)
@over_streams
def test_shutdown_succeeds_where_there_is_a_connection(peers, family, call):
    ends, seen = in_each_state(peers, family), {}

    seen = {state: answer(call, end) for state, end in ends.items()}  # decisive

    assert seen == tables.of(tables.SHUT_DOWN, family, ends)


@pytest.mark.claim("stream.states.error-told-once")
@over_streams
def test_pending_error_is_told_once(peers, family):
    ends, seen = in_each_state(peers, family), {}

    seen = {state: [asking.error(end) for _ in range(2)] for state, end in ends.items()}  # decisive

    assert seen == tables.among(tables.PENDING, ends)


@pytest.mark.claim("stream.states.accepts-where-it-listens")
@over_streams
def test_accept_gives_what_the_state_permits(peers, family):
    ends, seen = in_each_state(peers, family), {}

    seen = {state: answer(asking.accepted, end) for state, end in ends.items()}  # decisive

    assert seen == tables.among(tables.ACCEPTED, ends)


@pytest.mark.claim("stream.states.listens-before-it-connects")
@over_streams
def test_listen_succeeds_before_a_connection_alone(peers, family):
    ends, seen = in_each_state(peers, family), {}

    seen = {state: answer(end.listen, 1) for state, end in ends.items()}  # decisive

    assert seen == tables.of(tables.LISTENED, family, ends)


@pytest.mark.claim("stream.states.connects-once")
@over_streams
def test_connect_succeeds_once(peers, family):
    ends, seen = in_each_state(peers, family), {}
    others = {state: peers.listener(family).getsockname() for state in ends}  # one for all may have too short a queue
    for end in ends.values():
        end.setblocking(True)

    seen = {state: answer(end.connect, others[state]) for state, end in ends.items()}  # decisive

    assert seen == tables.of(tables.CONNECTED, family, ends)


@pytest.mark.claim("tcp.states.told-by-tcp-info")
@over_ip
def test_tcp_info_tells_the_state(peers, family):
    ends, seen = in_each_state(peers, family), {}
    states = [state for state in ends if state in tables.TCP_STATES]

    seen = {state: tcp_info(ends[state]).state_name for state in states}  # decisive

    assert seen == tables.among(tables.TCP_STATES, states)


@pytest.mark.claim("stream.states.nothing-read")
@over_streams
def test_read_of_nothing_gives_nothing_and_takes_nothing(peers, family):
    ends, seen, left = in_each_state(peers, family), {}, {}

    seen = {state: answer(asking.read_nothing, end) for state, end in ends.items()}  # decisive

    left = {state: (answer(asking.queued, end), asking.error(end)) for state, end in ends.items()}
    assert seen == dict.fromkeys(ends, b"")
    assert left == {state: (tables.of(tables.QUEUED, family, ends)[state], tables.PENDING[state][0]) for state in ends}
