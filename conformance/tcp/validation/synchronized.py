"""The states in which both SYNs are acknowledged, for scenarios that look at each of them."""

from __future__ import annotations

import pytest

OPEN = ("ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "CLOSE_WAIT")
"""States in which an application still holds the connection."""
OVER = ("CLOSING", "LAST_ACK")
"""States in which both ends have sent their FIN."""

in_open_states = pytest.mark.parametrize("state", OPEN)
in_states = pytest.mark.parametrize("state", [*OPEN, *OVER])
needs_states = pytest.mark.needs("sock_diag")
