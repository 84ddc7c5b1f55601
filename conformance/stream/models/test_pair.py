"""Whatever is called on a connected pair, and in whatever order, comes out as the pages say."""

import pytest

from fixtures.stage.families import over_streams


@pytest.mark.claim("model.stream-pair.follows-the-rules")
@pytest.mark.usefixtures("bsd_urgent")
@pytest.mark.needs("buffers:100000")
@pytest.mark.deadline(60)
@over_streams
def test_any_calls_on_a_pair(searching, family):
    from conformance.stream.models.pair import StreamPair  # imports Hypothesis: only for who runs this

    search = searching(StreamPair, family, sequences=20, length=40)
    search.run()  # decisive

    assert search.sequences_tried


@pytest.mark.claim("model.lock-step.unix-as-tcp")
@pytest.mark.usefixtures("time_wait_kept")
@pytest.mark.usefixtures("bsd_urgent")
@pytest.mark.needs("buffers:100000")
@pytest.mark.deadline(60)
def test_any_calls_on_two_pairs_in_step(searching):
    from conformance.stream.models.lockstep import LockStep

    search = searching(LockStep, sequences=20, length=40)
    search.run()  # decisive

    assert search.sequences_tried


@pytest.mark.claim("model.vectors.one-message-in-any-shape")
@pytest.mark.needs("buffers:100000")
@pytest.mark.deadline(60)
@over_streams
def test_buffers_of_any_shape(searching, family):
    from conformance.stream.models.vectors import Vectors

    search = searching(Vectors, family, sequences=10, length=20)
    search.run()  # decisive

    assert search.sequences_tried
