"""Operations that only look, slipped between the calls of scenarios that there are: they still see what they claim."""

from __future__ import annotations

from importlib import import_module
from itertools import cycle
from typing import Any

from hypothesis import strategies as st

from fixtures.models.machine import Model, step
from fixtures.models.neutral import NEUTRAL
from fixtures.stage.families import ip4, ip6, unix

FAMILIES = {family.name: family for family in (ip4, ip6, unix)}
SCENARIOS = {
    "conformance.stream.receiving.test_boundaries": (
        "two_sends_come_out_of_one_receive",
        "one_send_comes_out_of_many_receives",
        "receive_gives_what_is_there_and_does_not_wait_for_more",
        "receive_of_zero_bytes_gives_zero_and_takes_nothing",
        "read_gives_what_recv_without_flags_gives",
    ),
    "conformance.stream.receiving.test_counts": ("fionread_counts_the_bytes_that_were_not_read",),
    "conformance.lifecycle.half_close.test_both_sides": (
        "shut_rdwr_ends_reading_and_writing_and_loses_nothing",
        "second_shutdown_succeeds_and_changes_nothing",
    ),
    "conformance.lifecycle.half_close.test_read_side": ("caller_reads_what_was_there_and_then_the_end",),
    "conformance.lifecycle.half_close.test_write_side": (
        "peer_reads_all_data_and_then_the_end_again_and_again",
        "peer_still_sends_after_the_end",
        "unread_data_stays_readable_for_the_caller",
    ),
}
"""Scenarios of a connected pair, by their modules, which are imported when they are run."""
PLACES = {name: module for module, names in SCENARIOS.items() for name in names}


WHAT = st.lists(st.sampled_from(tuple(NEUTRAL)), min_size=1, max_size=4)


class Neutral(Model):
    """Scenarios, one after the other, and what is done after each of their calls, in turn."""

    last: tuple[str, str] | None = None

    @step(scenario=st.sampled_from(tuple(PLACES)), family=st.sampled_from(tuple(FAMILIES)), between=WHAT)
    def run(self, scenario: str, family: str, between: list[str]) -> None:
        """Runs a scenario; after each of its calls all ends are looked at in one of these ways."""
        self.last = scenario, family
        turns, recorder = cycle(between), self.walk.recorder
        pair = self.peers.pair(FAMILIES[family])

        def look() -> None:
            for end in (each for each in pair if each.fileno() >= 0):
                NEUTRAL[next(turns)](end)

        recorder.after_calls.append(look)
        try:
            getattr(import_module(PLACES[scenario]), f"test_{scenario}")(stream_pair=pair)
        finally:
            recorder.after_calls.remove(look)

    def state(self) -> Any:
        """Which scenario was run last, and over what."""
        return self.last
