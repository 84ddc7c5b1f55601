"""What all tests of the project start from."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# A busy machine generates slowly; that says nothing about the property.
settings.register_profile("sockproof", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("sockproof")
