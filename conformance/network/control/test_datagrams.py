"""What a control message says of one datagram, out and in."""

from errno import EINVAL, EMSGSIZE
from select import POLLERR, POLLIN
from socket import (
    AF_INET,
    IP_OPTIONS,
    IPPROTO_IP,
    IPPROTO_IPV6,
    MSG_ERRQUEUE,
    SO_DOMAIN,
    SOCK_DGRAM,
    SOCK_STREAM,
    SOL_SOCKET,
    if_nametoindex,
)

import pytest

from conformance.configuration.ip_options.headers import DISCOVERY, DO, fragments_with_more
from conformance.configuration.values.settings import of_type, waiting
from conformance.datagram.udp.datagrams import EXTENDED_ERROR, RECEIVE_ERRORS
from conformance.network.control.messages import (
    EXCLUSIVE,
    EXTENSIONS,
    IP_RECVOPTS,
    IP_RETOPTS,
    IPV6_ADDRFORM,
    IPV6_FLOWINFO,
    IPV6_FLOWINFO_SEND,
    IPV6_MTU,
    LABEL,
    ORIGINAL,
    both,
    original,
    packet_info,
    send_labelled,
    take_label,
)
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import ip6, over, over_ip, over_ip4

RECORD_ROUTE = b"\x07\x07\x04\0\0\0\0\0"
"""With room for one address (RFC 791 3.1)."""
SO_EE_ORIGIN_LOCAL = 1
over_ip6 = over(ip6)


@pytest.mark.claim("udp.pktinfo.chooses-the-source")
@over_ip
def test_source_of_one_datagram_is_chosen(peers, family, link):
    sender = peers.socket("sender", family.domain, SOCK_DGRAM)
    receiver = peers.datagram(family, lane="receiver", host=link.near_host(family))

    sender.sendmsg([b"x"], [packet_info(family, source=family.loopback)], 0, receiver.getsockname())  # decisive

    assert receiver.recvfrom(9)[1][0] == family.loopback


@pytest.mark.claim("udp.pktinfo.chooses-the-interface")
@over_ip
def test_interface_of_one_datagram_is_chosen(peers, family, link):
    with link.far.entered():
        receiver = peers.datagram(family, lane="receiver", host=link.far_host(family))
    with_route_to_loopback(link, family)
    info = packet_info(family, interface=link.near_index)
    sender = peers.socket("sender", family.domain, SOCK_DGRAM)

    sender.sendmsg([b"by the link"], [info], 0, receiver.getsockname())  # decisive

    assert receiver.recv(99) == b"by the link"


def with_route_to_loopback(link, family):
    """The best route to the far host leads where it is not."""
    from fixtures.stage.rtnetlink import Routes

    with Routes() as routes:
        routes.lead(if_nametoindex("lo"), link.far_host(family))


@pytest.mark.claim("ip6.pktinfo.of-the-socket")
@over_ip6
def test_interface_of_every_datagram_is_set(peers, family, link):
    with link.far.entered():
        receiver = peers.datagram(family, lane="receiver", host=link.far_host(family))
    with_route_to_loopback(link, family)
    sender = peers.socket("sender", family.domain, SOCK_DGRAM)
    sender.setsockopt(*packet_info(family, interface=link.near_index))  # decisive

    sender.sendto(b"by the link", receiver.getsockname())

    assert receiver.recv(99) == b"by the link"


@pytest.mark.claim("udp.origdstaddr.tells-the-destination")
@over_ip
def test_destination_is_told_with_its_port(peers, family):
    sender, receiver = both(peers, family)
    receiver.setsockopt(*ORIGINAL[family.name], 1)  # decisive

    sender.sendto(b"x", receiver.getsockname())

    ready(receiver, POLLIN)
    told = [original(family, one) for one in of_type(waiting(receiver, 100)[1], *ORIGINAL[family.name])]
    assert told == [receiver.getsockname()[:2]]


