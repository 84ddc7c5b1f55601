"""tcp_app_win: the share of a receive window that is kept back for the application."""

from socket import IPPROTO_TCP, SOCK_STREAM, TCP_MAXSEG, TCP_WINDOW_CLAMP

import pytest

from fixtures.stage.families import over_ip

KEPT_BACK = "net.ipv4.tcp_app_win"
SEGMENT = 500


def bound_of_a_connection(peers, family):
    """The largest window that the accepted socket of a new connection will announce, by TCP_WINDOW_CLAMP."""
    listener, client = peers.listener(family, backlog=None), peers.socket("client", family.domain, SOCK_STREAM)
    for end in (listener, client):
        end.setsockopt(IPPROTO_TCP, TCP_MAXSEG, SEGMENT)
    listener.listen(1)
    client.connect(listener.getsockname())
    return peers.accepting(listener).getsockopt(IPPROTO_TCP, TCP_WINDOW_CLAMP)


@pytest.mark.claim("tcp.app-win.keeps-a-share-back")
@pytest.mark.parametrize("power", [1, 2, 4])
@over_ip
def test_share_of_the_window_is_kept_back(peers, family, sysctl, power):
    sysctl("net.ipv4.tcp_window_scaling", 1)
    sysctl("net.ipv4.tcp_rmem", "4096 131072 6291456")
    sysctl(KEPT_BACK, 0)
    whole = bound_of_a_connection(peers, family)

    sysctl(KEPT_BACK, power)  # decisive

    assert bound_of_a_connection(peers, family) == whole - (whole >> power)


@pytest.mark.claim("tcp.app-win.no-less-than-a-segment")
@over_ip
def test_at_least_a_segment_is_kept_back(peers, family, sysctl):
    sysctl("net.ipv4.tcp_window_scaling", 1)
    sysctl("net.ipv4.tcp_rmem", "4096 131072 6291456")
    sysctl(KEPT_BACK, 0)
    whole = bound_of_a_connection(peers, family)

    sysctl(KEPT_BACK, 31)  # decisive

    kept = whole - bound_of_a_connection(peers, family)
    assert SEGMENT - 12 <= kept <= SEGMENT
