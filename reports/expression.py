"""Which targets a deviation record speaks of: ``linux>=5.10,<5.14``, ``gvisor>=20240101,<20250101``, ``uml``, ``host``.

A name, and perhaps limits of its version. ``linux`` is every target with a kernel of Linux, whatever runs it, with the
kernel's version; ``gvisor`` has the date of its release. Any other name is a kind of target or a target's own name.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping

from reports.record import Target

Version = tuple[int, ...]

NAME = r"[A-Za-z][\w.-]*"
LIMIT = r"\s*(?P<operator>>=|<=|==|>|<)\s*(?P<version>\d+(?:\.\d+)*)\s*"
SHAPE = re.compile(rf"{NAME}({LIMIT.replace('?P<operator>', '').replace('?P<version>', '')}(,|$))*(?<!,)")
ADVICE = 'write a kind of target and perhaps limits of its version, such as "linux>=5.10,<5.14" or "gvisor"'

COMPARING: Mapping[str, Callable[[Version, Version], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}

GVISOR = "#1 SMP Sun Jan 10 15:06:54 PST 2016"
"""What gVisor gives as the version of its kernel, in each release; results of older writers name it by nothing else."""


def matches(expression: str, target: Target) -> bool:
    """Whether the expression speaks of this target. A version that is not known is within no limits."""
    name = re.match(NAME, expression)
    known = known_as(target)
    if name is None or name[0] not in known:
        return False
    limits = list(re.finditer(LIMIT, expression[name.end() :]))
    version = known[name[0]]
    return not limits or (version is not None and all(_within(version, limit) for limit in limits))


def _within(version: Version, limit: re.Match[str]) -> bool:
    """Versions are compared as far as the limit tells them: 5.10.46 is 5.10."""
    bound = version_of(limit["version"])
    padded = version + (0,) * len(bound)
    return COMPARING[limit["operator"]](padded[: len(bound)], bound)


def version_of(text: str) -> Version:
    """``5.10.46`` as numbers."""
    return tuple(map(int, text.split(".")))


def known_as(target: Target) -> dict[str, Version | None]:
    """Every name under which a target is known, and its version under it."""
    kind = target.environment.kind
    if "gvisor" in (kind, target.environment.virtualization) or GVISOR in target.kernel:
        found = re.search(r"\d{8}(\.\d+)?", f"{target.environment.version} {target.name}")
        dated = version_of(found[0]) if found else None
        return dict.fromkeys(("gvisor", kind, target.name), dated)
    version = linux_version(target.kernel)
    return dict.fromkeys(("linux", kind, target.name), version)


def linux_version(kernel: str) -> Version | None:
    """The version of a kernel of Linux by its release, or by Debian's words, whose release lacks the last number."""
    release = re.search(r"\b(\d+)\.(\d+)(?:\.(\d+))?", kernel)
    if release is None:
        return None
    told = tuple(int(part) for part in release.groups() if part)
    debian = re.search(rf"Debian ({told[0]}\.{told[1]}\.\d+)", kernel)
    return version_of(debian[1]) if debian else told