@pytest.mark.claim("ip.options.received-told")
@pytest.mark.needs("option:IPPROTO_IP.IP_OPTIONS")
@pytest.mark.parametrize("option", [IP_RECVOPTS, IP_RETOPTS], ids=["IP_RECVOPTS", "IP_RETOPTS"])
@over_ip4
def test_options_of_a_datagram_are_told(peers, family, option):
    sender, receiver = both(peers, family)
    receiver.setsockopt(IPPROTO_IP, option, 1)  # decisive
    sender.setsockopt(IPPROTO_IP, IP_OPTIONS, RECORD_ROUTE)

    sender.sendto(b"x", receiver.getsockname())

    ready(receiver, POLLIN)
    told = of_type(waiting(receiver, 200)[1], IPPROTO_IP, option)
    assert [one[:2] for one in told] == [RECORD_ROUTE[:2]]


@pytest.mark.claim("ip.options.read-back")
@pytest.mark.needs("option:IPPROTO_IP.IP_OPTIONS")
@over_ip4
def test_options_read_back(peers, family):
    sender, _ = both(peers, family)
    before = sender.getsockopt(IPPROTO_IP, IP_OPTIONS, 40)

    sender.setsockopt(IPPROTO_IP, IP_OPTIONS, RECORD_ROUTE)  # decisive

    assert (before, sender.getsockopt(IPPROTO_IP, IP_OPTIONS, 40)[:7]) == (b"", RECORD_ROUTE[:7])


@pytest.mark.claim("ip.options.malformed-refused")
@pytest.mark.needs("option:IPPROTO_IP.IP_OPTIONS")
@pytest.mark.parametrize("options", [b"\x07\x02\x04\0", b"\x07\x28\x04\0", b"\x44\x03\x05\0", bytes(41)], ids=bytes.hex)
@over_ip4
def test_malformed_options_are_refused(peers, family, options):
    sender, _ = both(peers, family)

    with fails(EINVAL):
        sender.setsockopt(IPPROTO_IP, IP_OPTIONS, options)  # decisive


@pytest.mark.claim("udp.recverr.own-host-tells-the-mtu")
@over_ip
def test_error_of_the_own_host_is_queued_with_the_mtu(peers, family, link):
    sender = peers.socket("sender", family.domain, SOCK_DGRAM)
    sender.setsockopt(*DISCOVERY[family.name], DO)
    sender.setsockopt(*RECEIVE_ERRORS[family.name], 1)  # decisive

    with fails(EMSGSIZE):
        sender.sendto(bytes(3000), (link.far_host(family), 9))

    ready(sender, POLLERR)
    _, ancillary, _, _ = sender.recvmsg(9, 200, MSG_ERRQUEUE)
    assert [EXTENDED_ERROR.unpack_from(one) for _, _, one in ancillary] == [
        (EMSGSIZE, SO_EE_ORIGIN_LOCAL, 0, 0, 1500, 0)
    ]


@pytest.mark.claim("ip6.extensions.sent-and-told")
@pytest.mark.needs("CAP_NET_RAW", "option:IPPROTO_IPV6.IPV6_HOPOPTS")
@pytest.mark.parametrize("extension", EXTENSIONS.values(), ids=EXTENSIONS)
@over_ip6
def test_extension_header_is_sent_and_told(peers, family, extension):
    sender, receiver = both(peers, family)
    asking, kind, content = extension
    receiver.setsockopt(IPPROTO_IPV6, asking, 1)

    sender.sendmsg([b"x"], [(IPPROTO_IPV6, kind, content)], 0, receiver.getsockname())  # decisive

    ready(receiver, POLLIN)
    told = of_type(waiting(receiver, 200)[1], IPPROTO_IPV6, kind)
    assert [one[1:] for one in told] == [content[1:]]


@pytest.mark.claim("ip6.extensions.of-every-datagram")
@pytest.mark.needs("CAP_NET_RAW", "option:IPPROTO_IPV6.IPV6_HOPOPTS")
@pytest.mark.parametrize("extension", EXTENSIONS.values(), ids=EXTENSIONS)
@over_ip6
def test_extension_header_of_the_socket_is_sent(peers, family, extension):
    sender, receiver = both(peers, family)
    asking, kind, content = extension
    receiver.setsockopt(IPPROTO_IPV6, asking, 1)
    sender.setsockopt(IPPROTO_IPV6, kind, content)  # decisive

    sender.sendto(b"x", receiver.getsockname())

    ready(receiver, POLLIN)
    assert [one[1:] for one in of_type(waiting(receiver, 200)[1], IPPROTO_IPV6, kind)] == [content[1:]]


