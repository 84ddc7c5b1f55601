"""Connections that are given up before they are there."""

import pytest

from fixtures.stage.families import over_ip


@pytest.mark.claim("tcp.connect.closed-answers-with-reset")
@over_ip
def test_late_answer_to_a_closed_socket_is_reset(remote):
    client = remote.connecting()

    client.close()  # decisive

    remote.expect_none()
    remote.send("SYN ACK <mss 1460>")
    remote.expect("RST !ACK 1:1(0)")
    remote.never("ACK !RST")
