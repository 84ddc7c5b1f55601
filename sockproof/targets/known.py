"""The kinds of target by name, and the one that a command line asks for."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from sockproof.errors import UsageError
from sockproof.targets import State, TargetError, Wishes
from sockproof.targets.command import Command
from sockproof.targets.container import Container
from sockproof.targets.engine import Docker, Podman
from sockproof.targets.gvisor import Gvisor
from sockproof.targets.host import Host
from sockproof.targets.uml import Uml
from sockproof.targets.vm import Machine

KINDS: Mapping[str, Any] = {
    kind.kind: kind for kind in (Host, Container, Gvisor, Uml, Machine, Podman, Docker, Command)
}
"""The class of each kind; what stands before the colon in ``--target KIND:REST`` chooses it."""
OPTIONS = ("cap_add", "cap_drop", "seccomp", "user", "preset", "platform", "preload")
"""The options of ``run`` that shape a target."""


def find(asked: Namespace) -> Any:
    """The target that was asked for, with its options. Raises UsageError where there is none, or it cannot be."""
    kind = KINDS.get(asked.target.partition(":")[0])
    if kind is None:
        raise UsageError(_unknown(asked.target))
    made = kind(asked.target, wishes(asked))
    for name in OPTIONS:
        if getattr(asked, name) and name not in kind.takes:
            takers = ", ".join(each.kind for each in KINDS.values() if name in each.takes)
            raise UsageError(f"--{name.replace('_', '-')} means nothing to the target {kind.kind}; it is for {takers}.")
    try:
        check_preload(asked.preload)
        made.check()
        if not (state := made.state()).ready:
            raise TargetError(f"the target {asked.target} is not there: {state.says}; {state.remedy}.")
    except TargetError as error:
        raise UsageError(str(error)) from error
    return made


def states() -> Iterator[tuple[str, State]]:
    """Each kind of target, and whether it can be used here."""
    for name, kind in KINDS.items():
        try:
            yield name, kind(name).state()
        except TargetError as error:
            yield name, State(False, str(error))


def wishes(asked: Namespace) -> Wishes:
    """The options of the command line that shape a target."""
    return Wishes(
        cap_add=tuple(asked.cap_add), cap_drop=tuple(asked.cap_drop), seccomp=asked.seccomp, user=asked.user,
        preset=asked.preset, platform=asked.platform, memory=asked.memory, preload=asked.preload,
    )  # fmt: skip


def check_preload(name: str | None) -> None:
    """Raises TargetError for a library that the loader would pass over with no more than a warning."""
    if name is None:
        return
    try:
        start = Path(name).read_bytes()[:20]
    except OSError as error:
        raise TargetError(f"--preload {name} cannot be read: {error.strerror}; name a shared library.") from error
    own = Path("/proc/self/exe").read_bytes()[:20]
    shared, same = start[16:18] == b"\3\0", start[:5] == own[:5] and start[18:20] == own[18:20]
    if start[:4] != b"\x7fELF" or not shared or not same:
        raise TargetError(f"--preload {name} is no shared library for this machine; build one with cc -shared -fPIC.")


def _unknown(name: str) -> str:
    near = get_close_matches(name.partition(":")[0], KINDS, 1)
    advice = f'did you mean "{near[0]}"? Known' if near else "known"
    listed = ", ".join(f"{kind.kind} ({kind.says})" for kind in KINDS.values())
    return f'there is no target "{name}"; {advice}: {listed}.'
