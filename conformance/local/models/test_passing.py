"""Whatever sockets are passed over one another, and in whatever order they are let go: what can be reached stays."""

import pytest


@pytest.mark.claim("model.passing.what-can-be-reached-stays")
@pytest.mark.deadline(60)
def test_any_sockets_passed_over_one_another(searching):
    from conformance.local.models.passing import Passing  # imports Hypothesis: only for who runs this

    search = searching(Passing, sequences=20, length=40)
    search.run()  # decisive

    assert search.sequences_tried


@pytest.mark.claim("model.control-cut.what-fits-comes")
@pytest.mark.deadline(60)
def test_control_messages_in_any_room(searching):
    from conformance.local.models.cut import Cut

    search = searching(Cut, sequences=10, length=20)
    search.run()  # decisive

    assert search.sequences_tried
