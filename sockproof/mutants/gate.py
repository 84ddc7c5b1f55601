"""When the preload library may act: in the scenario itself and in what it stands on, never in the rig's own probes.

The gate is open around the body of a scenario, and around the setup of the fixtures that make its call for it:
those below ``conformance``, and the connected pair. It is shut in every other fixture and in every teardown, so
that namespaces, captures and leak checks work under each mutant.
"""

from __future__ import annotations

import inspect
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sockproof.mutants.state import State

SUBJECTS = frozenset({"stream_pair"})
"""Fixtures of the rig whose calls are part of what is tested."""


@dataclass(eq=False)
class Gate:
    """A plugin of its own; `state` is the memory of the mutant that is tried, None where the library is idle."""

    conformance: Path
    state: State | None = None

    @contextmanager
    def standing(self, is_open: bool) -> Iterator[None]:
        """The gate is open or shut while the block runs, and as before afterwards."""
        if self.state is None:
            yield
            return
        before, self.state.gate = self.state.gate, is_open
        try:
            yield
        finally:
            self.state.gate = before

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_pyfunc_call(self) -> Generator[None, Any, Any]:
        """Opens for the body of a scenario."""
        with self.standing(True):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
        """Opens for what a scenario stands on, and shuts for what the rig does for itself."""
        with self.standing(self.is_subject(fixturedef)):
            return (yield)

    def is_subject(self, fixturedef: pytest.FixtureDef[Any]) -> bool:
        """Whether the calls of a fixture are part of what is tested."""
        made_in = Path(inspect.getsourcefile(inspect.unwrap(fixturedef.func)) or "")
        return fixturedef.argname in SUBJECTS or made_in.is_relative_to(self.conformance)
