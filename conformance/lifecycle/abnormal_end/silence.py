"""Peers that are gone without a word: what arrives at them is dropped before TCP sees it, so that they never answer.

A classic BPF program that keeps nothing (socket(7), SO_ATTACH_FILTER) needs no second interface, and the packets that
are dropped are on the wire all the same. Recent kernels want CAP_NET_ADMIN for it, so scenarios name what they need:
``@pytest.mark.needs("filter")``.
"""

from __future__ import annotations

import ctypes
import socket
import struct

from fixtures.evidence.expect import linger
from fixtures.evidence.recorder import RecordedSocket
from fixtures.stage.peers import Pair
from fixtures.wire.wire import Wire

SO_ATTACH_FILTER = 26
SO_DETACH_FILTER = 27
KEEP_NOTHING = struct.pack("HBBI", 6, 0, 0, 0)
"""BPF_RET with 0, a struct sock_filter (linux/filter.h)."""


def deafen(end: RecordedSocket) -> None:
    """Nothing that arrives at `end` reaches it any more, so it answers nothing either."""
    program = ctypes.create_string_buffer(KEEP_NOTHING)
    fprog = struct.pack("@HP", 1, ctypes.addressof(program))
    socket.socket.setsockopt(end, socket.SOL_SOCKET, SO_ATTACH_FILTER, fprog)


def hear_again(end: RecordedSocket) -> None:
    """Undoes `deafen`."""
    socket.socket.setsockopt(end, socket.SOL_SOCKET, SO_DETACH_FILTER, 0)


def vanish(pair: Pair, wire: Wire) -> None:
    """The server is gone as after a loss of power: its host knows nothing of the connection.

    It aborts, and the client hears nothing of that.
    """
    deafen(pair.client)
    pair.server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger(on=True, seconds=0))
    pair.server.close()
    wire.settle()  # the reset has come, and was dropped
    hear_again(pair.client)
