"""The targets by name: a kernel under test, and how the suite is started on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from sockproof.errors import UsageError


@dataclass(frozen=True)
class Target:
    """A kernel under test."""

    name: str
    says: str
    """What it is, in a few words for the list of targets."""
    wrap: Callable[[Sequence[str]], list[str]]
    """The command that makes a given command run on this kernel."""


TARGETS: Mapping[str, Target] = {
    target.name: target
    for target in (
        Target("host", "the kernel that is running", wrap=list),
        # A further target adds its line here: its name, what it is, and what goes before the command.
    )
}


def find(name: str) -> Target:
    """The target called `name`. Raises UsageError with the known names."""
    if name in TARGETS:
        return TARGETS[name]
    near = get_close_matches(name, TARGETS, 1)
    advice = f'did you mean "{near[0]}"? Known' if near else "known"
    listed = ", ".join(f"{target.name} ({target.says})" for target in TARGETS.values())
    raise UsageError(f'there is no target "{name}"; {advice}: {listed}.')
