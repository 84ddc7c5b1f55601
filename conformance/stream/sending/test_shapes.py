"""What a send takes: its flags, the number of its buffers, and control messages, between sockets of each kind."""

import struct
from socket import SCM_RIGHTS, SOL_SOCKET

import pytest

from conformance.stream.receiving.headers import both, over_kinds, over_unix_kinds
from conformance.stream.sending.shapes import DATA, FOREIGN, by_flag, by_vectors


@pytest.mark.claim("socket.send.flags-leave-the-data")
@over_kinds
def test_flags_that_ask_for_nothing_here_change_nothing(peers, kind):
    ends, seen = both(peers, kind), {}

    seen = by_flag(ends, kind)  # decisive

    assert seen == dict.fromkeys(seen, (len(DATA), DATA))
    assert seen


@pytest.mark.claim("socket.send.any-number-of-buffers")
@over_kinds
def test_buffers_are_one_message(peers, kind):
    ends, seen = both(peers, kind), {}

    seen = by_vectors(ends, [])  # decisive

    assert seen == dict.fromkeys(seen, (len(DATA), DATA))
    assert seen


@pytest.mark.claim("unix.send.rights-with-any-buffers")
@over_unix_kinds
def test_descriptors_go_with_any_number_of_buffers(peers, kind):
    ends, seen = both(peers, kind), {}
    rights = (SOL_SOCKET, SCM_RIGHTS, struct.pack("i", ends.client.fileno()))

    seen = by_vectors(ends, [rights])  # decisive

    assert seen == dict.fromkeys(seen, (len(DATA), DATA))
    assert seen


@pytest.mark.claim("unix.send.other-levels-ignored")
@over_unix_kinds
def test_control_message_of_another_level_is_ignored(peers, kind):
    ends, seen = both(peers, kind), {}

    seen = by_vectors(ends, [FOREIGN])  # decisive

    assert seen == dict.fromkeys(seen, (len(DATA), DATA))
    assert seen
