"""Options: what the kernel really keeps of them, what it refuses, and what it tells."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import contextlib
import fcntl
import platform
import struct
from socket import *
from socket import socket, socketpair

from .common import *

GETSOCKOPT = {"x86_64": 55, "aarch64": 209, "riscv64": 209}[platform.machine()]
SO_PEEK_OFF, SO_SELECT_ERR_QUEUE, SO_COOKIE, SIOCGSTAMP, SO_BINDTOIFINDEX = 42, 45, 57, 0x8906, 62
SO_ATTACH_FILTER, SO_DETACH_FILTER, SO_LOCK_FILTER, SO_ATTACH_BPF = 26, 27, 44, 50
REUSEPORT_CBPF, REUSEPORT_EBPF, TCP_SYNCNT, RECORD_ROUTE = 51, 52, 7, b"\7\7\4\0\0\0\0\0"


def answer(call: Callable[..., object], *arguments: object, limit: float = 10.0) -> str:
    """As outcome, of a call that does not wait: the bound is for what hangs."""
    return outcome(call, *arguments, limit=limit)


def truth(end: socket, level: int, option: int, size: int = 4) -> object:
    """What the kernel says, past the library."""
    value, length = ctypes.create_string_buffer(size), ctypes.c_uint32(size)
    result = LIBC.syscall(GETSOCKOPT, end.fileno(), level, option, value, ctypes.byref(length))
    return value.raw[: length.value] if result == 0 else errno.errorcode[ctypes.get_errno()]


def kept(end: socket, level: int, option: int, *values: int | bytes, size: int = 4) -> object:
    """What the kernel has after each of these values was set."""
    with end:
        return [(answer(end.setsockopt, level, option, value), truth(end, level, option, size)) for value in values]


def program(*steps: tuple[int, int]) -> tuple[bytes, object]:
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", at, 0, 0, k) for at, k in steps))
    return struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code)), code


def four(kind: int = SOCK_DGRAM) -> socket:
    return socket(AF_INET, kind)


def six(kind: int = SOCK_DGRAM) -> socket:
    return socket(AF_INET6, kind)


@provokes("values_priority_misreported", "values_keepalive_refused", "values_mark_ignored")
def plain_options() -> object:
    told = four()
    told.setsockopt(SOL_SOCKET, SO_PRIORITY, 5)
    return (
        told.getsockopt(SOL_SOCKET, SO_PRIORITY), kept(four(), SOL_SOCKET, SO_KEEPALIVE, 1),
        kept(four(), SOL_SOCKET, SO_MARK, 7),
    )  # fmt: skip


@provokes(
    "values_errqueue_option_ignored", "values_peekoff_ignored", "values_peekoff_stays_on", "values_ttl_default_kept"
)
def kept_options() -> object:
    return (
        kept(four(), SOL_SOCKET, SO_SELECT_ERR_QUEUE, 1), kept(four(), SOL_SOCKET, SO_PEEK_OFF, 3, -1),
        kept(four(), IPPROTO_IP, IP_TTL, 9, -1),
    )  # fmt: skip


@provokes("values_errqueue_always_exceptional")
def queue_that_nobody_shows() -> object:
    end = four()
    end.setsockopt(IPPROTO_IP, IP_RECVERR, 1)
    return truth(end, SOL_SOCKET, SO_SELECT_ERR_QUEUE)


@provokes(
    "values_transparent_ignored", "routes_dontroute_option_ignored", "routes_bindport_ignored", "devices_bind_ignored"
)
def options_of_addresses() -> object:
    return (
        kept(four(), IPPROTO_IP, 19, 1), kept(four(), SOL_SOCKET, SO_DONTROUTE, 1), kept(four(), IPPROTO_IP, 24, 1),
        kept(four(), SOL_SOCKET, SO_BINDTOIFINDEX, 1),
    )  # fmt: skip


@provokes("values_peekoff_on_by_default", "values_peekoff_peek_stays", "values_peekoff_read_stays")
def peeking() -> object:
    first, second = socketpair()
    with first, second:
        before = second.getsockopt(SOL_SOCKET, SO_PEEK_OFF)
        first.send(b"abcdef")
        second.setsockopt(SOL_SOCKET, SO_PEEK_OFF, 1)
        seen = [second.recv(2, MSG_PEEK), second.getsockopt(SOL_SOCKET, SO_PEEK_OFF)]
        return before, seen, second.recv(2), second.getsockopt(SOL_SOCKET, SO_PEEK_OFF)


@provokes("values_maxseg_unchecked", "values_syncnt_unchecked", "values_ttl_unchecked", "control_options_unchecked")
def beyond_limits() -> object:
    with four(SOCK_STREAM) as end:
        asked = (IPPROTO_TCP, TCP_MAXSEG, 1), (IPPROTO_TCP, TCP_SYNCNT, 0), (IPPROTO_IP, IP_TTL, 0)
        return [answer(end.setsockopt, *one) for one in (*asked, (IPPROTO_IP, IP_OPTIONS, b"\7\2\4\0"))]


@provokes("values_debug_unprivileged", "values_mark_unprivileged", "values_priority_unprivileged",
          "values_transparent_unprivileged", "devices_change_unprivileged", "raw_create_unprivileged")  # fmt: skip
def without_privilege() -> object:
    ends = [four(), four()]
    with contextlib.suppress(PermissionError):
        ends[1].setsockopt(SOL_SOCKET, SO_BINDTODEVICE, b"lo")
    LIBC.capset(struct.pack("=Ii", 0x20080522, 0), bytes(24))
    asked = (SOL_SOCKET, SO_DEBUG, 1), (SOL_SOCKET, SO_MARK, 1), (SOL_SOCKET, SO_PRIORITY, 7), (IPPROTO_IP, 19, 1)
    raw = answer(lambda: socket(AF_INET, SOCK_RAW, IPPROTO_UDP).type)
    with ends[0], ends[1]:
        told = [answer(ends[0].setsockopt, *one) for one in asked]
        return told, answer(ends[1].setsockopt, SOL_SOCKET, SO_BINDTODEVICE, b""), raw


@provokes("values_mtu_unconnected_told", "values_cookie_changes", "values_room_ignored")
def asking() -> object:
    with four() as end:
        mtu = answer(end.getsockopt, IPPROTO_IP, 14)
        same = end.getsockopt(SOL_SOCKET, SO_COOKIE, 8) == end.getsockopt(SOL_SOCKET, SO_COOKIE, 8)
        return mtu, same, len(end.getsockopt(SOL_SOCKET, SO_TYPE, 2))


@provokes("values_stamp_epoch", "values_stamp_invented", "values_timestamp_lost", "values_optmem_unlimited")
def arriving() -> object:
    with udp() as (sender, receiver), udp() as (other, plain):
        none = answer(fcntl.ioctl, plain, SIOCGSTAMP, bytes(16)) == "ENOENT"
        receiver.setsockopt(SOL_SOCKET, 29, 1)
        sender.send(b"x")
        told = [(level, kind) for level, kind, _ in receiver.recvmsg(9, 100)[1]]
        other.send(b"y")
        plain.recv(9)
        stamp = struct.unpack("ll", fcntl.ioctl(plain, SIOCGSTAMP, bytes(16)))[0] > 0
        large = answer(sender.sendmsg, [b"x"], [(SOL_SOCKET, 0x7000, bytes(1 << 20))])
        return none, told, stamp, large


@provokes("devices_unknown_allowed", "devices_clear_ignored")
def devices() -> object:
    with four() as end:
        unknown = answer(end.setsockopt, SOL_SOCKET, SO_BINDTODEVICE, b"nosuch0")
        end.setsockopt(SOL_SOCKET, SO_BINDTODEVICE, b"lo")
        end.setsockopt(SOL_SOCKET, SO_BINDTODEVICE, b"")
        return unknown, end.getsockopt(SOL_SOCKET, SO_BINDTODEVICE, 16)


@provokes("filters_attach_ignored", "filters_detach_ignored", "filters_detach_none_allowed", "filters_lock_ignored",
          "filters_program_unchecked")  # fmt: skip
def filters() -> object:
    value, code = program((6, 0xFFFF))
    with four() as end:
        none = answer(end.setsockopt, SOL_SOCKET, SO_DETACH_FILTER, 0)
        bad = answer(end.setsockopt, SOL_SOCKET, SO_ATTACH_FILTER, program()[0])
        attached = answer(end.setsockopt, SOL_SOCKET, SO_ATTACH_FILTER, value), truth(end, SOL_SOCKET, 26, 64)
        detached = answer(end.setsockopt, SOL_SOCKET, SO_DETACH_FILTER, 0), truth(end, SOL_SOCKET, 26, 64)
        end.setsockopt(SOL_SOCKET, SO_LOCK_FILTER, 1)
        return none, bad, attached, detached, truth(end, SOL_SOCKET, SO_LOCK_FILTER), code is None


@provokes("filters_reuseport_ignored", "filters_ebpf_ignored", "filters_reuseport_ebpf_ignored")
def programs() -> object:
    value, code = program((0x28, 0))
    with four() as end:
        end.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)
        refused = answer(end.setsockopt, SOL_SOCKET, REUSEPORT_CBPF, value)
        ebpf = [answer(end.setsockopt, SOL_SOCKET, option, 0) for option in (SO_ATTACH_BPF, REUSEPORT_EBPF)]
        return refused, ebpf, code is None


@provokes("raw_hdrincl_ignored", "raw_anything_hdrincl_off", "raw_recverr_ignored", "raw_filter_ignored",
          "routes_alert_ignored")  # fmt: skip
def raw_options() -> object:
    anything = socket(AF_INET, SOCK_RAW, IPPROTO_RAW)
    return (
        kept(socket(AF_INET, SOCK_RAW, IPPROTO_UDP), IPPROTO_IP, 3, 1), anything.getsockopt(IPPROTO_IP, 3),
        kept(socket(AF_INET, SOCK_RAW, IPPROTO_UDP), IPPROTO_IP, IP_RECVERR, 1),
        kept(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), 255, 1, 1 << 8),
        answer(four().setsockopt, IPPROTO_IP, 5, 1),
    )  # fmt: skip


@provokes("fragments_lite_coverage_ignored")
def coverage() -> object:
    return [kept(socket(AF_INET, SOCK_DGRAM, 136), 136, option, 5) for option in (10, 11)]


@provokes("control_options_not_kept", "control_discovery_always_wanted", "control_label_not_sent",
          "control_pktinfo_not_kept", "control_extensions_not_kept", "control_addrform_ignored")  # fmt: skip
def options_of_ip() -> object:
    new = four()
    with contextlib.suppress(OSError):
        with open("/proc/sys/net/ipv4/ip_no_pmtu_disc", "w") as setting:
            setting.write("1")
        new = four()
    return (
        kept(four(), IPPROTO_IP, IP_OPTIONS, RECORD_ROUTE, size=40),
        new.getsockopt(IPPROTO_IP, 10), kept(six(), IPPROTO_IPV6, 33, 1), answer(six().setsockopt, IPPROTO_IPV6, 1, 2),
        answer(six().setsockopt, IPPROTO_IPV6, 50, bytes(3)), answer(six().setsockopt, IPPROTO_IPV6, 54, bytes(3)),
    )  # fmt: skip


@provokes("batches_cork_ignored", "values_clamp_ignored",
          "control_sources_not_kept", "control_sources_unlimited")  # fmt: skip
def options_of_protocols() -> object:
    many = struct.pack("4s4sII", inet_aton(GROUP), inet_aton("127.0.0.1"), 1, 500) + bytes(2000)
    asked = [answer(four().setsockopt, IPPROTO_IP, 41, value) for value in (bytes(3), many)]
    told = [kept(four(), IPPROTO_UDP, option, 1) for option in (1, 103, 104)]
    return told, kept(four(SOCK_STREAM), IPPROTO_TCP, 10, 5000), asked


@provokes("values_mark_anywhere", "values_processor_unknown")
def marks_and_processors() -> object:
    with four() as end:
        return answer(fcntl.ioctl, end, SIOCATMARK, bytes(4)), end.getsockopt(SOL_SOCKET, 49) < 4095


@provokes("send_zerocopy_ignored")
def buffers_of_the_program() -> object:
    with tcp() as (client, server):
        client.setsockopt(SOL_SOCKET, 60, 1)
        client.send(b"x", 0x4000000)
        server.recv(1)
        return poll_bits(client, 0)


@provokes("values_first_on", "values_byte_refused", "values_long_refused", "values_short_taken", "values_beyond_taken",
          "values_told_settable", "values_set_told", "values_switch_kept")  # fmt: skip
def any_option() -> object:
    with four(SOCK_STREAM) as end:
        lengths = [answer(end.setsockopt, IPPROTO_IP, IP_TTL, value) for value in (b"\1", b"\1" + bytes(7), b"")]
        beyond = answer(end.setsockopt, IPPROTO_TCP, 18, -1), answer(end.setsockopt, SOL_SOCKET, SO_TYPE, 1)
        end.setsockopt(SOL_SOCKET, SO_BROADCAST, 7)
        told = end.getsockopt(SOL_SOCKET, SO_OOBINLINE), end.getsockopt(SOL_SOCKET, SO_BROADCAST)
        return lengths, beyond, told, answer(end.getsockopt, SOL_SOCKET, 32)


@provokes("raw_nodefrag_ignored", "raw_nodefrag_always", "raw_nodefrag_anybody", "routes_alert6_anybody",
          "buffers_appwin_ignored")  # fmt: skip
def options_of_few() -> object:
    refused = answer(four().setsockopt, IPPROTO_IP, 22, 1), answer(six().setsockopt, IPPROTO_IPV6, 22, 1)
    with four(SOCK_STREAM) as end:
        end.setsockopt(IPPROTO_TCP, TCP_WINDOW_CLAMP, 5000)
        bound = end.getsockopt(IPPROTO_TCP, TCP_WINDOW_CLAMP)
    return refused, bound, kept(socket(AF_INET, SOCK_RAW, IPPROTO_RAW), IPPROTO_IP, 22, 1, 0)


@provokes("routes_alert6_ignored", "routes_alert6_kept", "routes_alert6_twice")
def alerts() -> object:
    with socket(AF_INET6, SOCK_RAW, IPPROTO_RAW) as end:
        return [answer(end.setsockopt, IPPROTO_IPV6, 22, value) for value in (1, 1, -1, -1, 1)]


@provokes("values_rights_unchecked")
def repair_by_anybody() -> object:
    with four(SOCK_STREAM) as end:
        LIBC.capset(struct.pack("=Ii", 0x20080522, 0), bytes(24))
        return answer(end.setsockopt, IPPROTO_TCP, 19, 1)


@provokes("raw_checksum_ignored")
def checksums() -> object:
    with socket(AF_INET6, SOCK_RAW, 253) as sender, socket(AF_INET6, SOCK_RAW, 253) as receiver:
        sender.setsockopt(IPPROTO_IPV6, 7, 0)
        sender.sendto(bytes(4), ("::1", 0))
        wait_readable(receiver)
        return receiver.recv(4) != bytes(4)
