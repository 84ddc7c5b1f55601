"""What came of calls with wrong arguments, case by case: a failure names every case that is not as it should be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from fixtures.evidence.expect import errno_name
from fixtures.evidence.scenario import note
from fixtures.evidence.shortage import shortage
from fixtures.evidence.verdicts import Deviation

Cases = Mapping[str, Callable[[], int]]
"""Calls by what is wrong with them."""


@contextmanager
def each_fails(number: int, *, accepted: Mapping[int, str] | None = None) -> Iterator[Callable[[Cases], None]]:
    """Every call that the block tries fails with that errno, or with one that `accepted` maps to where it is allowed.

    The block is given the function that tries some. Raises Deviation, which names all that do otherwise.
    """
    __tracebackhide__ = True
    allowed, seen = (number, *(accepted or {})), dict[str, str]()

    def tried(cases: Cases) -> None:
        seen.update((case, _outcome(call, allowed)) for case, call in cases.items())

    yield tried
    expected = "fails with " + " or ".join(map(errno_name, allowed))
    wrong = [f"{case}: {gave}" for case, gave in seen.items() if gave not in map(errno_name, allowed)]
    observed = "; ".join(wrong) if seen else "no call"
    note(f"{expected}: {', '.join(seen)}", observed or expected, holds=not observed)
    if observed:
        raise Deviation(f"expected  {expected}\nobserved  {observed}")


def _outcome(call: Callable[[], int], allowed: tuple[int, ...]) -> str:
    """The name of its errno, or what it gives. Raises the OSError of a machine that is short of something."""
    try:
        return f"no error, it gave {call()}"
    except OSError as error:
        if error.errno not in allowed and shortage(error) is not None:
            raise
        return errno_name(error.errno)
