"""What raw sockets send: headers of the program's own, and what is refused."""

from errno import EACCES, EINVAL, EMSGSIZE, EOPNOTSUPP
from socket import IPPROTO_IP, IPPROTO_RAW, MSG_OOB, inet_ntoa

import pytest

from conformance.network.raw.headers import HEADER, IP_HDRINCL, IP_HEADER, UDP_HEADER, datagram, is_right, packet, raw
from fixtures.evidence.expect import fails
from fixtures.stage.families import over_ip, over_ip4

needs_raw = pytest.mark.needs("CAP_NET_RAW", "namespace")


@pytest.mark.claim("raw.send.protocol-raw-has-the-header")
@needs_raw
@over_ip4
def test_socket_of_any_protocol_sends_with_the_header_of_the_program(peers, family):
    end, receiver = raw(peers, family, IPPROTO_RAW), peers.datagram(family, lane="receiver")
    whole = packet(family.loopback, datagram(receiver.getsockname()[1], b"mine"), source=family.loopback)

    end.sendto(whole, (family.loopback, 0))  # decisive

    assert receiver.recv(99) == b"mine"
    assert end.getsockopt(IPPROTO_IP, IP_HDRINCL) == 1


@pytest.mark.claim("raw.hdrincl.filled-in")
@needs_raw
@over_ip4
def test_checksum_length_and_source_are_filled_in(peers, family):
    end, watcher = raw(peers, family), raw(peers, family, lane="watcher")
    receiver = peers.datagram(family, lane="receiver")
    end.setsockopt(IPPROTO_IP, IP_HDRINCL, 1)  # decisive

    end.sendto(packet(family.loopback, datagram(receiver.getsockname()[1], b"mine"), length=3), (family.loopback, 0))

    seen = watcher.recv(99)
    header = IP_HEADER.unpack(seen[:HEADER])
    assert (header[2], header[3], inet_ntoa(header[8])) == (HEADER + UDP_HEADER + 4, 7, family.loopback)
    assert is_right(seen[:HEADER])


@pytest.mark.claim("raw.hdrincl.larger-than-the-mtu")
@needs_raw
@over_ip4
def test_packet_above_the_mtu_is_refused(peers, family, link):
    end = raw(peers, family)
    end.setsockopt(IPPROTO_IP, IP_HDRINCL, 1)
    to = link.far_host(family)

    with fails(EMSGSIZE):
        end.sendto(packet(to, bytes(1600)), (to, 0))  # decisive


@pytest.mark.claim("raw.hdrincl.short-header-refused")
@needs_raw
@over_ip4
def test_packet_shorter_than_a_header_is_refused(peers, family):
    end = raw(peers, family)
    end.setsockopt(IPPROTO_IP, IP_HDRINCL, 1)

    with fails(EINVAL):
        end.sendto(bytes(HEADER - 1), (family.loopback, 0))  # decisive


@pytest.mark.claim("raw.send.broadcast-needs-option")
@needs_raw
@over_ip4
def test_broadcast_needs_its_option(peers, family, link):
    end = raw(peers, family)

    with fails(EACCES):
        end.sendto(datagram(9, b"x"), (link.far_host(family).rpartition(".")[0] + ".255", 0))  # decisive


@pytest.mark.claim("raw.send.no-urgent-data")
@needs_raw
@over_ip
def test_there_is_no_urgent_data(peers, family):
    end = raw(peers, family)

    with fails(EOPNOTSUPP):
        end.sendto(datagram(9, b"x"), MSG_OOB, (family.loopback, 0))  # decisive
