"""What the sides of a comparison are called: short, by what tells them apart, and whole, once beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import takewhile

from reports.record import Results, Target


def release(target: Target) -> str:
    """The release in a target's kernel, which may begin with the name of the system."""
    words = target.kernel.split()
    return next((word for word in words if word[:1].isdigit()), target.kernel)


def target_name(target: Target) -> str:
    """What a target is called: by its name without what stands behind a colon, or by its kind where it has none."""
    name = target.name.partition(":")[0]
    return target.environment.kind if name == "host" else name


def whole_name(target: Target) -> str:
    """A target with how it was made: ``uml, User Mode Linux 6.1.0, 2048 MiB``."""
    made = (target_name(target), target.environment.version, *map(str, target.environment.options.values()))
    return ", ".join(filter(None, made))


def distinct_names(found: Sequence[Results], places: Sequence[str]) -> list[str]:
    """A name for each: its target, or what tells the targets of that name apart, which need not have the name."""
    for names in _namings(found, places):
        if max(Counter(names).values()) == 1:
            return names
    return [f"{name} #{number}" for number, name in enumerate(names, 1)]


def _namings(found: Sequence[Results], places: Sequence[str]) -> Iterator[list[str]]:
    targets = [results.target for results in found]
    called = [target_name(target) for target in targets]
    yield called
    yield _by_what_differs(called, [_made(target) for target in targets])
    yield _by_what_differs(called, [{**_made(target), "kernel": release(target)} for target in targets])
    yield [f"{name} {results.run.id}" for name, results in zip(called, found, strict=True)]
    yield [f"{name} {place}" for name, place in zip(called, places, strict=True)]


def _made(target: Target) -> dict[str, str]:
    """How it was made, part by part; of one that tells no version the release of its kernel."""
    options = {name: str(value) for name, value in target.environment.options.items()}
    return {"version": target.environment.version or release(target), **options}


def _by_what_differs(called: Sequence[str], made: Sequence[dict[str, str]]) -> list[str]:
    """Each by the parts in which it differs from others of its name, and by its name where others have another."""
    alone = len(set(called)) == 1
    names = []
    for name, parts in zip(called, made, strict=True):
        others = [each for other, each in zip(called, made, strict=True) if other == name]
        telling = " ".join(filter(None, (_telling(part, others, parts) for part in parts)))
        names.append(telling if alone and telling else f"{name} {telling}".rstrip())
    return names


def _telling(part: str, others: Sequence[dict[str, str]], parts: dict[str, str]) -> str:
    """This part of one without the words with which it begins in all; nothing where it is the same in all."""
    values = [each.get(part, "").split() for each in others]
    if all(value == values[0] for value in values):
        return ""
    shared = len(list(takewhile(lambda words: len(set(words)) == 1, zip(*values, strict=False))))
    longest = max(min(map(len, values)) - 1, 0)
    return " ".join(parts[part].split()[min(shared, longest) :])
