"""Whoever connects, leaves or is accepted, and in whatever order: the queue of a listening socket keeps it."""

import pytest

from fixtures.stage.families import over_streams


@pytest.mark.claim("model.listen-queue.keeps-the-order")
@pytest.mark.deadline(60)
@over_streams
def test_any_calls_on_a_listening_socket(searching, family):
    from conformance.lifecycle.models.queue import ListenQueue  # imports Hypothesis: only for who runs this

    search = searching(ListenQueue, family, sequences=15, length=30)
    search.run()  # decisive

    assert search.sequences_tried
