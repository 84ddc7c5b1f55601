"""Whatever sockets are passed over one another, and in whatever order they are let go: what can be reached stays."""

import pytest


@pytest.mark.claim("model.passing.what-can-be-reached-stays")
@pytest.mark.deadline(60)
def test_any_sockets_passed_over_one_another(searching):
    from conformance.local.models.passing import Passing  # imports Hypothesis: only for who runs this

    search = searching(Passing, sequences=20, length=40)
    search.run()  # decisive

    assert search.sequences_tried
