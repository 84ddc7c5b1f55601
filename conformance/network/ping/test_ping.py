"""Ping sockets: datagram sockets of ICMP that need no privilege but a group."""

from errno import EACCES, EADDRINUSE, EAGAIN, EINVAL
from os import getegid
from select import POLLIN
from socket import SO_REUSEADDR, SOCK_DGRAM, SOL_SOCKET

import pytest

from conformance.configuration.values.settings import unprivileged
from conformance.network.ping.echoes import (
    PROTOCOL,
    REPLY,
    REQUEST,
    UNREACHABLE,
    message,
    parts,
    permit,
    ping_socket,
)
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_ip
from fixtures.stage.users import another_user

IDENTIFIER = 4321
in_a_namespace = pytest.mark.needs("namespace")


@pytest.fixture
def permitted(namespace):
    """The group of this process may have ping sockets."""
    permit(namespace, getegid())


@pytest.mark.claim("ping.create.group-outside-the-range")
@pytest.mark.needs("namespace", "another-user")
@over_ip
def test_group_outside_the_range_gets_no_ping_socket(peers, family, namespace):
    permit(namespace, another_user())

    with fails(EACCES):
        ping_socket(peers, family)  # decisive


@pytest.mark.claim("ping.create.nobody-by-default")
@pytest.mark.usefixtures("closed_ping_range")
@in_a_namespace
@over_ip
def test_nobody_gets_a_ping_socket_by_default(peers, family):
    with fails(EACCES):
        peers.socket("end", family.domain, SOCK_DGRAM, PROTOCOL[family.name])  # decisive


@pytest.mark.claim("ping.create.needs-no-privilege")
@in_a_namespace
@over_ip
def test_group_within_the_range_needs_no_privilege(peers, family, namespace):
    permit(namespace, getegid())  # decisive

    assert unprivileged(lambda: ping_socket(peers, family).type) == SOCK_DGRAM


@pytest.mark.claim("ping.echo.answered")
@in_a_namespace
@over_ip
def test_request_is_answered_without_an_ip_header(peers, family, permitted):
    end = ping_socket(peers, family)

    end.sendto(message(REQUEST[family.name], number=7, data=b"are you there"), (family.loopback, 0))  # decisive

    ready(end, POLLIN)
    answer, sender = end.recvfrom(100)
    kind, code, _, number, data = parts(answer)
    assert (kind, code, number, data) == (REPLY[family.name], 0, 7, b"are you there")
    assert sender[:2] == (family.loopback, 0)


@pytest.mark.claim("ping.identifier.is-the-port")
@in_a_namespace
@over_ip
def test_identifier_is_the_port_whatever_the_message_has(peers, family, permitted):
    end = ping_socket(peers, family)
    end.bind((family.loopback, IDENTIFIER))  # decisive

    end.sendto(message(REQUEST[family.name], identifier=1), (family.loopback, 0))

    ready(end, POLLIN)
    assert parts(end.recv(100))[2] == IDENTIFIER == end.getsockname()[1]


@pytest.mark.claim("ping.identifier.chosen-by-the-kernel")
@in_a_namespace
@over_ip
def test_identifier_is_chosen_where_none_was_bound(peers, family, permitted):
    ends = [ping_socket(peers, family, lane) for lane in ("first", "second")]

    for end in ends:
        end.sendto(message(REQUEST[family.name]), (family.loopback, 0))  # decisive

    for end in ends:
        ready(end, POLLIN)
        assert parts(end.recv(100))[2] == end.getsockname()[1] != 0
    assert ends[0].getsockname()[1] != ends[1].getsockname()[1]


@pytest.mark.claim("ping.bind.identifier-taken")
@in_a_namespace
@over_ip
def test_identifier_of_another_socket_is_refused(peers, family, permitted):
    first, second = (ping_socket(peers, family, lane) for lane in ("first", "second"))
    first.setsockopt(SOL_SOCKET, SO_REUSEADDR, 0)  # decisive
    first.bind((family.loopback, IDENTIFIER))

    with fails(EADDRINUSE):
        second.bind((family.loopback, IDENTIFIER))  # decisive


@pytest.mark.claim("ping.bind.shared-at-first")
@in_a_namespace
@over_ip
def test_ping_sockets_share_an_identifier_unless_told_otherwise(peers, family, permitted):
    ends = [ping_socket(peers, family, lane) for lane in ("first", "second")]

    for end in ends:
        end.bind((family.loopback, IDENTIFIER))  # decisive

    assert [end.getsockname()[1] for end in ends] == [IDENTIFIER] * 2
    assert [end.getsockopt(SOL_SOCKET, SO_REUSEADDR) for end in ends] == [1, 1]


@pytest.mark.claim("ping.send.requests-alone")
@pytest.mark.parametrize("kinds", [REPLY, UNREACHABLE], ids=["reply", "unreachable"])
@in_a_namespace
@over_ip
def test_message_other_than_a_request_is_refused(peers, family, permitted, kinds):
    end = ping_socket(peers, family)

    with fails(EINVAL):
        end.sendto(message(kinds[family.name]), (family.loopback, 0))  # decisive


@pytest.mark.claim("ping.send.whole-header-needed")
@in_a_namespace
@over_ip
def test_message_shorter_than_its_header_is_refused(peers, family, permitted):
    end = ping_socket(peers, family)

    with fails(EINVAL):
        end.sendto(message(REQUEST[family.name])[:7], (family.loopback, 0))  # decisive


@pytest.mark.claim("ping.receive.replies-alone")
@in_a_namespace
@over_ip
def test_request_of_another_is_not_received(peers, family, permitted):
    watcher, end = (ping_socket(peers, family, lane) for lane in ("watcher", "end"))
    watcher.bind((family.loopback, IDENTIFIER))

    end.sendto(message(REQUEST[family.name]), (family.loopback, 0))  # decisive

    ready(end, POLLIN)
    assert parts(end.recv(100))[0] == REPLY[family.name]
    watcher.setblocking(False)
    with fails(EAGAIN):
        watcher.recv(100)


@pytest.mark.claim("ping.connect.send-needs-no-address")
@in_a_namespace
@over_ip
def test_connected_ping_socket_sends_to_its_peer(peers, family, permitted):
    end = ping_socket(peers, family)
    end.connect((family.loopback, 0))  # decisive

    end.send(message(REQUEST[family.name], data=b"peer"))

    ready(end, POLLIN)
    assert parts(end.recv(100))[4] == b"peer"
