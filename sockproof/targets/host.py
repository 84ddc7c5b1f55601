"""The kernel that is running, with nothing around the suite."""

from __future__ import annotations

import platform
from dataclasses import dataclass

from sockproof.targets import State, Target


@dataclass(frozen=True)
class Host(Target):
    """``host``."""

    kind = "host"
    says = "the kernel that is running"
    takes = frozenset({"preload"})
    patience = 10.0

    def state(self) -> State:
        """The running kernel."""
        return State(True, f"{platform.system()} {platform.release()}")

    def check(self) -> None:
        """Nothing of it can be wrong."""
