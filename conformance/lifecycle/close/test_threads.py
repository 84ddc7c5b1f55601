"""close() while another thread waits in a call on the same descriptor."""

import pytest

from conformance.lifecycle.close.threads import waiting_thread
from fixtures.evidence.kernel_view import Ends, is_in
from fixtures.evidence.waiting import until
from fixtures.stage.families import over_all, over_ip


@pytest.mark.claim("stream.close.reader-in-another-thread-stays")
@over_all
def test_reader_in_another_thread_receives_what_comes_after_close(stream_pair):
    client, server = stream_pair
    with waiting_thread(lambda: client.recv(100), wake=server.close) as reading:
        client.close()

        assert not reading.done()
        assert server.send(b"late") == 4  # decisive
        until(reading.done, what="the thread to receive")
        assert reading.result() == b"late"


@pytest.mark.claim("tcp.close.reader-in-another-thread-keeps-the-connection")
@pytest.mark.needs("sock_diag")
@over_ip
def test_connection_lasts_as_long_as_the_reader_of_another_thread(stream_pair, wire):
    client, server = stream_pair
    ends = Ends.of(client)
    with waiting_thread(lambda: client.recv(100), wake=server.close) as reading:
        client.close()

        wire.never("client > server FIN")
        wire.never("client > server RST")
        is_in(ends, "ESTABLISHED")
        server.send(b"late")  # decisive
        until(reading.done, what="the thread to receive")
        assert reading.result() == b"late"

    wire.expect("client > server FIN")