@pytest.mark.claim("ip6.flow-label.sent-and-told")
@pytest.mark.needs("namespace", f"option:IPPROTO_IPV6.{IPV6_FLOWINFO_SEND}")
@over_ip6
def test_flow_label_is_sent_and_told(peers, family):
    sender, receiver = both(peers, family)
    take_label(sender, family.loopback)
    sender.setsockopt(IPPROTO_IPV6, IPV6_FLOWINFO_SEND, 1)  # decisive
    receiver.setsockopt(IPPROTO_IPV6, IPV6_FLOWINFO, 1)

    send_labelled(sender, b"x", *receiver.getsockname()[:2])

    ready(receiver, POLLIN)
    told = of_type(waiting(receiver, 200)[1], IPPROTO_IPV6, IPV6_FLOWINFO)
    assert [int.from_bytes(one, "big") & 0xFFFFF for one in told] == [LABEL]


@pytest.mark.claim("ip6.flow-label.unknown-refused")
@pytest.mark.needs("namespace", f"option:IPPROTO_IPV6.{IPV6_FLOWINFO_SEND}")
@over_ip6
def test_flow_label_that_nobody_has_taken_is_refused(peers, family):
    sender, receiver = both(peers, family)
    take_label(peers.socket("other", family.domain, SOCK_DGRAM), family.loopback, share=EXCLUSIVE)
    sender.setsockopt(IPPROTO_IPV6, IPV6_FLOWINFO_SEND, 1)

    with fails(EINVAL):
        send_labelled(sender, b"x", *receiver.getsockname()[:2])  # decisive


@pytest.mark.claim("ip6.addrform.becomes-ip4")
@pytest.mark.needs("mapped", f"option:IPPROTO_IPV6.{IPV6_ADDRFORM}")
@pytest.mark.parametrize("kind", [SOCK_STREAM, SOCK_DGRAM], ids=["SOCK_STREAM", "SOCK_DGRAM"])
@over_ip6
def test_socket_of_a_mapped_address_becomes_one_of_ip4(peers, family, kind):
    listener = peers.socket("listener", AF_INET, SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    listener.listen(1)
    client = peers.socket("client", family.domain, kind)
    client.connect(("::ffff:127.0.0.1", listener.getsockname()[1]))

    client.setsockopt(IPPROTO_IPV6, IPV6_ADDRFORM, AF_INET)  # decisive

    assert client.getsockopt(SOL_SOCKET, SO_DOMAIN) == AF_INET


@pytest.mark.claim("ip6.mtu.bounds-fragments")
@over_ip6
def test_mtu_of_the_socket_bounds_its_packets(peers, family, link, wire):
    with link.far.entered():
        receiver = peers.datagram(family, lane="receiver", host=link.far_host(family))
    sender = peers.socket("sender", family.domain, SOCK_DGRAM)
    sender.setsockopt(IPPROTO_IPV6, IPV6_MTU, 1280)  # decisive

    sender.sendto(bytes(2800), receiver.getsockname())

    assert receiver.recv(3000) == bytes(2800)
    wire.settle()
    assert fragments_with_more(wire.frames) == 2


@pytest.mark.claim("ip.mtu-discover.default-by-sysctl")
@pytest.mark.parametrize(("setting", "mode"), [(0, 1), (1, 0)])
@over_ip4
def test_setting_gives_new_sockets_their_mode(peers, family, sysctl, setting, mode):
    sysctl("net.ipv4.ip_no_pmtu_disc", 1 - setting)
    sysctl("net.ipv4.ip_no_pmtu_disc", setting)  # decisive

    end = peers.socket("end", family.domain, SOCK_DGRAM)

    assert end.getsockopt(*DISCOVERY[family.name]) == mode
