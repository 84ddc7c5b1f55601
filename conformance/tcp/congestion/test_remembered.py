"""What a connection has learnt of a host, and whether the next one to that host begins with it (tcp(7))."""

import pytest

from conformance.tcp.loss_recovery.flight import SEGMENTS, SIZE, again, duplicate, sent
from fixtures.evidence.kernel_view import reaches, tcp_info
from fixtures.evidence.waiting import until
from fixtures.stage.families import over_ip

UNKNOWN = 0x7FFFFFFF
"""The threshold of slow start before any loss: TCP_INFINITE_SSTHRESH."""


@pytest.mark.claim("tcp.congestion.remembered-unless-set")
@pytest.mark.usefixtures("time_wait_kept")
@pytest.mark.needs("sock_diag", "sysctl:net.ipv4.tcp_no_ssthresh_metrics_save")
@pytest.mark.parametrize(("forgets", "remembered"), [(0, True), (1, False)], ids=["saves", "saves nothing"])
@over_ip
def test_next_connection_begins_with_the_threshold_of_the_last(remote, sysctl, forgets, remembered):
    sysctl("net.ipv4.tcp_congestion_control", "reno")
    sysctl("net.ipv4.tcp_reordering", 3)
    sysctl("net.ipv4.tcp_no_ssthresh_metrics_save", 0)
    sysctl("net.ipv4.tcp_no_metrics_save", 1 - forgets)
    sysctl("net.ipv4.tcp_no_metrics_save", forgets)  # decisive
    learnt = lossy(remote)
    assert learnt < UNKNOWN

    second = remote.another("second").reach()

    assert tcp_info(second).snd_ssthresh == (learnt if remembered else UNKNOWN)


def lossy(remote):
    """The threshold of slow start after a connection that has lost a segment and has ended in order."""
    server = sent(remote)
    duplicate(remote, 3)
    until(lambda: again(remote, 1) > 1, what="the first segment sent again")
    remote.send(f"ACK ack {SEGMENTS * SIZE + 1}")
    server.send(b"beyond the recovery")
    remote.expect(f"any {SEGMENTS * SIZE + 1}:*(19)")
    remote.send("ACK")
    until(lambda: tcp_info(server).ca_state == 0, what="the recovery over")
    threshold = tcp_info(server).snd_ssthresh
    server.close()
    remote.expect("FIN")
    remote.send("FIN ACK")
    reaches(remote.ends, "TIME_WAIT")
    return threshold
