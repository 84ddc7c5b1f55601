"""What all tests of the project start from."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import HealthCheck, settings

# A busy machine generates slowly; that says nothing about the property.
settings.register_profile("sockproof", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("sockproof")

# A shell has what it starts with "&" ignore these, and whatever the tests start would inherit that.
for keyboard in (signal.SIGINT, signal.SIGQUIT):
    if signal.getsignal(keyboard) is signal.SIG_IGN:
        signal.signal(keyboard, signal.default_int_handler if keyboard is signal.SIGINT else signal.SIG_DFL)

THOROUGH = bool(os.environ.get("SOCKPROOF_THOROUGH"))
"""Whether what repeats a whole run for one more fault or sandbox of a kind that is tried anyway is tried as well."""


def pytest_configure(config: pytest.Config) -> None:
    meaning = "one more of a kind that is tried anyway: runs with SOCKPROOF_THOROUGH=1, or when it is named"
    config.addinivalue_line("markers", f"thorough: {meaning}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if THOROUGH or any("::" in argument for argument in config.args):
        return
    left = [item for item in items if item.get_closest_marker("thorough")]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if not item.get_closest_marker("thorough")]
