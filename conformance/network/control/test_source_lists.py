"""IP_MSFILTER: a whole list of sources of one group; and the lengths that recvmsg(2) writes back."""

import ctypes
import struct
from errno import ENOBUFS
from select import POLLIN
from socket import IP_ADD_MEMBERSHIP, IP_MULTICAST_IF, IPPROTO_IP, SOL_SOCKET, inet_aton

import pytest

from conformance.datagram.udp.datagrams import SO_TIMESTAMPNS, ends, room
from fixtures.evidence.expect import fails
from fixtures.evidence.libc import checked
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_ip, over_ip4

IP_MSFILTER, INCLUDE, EXCLUDE = 41, 1, 0
"""linux/in.h, IP_MSFILTER, MCAST_INCLUDE and MCAST_EXCLUDE."""
GROUP = "239.255.7.7"
modes = pytest.mark.parametrize(
    ("mode", "hosts"),
    [(INCLUDE, ("127.0.0.3", "127.0.0.2")), (EXCLUDE, ("127.0.0.2", "127.0.0.3"))],
    ids=["include", "exclude"],
)
"""With each mode the sources that a list of 127.0.0.2 lets unheard and heard."""
_libc = ctypes.CDLL(None, use_errno=True)
CONTROL = 200


def source_list(mode, *hosts):
    """A struct ip_msfilter of the group on loopback."""
    head = inet_aton(GROUP) + inet_aton("127.0.0.1") + struct.pack("II", mode, len(hosts))
    return head + b"".join(map(inet_aton, hosts))


def member(peers, family):
    """A socket that has joined the group on loopback."""
    end = peers.datagram(family, lane="receiver", host=family.wildcard)
    end.setsockopt(IPPROTO_IP, IP_ADD_MEMBERSHIP, inet_aton(GROUP) + inet_aton("127.0.0.1"))
    return end


@pytest.mark.claim("multicast.source-list.heard-and-not")
@modes
@over_ip4
def test_sources_of_the_list_are_heard_or_not(peers, family, mode, hosts):
    receiver = member(peers, family)
    receiver.setsockopt(IPPROTO_IP, IP_MSFILTER, source_list(mode, "127.0.0.2"))  # decisive

    for host in hosts:
        sender = peers.datagram(family, lane="sender", host=host)
        sender.setsockopt(IPPROTO_IP, IP_MULTICAST_IF, inet_aton("127.0.0.1"))
        sender.sendto(host.encode(), (GROUP, receiver.getsockname()[1]))

    assert receiver.recv(99) == hosts[1].encode()


@pytest.mark.claim("multicast.source-list.no-more-than-the-limit")
@over_ip4
def test_list_longer_than_the_limit_is_refused(peers, family, sysctl):
    sysctl("net.ipv4.igmp_max_msf", 2)  # decisive
    receiver = member(peers, family)

    with fails(ENOBUFS):
        receiver.setsockopt(IPPROTO_IP, IP_MSFILTER, source_list(INCLUDE, "127.0.0.2", "127.0.0.3", "127.0.0.4"))


@pytest.mark.claim("udp.recvmsg.control-length-told")
@pytest.mark.needs(f"option:SOL_SOCKET.{SO_TIMESTAMPNS}")
@pytest.mark.parametrize(("asked", "length"), [(1, struct.calcsize("NiiQQ")), (0, 0)], ids=["asked", "not-asked"])
@over_ip
def test_length_of_the_control_messages_is_written_back(peers, family, asked, length):
    sender, receiver = ends(peers, family)
    receiver.setsockopt(SOL_SOCKET, SO_TIMESTAMPNS, asked)
    sender.sendto(b"x", receiver.getsockname())
    ready(receiver, POLLIN)
    batch, control = room(1), ctypes.create_string_buffer(CONTROL)
    message = batch.messages[0].header
    message.control, message.controllen = ctypes.addressof(control), CONTROL

    checked(_libc.recvmsg(receiver.fileno(), ctypes.byref(message), 0))  # decisive

    assert message.controllen == length
