"""Neighbours on a shared loopback: programs of others, while the suite has no network namespace of its own.

    python -m tests.neighbour COMMAND ...

becomes the command in a network namespace that stands for a machine's, with a neighbour who holds 400 ports in
TIME_WAIT, listeners, UDP sockets, memberships and UNIX names, who connects and sends all the time, and who moves every
counter of /proc/net. unshare(2) is refused to the command.
"""

from __future__ import annotations

import os
import select
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import count

from fixtures.stage.lifeline import die_with_parent
from fixtures.stage.namespaces import bring_up, unshare_network
from tests.fixtures.seccomp import forbid

WAITING = 400
"""Ports in TIME_WAIT, towards a listener of the neighbour's."""
HELD = 60
"""Sockets of each kind that stay open."""
PAUSE = 0.05
"""Seconds between one disturbance and the next: a neighbour, and no flood."""
GROUPS = ("224.0.0.251", "239.1.2.3", "239.255.77.1")
HOSTS = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}


def main(command: list[str]) -> None:
    """Becomes the command, beside the neighbour."""
    unshare_network()
    bring_up("lo")
    reader, writer = os.pipe()
    parent = os.getpid()
    if os.fork() == 0:
        die_with_parent(parent)
        os.close(reader)
        live(writer)
    os.close(writer)
    os.read(reader, 1)  # until everything is held
    os.close(reader)
    forbid("unshare")
    os.execvp(command[0], command)


def live(ready: int) -> None:
    """The neighbour's life: never returns."""
    held = [*listeners(), *datagrams(), *members(), *names()]
    targets = [each for each in held if each.type == socket.SOCK_STREAM and each.family in HOSTS]
    for number in range(WAITING):
        come_and_go(targets[number % len(targets)])
    os.write(ready, b"!")
    os.close(ready)
    with suppress(BrokenPipeError):
        for number in count():
            come_and_go(targets[number % len(targets)])
            disturb(held)
            select.select([], [], [], PAUSE)
    os._exit(0)


def listeners() -> Iterator[socket.socket]:
    """Listeners of either family, at the wildcard as well."""
    for family, host in HOSTS.items():
        for number in range(HELD // 2):
            yield socket.create_server(("" if number % 2 else host, 0), family=family)


def datagrams() -> Iterator[socket.socket]:
    """UDP sockets that nobody reads."""
    for family, host in HOSTS.items():
        for number in range(HELD // 2):
            end = socket.socket(family, socket.SOCK_DGRAM)
            end.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            end.setblocking(False)
            end.bind(("" if number % 2 else host, 0))
            yield end


def members() -> Iterator[socket.socket]:
    """Members of groups, also of well known ones, through loopback."""
    for group in GROUPS:
        end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        end.bind(("", 0))
        end.setblocking(False)
        request = struct.pack("4s4si", socket.inet_aton(group), socket.inet_aton("127.0.0.1"), 0)
        end.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, request)
        end.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        yield end


def names() -> Iterator[socket.socket]:
    """UNIX sockets by names that the kernel chose."""
    for _ in range(HELD):
        end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        end.bind("")
        end.listen()
        yield end


def come_and_go(listener: socket.socket) -> None:
    """One port more in TIME_WAIT: who closes first keeps it."""
    host, port = HOSTS[listener.family], listener.getsockname()[1]
    with suppress(OSError), socket.create_connection((host, port)) as client:
        server, _ = listener.accept()
        client.shutdown(socket.SHUT_WR)
        server.recv(1)
        server.close()


def disturb(held: list[socket.socket]) -> None:
    """A datagram to a neighbour, to a closed port, to everybody, and to a group."""
    ours = [each for each in held if each.type == socket.SOCK_DGRAM and each.family == socket.AF_INET]
    sender, port = ours[0], ours[1].getsockname()[1]
    for host in ("127.0.0.1", "127.255.255.255", *GROUPS):
        for number in (port, 9):
            with suppress(OSError):
                sender.sendto(b"neighbour", (host, number))


if __name__ == "__main__":
    main(sys.argv[1:])
