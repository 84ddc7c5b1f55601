"""The functions of the documents that set options and ask for them: what they change that nobody wanted."""

from errno import ECONNRESET
from select import POLLERR
from socket import (
    IPPROTO_TCP,
    MSG_DONTWAIT,
    SO_KEEPALIVE,
    SO_LINGER,
    SO_REUSEADDR,
    SO_REUSEPORT,
    SO_SNDBUF,
    SOCK_STREAM,
    SOL_SOCKET,
    TCP_KEEPCNT,
    TCP_KEEPIDLE,
    TCP_KEEPINTVL,
    TCP_NODELAY,
    TCP_QUICKACK,
)

import pytest

from conformance.programs.sample_functions.functions import functions, needs_functions, telling
from fixtures.evidence.expect import fails, linger
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_ip4

WMEM = "4096 16384 4194304"
ASKED = 256 * 1024
KEEPALIVE = (TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT)


@pytest.mark.claim("sample.setup-socket-options.sets-all-four")
@needs_functions
@over_ip4
def test_setup_socket_options_sets_all_that_it_names(peers, family):
    end = peers.socket("end", family.domain, SOCK_STREAM)

    assert functions().setup_socket_options(end.fileno()) == 0  # decisive

    general = [end.getsockopt(SOL_SOCKET, name) for name in (SO_REUSEADDR, SO_REUSEPORT, SO_KEEPALIVE)]
    assert [*general, end.getsockopt(IPPROTO_TCP, TCP_NODELAY)] == [1, 1, 1, 1]


@pytest.mark.claim("sample.advanced-options.keep-probing-as-set")
@needs_functions
@over_ip4
def test_setup_high_performance_options_sets_times_of_keepalive_and_not_keepalive(peers, family):
    end = peers.socket("end", family.domain, SOCK_STREAM)

    functions().setup_high_performance_options(end.fileno())  # decisive

    assert [end.getsockopt(IPPROTO_TCP, name) for name in KEEPALIVE] == [120, 30, 3]
    assert end.getsockopt(SOL_SOCKET, SO_KEEPALIVE) == 0
    assert end.getsockopt(SOL_SOCKET, SO_LINGER, 8) == linger(on=True, seconds=5)


@pytest.mark.claim("sample.print-socket-info.shows-twice-what-was-set")
@needs_functions
@over_ip4
def test_print_socket_info_shows_twice_what_was_set(peers, family):
    end, other = (peers.socket(name, family.domain, SOCK_STREAM) for name in ("end", "other"))
    other.setsockopt(SOL_SOCKET, SO_SNDBUF, 1 << 30)
    most = other.getsockopt(SOL_SOCKET, SO_SNDBUF)
    library = functions()
    library.setup_high_performance_options(end.fileno())  # decisive

    with telling(library) as said:
        library.print_socket_info(end.fileno())

        assert f"send {min(2 * ASKED, most)}, " in said()


@pytest.mark.claim("sample.tune-socket-buffers.shrinks-what-was-tuned")
@pytest.mark.needs("sysctl:net.ipv4.tcp_wmem", "option:IPPROTO_TCP.TCP_INFO")
@needs_functions
@over_ip4
def test_tune_socket_buffers_makes_the_send_buffer_smaller(peers, family, sysctl):
    sysctl("net.ipv4.tcp_wmem", WMEM)
    client, server = peers.pair(family)
    client.send(b"measured")
    assert server.recv(100) == b"measured"
    before = client.getsockopt(SOL_SOCKET, SO_SNDBUF)

    assert functions().tune_socket_buffers(client.fileno()) == 0  # decisive

    after = client.getsockopt(SOL_SOCKET, SO_SNDBUF)
    assert after < before / 2


@pytest.mark.claim("sample.delivery-rate.wider-than-its-variable")
@needs_functions
def test_variable_for_the_rate_holds_half_of_it():
    rate = 1 << 32 | 5
    library = functions()

    assert library.rate_width() == 8
    assert library.rate_after(rate) == 5  # decisive
    assert library.rate_after(rate - 10) == rate - 10


@pytest.mark.claim("sample.fix-latency.both-options")
@needs_functions
@over_ip4
def test_fix_latency_issue_sets_both_options(stream_pair):
    client, _ = stream_pair
    client.setsockopt(IPPROTO_TCP, TCP_QUICKACK, 0)

    assert functions().fix_latency_issue(client.fileno()) == 0  # decisive

    assert client.getsockopt(IPPROTO_TCP, TCP_NODELAY) == 1
    assert client.getsockopt(IPPROTO_TCP, TCP_QUICKACK) == 1


def reset(peers, family):
    """A client whose connection has been reset, which it has not been told yet."""
    client, server = peers.pair(family)
    server.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))
    server.close()
    ready(client, POLLERR)
    return client


@pytest.mark.claim("sample.debug-socket-state.takes-the-error")
@needs_functions
@over_ip4
def test_debug_socket_state_takes_the_error_and_leaves_an_end(peers, family):
    client, library = reset(peers, family), functions()

    with telling(library) as said:
        library.debug_socket_state(client.fileno())  # decisive
        assert "error Connection reset by peer" in said()

    assert client.recv(100) == b""


@pytest.mark.claim("sample.debug-socket-state.takes-the-error")
@needs_functions
@over_ip4
def test_error_is_told_to_who_reads_when_nobody_has_asked_before(peers, family):
    client, _ = peers.pair(family)
    client = reset(peers, family)  # decisive

    with fails(ECONNRESET):
        client.recv(100, MSG_DONTWAIT)
