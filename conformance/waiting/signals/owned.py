"""What signal comes to the owner of a socket."""

from __future__ import annotations

from collections.abc import Callable
from fcntl import F_GETFL, F_SETFL, F_SETOWN, fcntl
from os import O_ASYNC, getpid
from signal import SIG_BLOCK, SIGIO, pthread_sigmask, sigtimedwait
from socket import socket
from typing import Any

from fixtures.evidence.waiting import GENEROUS


def signalled(end: socket, happen: Callable[[], Any]) -> int | None:
    """The number of the signal that comes to the owner of `end` when `happen` is called."""
    pthread_sigmask(SIG_BLOCK, {SIGIO})
    fcntl(end, F_SETOWN, getpid())
    fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_ASYNC)
    happen()
    told = sigtimedwait({SIGIO}, GENEROUS / 2)
    return told and told.si_signo
