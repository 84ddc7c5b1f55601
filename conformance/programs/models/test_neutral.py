"""Whoever only looks changes nothing: scenarios that there are still see what they claim."""

import pytest


@pytest.mark.claim("model.neutral.looking-changes-nothing")
@pytest.mark.needs("ipv6")
@pytest.mark.deadline(60)
def test_any_looks_between_the_calls_of_scenarios(searching):
    from conformance.programs.models.neutral import Neutral  # imports Hypothesis: only for who runs this

    search = searching(Neutral, sequences=20, length=3)
    search.run()  # decisive

    assert search.sequences_tried
