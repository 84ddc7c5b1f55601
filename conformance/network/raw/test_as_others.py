"""Raw sockets where they do as datagram sockets do, or refuse what has no meaning for them."""

import struct
from errno import ENOTCONN, EOPNOTSUPP
from select import POLLIN
from socket import (
    IPPROTO_IP,
    IPPROTO_IPV6,
    IPV6_HOPLIMIT,
    IPV6_RECVHOPLIMIT,
    MSG_CONFIRM,
    SHUT_RDWR,
    SOCK_DGRAM,
)

import pytest

from conformance.network.raw.headers import raw
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_ip

pytestmark = pytest.mark.needs("CAP_NET_RAW", "namespace")
HOPS = {
    "ip4": ((IPPROTO_IP, 12), (IPPROTO_IP, 2), (IPPROTO_IP, 2)),
    "ip6": ((IPPROTO_IPV6, IPV6_RECVHOPLIMIT), (IPPROTO_IPV6, IPV6_HOPLIMIT), (IPPROTO_IPV6, 16)),
}
"""What asks for the hops that are left, the message that tells them, and what sets them (ip(7), RFC 3542 6.3)."""


@pytest.mark.claim("raw.control.hops-told")
@over_ip
def test_hops_of_a_packet_are_told(peers, family):
    end, sender = raw(peers, family), peers.socket("sender", family.domain, SOCK_DGRAM)
    ask, told, option = HOPS[family.name]
    receiver = peers.datagram(family, lane="receiver")
    end.setsockopt(*ask, 1)
    sender.setsockopt(*option, 77)  # decisive

    sender.sendto(b"data", receiver.getsockname())

    ready(end, POLLIN)
    assert end.recvmsg(100, 100)[1] == [(*told, struct.pack("i", 77))]


@pytest.mark.claim("raw.send.confirm-taken")
@over_ip
def test_confirmation_is_taken_of_a_raw_socket(peers, family):
    watcher, sender = (raw(peers, family, lane=lane) for lane in ("watcher", "sender"))

    assert sender.sendto(b"data", MSG_CONFIRM, (family.loopback, 0)) == 4  # decisive

    assert watcher.recv(100).endswith(b"data")


@pytest.mark.claim("raw.send.nothing-is-a-packet")
@over_ip
def test_packet_without_a_payload_is_sent(peers, family):
    watcher, sender = (raw(peers, family, lane=lane) for lane in ("watcher", "sender"))
    header = 20 if family.name == "ip4" else 0

    assert sender.sendto(b"", (family.loopback, 0)) == 0  # decisive

    ready(watcher, POLLIN)
    assert len(watcher.recv(100)) == header


@pytest.mark.claim("raw.listen.refused")
@over_ip
def test_raw_socket_cannot_listen(peers, family):
    end = raw(peers, family)
    end.bind((family.loopback, 0))

    with fails(EOPNOTSUPP):
        end.listen()  # decisive


@pytest.mark.claim("raw.shutdown.needs-a-peer")
@over_ip
def test_raw_socket_without_a_peer_is_not_shut_down(peers, family):
    end = raw(peers, family)

    with fails(ENOTCONN):
        end.shutdown(SHUT_RDWR)  # decisive
