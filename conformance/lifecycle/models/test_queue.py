"""Whoever connects, leaves or is accepted, and in whatever order: the queue of a listening socket keeps it."""

from dataclasses import replace

import pytest

from fixtures.stage.families import ip4, ip6, over, unix

COUNTED = [replace(family, needs=(*family.needs, "listener-queue")) for family in (ip4, ip6)]
"""Whose queue TCP_INFO tells, at which the model looks."""


@pytest.mark.claim("model.listen-queue.keeps-the-order")
@pytest.mark.deadline(60)
@over(*COUNTED, unix)
def test_any_calls_on_a_listening_socket(searching, family):
    from conformance.lifecycle.models.queue import ListenQueue  # imports Hypothesis: only for who runs this

    search = searching(ListenQueue, family, sequences=15, length=30)
    search.run()  # decisive

    assert search.sequences_tried
