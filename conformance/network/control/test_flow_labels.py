"""Flow labels: those that a socket takes for itself, and those that the kernel makes of the flow."""

from errno import EEXIST, ENOENT, EPERM, ERANGE, ESRCH
from select import POLLIN
from socket import IPPROTO_IPV6, SOCK_DGRAM, SOCK_STREAM

import pytest

from conformance.network.control.labels import (
    CREATE,
    GET,
    IPV6_AUTOFLOWLABEL,
    ONLY_NEW,
    PUT,
    REFLECT,
    REMOTE,
    RENEW,
    label_sent,
    lease,
    request,
)
from conformance.network.control.messages import (
    ANYONE,
    EXCLUSIVE,
    IPV6_FLOWINFO,
    IPV6_FLOWINFO_SEND,
    LABEL,
    both,
)
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import ip6, over

over_ip6 = over(ip6)
pytestmark = pytest.mark.needs("namespace", f"option:IPPROTO_IPV6.{IPV6_AUTOFLOWLABEL}")
AUTOMATIC, RANGES = "net.ipv6.auto_flowlabels", "net.ipv6.flowlabel_state_ranges"
STATELESS = 0x80001
"""A label of the upper half, which is for those that the kernel makes."""


def receiver_of_labels(peers, family):
    """A sender, and a receiver that is told labels."""
    sender, receiver = both(peers, family)
    receiver.setsockopt(IPPROTO_IPV6, IPV6_FLOWINFO, 1)
    return sender, receiver


@pytest.mark.claim("ip6.auto-flow-label.by-setting")
@pytest.mark.parametrize(("setting", "made"), [(0, False), (1, True), (2, False), (3, True)])
@over_ip6
def test_setting_says_whether_labels_are_made(peers, family, sysctl, setting, made):
    sysctl(AUTOMATIC, (setting + 1) % 4)
    sysctl(AUTOMATIC, setting)  # decisive
    sender, receiver = receiver_of_labels(peers, family)

    sender.sendto(b"x", receiver.getsockname())

    ready(receiver, POLLIN)
    told = len(label_sent(receiver)), sender.getsockopt(IPPROTO_IPV6, IPV6_AUTOFLOWLABEL)
    assert told == (made, made)


@pytest.mark.claim("ip6.auto-flow-label.upper-half")
@pytest.mark.needs("buffers:100000")
@over_ip6
def test_labels_of_the_kernel_are_of_the_upper_half(peers, family, sysctl):
    sysctl(AUTOMATIC, 1)
    sysctl(RANGES, 1)  # decisive
    _, receiver = receiver_of_labels(peers, family)

    for at in range(20):
        peers.socket(f"sender-{at}", family.domain, SOCK_DGRAM).sendto(b"x", receiver.getsockname())

    ready(receiver, POLLIN)
    assert {label_sent(receiver)[0] >> 19 for _ in range(20)} == {1}


@pytest.mark.claim("ip6.auto-flow-label.by-option")
@pytest.mark.parametrize(("setting", "option", "made"), [(1, 0, False), (2, 1, True)])
@over_ip6
def test_option_says_whether_labels_are_made_where_it_may(peers, family, sysctl, setting, option, made):
    sysctl(AUTOMATIC, setting)
    sender, receiver = receiver_of_labels(peers, family)
    sender.setsockopt(IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, 1 - option)
    sender.setsockopt(IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, option)  # decisive

    sender.sendto(b"x", receiver.getsockname())

    ready(receiver, POLLIN)
    assert len(label_sent(receiver)) == made


@pytest.mark.claim("ip6.auto-flow-label.by-option")
@pytest.mark.parametrize(("before", "setting", "option", "made"), [(1, 3, 0, True), (2, 0, 1, False)])
@over_ip6
def test_option_changes_nothing_where_it_may_not(peers, family, sysctl, before, setting, option, made):
    sysctl(AUTOMATIC, before)
    sender, receiver = receiver_of_labels(peers, family)
    sender.setsockopt(IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, option)

    sysctl(AUTOMATIC, setting)  # decisive

    sender.sendto(b"x", receiver.getsockname())
    ready(receiver, POLLIN)
    assert len(label_sent(receiver)) == made


@pytest.mark.claim("ip6.auto-flow-label.of-the-flow")
@over_ip6
def test_label_is_that_of_the_flow(peers, family, sysctl):
    sysctl(AUTOMATIC, 0)
    sysctl(AUTOMATIC, 1)  # decisive
    sender, receiver = receiver_of_labels(peers, family)
    sender.bind(family.address())

    for data in (b"one", b"another"):
        sender.sendto(data, receiver.getsockname())

    ready(receiver, POLLIN)
    first, second = label_sent(receiver), label_sent(receiver)
    assert len(first) == 1
    assert first == second


@pytest.mark.claim("ip6.flow-label.lease-told")
@pytest.mark.usefixtures("own_labels")
@over_ip6
def test_label_of_a_connected_socket_is_told(peers, family):
    end, receiver = both(peers, family)
    request(end, GET, flags=CREATE)
    end.setsockopt(IPPROTO_IPV6, IPV6_FLOWINFO_SEND, 1)
    with fails(ENOENT):
        lease(end)

    end.connect((*receiver.getsockname()[:2], LABEL, 0))  # decisive

    assert lease(end) == (LABEL, ANYONE, family.loopback)


