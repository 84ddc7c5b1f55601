"""What the system calls do to the time limit, which the C library hides for two of them."""

from errno import EINTR

import pytest

from conformance.stream.sending.raw import alarm_again_and_again
from conformance.waiting.large.numbers import be_sticky, limit_of, number_of, raw_wait
from fixtures.evidence.expect import fails
from fixtures.stage.children import in_child
from fixtures.stage.families import over_streams

raw_calls = pytest.mark.parametrize("call", ["select", "pselect6", "ppoll"])
LONG = 600.0


@pytest.mark.claim("waiting.raw.left-over-is-told")
@raw_calls
@over_streams
def test_system_call_writes_back_the_time_that_is_left(stream_pair, call):
    client, server = stream_pair
    number_of(call)
    none, some = limit_of(call, 0.02), limit_of(call, LONG)

    assert raw_wait(call, server.fileno(), none) == 0
    client.send(b"x")  # decisive
    assert raw_wait(call, server.fileno(), some) == 1

    assert none.seconds == 0
    assert LONG - 60 < some.seconds < LONG


def interrupted(call, end, *, sticky):
    """The time that is left after a signal handler has ended a wait."""
    limit = limit_of(call, LONG)

    def waiting():
        if sticky:
            be_sticky()
        alarm_again_and_again()
        with fails(EINTR):
            raw_wait(call, end.fileno(), limit)
        return limit.seconds

    return in_child(waiting).value


@pytest.mark.claim("waiting.raw.left-over-after-a-signal")
@raw_calls
@over_streams
def test_time_that_is_left_is_told_after_a_signal_too(stream_pair, call):
    number_of(call)
    left = LONG

    left = interrupted(call, stream_pair.server, sticky=False)  # decisive

    assert LONG - 60 < left < LONG


@pytest.mark.claim("waiting.raw.sticky-limits")
@raw_calls
@over_streams
def test_sticky_limit_is_left_alone_after_a_signal(stream_pair, call):
    number_of(call)
    left = None

    left = interrupted(call, stream_pair.server, sticky=True)  # decisive

    assert left == LONG
