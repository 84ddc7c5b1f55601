"""Pieces for which there is no memory: they may be dropped, and the stream comes whole (RFC 2018 section 8)."""

from socket import MSG_WAITALL, SO_RCVBUF, SOL_SOCKET

import pytest

from fixtures.evidence.kernel_view import counted
from fixtures.stage.families import over_ip

LITTLE = 4096
"""Bytes of the receive buffer that are asked for; the kernel takes twice as much."""
LENGTH = 400
STREAM = bytes(number * 7 % 251 for number in range(LENGTH))
PIECE = 50
TRIES = 40
"""Several times as many as there are pieces."""


@pytest.fixture
def cramped(remote):
    """The kernel's socket with little room, of a connection with selective acknowledgements."""
    listener = remote.listener()
    listener.setsockopt(SOL_SOCKET, SO_RCVBUF, LITTLE)
    remote.open("<mss 1460,sackOK>")
    return remote.peers.accepting(listener)


def sent(remote, starts, size):
    """Pieces of the stream of that size, at these places, in this order."""
    for start in starts:
        remote.send(f"PSH ACK seq {1 + start} ({size})", payload=STREAM[start : start + size])


def once_more(remote):
    """Sends whatever is not acknowledged, in pieces, as a sender does whose segments are lost."""
    for _ in range(TRIES):
        remote.settle()
        due = remote.seen("ACK")[-1].acknowledgement - 1
        if due == LENGTH:
            return
        sent(remote, [due], min(PIECE, LENGTH - due))


ORDERS = {
    "apart": range(2, LENGTH - 1, 2),
    "in-a-row": range(1, LENGTH),
    "backwards": range(LENGTH - 1, 0, -1),
}


@pytest.mark.claim("tcp.acknowledgements.dropped-comes-again")
@pytest.mark.parametrize("order", ORDERS)
@over_ip
def test_stream_is_whole_though_there_was_no_room_for_its_pieces(remote, cramped, order):
    with counted() as counters:
        sent(remote, ORDERS[order], 1)  # decisive
        remote.settle()
        assert counters["TcpExt.PruneCalled"] >= 1

    once_more(remote)

    assert remote.seen("ACK")[-1].acknowledgement == 1 + LENGTH
    assert cramped.recv(LENGTH, MSG_WAITALL) == STREAM


@pytest.mark.claim("tcp.acknowledgements.acknowledged-is-kept")
@over_ip
def test_what_was_acknowledged_is_kept_though_there_is_no_room(remote, cramped):
    sent(remote, range(200), 1)
    remote.settle()
    kept = remote.seen("ACK")[-1].acknowledgement - 1

    with counted() as counters:
        sent(remote, range(kept + 2, LENGTH - 1, 2), 1)  # decisive
        remote.settle()
        assert counters["TcpExt.PruneCalled"] >= 1

    assert cramped.recv(kept, MSG_WAITALL) == STREAM[:kept]
