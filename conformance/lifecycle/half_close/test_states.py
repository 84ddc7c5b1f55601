"""The states of both ends and the segments between them, from the first FIN to the last ACK."""

from errno import EPIPE
from socket import MSG_NOSIGNAL, SHUT_WR

import pytest

from conformance.lifecycle.half_close.ends import narrow_pair, read_to_end
from conformance.lifecycle.linger.unsent import jammed
from fixtures.evidence.expect import fails
from fixtures.evidence.kernel_view import Ends, is_in, reaches, tcp_info
from fixtures.evidence.waiting import until
from fixtures.stage.families import over_ip, over_ip_and_mapped


@pytest.mark.claim("tcp.half-close.fin-takes-one-number")
@over_ip
def test_fin_follows_the_data_and_takes_one_number(stream_pair, wire):
    client, server = stream_pair
    client.send(b"abc")

    client.shutdown(SHUT_WR)  # decisive

    wire.expect("client > server FIN ACK *:4(*) ack 1")
    wire.expect("server > client ACK 1:1(0) ack 5")
    assert read_to_end(server) == b"abc"
    wire.never("server > client FIN")
    wire.never("* > * RST")


@pytest.mark.claim("tcp.half-close.data-after-fin-is-acknowledged")
@over_ip
def test_data_of_the_peer_is_acknowledged_after_the_fin(stream_pair, wire):
    client, server = stream_pair
    client.shutdown(SHUT_WR)  # decisive
    assert server.recv(1) == b""

    server.send(b"reply")  # decisive
    assert client.recv(100) == b"reply"
    server.shutdown(SHUT_WR)  # decisive
    assert client.recv(100) == b""

    wire.expect("client > server FIN 1:1(0) ack 1")
    wire.expect("server > client 1:6(5) ack 2")
    wire.expect("server > client FIN 6:6(0) ack 2")
    wire.expect("client > server ACK 2:2(0) ack 7")
    wire.never("* > * RST")


@pytest.mark.claim("tcp.half-close.state-before-the-fin")
@over_ip
def test_end_leaves_established_before_its_fin_can_leave(peers, family):
    (client, _), _ = jammed(peers, family)
    assert tcp_info(client).state_name == "ESTABLISHED"

    client.shutdown(SHUT_WR)  # decisive

    assert tcp_info(client).state_name == "FIN_WAIT1"


@pytest.mark.claim("tcp.half-close.states-in-order")
@pytest.mark.needs("sock_diag")
@over_ip_and_mapped
def test_ends_go_through_fin_wait_2_and_close_wait_to_time_wait_and_closed(stream_pair, sysctl):
    sysctl("net.ipv4.tcp_max_tw_buckets", 1000)  # 0 does away with TIME_WAIT
    client, server = stream_pair
    ends = Ends.of(client)

    client.shutdown(SHUT_WR)  # decisive
    reaches(ends, "FIN_WAIT2")
    is_in(ends.reversed, "CLOSE_WAIT")
    server.shutdown(SHUT_WR)  # decisive

    reaches(ends, "TIME_WAIT")
    reaches(ends.reversed, "CLOSE")


@pytest.mark.claim("tcp.half-close.states-by-tcp-info")
@over_ip_and_mapped
def test_tcp_info_tells_the_states(stream_pair):
    client, server = stream_pair
    assert (tcp_info(client).state_name, tcp_info(server).state_name) == ("ESTABLISHED", "ESTABLISHED")

    client.shutdown(SHUT_WR)  # decisive
    assert server.recv(1) == b""

    until(lambda: tcp_info(client).state_name == "FIN_WAIT2", what="client in FIN_WAIT2")
    assert tcp_info(server).state_name == "CLOSE_WAIT"


@pytest.mark.claim("tcp.half-close.fin-waits-for-the-data")
@pytest.mark.needs("sock_diag", "buffers:100000")
@over_ip
def test_fin_goes_out_only_after_all_queued_data(peers, family, wire):
    (client, server), data = narrow_pair(peers, family)
    ends = Ends.of(client)
    client.sendall(data)

    client.shutdown(SHUT_WR)  # decisive

    wire.never("client > server FIN")
    is_in(ends, "FIN_WAIT1")
    is_in(ends.reversed, "ESTABLISHED")
    assert read_to_end(server) == data
    reaches(ends, "FIN_WAIT2")
    wire.expect(f"client > server FIN *:{len(data) + 1}(*)")
    wire.expect(f"server > client ACK (0) ack {len(data) + 2}")
    wire.never("* > * RST")


@pytest.mark.claim("tcp.half-close.queued-data-arrives")
@pytest.mark.needs("buffers:100000")
@over_ip_and_mapped
def test_data_queued_before_the_half_close_arrives_whole(peers, family):
    (client, server), data = narrow_pair(peers, family)
    client.sendall(data)

    client.shutdown(SHUT_WR)  # decisive

    with fails(EPIPE):
        client.send(b"x", MSG_NOSIGNAL)
    assert read_to_end(server) == data
    server.send(b"thanks")
    assert client.recv(100) == b"thanks"


@pytest.mark.claim("tcp.half-close.last-ack")
@pytest.mark.needs("sock_diag", "buffers:100000")
@over_ip
def test_second_to_close_waits_in_last_ack(peers, family, sysctl):
    sysctl("net.ipv4.tcp_max_tw_buckets", 1000)  # 0 does away with TIME_WAIT
    (client, server), data = narrow_pair(peers, family)
    ends = Ends.of(client)
    server.shutdown(SHUT_WR)  # decisive
    reaches(ends, "CLOSE_WAIT")
    client.sendall(data)

    client.shutdown(SHUT_WR)  # decisive

    is_in(ends, "LAST_ACK")
    assert tcp_info(client).state_name == "LAST_ACK"
    assert read_to_end(server) == data
    reaches(ends, "CLOSE")
    reaches(ends.reversed, "TIME_WAIT")


@pytest.mark.claim("tcp.half-close.close-gives-up-reading")
@over_ip
def test_close_after_the_half_close_resets_what_comes_later(stream_pair, wire):
    client, server = stream_pair
    client.shutdown(SHUT_WR)
    assert server.recv(1) == b""
    server.send(b"heard")
    assert client.recv(100) == b"heard"

    client.close()  # decisive

    assert server.send(b"unheard", MSG_NOSIGNAL) == 7
    wire.expect("server > client 6:13(7)")
    wire.expect("client > server RST 2:2(0)")
    wire.never("client > server FIN 2..:*(*)")
