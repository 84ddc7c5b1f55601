"""What stood around the kernel under test: what a reader of two runs must know before comparing them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True)
class Environment:
    """The surroundings of a run, as plain values; what could not be read is empty."""

    kind: str = "host"
    """``host``, ``container``, ``gvisor``, ``uml``, ``vm``, ``podman``, ``docker`` or ``command``."""
    version: str = ""
    """Of what makes the target, in its own words: ``runsc release-20221219.0``."""
    options: Mapping[str, str] = field(default_factory=dict)
    """What the target was asked for: ``{"preset": "docker"}``, ``{"platform": "systrap"}``."""
    release: str = ""
    """The release as uname(2) gives it. gVisor gives one that it does not have."""
    virtualization: str = ""
    """``none``, ``kvm``, ``tcg`` (emulated), ``uml``, ``gvisor``, or ``hypervisor`` for one that does not say which."""
    processors: int | None = None
    memory: int | None = None
    """Bytes."""
    speed: float | None = None
    """How many times as long as on a machine of 2024 a fixed piece of work took: 1 is usual, 10 is slow."""
    c_library: str = ""
    preload: tuple[str, ...] = ()
    """Names of the libraries that LD_PRELOAD puts before the C library."""
    config: Mapping[str, str] = field(default_factory=dict)
    """Of the kernel's configuration, what scenarios depend on: ``{"CONFIG_MPTCP": "y"}``."""
    granted: tuple[str, ...] = ()
    """The effective capabilities(7), by name."""
    seccomp: str = ""
    """``disabled``, ``strict`` or ``filter``."""
    no_new_privs: bool | None = None
    namespaces: Mapping[str, str] = field(default_factory=dict)
    """For each kind ``initial``, ``own``, or ``unknown`` where the kernel does not tell them apart."""
    sysctls: Mapping[str, str] = field(default_factory=dict)
    """Those that differ from the documented defaults, as scenarios see them."""
    congestion_control: str = ""
    host: str = ""
    """The name of the host; empty unless ``--unredacted`` asked for it."""


def environment_from(data: Mapping[str, Any]) -> Environment:
    """An Environment from its plain form; what a newer writer may have added is passed over."""
    values: dict[str, Any] = {each.name: data[each.name] for each in fields(Environment) if each.name in data}
    values.update({name: tuple(values[name]) for name in ("preload", "granted") if name in values})
    return Environment(**values)


def in_words(environment: Environment) -> Iterator[tuple[str, str]]:
    """What is worth a line of a report: a name, and the value as text; the empty ones are left out."""
    yield "made by", " ".join([environment.version, *_pairs(environment.options)]).strip()
    yield "virtualization", environment.virtualization if environment.virtualization != "none" else ""
    yield "speed", f"{environment.speed:g} times the usual time" if environment.speed else ""
    yield "preloaded", ", ".join(environment.preload)
    confined = [f"seccomp {environment.seccomp}"] if environment.seccomp not in ("", "disabled") else []
    confined += ["no new privileges"] if environment.no_new_privs else []
    yield "confined by", ", ".join(confined)
    yield "not default", ", ".join(_pairs(environment.sysctls))
    yield "congestion control", environment.congestion_control
    yield "host", environment.host


def _pairs(values: Mapping[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in values.items()]
