"""A part of the suite in every sandbox: what it forbids is told, nothing deviates for it, and the run ends itself."""

from __future__ import annotations

import pytest

from tests import sandboxes

ALWAYS = frozenset({
    "3 namespaces", "no proc", "no ipv6", "a neighbour", "unshare is forbidden", "setns is unknown", "no pidfds",
    "4 processes", "like docker", "no packet sockets", "no proc and no capabilities", "read-only sysctls", "no netlink",
})  # fmt: skip
"""One of each kind: the others are tried where the tests are to be thorough, since each is a run of its own."""
EACH = [pytest.param(name, marks=() if name in ALWAYS else pytest.mark.thorough) for name in sandboxes.SANDBOXES]


@pytest.mark.parametrize("name", EACH)
def test_a_sandbox_makes_nothing_deviate(name):
    if (reason := sandboxes.missing(name)) is not None:
        pytest.skip(f"needs {sandboxes.SANDBOXES[name][0]}: {reason}")
    seen = sandboxes.run(name, part=sandboxes.SMALL)
    assert not seen.wrong, "\n".join(seen.wrong)
    assert sandboxes.suits(name, seen), f"{seen.status}: {seen}\n{seen.complaint}"


def test_what_is_always_tried_is_there():
    assert set(sandboxes.SANDBOXES) >= ALWAYS
