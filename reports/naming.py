"""Instances by their parameters, each with its name: ``family=ip4, seconds=0``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod

from reports.record import Instance


def parameters(instance: Instance) -> str:
    """The parameters with their names; empty where it has none."""
    return ", ".join(f"{_plain(name)}={value}" for name, value in instance.parameters.items())


def values(instance: Instance) -> str:
    """The parameters without their names, for where these stand before."""
    return " · ".join(instance.parameters.values())


def common(instances: Iterable[Instance]) -> str:
    """The names of the parameters, where all have the same; empty otherwise."""
    found = {tuple(map(_plain, each.parameters)) for each in instances}
    return " · ".join(found.pop()) if len(found) == 1 else ""


def name(instance: Instance) -> str:
    """The same, or the scenario's name where it has none."""
    return parameters(instance) or instance.scenario


def together(instances: Iterable[Instance]) -> str:
    """The parameters of several, each name once where every value met every other: ``family=ip4|ip6, seconds=0|1``."""
    alike: dict[tuple[str, ...], dict[tuple[str, ...], str]] = {}
    for each in instances:
        if each.parameters:
            alike.setdefault(tuple(each.parameters), {})[tuple(each.parameters.values())] = parameters(each)
    return "; ".join(part for names, met in alike.items() for part in _of_one_kind(names, met))


def _of_one_kind(names: tuple[str, ...], met: dict[tuple[str, ...], str]) -> Iterator[str]:
    values = [list(dict.fromkeys(column)) for column in zip(*met, strict=True)]
    if prod(map(len, values)) != len(met):
        yield from met.values()
        return
    yield ", ".join(f"{_plain(name)}={'|'.join(found)}" for name, found in zip(names, values, strict=True))


def _plain(name: str) -> str:
    """The name without the underscore that tells it from a word of Python's or pytest's."""
    return name.rstrip("_") or name
