"""SOCK_DESTROY, asked for as a scenario's own deed: what the kernel answers is the scenario's observation."""

from __future__ import annotations

import socket

from fixtures.evidence import netlink
from fixtures.evidence.destroying import destruction
from fixtures.evidence.kernel_view import NETLINK_SOCK_DIAG


def destroy(end: socket.socket, *, cookie: bytes | None = None) -> None:
    """Has the kernel end `end`. Raises OSError as the answer tells it."""
    with netlink.open_netlink(NETLINK_SOCK_DIAG) as asked:
        asked.send(destruction(end, cookie=cookie))
        _, answer = next(netlink.messages(asked))
    if (error := netlink.error_in(answer, "SOCK_DESTROY")) is not None:
        raise OSError(error.errno, "SOCK_DESTROY")
