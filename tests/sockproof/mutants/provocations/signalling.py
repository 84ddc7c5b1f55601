"""What is signalled of sockets, what a signal interrupts, and options that are seldom switched off."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import fcntl
import signal
from collections.abc import Callable
from pathlib import Path
from socket import *
from socket import socket, socketpair
from tempfile import TemporaryDirectory

from .common import *


def asynchronous(end: socket, happen: Callable[[], object], *, off: bool = False) -> object:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGIO})
    fcntl.fcntl(end, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(end, fcntl.F_GETFL)
    fcntl.fcntl(end, fcntl.F_SETFL, flags | os.O_ASYNC)
    if off:
        fcntl.fcntl(end, fcntl.F_SETFL, flags)
    happen()
    told = signal.sigtimedwait({signal.SIGIO}, 0.3)
    return told and told.si_signo


@provokes("owners_async_messages_ignored")
def message() -> object:
    left, right = socketpair(AF_UNIX, SOCK_DGRAM)
    with left, right:
        return asynchronous(right, lambda: left.send(b"x"))


@provokes("owners_async_stays_on")
def no_longer() -> object:
    left, right = socketpair()
    with left, right:
        return asynchronous(right, lambda: left.send(b"x"), off=True)


@provokes("owners_async_end_untold")
def end() -> object:
    left, right = socketpair()
    with left, right:
        return asynchronous(right, lambda: left.shutdown(SHUT_WR))


@provokes("owners_async_inherited")
def accepted() -> object:
    with listening() as listener, socket(AF_INET) as client:
        fcntl.fcntl(listener, fcntl.F_SETFL, os.O_ASYNC)
        client.connect(listener.getsockname())
        server = listener.accept()[0]
        with server:
            return fcntl.fcntl(server, fcntl.F_GETFL) & os.O_ASYNC


@provokes("errors_eintr_messages_lost")
def receive_of_a_message() -> object:
    left, right = socketpair(AF_UNIX, SOCK_DGRAM)
    with left, right:
        return interrupted(lambda: int(LIBC.recv(right.fileno(), ctypes.create_string_buffer(9), 9, 0)))


@provokes("errors_eintr_room_lost")
def send_of_a_message() -> object:
    left, right = socketpair(AF_UNIX, SOCK_DGRAM)
    with left, right:
        left.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                left.send(b"x")
        left.setblocking(True)
        return interrupted(lambda: int(LIBC.send(left.fileno(), b"x", 1, 0)))


@provokes("unix_send_permission_unchecked")
def forbidden() -> object:
    with TemporaryDirectory(dir="/tmp") as folder, socket(AF_UNIX, SOCK_DGRAM) as receiver:
        receiver.bind(f"{folder}/name")
        Path(folder).chmod(0o755)
        Path(f"{folder}/name").chmod(0o444)
        with socket(AF_UNIX, SOCK_DGRAM) as sender:
            return without_capabilities(lambda: outcome(sender.sendto, b"x", f"{folder}/name"))


def without_capabilities(call: Callable[[], str]) -> str:
    reader, writer = os.pipe()
    if os.fork() == 0:
        LIBC.capset(struct.pack("=Ii", 0x20080522, 0), bytes(24))
        os.write(writer, call().encode("ascii"))
        os._exit(0)
    os.close(writer)
    os.wait()
    return os.read(reader, 100).decode("ascii")


@provokes("values_preferences_ignored")
def preferences() -> object:
    with socket(AF_INET6, SOCK_DGRAM) as end:
        end.setsockopt(IPPROTO_IPV6, 72, 1)
        return end.getsockopt(IPPROTO_IPV6, 72)


@provokes("values_fragments_stay_on")
def fragments() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end:
        end.setsockopt(IPPROTO_IP, 25, 1)
        end.setsockopt(IPPROTO_IP, 25, 0)
        return end.getsockopt(IPPROTO_IP, 25)


@provokes("values_transparent_stays_on")
def transparent() -> object:
    with socket(AF_INET) as end:
        end.setsockopt(IPPROTO_IP, 19, 1)
        end.setsockopt(IPPROTO_IP, 19, 0)
        return end.getsockopt(IPPROTO_IP, 19)


@provokes("arguments_command_taken", "owners_nobody_taken", "blocking_append_ignored", "owners_zero_ignored")
def commands() -> object:
    with socket(AF_INET) as end:
        fcntl.fcntl(end, fcntl.F_SETOWN, os.getpid())
        seen = outcome(fcntl.fcntl, end, 999), outcome(fcntl.fcntl, end, fcntl.F_SETOWN, 4194304)
        fcntl.fcntl(end, fcntl.F_SETOWN, 0)
        owned = fcntl.fcntl(end, fcntl.F_GETOWN) != 0
        fcntl.fcntl(end, fcntl.F_SETFL, os.O_APPEND)
        return *seen, owned, fcntl.fcntl(end, fcntl.F_GETFL) & os.O_APPEND


@provokes("arguments_scope_needed")
def without_a_scope() -> object:
    name = struct.pack("=HHI16s", AF_INET6, 0, 0, bytes(16))
    with socket(AF_INET6, SOCK_DGRAM) as end:
        return LIBC.bind(end.fileno(), name, 24)


@provokes("control_hops_stay", "send_addressed_reconnects", "connect_again_anew")
def one_datagram() -> object:
    with udp() as (sender, receiver), socket(AF_INET, SOCK_DGRAM) as other, socket(AF_INET, SOCK_DGRAM) as third:
        other.bind(("127.0.0.1", 0))
        sender.sendmsg([b"x"], [(IPPROTO_IP, IP_TTL, struct.pack("i", 7))])
        sender.sendto(b"x", other.getsockname())
        third.connect(other.getsockname())
        before = third.getsockname()
        third.connect(receiver.getsockname())
        same = third.getsockname() == before
        return sender.getsockopt(IPPROTO_IP, IP_TTL), sender.getpeername() == receiver.getsockname(), same


@provokes("reading_none_refused")
def nothing_read() -> object:
    left, right = socketpair()
    with left, right:
        return outcome(os.read, left.fileno(), 0)


@provokes("poll_normal_missing")
def normal_data() -> object:
    left, right = socketpair()
    with left, right:
        return poll_bits(left, select.POLLWRNORM)


@provokes("state_info_timeout_in_milliseconds", "state_info_deviation_in_nanoseconds", "state_info_path_as_segment")
def told_of_a_connection() -> object:
    with tcp() as (client, _):
        told = struct.unpack_from("8B24I", client.getsockopt(IPPROTO_TCP, TCP_INFO, 104))
        return told[8] > 100_000, told[24] < 100_000, told[21] == told[10]


@provokes("state_info_asking_as_closed")
def asking() -> object:
    with full_listener() as name, socket(AF_INET) as client:
        client.setblocking(False)
        outcome(client.connect, name)
        return client.getsockopt(IPPROTO_TCP, TCP_INFO, 1)


@provokes("unix_send_type_unchecked")
def another_type() -> object:
    with TemporaryDirectory(dir="/tmp") as folder, socket(AF_UNIX) as listener, socket(AF_UNIX, SOCK_DGRAM) as end:
        listener.bind(f"{folder}/name")
        return outcome(end.sendto, b"x", f"{folder}/name")


@provokes("multicast_streams_join", "values_times_first", "values_room_refused", "linger_number_off")
def settings_of_streams() -> object:
    with socket(AF_INET) as end:
        joined = outcome(end.setsockopt, IPPROTO_IP, IP_ADD_MEMBERSHIP, inet_aton(GROUP) + bytes(4))
        for option in (29, 35):
            end.setsockopt(SOL_SOCKET, option, 1)
        end.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 2, 3))
        room = outcome(end.getsockopt, SOL_SOCKET, SO_LINGER, 4)
        return joined, end.getsockopt(SOL_SOCKET, 29), room, end.getsockopt(SOL_SOCKET, SO_LINGER, 8)


@provokes("accept_record_nameless")
def accepted_record() -> object:
    with socket(AF_UNIX, SOCK_SEQPACKET) as listener, socket(AF_UNIX, SOCK_SEQPACKET) as client:
        for end in (listener, client):
            end.bind("")
        listener.listen()
        client.connect(listener.getsockname())
        server, address = listener.accept()
        server.close()
        return address == client.getsockname()


@provokes("close_duplicate_itself_allowed")
def duplicate_of_itself() -> object:
    with socket(AF_INET) as end:
        return LIBC.dup3(end.fileno(), end.fileno(), 0) < 0


@provokes("send_family_refused", "send_wildcard_refused")
def destinations() -> object:
    with socket(AF_INET6, SOCK_DGRAM) as end, socket(AF_INET, SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        name = struct.pack("=HH4s8x", AF_INET, htons(other.getsockname()[1]), inet_aton("127.0.0.1"))
        sent = LIBC.sendto(end.fileno(), b"x", 1, 0, name, len(name))
        return sent, outcome(other.sendto, b"x", ("0.0.0.0", other.getsockname()[1]))


@provokes("state_listens_records_untold", "values_negative_refused", "send_buffers_none_refused")
def records() -> object:
    left, right = socketpair(AF_UNIX, SOCK_SEQPACKET)
    with left, right, socket(AF_UNIX, SOCK_SEQPACKET) as listener:
        listener.bind("")
        listener.listen()
        told = listener.getsockopt(SOL_SOCKET, SO_ACCEPTCONN)
        return told, outcome(listener.setsockopt, SOL_SOCKET, SO_RCVBUF, -1), outcome(left.sendmsg, [])


@provokes("state_info_offer_larger", "values_linger2_minus_refused")
def offered() -> object:
    with tcp() as (client, _):
        told = struct.unpack_from("8B24I", client.getsockopt(IPPROTO_TCP, TCP_INFO, 104))
        return told[21] - told[27], outcome(client.setsockopt, IPPROTO_TCP, TCP_LINGER2, -1)


@provokes("raw_protocol_any", "raw_protocol_untold")
def protocols() -> object:
    with socket(AF_INET, SOCK_RAW, 253) as end:
        return end.getsockopt(SOL_SOCKET, SO_PROTOCOL), outcome(lambda: socket(AF_INET, SOCK_RAW, 0).close())


@provokes("devices_room_forgiven", "send_local_large_refused")
def rooms() -> object:
    left, right = socketpair(AF_UNIX, SOCK_DGRAM)
    with left, right, socket(AF_INET, SOCK_DGRAM) as end:
        end.setsockopt(SOL_SOCKET, SO_BINDTODEVICE, b"lo")
        return outcome(end.getsockopt, SOL_SOCKET, SO_BINDTODEVICE, 15), outcome(left.send, bytes(70_000))


@provokes("select_error_clears")
def sets_after_an_error() -> object:
    bits = ctypes.create_string_buffer(b"\xff" * 128, 128)
    LIBC.select(1024, bits, None, None, bytes(16))
    return bits.raw[0]


@provokes("state_counts_least_zero")
def least() -> object:
    with tcp() as (client, _):
        return client.getsockopt(IPPROTO_TCP, TCP_INFO, 152)[148:] != bytes(4)


@provokes("receive_flags_of_sends_refused", "connect_nobody_refused", "send_addressed_connects")
def flags_and_peers() -> object:
    nobody = struct.pack("=H14x", AF_UNSPEC)
    with udp() as (sender, receiver), socket(AF_INET, SOCK_DGRAM) as other:
        sender.send(b"x")
        wait_readable(receiver)
        refused = LIBC.connect(other.fileno(), nobody, len(nobody))
        other.sendto(b"x", receiver.getsockname())
        return outcome(receiver.recv, 9, MSG_NOSIGNAL), refused, outcome(other.getpeername)


@provokes("bind_abstract_short_refused")
def short_name() -> object:
    with socket(AF_UNIX) as end:
        return outcome(end.bind, b"\0" + os.urandom(3))


@provokes("unix_nobody_as_missing")
def nobody() -> object:
    with socket(AF_UNIX, SOCK_DGRAM) as end:
        return outcome(end.sendto, b"x", b"\0" + os.urandom(9))
