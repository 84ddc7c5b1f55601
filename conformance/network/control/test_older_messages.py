"""Control messages of IPv6 by the numbers of RFC 2292, and all of a connection's by one option."""

import struct
from errno import ENOPROTOOPT
from select import POLLIN
from socket import AF_INET6, IPPROTO_IP, IPPROTO_IPV6, SOCK_DGRAM, inet_pton

import pytest

from conformance.configuration.values.settings import cases, of_type, waiting
from conformance.configuration.values.tables import number
from conformance.network.control.messages import (
    EXTENSIONS,
    IPV6_DSTOPTS,
    IPV6_HOPOPTS,
    PADDING,
    both,
)
from conformance.network.ip_headers.extensions import routing, send_behind
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import ip6, over, over_ip

over_ip6 = over(ip6)
OLD_PKTINFO, OLD_HOPOPTS, OLD_DSTOPTS, OLD_RTHDR, OLD_PKTOPTIONS, OLD_HOPLIMIT = 2, 3, 4, 5, 6, 8
IPV6_RECVRTHDR, IPV6_RTHDR = 56, 57
"""linux/in6.h, IPV6_2292PKTINFO and its neighbours."""
IP_PKTOPTIONS = 9
HOPS = 77
HEADER = struct.Struct("Nii")
"""struct cmsghdr."""


@pytest.mark.claim("ip6.older-messages.told")
@pytest.mark.needs("CAP_NET_RAW", f"option:IPPROTO_IPV6.{OLD_PKTINFO}")
@pytest.mark.parametrize(
    ("option", "said"),
    cases(
        IPV6_2292HOPLIMIT=(OLD_HOPLIMIT, number(HOPS)), IPV6_2292HOPOPTS=(OLD_HOPOPTS, PADDING[1:]),
        IPV6_2292DSTOPTS=(OLD_DSTOPTS, PADDING[1:]), IPV6_2292PKTINFO=(OLD_PKTINFO, inet_pton(AF_INET6, "::1")),
    ),
)  # fmt: skip
@over_ip6
def test_datagram_is_told_of_by_the_older_number(peers, family, option, said):
    sender, receiver = both(peers, family)
    receiver.setsockopt(IPPROTO_IPV6, option, 1)  # decisive
    for name, value in ((16, HOPS), (IPV6_HOPOPTS, PADDING), (IPV6_DSTOPTS, PADDING)):
        sender.setsockopt(IPPROTO_IPV6, name, value)

    sender.sendto(b"x", receiver.getsockname())

    ready(receiver, POLLIN)
    _, told = waiting(receiver, 300)
    assert [(kind, said in content) for _, kind, content in told] == [(option, True)]


@pytest.mark.claim("ip6.routing-header.told")
@pytest.mark.needs(f"option:IPPROTO_IPV6.{IPV6_RECVRTHDR}", f"option:IPPROTO_IPV6.{OLD_RTHDR}")
@pytest.mark.parametrize(
    ("option", "kind"), [(IPV6_RECVRTHDR, IPV6_RTHDR), (OLD_RTHDR, OLD_RTHDR)], ids=["IPV6_RECVRTHDR", "IPV6_2292RTHDR"]
)
@over_ip6
def test_routing_header_is_told(remote, option, kind):
    receiver = remote.peers.datagram(remote.family, lane="receiver", host=remote.near_host)
    receiver.setsockopt(IPPROTO_IPV6, option, 1)  # decisive

    send_behind(remote, routing(0, 0), bound=receiver)

    ready(receiver, POLLIN)
    told = of_type(waiting(receiver, 300)[1], IPPROTO_IPV6, kind)
    assert [content[8:] for content in told] == [inet_pton(AF_INET6, "fd78::1")]


