"""The shipped schema, and the first place at which a value does not have its shape.

jsonschema is a tool of development, and results must be checked where sockproof is only used. So this reads
the few words of JSON Schema that results.schema.json uses; a test holds it to them, and to the same answers
as jsonschema.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from math import inf
from pathlib import Path
from typing import Any

SCHEMA_FILE = Path(__file__).with_name("results.schema.json")

WORDS = frozenset(
    {"type", "const", "enum", "minimum", "maximum", "required", "properties", "additionalProperties", "items", "$ref"}
)
"""The keywords of JSON Schema that are understood here; the others in use only describe."""

_KINDS: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of results.json."""
    loaded: dict[str, Any] = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    return loaded


def first_fault(value: Any) -> str | None:
    """Where and how `value` departs from the schema: ``instances[3].duration is null, not number``; None if nowhere."""
    return None if _whole()(value) else next(_faults(value, schema(), ""), None)


def fits_instance(value: Any) -> bool:
    """Whether `value` surely has the shape of an instance."""
    return _defined("instance")(value)


Fits = Callable[[Any], bool]


@cache
def _whole() -> Fits:
    """Whether a value surely fits the schema: ten times as fast as looking for a fault, since nothing is said."""
    return _fitting(schema())


@cache
def _defined(name: str) -> Fits:
    return _fitting(schema()["$defs"][name])


def _fitting(rule: Mapping[str, Any]) -> Fits:
    """Whether a value fits one rule; False also where it might, as for subclasses of JSON's types."""
    if "$ref" in rule:
        return _defined(rule["$ref"].rpartition("/")[2])
    if "properties" in rule or "additionalProperties" in rule:
        return _fitting_object(rule)
    if "items" in rule:
        inner = _fitting(rule["items"])
        return lambda value: type(value) is list and (not value or all(map(inner, value)))
    return _fitting_leaf(rule)


def _fitting_object(rule: Mapping[str, Any]) -> Fits:
    named = {name: _fitting(inner) for name, inner in rule.get("properties", {}).items()}
    required = frozenset(rule.get("required", ()))
    others = _fitting(rule["additionalProperties"]) if rule.get("additionalProperties") else lambda _: True

    def fits(value: Any) -> bool:
        if type(value) is not dict or not required <= value.keys():
            return False
        for name, part in value.items():  # noqa: SIM110  a generator takes half as long again
            if not named.get(name, others)(part):
                return False
        return True

    return fits


def _fitting_leaf(rule: Mapping[str, Any]) -> Fits:
    names = [rule["type"]] if isinstance(rule.get("type"), str) else rule.get("type", [])
    kinds = frozenset(kind for name in names for kind in _KINDS[name])
    allowed = [rule["const"]] if "const" in rule else rule.get("enum")
    if not kinds and allowed and set(map(type, allowed)) == {str}:
        words = frozenset(allowed)
        return lambda value: type(value) is str and value in words
    if not kinds:
        return lambda value: all(judge(value, rule) is None for judge in _JUDGES)
    if "minimum" in rule or "maximum" in rule:
        return _fitting_number(rule, kinds)
    if allowed is None:
        return lambda value: type(value) in kinds
    return lambda value: type(value) in kinds and value in allowed


def _fitting_number(rule: Mapping[str, Any], kinds: frozenset[type]) -> Fits:
    least, most = rule.get("minimum", -inf), rule.get("maximum", inf)
    if kinds == {int} and most == inf:
        return lambda value: type(value) is int and least <= value
    return lambda value: type(value) in kinds and (type(value) not in (int, float) or least <= value <= most)


def _faults(value: Any, rule: Mapping[str, Any], where: str) -> Iterator[str]:
    while "$ref" in rule:
        rule = schema()["$defs"][rule["$ref"].rpartition("/")[2]]
    for fault in (judge(value, rule) for judge in _JUDGES):
        if fault:
            yield f"{where or 'the document'} {fault}"
            return
    for name, part, inner in _parts(value, rule):
        yield from _faults(part, inner, _below(where, name))


def _below(where: str, name: str | int) -> str:
    if isinstance(name, int):
        return f"{where}[{name}]"
    return f"{where}.{name}" if where else name


def _parts(value: Any, rule: Mapping[str, Any]) -> Iterator[tuple[str | int, Any, Mapping[str, Any]]]:
    """The members of an object or array that have a rule of their own, each with it."""
    if isinstance(value, dict):
        named, others = rule.get("properties", {}), rule.get("additionalProperties")
        for name, part in value.items():
            inner = named.get(name, others)
            if inner:
                yield name, part, inner
    elif isinstance(value, list) and "items" in rule:
        for index, part in enumerate(value):
            yield index, part, rule["items"]


def _wrong_kind(value: Any, rule: Mapping[str, Any]) -> str | None:
    kinds = [rule["type"]] if isinstance(rule.get("type"), str) else rule.get("type", [])
    if not kinds or any(_is(value, kind) for kind in kinds):
        return None
    return f"is {_shown(value)}, not {' or '.join(kinds)}"


def _is(value: Any, kind: str) -> bool:
    """JSON knows true and false apart from numbers, Python does not."""
    return isinstance(value, _KINDS[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _not_allowed(value: Any, rule: Mapping[str, Any]) -> str | None:
    allowed = [rule["const"]] if "const" in rule else rule.get("enum")
    if allowed is None or value in allowed:
        return None
    return f"is {_shown(value)}, not {'one of ' if len(allowed) > 1 else ''}{', '.join(map(str, allowed))}"


def _out_of_range(value: Any, rule: Mapping[str, Any]) -> str | None:
    if not _is(value, "number"):
        return None
    if value < rule.get("minimum", value):
        return f"is {_shown(value)}, less than {rule['minimum']}"
    return f"is {_shown(value)}, more than {rule['maximum']}" if value > rule.get("maximum", value) else None


def _incomplete(value: Any, rule: Mapping[str, Any]) -> str | None:
    missing = [name for name in rule.get("required", ()) if isinstance(value, dict) and name not in value]
    return f"lacks {missing[0]!r}" if missing else None


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:39]}…"


_JUDGES: tuple[Callable[[Any, Mapping[str, Any]], str | None], ...] = (
    _wrong_kind,
    _not_allowed,
    _out_of_range,
    _incomplete,
)
