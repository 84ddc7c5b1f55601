"""SO_TIMESTAMPING: what is told of datagrams and of a stream."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import select
import struct
from socket import *
from socket import socket

from .common import *

STAMPING, ERRORS = 37, 11
SENT, ARRIVED, REPORT, NUMBERS, SCHEDULED, ACKNOWLEDGED = 2, 8, 16, 128, 256, 512
MESSAGES, ALONE, STATISTICS = 1024, 2048, 4096


def told(end: socket, flags: int = MSG_ERRQUEUE) -> object:
    """What came: length of the data, kinds of messages, which time is there, and number and kind of an error."""
    if poll_bits(end, 0 if flags else select.POLLIN) == "nothing":
        return "nothing"
    data, ancillary, _, _ = end.recvmsg(999, 999, flags)
    found: list[object] = [len(data), [(level, kind) for level, kind, _ in ancillary]]
    for level, kind, value in ancillary:
        if (level, kind) == (SOL_SOCKET, STAMPING):
            found.append([part != 0 for part in struct.unpack("6q", value)[::2]])
        if (level, kind) == (IPPROTO_IP, ERRORS):
            found.append(struct.unpack_from("8xII", value))
    return found


@provokes("stamping_arrival_epoch", "stamping_arrival_elsewhere")
def arriving() -> object:
    with udp() as (sender, receiver):
        receiver.setsockopt(SOL_SOCKET, STAMPING, ARRIVED | REPORT)
        sender.send(b"x")
        return told(receiver, 0)


@provokes("stamping_wait_asleep")
def waiting_for_a_time() -> object:
    with udp() as (sender, _):
        sender.setsockopt(SOL_SOCKET, STAMPING, SENT | REPORT)
        waiting = select.poll()
        waiting.register(sender, 0)
        if (number := os.fork()) == 0:
            select.select([], [], [], LOOK * 10)
            sender.send(b"x")
            os._exit(0)
        found = [events for _, events in waiting.poll(1000)]
        os.waitpid(number, 0)
        return found


@provokes("stamping_report_unasked")
def unreported() -> object:
    with udp() as (sender, receiver):
        receiver.setsockopt(SOL_SOCKET, STAMPING, ARRIVED)
        sender.send(b"x")
        return told(receiver, 0)


@provokes("stamping_sent_lost", "stamping_kind_wrong", "stamping_number_wrong", "stamping_number_kept",
          "stamping_number_restarted")  # fmt: skip
def leaving() -> object:
    with udp() as (sender, _):
        seen = []
        for asked in (SENT | NUMBERS, SENT | NUMBERS, SENT, SENT | NUMBERS):
            sender.setsockopt(SOL_SOCKET, STAMPING, asked | REPORT)
            sender.send(b"x")
            seen.append(told(sender))
        return seen


@provokes("stamping_alone_ignored", "stamping_messages_ignored")
def with_and_without_data() -> object:
    with udp() as (sender, _):
        seen = []
        sender.setsockopt(IPPROTO_IP, IP_PKTINFO, 1)
        for asked in (SENT | ALONE, SENT | MESSAGES):
            sender.setsockopt(SOL_SOCKET, STAMPING, asked | REPORT)
            sender.send(b"x")
            seen.append(told(sender))
        return seen


@provokes("stamping_message_ignored", "stamping_message_stays", "stamping_message_adds")
def by_message() -> object:
    with udp() as (sender, _):
        seen = []
        for option in (0, SENT):
            sender.setsockopt(SOL_SOCKET, STAMPING, option | REPORT)
            sender.sendmsg([b"x"], [(SOL_SOCKET, STAMPING, struct.pack("I", SCHEDULED))])
            sender.setsockopt(SOL_SOCKET, STAMPING, sender.getsockopt(SOL_SOCKET, STAMPING) & ~SENT)
            sender.send(b"y")
            seen += [told(sender), told(sender)]
        return seen


@provokes("stamping_statistics_unchecked", "stamping_stream_unconnected")
def refused() -> object:
    with socket() as stream, socket(AF_INET, SOCK_DGRAM) as end:
        return (
            outcome(stream.setsockopt, SOL_SOCKET, STAMPING, REPORT | NUMBERS),
            outcome(end.setsockopt, SOL_SOCKET, STAMPING, REPORT | STATISTICS),
        )


@provokes("stamping_acknowledged_ignored", "stamping_stream_per_call", "stamping_statistics_ignored")
def bytes_of_a_stream() -> object:
    with tcp() as (client, _):
        client.setsockopt(SOL_SOCKET, STAMPING, ACKNOWLEDGED | REPORT | NUMBERS | ALONE | STATISTICS)
        client.send(b"12345")
        return told(client)
