"""Whatever is watched, written, read, duplicated and closed, and in whatever order: epoll tells what the pages say."""

import pytest


@pytest.mark.claim("model.epoll.tells-what-is-there")
@pytest.mark.deadline(60)
def test_any_calls_on_epoll(searching):
    from conformance.waiting.models.epoll import Epoll  # imports Hypothesis: only for who runs this

    search = searching(Epoll, sequences=40, length=50)
    search.run()  # decisive

    assert search.sequences_tried