@pytest.mark.claim("ip6.older-messages.sent")
@pytest.mark.needs("CAP_NET_RAW", f"option:IPPROTO_IPV6.{OLD_PKTINFO}")
@pytest.mark.parametrize(
    ("older", "asking", "kind", "content"),
    cases(
        IPV6_2292HOPLIMIT=(OLD_HOPLIMIT, 51, 52, number(HOPS)),
        IPV6_2292HOPOPTS=(OLD_HOPOPTS, *EXTENSIONS["hop-by-hop"]),
        IPV6_2292DSTOPTS=(OLD_DSTOPTS, *EXTENSIONS["destination"]),
    ),
)
@over_ip6
def test_datagram_is_sent_as_the_older_number_says(peers, family, older, asking, kind, content):
    sender, receiver = both(peers, family)
    receiver.setsockopt(IPPROTO_IPV6, asking, 1)

    sender.sendmsg([b"x"], [(IPPROTO_IPV6, older, content)], 0, receiver.getsockname())  # decisive

    ready(receiver, POLLIN)
    assert [one[1:] for one in of_type(waiting(receiver, 300)[1], IPPROTO_IPV6, kind)] == [content[1:]]


def messages(buffer):
    """The control messages of a buffer: level, type and content of each."""
    found = []
    while len(buffer) >= HEADER.size:
        length, level, kind = HEADER.unpack_from(buffer)
        found.append((level, kind, buffer[HEADER.size : length]))
        buffer = buffer[-(-length // 8) * 8 :]
    return found


@pytest.mark.claim("ip.pktoptions.of-a-connection")
@over_ip
def test_messages_of_a_connection_are_told_by_one_option(peers, family):
    client, server = peers.pair(family)
    asked = {"ip4": (IPPROTO_IP, (8, 12)), "ip6": (IPPROTO_IPV6, (49, 51, 66, OLD_PKTINFO, OLD_HOPLIMIT, 11))}
    level, options = asked[family.name]
    for option in options:
        server.setsockopt(level, option, 1)  # decisive
    client.send(b"x")
    ready(server, POLLIN)

    told = messages(server.getsockopt(level, IP_PKTOPTIONS if family.name == "ip4" else OLD_PKTOPTIONS, 500))

    kinds = {"ip4": {8, 2}, "ip6": {50, 52, 67, OLD_PKTINFO, OLD_HOPLIMIT, 11}}[family.name]
    assert {(at, kind) for at, kind, _ in told} == {(level, kind) for kind in kinds}


@pytest.mark.claim("ip.pktoptions.of-streams-alone")
@over_ip
def test_messages_of_a_datagram_socket_are_not_told_by_the_option(peers, family):
    end = peers.socket("end", family.domain, SOCK_DGRAM)
    level = IPPROTO_IP if family.name == "ip4" else IPPROTO_IPV6

    with fails(ENOPROTOOPT):
        end.getsockopt(level, IP_PKTOPTIONS if family.name == "ip4" else OLD_PKTOPTIONS, 500)  # decisive


@pytest.mark.claim("ip6.pktoptions.sent-from-then-on")
@pytest.mark.needs("CAP_NET_RAW", "option:IPPROTO_IPV6.IPV6_HOPOPTS")
@over_ip6
def test_messages_of_the_option_are_sent_with_every_datagram(peers, family):
    sender, receiver = both(peers, family)
    asking, kind, content = EXTENSIONS["hop-by-hop"]
    receiver.setsockopt(IPPROTO_IPV6, asking, 1)
    header = HEADER.pack(HEADER.size + len(content), IPPROTO_IPV6, kind)

    sender.setsockopt(IPPROTO_IPV6, OLD_PKTOPTIONS, header + content)  # decisive
    sender.sendto(b"x", receiver.getsockname())
    sender.setsockopt(IPPROTO_IPV6, OLD_PKTOPTIONS, b"")  # decisive
    sender.sendto(b"y", receiver.getsockname())

    ready(receiver, POLLIN)
    assert [len(waiting(receiver, 300)[1]) for _ in range(2)] == [1, 0]
