"""What the scenarios of this folder ask of their namespace, and the address that is nobody's."""

from __future__ import annotations

import pytest

from conformance.addressing.addresses.places import NONLOCAL
from fixtures.evidence.verdicts import Unavailable
from fixtures.stage.families import Family
from fixtures.stage.sysctls import read_sysctl


@pytest.fixture
def only_local(family: Family) -> None:
    """Addresses that are not local cannot be bound here, as is the default (ip(7), ip_nonlocal_bind)."""
    if read_sysctl(NONLOCAL[family.name]) != "0":
        raise Unavailable(f"{NONLOCAL[family.name]} permits any address", verdict="unsupported")
