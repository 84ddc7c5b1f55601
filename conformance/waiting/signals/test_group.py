"""A group of processes as the owner of a socket."""

import os
import struct
from fcntl import F_GETFL, F_SETFL, F_SETOWN, fcntl
from signal import SIG_BLOCK, SIGIO, pthread_sigmask, sigtimedwait

import pytest

from fixtures.evidence.waiting import GENEROUS
from fixtures.stage.children import child, in_child
from fixtures.stage.families import over_streams

F_GETOWN_EX, F_OWNER_PGRP = 16, 2
OWNER = struct.Struct("ii")
"""struct f_owner_ex: the kind, and the number (asm-generic/fcntl.h)."""


def told():
    """The signal that comes to this process."""
    came = sigtimedwait({SIGIO}, GENEROUS / 2)
    return came and came.si_signo


@pytest.mark.claim("socket.sigio.to-every-member")
@over_streams
def test_every_process_of_the_group_is_signalled(stream_pair):
    client, server = stream_pair

    def leader():
        os.setpgrp()
        pthread_sigmask(SIG_BLOCK, {SIGIO})
        fcntl(server, F_SETOWN, -os.getpgrp())  # decisive
        fcntl(server, F_SETFL, fcntl(server, F_GETFL) | os.O_ASYNC)
        with child(told) as member:
            member.is_blocked_in("sigtimedwait")
            client.send(b"data")
            return told(), member.ends().value

    assert in_child(leader).value == (SIGIO, SIGIO)


@pytest.mark.claim("socket.owner.negative-is-a-group")
@over_streams
def test_negative_number_is_that_of_a_group(peers, family):
    end = peers.listener(family)

    def leader():
        os.setpgrp()
        fcntl(end, F_SETOWN, -os.getpgrp())  # decisive
        return OWNER.unpack(fcntl(end, F_GETOWN_EX, bytes(OWNER.size))), os.getpgrp()

    told, group = in_child(leader).value
    assert told == (F_OWNER_PGRP, group)
