"""What is not garbage: whatever a process still holds, or can come to by receiving it."""

from errno import ETOOMANYREFS
from resource import RLIMIT_NOFILE, getrlimit, setrlimit
from socket import MSG_PEEK, SOCK_SEQPACKET

import pytest

from conformance.local.collected.cycles import Rings, collected
from conformance.local.unix.names import calling, connected_kinds, kinds, serving
from conformance.local.unix.rights import MOST, at_end, rights
from conformance.stream.sending.limits import give_up_capabilities
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import until
from fixtures.stage.children import in_child

pytestmark = pytest.mark.needs("unix-garbage")


@pytest.mark.claim("unix.collected.held-outside-stays")
@kinds
def test_ring_that_is_held_at_one_place_stays(rings, kind):
    pairs, pipe = rings.ring(3, kind)
    (_, held), *others = pairs
    rings.let_go(others)
    received = [held]

    rings.looked_for_garbage()

    assert not at_end(pipe.reading)
    for _ in range(3):
        received += rings.passed(received[-1])  # decisive
    assert len(received) == 5  # each out of the one before, and the pipe at last
    rings.close_all(*received)
    collected(pipe)


@pytest.mark.claim("unix.collected.receivable-stays")
@kinds
def test_ring_that_can_still_be_received_stays(rings, kind):
    (over, queue), (pairs, pipe) = rings.pair(kind), rings.ring(2, kind)
    rings.post(over, pairs[0][1])  # decisive
    rings.let_go(pairs)

    rings.looked_for_garbage()

    (first,) = rings.passed(queue)
    assert not at_end(pipe.reading)
    (second,) = rings.passed(first)
    rings.close_all(first, second)
    collected(pipe)


@pytest.mark.claim("unix.collected.peeked-stays")
@kinds
def test_ring_of_which_one_was_peeked_at_stays(rings, kind):
    (over, queue), (pairs, pipe) = rings.pair(kind), rings.ring(2, kind)
    rings.post(over, pairs[0][1])
    (peeked,) = rings.passed(queue, flags=MSG_PEEK)  # decisive
    rings.close_all(over, queue)
    rings.let_go(pairs)

    rings.looked_for_garbage()

    assert not at_end(pipe.reading)
    (other,) = rings.passed(peeked)
    rings.close_all(peeked, other)
    collected(pipe)


@pytest.mark.claim("unix.collected.not-yet-accepted-stays")
@connected_kinds
def test_what_was_sent_before_accept_stays(peers, folder, rings, kind):
    listener, (pairs, pipe) = serving(peers, folder / "server", kind), rings.ring(2, kind)
    client = calling(peers, folder / "server", kind)
    client.sendmsg([b"x"], rights(pairs[0][1], listener.fileno()))  # decisive
    rings.let_go(pairs)

    rings.looked_for_garbage()

    server = peers.accepting(listener)
    passed, again = rings.passed(server.fileno())
    assert not at_end(pipe.reading)
    rings.close_all(passed, again)
    collected(pipe)


@pytest.mark.claim("unix.collected.beside-what-goes-on")
@kinds
def test_descriptors_on_their_way_are_not_lost_to_a_collection(rings, kind):
    (over, queue), arrived = rings.pair(kind), []
    passed = [(rings.pair(kind), rings.pipe()) for _ in range(3)]
    for (near, far), pipe in passed:
        rings.post(over, far, pipe.writing)  # decisive
        rings.close_all(near, far, pipe.writing)
        rings.looked_for_garbage(kind)
        arrived.append([at_end(each.reading) for _, each in passed])

    assert not any(at_end(pipe.reading) for _, pipe in passed)
    assert [len(rings.passed(queue)) for _ in passed] == [2, 2, 2]
    assert len(arrived) == len(passed)


@pytest.mark.claim("unix.collected.counts-no-more")
@pytest.mark.needs("descriptors:320")
def test_descriptors_that_were_collected_count_no_more(rings):
    def fill_twice():
        give_up_capabilities()
        with Rings() as mine:
            pairs, pipe = mine.ring(1)  # before the limit: the kernel counts what other processes of the user send
            setrlimit(RLIMIT_NOFILE, (min(3 * MOST, getrlimit(RLIMIT_NOFILE)[1]),) * 2)
            with fails(ETOOMANYREFS):
                for _ in range(6):
                    mine.post(pairs[0][0], *[pairs[0][1]] * MOST)
            mine.let_go(pairs)  # decisive
            collected(pipe)
            over, _ = mine.pair()
            until(lambda: mine.may_post(over, *[over] * MOST), what="room for as many descriptors in flight")
        return True

    assert in_child(fill_twice).value


@pytest.mark.claim("unix.rights.privileged-in-flight")
@pytest.mark.needs("CAP_SYS_RESOURCE", "initial-user-namespace", "descriptors:320")
def test_privileged_user_has_more_in_flight_than_may_be_open(rings):
    limit, over, queue, sent = 300, *rings.pair(SOCK_SEQPACKET), 10

    def send_many():
        setrlimit(RLIMIT_NOFILE, (limit, getrlimit(RLIMIT_NOFILE)[1]))
        for _ in range(sent):
            rings.post(over, *[over] * MOST)  # decisive
        return limit

    assert in_child(send_many).value < sent * MOST
    for _ in range(sent):
        passed = rings.passed(queue, most=MOST)
        assert len(passed) == MOST
        rings.close_all(*passed)
