"""What the receiver of data echoes, and what it does not (RFC 3168 sections 6.1.3, 6.1.5 and 6.1.6)."""

import pytest

from conformance.tcp.ecn.marks import CE, ECT, marked, negotiated
from fixtures.stage.families import over_ip


@pytest.mark.claim("tcp.ecn.later-mark-echoed")
@over_ip
def test_mark_that_comes_after_the_confirmation_is_echoed_again(remote):
    negotiated(remote)
    marked(remote, "PSH ACK (10)", CE)
    marked(remote, "PSH ACK CWR (10)", ECT)
    marked(remote, "PSH ACK (10)", ECT)
    marked(remote, "PSH ACK seq 21 (10)", ECT)  # old, and so acknowledged at once
    remote.expect("ACK !ECE ack 31")

    marked(remote, "PSH ACK (10)", CE)  # decisive

    remote.expect("ACK ECE ack 41")


@pytest.mark.claim("tcp.ecn.mark-outside-window-ignored")
@over_ip
def test_mark_outside_the_window_is_not_echoed(remote):
    negotiated(remote)

    marked(remote, "PSH ACK seq snd.nxt+snd.wnd+1000 (10)", CE)  # decisive

    remote.expect("ACK !ECE ack 1")
    marked(remote, "PSH ACK 1:11(10)", CE)
    remote.expect("ACK ECE ack 11")
