"""Connections in the tables of /proc/net, in whatever state they are (proc(5))."""

from pathlib import Path

import pytest

from fixtures.remote.states import STATES
from fixtures.stage.families import over_ip

NUMBERS = {
    "ESTABLISHED": 1, "SYN_SENT": 2, "SYN_RECV": 3, "FIN_WAIT1": 4, "FIN_WAIT2": 5, "TIME_WAIT": 6,
    "CLOSE_WAIT": 8, "LAST_ACK": 9, "LISTEN": 10, "CLOSING": 11,
}  # fmt: skip
"""include/net/tcp_states.h."""
ROLES = {"SYN_SENT": "active"}


def listed(remote):
    """The states of this connection, or of the listener for it, as the table has them."""
    name = {"ip4": "tcp", "ip6": "tcp6"}[remote.family.name]
    rows = [line.split() for line in Path(f"/proc/thread-self/net/{name}").read_text("ascii").splitlines()[1:]]
    ports = {(remote.kernel[1], remote.port), (remote.kernel[1], 0)}
    return [int(row[3], 16) for row in rows if (port(row[1]), port(row[2])) in ports]


def port(address):
    """That of an address in hexadecimal digits."""
    return int(address.rpartition(":")[2], 16)


@pytest.mark.claim("ip.proc.lists-every-state")
@pytest.mark.usefixtures("time_wait_kept")
@pytest.mark.parametrize("state", STATES)
@over_ip
def test_connection_is_listed_in_its_state(remote, state):
    held = remote.reach(state, role=ROLES.get(state, "passive"))  # decisive

    assert NUMBERS[state] in listed(remote)
    assert held.fileno() >= 0
