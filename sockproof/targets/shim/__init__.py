"""The library that older User Mode Linux needs on processors with a large register state; see xstate.c."""

from __future__ import annotations

from pathlib import Path

from sockproof.targets import TargetError

SOURCE = Path(__file__).with_name("xstate.c")


def preloaded() -> dict[str, str]:
    """The environment that preloads it, where this processor needs it. Raises TargetError where it cannot be built."""
    about = Path("/proc/cpuinfo").read_text("utf-8", "replace")
    return {"LD_PRELOAD": str(library())} if "amx_tile" in about else {}


def library() -> Path:
    """The compiled library, kept in the cache. Raises TargetError where it cannot be built."""
    from fixtures.evidence.verdicts import HarnessError, Unavailable
    from fixtures.stage.compiler import compiled

    try:
        return compiled(SOURCE, "-O2", "-shared", "-fPIC")
    except (Unavailable, HarnessError) as error:
        raise TargetError(
            f"User Mode Linux needs a small library on this processor (AMX), and it cannot be built: {error}; "
            "install a C compiler."
        ) from error
