"""Addresses that no single host has (RFC 1122 3.2.1.3, RFC 4291 2.7)."""

from __future__ import annotations

import pytest

from fixtures.stage.families import Family, ip4, ip6

NOBODY = [
    (ip4, "255.255.255.255"), (ip4, "224.0.0.1"), (ip4, "127.0.0.1"), (ip4, "0.0.0.0"),
    (ip6, "ff02::1"), (ip6, "::1"), (ip6, "::"),
]  # fmt: skip


def each(*cases: tuple[Family, str]) -> pytest.MarkDecorator:
    """One instance for each family and address."""
    needs = {family: [pytest.mark.needs(*family.needs)] if family.needs else [] for family, _ in cases}
    named = [pytest.param(*case, id=f"{case[0]}-{case[1]}", marks=needs[case[0]]) for case in cases]
    return pytest.mark.parametrize(("family", "address"), named)
