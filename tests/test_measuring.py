"""The comparison of two costs: when it holds, when it deviates, and when the machine was too busy to tell."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import cycle

import pytest

from conformance.programs.performance.measuring import (
    MARGIN,
    PARTS,
    SHARE,
    TRIES,
    WRONG_PARTS,
    WRONG_WAY,
    Measure,
    elapsed,
    processor_time,
    takes_less,
)
from fixtures.evidence.patience import GENEROUS
from fixtures.evidence.verdicts import Deviation, NoMargin


def always(seconds: float) -> Measure:
    return lambda: seconds


def by_part(*seconds: float) -> Measure:
    """As many tries of each as a part has, one part after the other, and from the beginning again."""
    tries: Iterator[float] = cycle([each for each in seconds for _ in range(TRIES)])
    return lambda: next(tries)


def test_less_in_every_part_holds() -> None:
    takes_less(always(1.0), always(2.0))


def test_far_more_in_every_part_deviates() -> None:
    with pytest.raises(Deviation, match=r"takes less\nobserved  1000000\.0 against"):
        takes_less(always(1.0), always(1.0 / WRONG_WAY))


@pytest.mark.parametrize("other", [0.51, 1.0, MARGIN - 0.01], ids=["more", "as-much", "hardly-less"])
def test_without_a_clear_margin_nothing_is_decided(other: float) -> None:
    with pytest.raises(NoMargin, match=r"no clear margin between the two.*: 1000000\.0 against"):
        takes_less(always(1.0), always(other))


def test_one_part_of_another_opinion_is_enough_for_doubt() -> None:
    with pytest.raises(NoMargin):
        takes_less(by_part(*[5.0] * (WRONG_PARTS - 1), *[1.5] * (PARTS - WRONG_PARTS + 1)), always(1.0))


def test_one_bad_part_is_made_good_by_two_in_a_row() -> None:
    takes_less(by_part(3.0, *[1.0] * (PARTS - 1)), always(2.0))


def test_going_to_and_fro_is_inconclusive() -> None:
    with pytest.raises(NoMargin):
        takes_less(by_part(1.0, 3.0), always(2.0))


def test_only_the_best_try_of_a_part_counts() -> None:
    tries = cycle([9.0] * (TRIES - 1) + [1.0])

    takes_less(lambda: next(tries), always(2.0))


class Slow:
    """A clock that a piece of work moves on by so many seconds."""

    now = 0.0

    def work(self, seconds: float) -> Measure:
        def work() -> float:
            self.now += seconds
            return seconds

        return work


@pytest.fixture
def slow(monkeypatch) -> Slow:
    clock = Slow()
    monkeypatch.setattr(time, "monotonic", lambda: clock.now)
    return clock


def test_a_slow_machine_tries_less_often_and_decides_in_time(slow: Slow) -> None:
    takes_less(slow.work(GENEROUS / 100), slow.work(GENEROUS / 10))

    assert slow.now <= GENEROUS * SHARE


def test_a_machine_that_is_far_too_slow_tries_once_and_decides_nothing(slow: Slow) -> None:
    with pytest.raises(NoMargin, match="no clear margin"):
        takes_less(slow.work(GENEROUS / 10), slow.work(GENEROUS))

    assert slow.now == pytest.approx(GENEROUS * 1.1)


@pytest.mark.parametrize("measure", [processor_time, elapsed])
def test_work_is_done_once_a_try(measure) -> None:
    done: list[int] = []

    assert measure(lambda: done.append(1))() >= 0
    assert done == [1]
