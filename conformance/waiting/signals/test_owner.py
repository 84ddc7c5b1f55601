"""SIGIO, O_ASYNC and the owner of a socket."""

import os
import sys
from fcntl import F_GETFL, F_GETOWN, F_SETOWN, fcntl, ioctl
from os import O_ASYNC, getpid
from select import POLLIN
from signal import SIG_BLOCK, SIGIO, pthread_sigmask, sigpending

import pytest

from conformance.local.unix.names import become
from conformance.waiting.signals.owned import signalled
from fixtures.evidence.waiting import ready
from fixtures.stage.children import in_child
from fixtures.stage.families import over_ip, over_streams
from fixtures.stage.users import another_user

FIOSETOWN, SIOCSPGRP, FIOGETOWN, SIOCGPGRP, FIOASYNC = 0x8901, 0x8902, 0x8903, 0x8904, 0x5452
"""asm-generic/sockios.h, asm-generic/ioctls.h."""
setters = pytest.mark.parametrize("request_", [FIOSETOWN, SIOCSPGRP], ids=["FIOSETOWN", "SIOCSPGRP"])
askers = pytest.mark.parametrize("request_", [FIOGETOWN, SIOCGPGRP], ids=["FIOGETOWN", "SIOCGPGRP"])


def number(value):
    """A pid_t as memory."""
    return value.to_bytes(4, sys.byteorder, signed=True)


@pytest.mark.claim("socket.sigio.data")
@over_streams
def test_data_signals_the_owner(stream_pair):
    client, server = stream_pair
    found = None

    found = in_child(lambda: signalled(server, lambda: client.send(b"data"))).value  # decisive

    assert found == SIGIO


@pytest.mark.claim("socket.sigio.data")
@over_ip
def test_datagram_signals_the_owner(peers, family):
    sender, receiver = peers.datagram(family, lane="sender"), peers.datagram(family, lane="receiver")
    to = receiver.getsockname()
    found = None

    found = in_child(lambda: signalled(receiver, lambda: sender.sendto(b"data", to))).value  # decisive

    assert found == SIGIO


@pytest.mark.claim("socket.sigio.connection")
@over_streams
def test_connection_signals_the_owner_of_a_listener(peers, family):
    listener = peers.listener(family)
    to = listener.getsockname()
    found = None

    found = in_child(lambda: signalled(listener, lambda: peers.connecting(family, to))).value  # decisive

    assert found == SIGIO


@pytest.mark.claim("socket.sigio.not-without-the-flag")
@over_streams
def test_nothing_is_signalled_without_the_flag(stream_pair):
    client, server = stream_pair

    def owner():
        pthread_sigmask(SIG_BLOCK, {SIGIO})
        fcntl(server, F_SETOWN, getpid())
        client.send(b"data")  # decisive
        ready(server, POLLIN)
        return SIGIO in sigpending()

    assert in_child(owner).value is False


@pytest.mark.claim("socket.owner.set-by-ioctl")
@setters
@over_streams
def test_owner_is_set_by_ioctl(peers, family, request_):
    end = peers.listener(family)

    ioctl(end, request_, number(getpid()))  # decisive

    assert fcntl(end, F_GETOWN) == getpid()


@pytest.mark.claim("socket.owner.nobody-at-first")
@askers
@over_streams
def test_nobody_owns_a_new_socket(peers, family, request_):
    end = peers.listener(family)
    told = None

    told = ioctl(end, request_, number(77))  # decisive

    assert told == number(0)


@pytest.mark.claim("socket.owner.told-by-ioctl")
@askers
@pytest.mark.parametrize("sign", [1, -1], ids=["process", "group"])
@over_streams
def test_owner_is_told_by_ioctl(peers, family, request_, sign):
    end = peers.listener(family)
    owner = sign * (getpid() if sign > 0 else os.getpgrp())
    fcntl(end, F_SETOWN, owner)
    told = None

    told = ioctl(end, request_, number(0))  # decisive

    assert told == number(owner)


@pytest.mark.claim("socket.owner.of-another-user")
@pytest.mark.needs("another-user")
@setters
@over_streams
def test_process_of_another_user_is_taken_for_an_owner(peers, family, request_):
    end, other, owner = peers.listener(family), another_user(), getpid()

    def name_the_parent():
        become(other)
        ioctl(end, request_, number(owner))  # decisive

    in_child(name_the_parent)
    assert fcntl(end, F_GETOWN) == owner


@pytest.mark.claim("socket.fioasync.is-the-flag")
@over_streams
def test_fioasync_sets_and_clears_the_flag(stream_pair):
    _, server = stream_pair

    ioctl(server, FIOASYNC, number(1))  # decisive
    on = fcntl(server, F_GETFL) & O_ASYNC
    ioctl(server, FIOASYNC, number(0))

    assert (on, fcntl(server, F_GETFL) & O_ASYNC) == (O_ASYNC, 0)
