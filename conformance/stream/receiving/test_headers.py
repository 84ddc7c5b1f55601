"""What a receive writes beside the data, for each kind of socket."""

import pytest

from conformance.stream.receiving.headers import both, expected, of_each_call, over_kinds


@pytest.mark.claim("socket.receive.header-of-each-call")
@over_kinds
def test_header_has_what_came_and_nothing_else(peers, kind):
    ends, seen = both(peers, kind), {}

    seen = of_each_call(ends, kind)  # decisive

    assert seen == {call: expected(kind, call) for call in seen}
    assert seen
