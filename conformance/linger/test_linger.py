"""What close() with SO_LINGER puts on the wire, how long it takes, and what the peer then reads."""

from errno import ECONNRESET
from socket import SO_LINGER, SOL_SOCKET

import pytest

from fixtures.expect import fails, linger
from fixtures.families import over_ip


@pytest.mark.claim("tcp.linger.zero-aborts")
@over_ip
def test_close_with_zero_linger_resets(stream_pair, wire):
    client, server = stream_pair
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))

    client.close()

    wire.expect("client > server RST")
    wire.never("client > server FIN")
    with fails(ECONNRESET):
        server.recv(1)
