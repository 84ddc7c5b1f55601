"""Names, peers, signals and data of the program: what calls do beside what they are for."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import fcntl
from pathlib import Path
from socket import *
from socket import socket
from tempfile import TemporaryDirectory

from .common import *

F_SETSIG, F_GETSIG, F_SETOWN_EX, F_GETOWN_EX = 10, 11, 15, 16


@provokes("socket_number_high")
def numbers() -> object:
    lowest = os.dup(0)
    os.close(lowest)
    with socket(AF_INET, SOCK_DGRAM) as end:
        return end.fileno() == lowest


@provokes("bind_unix_link_followed", "bind_unix_relative_extended")
def names_in_a_folder() -> object:
    before = Path.cwd()
    with TemporaryDirectory(dir="/tmp") as folder, socket(AF_UNIX) as first, socket(AF_UNIX) as second:
        os.chdir(folder)
        Path("link").symlink_to("nowhere")
        seen = outcome(first.bind, f"{folder}/link"), sorted(os.listdir()), outcome(second.bind, "name")
        os.chdir(before)
        return seen[0], seen[1], seen[2], second.getsockname() == "name"


@provokes("bind_mapped_refused", "connect_mapped_refused", "accept_mapped_as_ip4")
def mapped() -> object:
    with socket(AF_INET6) as listener, socket(AF_INET6) as client:
        listener.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 0)
        bound = outcome(listener.bind, ("::ffff:127.0.0.1", 0))
        if not listener.getsockname()[1]:
            return bound
        listener.listen(1)
        connected = outcome(client.connect, ("::ffff:127.0.0.1", listener.getsockname()[1]))
        if connected != "None":
            return bound, connected
        server, address = listener.accept()
        server.close()
        return bound, connected, address[0], len(address)


@provokes("connect_datagram_as_inprogress", "connect_datagram_flushes")
def datagram_peers() -> object:
    with udp() as (sender, receiver), socket(AF_INET, SOCK_DGRAM) as other:
        sender.send(b"before")
        other.bind(("127.0.0.1", 0))
        wait_readable(receiver)
        receiver.setblocking(False)
        return outcome(receiver.connect, other.getsockname()), outcome(receiver.recv, 9)


@provokes("connect_datagram_unix_once")
def local_peers() -> object:
    with socket(AF_UNIX, SOCK_DGRAM) as first, socket(AF_UNIX, SOCK_DGRAM) as client:
        first.bind("")
        return [outcome(client.connect, first.getsockname()) for _ in range(2)]


@provokes("owners_signal_ignored", "owners_signal_told_none", "owners_thread_ignored")
def owners() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end:
        fcntl.fcntl(end, F_SETSIG, 34)
        fcntl.fcntl(end, F_SETOWN_EX, struct.pack("ii", 1, os.getpid()))
        owner = fcntl.fcntl(end, F_GETOWN_EX, bytes(8))
        return fcntl.fcntl(end, F_GETSIG), owner == struct.pack("ii", 1, os.getpid())


@provokes("owners_thread_as_process")
def owner_that_is_a_thread() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end:
        fcntl.fcntl(end, F_SETOWN_EX, struct.pack("ii", 0, os.getpid()))
        return struct.unpack("ii", fcntl.fcntl(end, F_GETOWN_EX, bytes(8)))[0]


@provokes("send_confirm_refused")
def confirming() -> object:
    with udp() as (sender, _):
        return outcome(sender.send, b"x", MSG_CONFIRM)


@provokes("epoll_data_cut")
def data_of_the_program() -> object:
    with udp() as (sender, receiver), contextlib.closing(select.epoll()) as instance:
        sender.send(b"x")
        wait_readable(receiver)
        event = struct.pack("=IQ", select.EPOLLIN, 5 << 40)
        LIBC.epoll_ctl(instance.fileno(), 1, receiver.fileno(), ctypes.create_string_buffer(event, 16))
        told = ctypes.create_string_buffer(16)
        LIBC.epoll_wait(instance.fileno(), told, 1, 0)
        return struct.unpack_from("=IQ", told)


@provokes("receive_errqueue_waits")
def empty_queue() -> object:
    with udp() as (_, receiver):
        return outcome(receiver.recvmsg, 1, 100, MSG_ERRQUEUE)


@provokes("control_offender_unnamed", "control_errors_other_code")
def error_of_nobody() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end, socket(AF_INET, SOCK_DGRAM) as gone:
        end.setsockopt(IPPROTO_IP, IP_RECVERR, 1)
        gone.bind(("127.0.0.1", 0))
        end.bind(("127.0.0.1", 0))
        name = gone.getsockname()
        gone.close()
        end.sendto(b"x", name)
        wait_readable(end, bits=select.POLLERR)
        return end.recvmsg(1, 100, MSG_ERRQUEUE)[1][0][2][:18].hex()


@provokes("receive_many_name_kept", "receive_many_flags_lost")
def one_of_many() -> object:
    with udp() as (sender, receiver):
        sender.send(b"too long")
        wait_readable(receiver)
        name, data = ctypes.create_string_buffer(64), ctypes.create_string_buffer(1)
        vector = (ctypes.c_size_t * 2)(ctypes.addressof(data), 1)
        header = (ctypes.c_size_t * 8)(ctypes.addressof(name), 64, ctypes.addressof(vector), 1)
        LIBC.recvmmsg(receiver.fileno(), header, 1, 0, None)
        return header[1] & 0xFFFFFFFF, header[6] & 0xFFFFFFFF


@provokes("control_pktinfo_other_local")
def local_address() -> object:
    with udp() as (sender, receiver):
        receiver.setsockopt(IPPROTO_IP, IP_PKTINFO, 1)
        sender.send(b"x")
        wait_readable(receiver)
        return inet_ntoa(receiver.recvmsg(1, 100)[1][0][2][4:8])


@provokes("bind_broadcast_refused")
def for_everybody() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end:
        return outcome(end.bind, ("255.255.255.255", 0))


@provokes("poll_count_of_bits", "poll_entries_once", "poll_entries_request_changed", "poll_entries_none_refused")
def entries() -> object:
    with udp() as (sender, receiver):
        sender.send(b"x")
        wait_readable(receiver)
        entry = struct.pack("ihh", receiver.fileno(), select.POLLIN | select.POLLOUT | select.POLLPRI, 0)
        memory = ctypes.create_string_buffer(entry * 2)
        told = LIBC.poll(memory, 2, 0)
        return told, memory.raw[4:8].hex(), memory.raw[12:16].hex(), LIBC.poll(None, 0, 0)


@provokes("shutdown_datagram_wr_ignored")
def sending_no_more() -> object:
    with udp() as (sender, _):
        sender.shutdown(SHUT_WR)
        return outcome(sender.send, b"x", MSG_NOSIGNAL)


@provokes("close_duplicate_leaves_old", "close_duplicate_keeps_flag", "close_duplicate_drops_flag",
          "close_duplicate_below")  # fmt: skip
def duplicates() -> object:
    first, second = socketpair()
    plain, exact = LIBC.dup(first.fileno()), LIBC.dup3(first.fileno(), os.dup(0), os.O_CLOEXEC)
    above = fcntl.fcntl(first, fcntl.F_DUPFD, 300)
    flags = [fcntl.fcntl(number, fcntl.F_GETFD) for number in (plain, exact)]
    LIBC.dup2(0, plain)
    LIBC.dup2(0, exact)
    LIBC.dup2(0, first.fileno())
    os.close(above)
    return flags, above >= 300, outcome(second.recv, 1)


@provokes("epoll_delete_without_refused")
def without_an_event() -> object:
    with udp() as (_, receiver), contextlib.closing(select.epoll()) as instance:
        instance.register(receiver, select.EPOLLIN)
        return LIBC.epoll_ctl(instance.fileno(), 2, receiver.fileno(), None)


@provokes("values_hops_as_default")
def hops() -> object:
    with socket(AF_INET6, SOCK_DGRAM) as end:
        return end.getsockopt(IPPROTO_IPV6, IPV6_UNICAST_HOPS)


@provokes("values_syn_forgotten")
def saved() -> object:
    with listening() as listener:
        listener.setsockopt(IPPROTO_TCP, 27, 1)
        with create_connection(listener.getsockname()), listener.accept()[0] as server:
            return len(server.getsockopt(IPPROTO_TCP, 28, 200)) > 0


@provokes("values_dontfrag_ignored")
def whole_or_not() -> object:
    with socket(AF_INET6, SOCK_DGRAM) as end:
        end.bind(("::1", 0))
        end.setsockopt(IPPROTO_IPV6, 62, 1)
        return outcome(end.sendto, bytes(65527), end.getsockname())


@provokes("values_least_hops_ignored")
def too_far() -> object:
    with listening() as listener, socket(AF_INET, SOCK_STREAM) as client:
        listener.setsockopt(IPPROTO_IP, 21, 255)
        client.setblocking(False)
        client.connect_ex(listener.getsockname())
        return poll_bits(client, select.POLLOUT)
