"""A part of the suite in every sandbox: what it forbids is told, nothing deviates for it, and the run ends itself."""

from __future__ import annotations

import pytest

from tests import sandboxes


@pytest.mark.parametrize("name", sandboxes.SANDBOXES)
def test_a_sandbox_makes_nothing_deviate(name):
    if (reason := sandboxes.missing(name)) is not None:
        pytest.skip(f"needs {sandboxes.SANDBOXES[name][0]}: {reason}")
    seen = sandboxes.run(name, part=sandboxes.SMALL)
    assert not seen.wrong, "\n".join(seen.wrong)
    assert sandboxes.suits(name, seen), f"{seen.status}: {seen}\n{seen.complaint}"
