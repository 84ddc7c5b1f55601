"""Programs of eBPF, tied to maps of sockets and to control groups; the kernel must let this process have them."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

from collections.abc import Callable
from socket import *
from socket import socket

from conformance.configuration.control_groups import groups, test_connecting
from conformance.configuration.socket_maps import maps, test_messages, test_verdicts
from fixtures.stage import ebpf

from .common import *

LIMIT = 0.1
OPTION = b"\xfe\x05\xeb\x9f*"
ECN = 8
"""TCPI_OPT_ECN, in the fifth byte of TCP_INFO."""


def connected() -> tuple[socket, socket]:
    with create_server(("127.0.0.1", 0)) as listener:
        client = create_connection(listener.getsockname())
        return client, listener.accept()[0]


def came(end: socket) -> str:
    return outcome(end.recv, 9, limit=LIMIT)


def judged(tie: Callable[[maps.SocketMap], object], *names: str, by: int = 1) -> object:
    """What comes of four bytes, sent at once or in halves, while those ends are in a map with such programs."""
    (client, server), (writer, reader) = connected(), connected()
    ends = {"client": client, "server": server, "writer": writer, "reader": reader}
    with client, server, writer, reader, maps.socket_map() as sockets:
        tie(sockets)
        for number, name in enumerate(names):
            ebpf.update(sockets.descriptor, number, ends[name].fileno())
        sent = [outcome(client.send, b"four"[at : at + 4 // by]) for at in range(0, 4, 4 // by)]
        return sent, came(server), came(reader)


@provokes("ebpf_verdict_ignored")
def dropped() -> object:
    return judged(lambda sockets: sockets.judges(maps.VERDICT, test_verdicts.NOT_FOUR), "server")


@provokes("ebpf_redirected_in_stays")
def redirected_in() -> object:
    return judged(lambda sockets: sockets.redirects(maps.VERDICT, maps.INGRESS), "server", "reader")


@provokes("ebpf_redirected_out_stays")
def redirected_out() -> object:
    return judged(lambda sockets: sockets.redirects(maps.VERDICT), "server", "writer")


@provokes("ebpf_message_ignored")
def refused() -> object:
    return judged(lambda sockets: sockets.judges(maps.MESSAGE, ebpf.end(maps.DROP)), "client")


@provokes("ebpf_message_stays")
def sent_elsewhere() -> object:
    return judged(lambda sockets: sockets.redirects(maps.MESSAGE, maps.INGRESS), "client", "reader")


@provokes("ebpf_cork_ignored")
def corked() -> object:
    return judged(lambda sockets: sockets.judges(maps.MESSAGE, test_messages.FOUR_AT_ONCE), "client", by=2)


@provokes("ebpf_parser_ignored")
def parsed() -> object:
    def tie(sockets: maps.SocketMap) -> None:
        sockets.judges(maps.STREAM_VERDICT, test_verdicts.FOUR)
        sockets.judges(maps.PARSER, ebpf.end(4))

    return judged(tie, "server", by=2)


@provokes("ebpf_cookie_of_another", "ebpf_place_taken_twice", "ebpf_place_filled", "ebpf_verdicts_of_both_kinds",
          "ebpf_verdicts_of_two_maps", "ebpf_leaving_ignored")  # fmt: skip
def entries() -> object:
    client, server = connected()
    number, other = server.fileno(), client.fileno()
    with client, server, maps.socket_map() as first, maps.socket_map() as second:
        with ebpf.new_map(ebpf.SOCKMAP, size=8) as told:
            ebpf.update(told, 0, number, size=8)
            own = ebpf.lookup(told, 0, size=8) - int.from_bytes(server.getsockopt(SOL_SOCKET, 57, 8), "little")
            ebpf.delete(told, 0)
        for sockets in (first, second):
            sockets.judges(maps.VERDICT, ebpf.end(maps.DROP))
        ebpf.update(first.descriptor, 0, number)
        answers = [
            outcome(ebpf.update, first.descriptor, 0, other, ebpf.NOEXIST),
            outcome(ebpf.update, first.descriptor, 1, other, ebpf.EXIST),
            outcome(ebpf.update, second.descriptor, 0, number),
            outcome(first.judges, maps.STREAM_VERDICT, ebpf.end(maps.DROP)),
        ]
        ebpf.delete(first.descriptor, 0)
        client.send(b"x")
        return own, answers, came(server)


@provokes("ebpf_callbacks_ignored", "ebpf_option_ignored", "ebpf_option_unread", "ebpf_states_untold",
          "ebpf_reply_ignored")  # fmt: skip
def called() -> object:
    with ebpf.new_map(ebpf.ARRAY, entries=16) as numbers:
        read = groups.reading(OPTION, ebpf.put(8, 0) + groups.noting(numbers))
        change = ebpf.load(9, groups.CONTEXT, groups.FIRST) + ebpf.load(8, groups.CONTEXT, groups.SECOND)
        told = groups.at(groups.STATE, change + groups.noting(numbers))
        flags = groups.wanting(groups.OF_WRITING | groups.OF_PARSING | groups.OF_STATES)
        with groups.within_a_group() as group:
            group.calls(flags, groups.adding(OPTION), read, told, groups.replying(groups.NEEDS_ECN, 1))
            client, server = connected()
            with client, server:
                client.send(b"x"), server.recv(1)
                ecn = client.getsockopt(IPPROTO_TCP, TCP_INFO, 8)[5] & ECN
        return ecn, [ebpf.lookup(numbers, key) for key in (0, 1)]


@provokes("ebpf_bind_ignored", "ebpf_connect_ignored")
def connects() -> object:
    with groups.within_a_group() as group:
        group.asks(groups.AT_CONNECT4, test_connecting.BINDING)
        client, server = connected()
    with client, server:
        return client.getsockname()[0]