@pytest.mark.claim("ip6.flow-label.given-back")
@over_ip6
def test_label_that_was_given_back_is_the_sockets_no_more(peers, family):
    end, _ = both(peers, family)
    request(end, GET, flags=CREATE)

    request(end, PUT)  # decisive

    for action in (PUT, RENEW):
        with fails(ESRCH):
            request(end, action, share=EXCLUSIVE)


@pytest.mark.claim("ip6.flow-label.must-be-there")
@over_ip6
def test_label_that_nobody_has_made_is_not_there(peers, family):
    end, _ = both(peers, family)

    with fails(ENOENT):
        request(end, GET)  # decisive


@pytest.mark.claim("ip6.flow-label.chosen-by-the-kernel")
@over_ip6
def test_label_is_chosen_where_none_is_named(peers, family):
    end, receiver = both(peers, family)
    end.setsockopt(IPPROTO_IPV6, IPV6_FLOWINFO_SEND, 1)
    chosen = 0

    chosen = request(end, GET, label=0, flags=CREATE)  # decisive

    assert chosen
    end.connect((*receiver.getsockname()[:2], chosen, 0))
    assert lease(end).label == chosen


@pytest.mark.claim("ip6.flow-label.new-alone")
@pytest.mark.parametrize("own", [True, False], ids=["own", "of-another"])
@over_ip6
def test_label_that_is_there_is_refused_who_wants_a_new_one(peers, family, own):
    end, other = both(peers, family)
    request(end, GET, flags=CREATE)

    with fails(EEXIST):
        request(end if own else other, GET, flags=CREATE | ONLY_NEW)  # decisive


@pytest.mark.claim("ip6.flow-label.shared-as-agreed")
@pytest.mark.parametrize("share", [2, 3, ANYONE], ids=["PROCESS", "USER", "ANY"])
@over_ip6
def test_label_is_shared_with_whom_it_is_for(peers, family, share):
    end, other = both(peers, family)
    request(end, GET, flags=CREATE, share=share)

    request(other, GET, share=share)  # decisive

    request(other, PUT)
    with fails(ESRCH):
        request(other, PUT)


@pytest.mark.claim("ip6.flow-label.for-itself-alone")
@over_ip6
def test_label_that_is_for_one_alone_is_refused_to_others(peers, family):
    end, other = both(peers, family)
    request(end, GET, flags=CREATE, share=EXCLUSIVE)

    with fails(EPERM):
        request(other, GET, share=EXCLUSIVE)  # decisive


@pytest.mark.claim("ip6.flow-label.another-share-refused")
@over_ip6
def test_label_is_not_shared_in_another_way(peers, family):
    end, other = both(peers, family)
    request(end, GET, flags=CREATE)

    with fails(EPERM):
        request(other, GET, share=2)  # decisive


@pytest.mark.claim("ip6.flow-label.upper-half-by-setting")
@over_ip6
def test_upper_half_is_not_for_sockets(peers, family, sysctl):
    sysctl(RANGES, 1)  # decisive
    end, _ = both(peers, family)

    with fails(ERANGE):
        request(end, GET, label=STATELESS, flags=CREATE)

    sysctl(RANGES, 0)
    request(end, GET, label=STATELESS, flags=CREATE)


@pytest.mark.claim("ip6.flow-label.remote-told")
@over_ip6
def test_label_of_the_peer_is_told(peers, family, sysctl):
    sysctl(AUTOMATIC, 0)
    listener = peers.listener(family)
    client = peers.socket("client", family.domain, SOCK_STREAM)
    request(client, GET, flags=CREATE)
    client.setsockopt(IPPROTO_IPV6, IPV6_FLOWINFO_SEND, 1)

    client.connect((*listener.getsockname()[:2], LABEL, 0))  # decisive

    assert lease(peers.accepting(listener), REMOTE).label == LABEL


@pytest.mark.claim("ip6.flow-label.reflected")
@over_ip6
def test_label_of_the_peer_is_sent_back(peers, family, sysctl, wire):
    sysctl(AUTOMATIC, 0)
    sysctl("net.ipv6.flowlabel_consistency", 0)
    listener, client = peers.listener(family), peers.socket("client", family.domain, SOCK_STREAM)
    request(listener, GET, flags=REFLECT)  # decisive
    request(client, GET, flags=CREATE)
    client.setsockopt(IPPROTO_IPV6, IPV6_FLOWINFO_SEND, 1)
    client.connect((*listener.getsockname()[:2], LABEL, 0))

    peers.accepting(listener).send(b"x")

    assert wire.expect("* > client 1:2(1)").layers["IPv6"].fl == LABEL


@pytest.mark.claim("ip6.flow-label.consistency-forbids-reflection")
@over_ip6
def test_labels_are_not_sent_back_where_they_are_to_be_consistent(peers, family, sysctl):
    sysctl("net.ipv6.flowlabel_consistency", 0)
    sysctl("net.ipv6.flowlabel_consistency", 1)  # decisive
    listener = peers.listener(family)

    with fails(EPERM):
        request(listener, GET, flags=REFLECT)
