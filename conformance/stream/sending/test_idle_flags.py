"""Flags that mean nothing to a call: of the other direction, and bits that nobody has defined."""

import socket

import pytest

from conformance.configuration.values.tables import answer
from conformance.lifecycle.states.messages import over_messages, pair
from fixtures.stage.families import over_streams

UNDEFINED = {"0x800000": 0x800000, "0x8000000": 0x8000000}
"""One that linux/socket.h does not have, and one of the kernel's own, which no caller can set."""
OF_RECEIVING = {name: getattr(socket, name) for name in ("MSG_PEEK", "MSG_WAITALL", "MSG_CTRUNC", "MSG_TRUNC")}
OF_SENDING = {name: getattr(socket, name) for name in ("MSG_NOSIGNAL", "MSG_EOR", "MSG_DONTROUTE", "MSG_CONFIRM")}


def sent_with(peer, end, flags):
    """What arrives of one byte that is sent with each of these flags."""
    return {name: (answer(peer.send, b"x", flag), end.recv(1)) for name, flag in flags.items()}


def received_with(peer, end, flags):
    """What is received with each of these flags, of one byte."""
    return {name: (peer.send(b"x"), answer(end.recv, 1, flag))[1] for name, flag in flags.items()}


@pytest.mark.claim("stream.send.idle-flags-ignored")
@over_streams
def test_flags_that_say_nothing_to_send_are_ignored(stream_pair):
    client, server = stream_pair
    flags, seen = {**OF_RECEIVING, **UNDEFINED}, {}

    seen = sent_with(client, server, flags)  # decisive

    assert seen == dict.fromkeys(flags, (1, b"x"))


@pytest.mark.claim("stream.receive.idle-flags-ignored")
@over_streams
def test_flags_that_say_nothing_to_recv_are_ignored(stream_pair):
    client, server = stream_pair
    flags, seen = {**OF_SENDING, **UNDEFINED}, {}

    seen = received_with(client, server, flags)  # decisive

    assert seen == dict.fromkeys(flags, b"x")


@pytest.mark.claim("messages.send.idle-flags-ignored")
@over_messages
def test_flags_that_say_nothing_to_the_sender_of_a_message_are_ignored(peers, kind):
    peer, end = pair(peers, kind)
    flags, seen = {**OF_RECEIVING, **UNDEFINED}, {}

    seen = sent_with(peer, end, flags)  # decisive

    assert seen == dict.fromkeys(flags, (1, b"x"))


@pytest.mark.claim("messages.receive.idle-flags-ignored")
@over_messages
def test_flags_that_say_nothing_to_the_receiver_of_a_message_are_ignored(peers, kind):
    peer, end = pair(peers, kind)
    flags, seen = {**OF_SENDING, **UNDEFINED}, {}

    seen = received_with(peer, end, flags)  # decisive

    assert seen == dict.fromkeys(flags, b"x")
