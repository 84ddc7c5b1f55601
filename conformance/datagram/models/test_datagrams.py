"""Whatever is called on datagram sockets, and in whatever order, comes out as the pages say."""

import pytest

from fixtures.stage.families import over_ip, over_unix

SHORT = 2
"""Datagrams of a UNIX queue, so that a walk fills it."""


@pytest.mark.claim("model.datagrams.follow-the-rules")
@pytest.mark.needs("namespace")
@pytest.mark.deadline(60)
@over_ip
def test_any_calls_on_datagram_sockets(searching, family):
    from conformance.datagram.models.datagrams import Datagrams  # imports Hypothesis: only for who runs this

    search = searching(Datagrams, family, sequences=20, length=40)
    search.run()  # decisive

    assert search.sequences_tried


@pytest.mark.claim("model.datagrams.follow-the-rules")
@pytest.mark.needs("sysctl:net.unix.max_dgram_qlen")
@pytest.mark.deadline(60)
@over_unix
def test_any_calls_on_unix_datagram_sockets(searching, sysctl, family):
    from conformance.datagram.models.datagrams import Datagrams

    sysctl("net.unix.max_dgram_qlen", SHORT)
    search = searching(Datagrams, family, sequences=20, length=40)
    search.run()  # decisive

    assert search.sequences_tried
