"""Calls that wait for a place in the queue of a UNIX socket, and what ends them: a signal, and who goes away."""

from contextlib import suppress
from errno import ECONNREFUSED, ECONNRESET, EINTR
from socket import SOCK_DGRAM

import pytest

from conformance.lifecycle.connect.calls import connect_raw
from conformance.local.unix.names import FAMILY, connected_kinds, new
from conformance.stream.sending.raw import alarm_again_and_again, send
from fixtures.evidence.expect import fails
from fixtures.stage.children import child, in_child
from fixtures.stage.families import unix


def crowded(peers):
    """A receiver whose queue has no place, and a sender that is not connected to it."""
    receiver = peers.datagram(unix, lane="receiver")
    sender = new(peers, SOCK_DGRAM, lane="sender")
    sender.setblocking(False)
    with suppress(BlockingIOError):
        while True:
            sender.sendto(bytes(4096), receiver.getsockname())
    sender.setblocking(True)
    return receiver, sender


@pytest.mark.claim("unix.queue.full-interrupted")
def test_signal_ends_a_send_that_waits_for_a_place(peers):
    receiver, sender = crowded(peers)
    sender.connect(receiver.getsockname())

    def sending():
        alarm_again_and_again()  # decisive
        send(sender, b"more")

    with fails(EINTR):
        in_child(sending)


@pytest.mark.claim("unix.queue.full-listener-interrupted")
@connected_kinds
def test_signal_ends_a_connect_that_waits_for_a_place(peers, kind):
    listener = new(peers, kind, lane="listener")
    listener.bind(unix.address())
    listener.listen(0)
    name = listener.getsockname()
    new(peers, kind, lane="first").connect(name)
    client = new(peers, kind)

    def connecting():
        alarm_again_and_again()  # decisive
        connect_raw(client, FAMILY + name)

    with fails(EINTR):
        in_child(connecting)


@pytest.mark.claim("unix.queue.receiver-gone-refused")
def test_send_to_a_name_is_refused_when_its_owner_goes(peers):
    receiver, sender = crowded(peers)
    name = receiver.getsockname()

    def sending():
        receiver.close()
        with fails(ECONNREFUSED):
            sender.sendto(b"more", name)

    with child(sending) as waiting:
        waiting.is_blocked_in("sendto")
        receiver.close()  # decisive
        waiting.ends()


@pytest.mark.claim("unix.queue.peer-changed-reset")
def test_send_ends_with_its_peer_though_the_socket_has_another(peers):
    receiver, sender = crowded(peers)
    other = peers.datagram(unix, lane="other")
    sender.connect(receiver.getsockname())

    def sending():
        receiver.close()
        with fails(ECONNRESET):
            sender.send(b"more")

    with child(sending) as waiting:
        waiting.is_blocked_in("send")
        sender.connect(other.getsockname())  # decisive
        receiver.close()
        waiting.ends()
