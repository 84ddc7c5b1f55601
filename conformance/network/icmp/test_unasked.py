"""Messages of ICMP that no socket has asked for, and errors of an unknown type (RFC 1122 3.2.2, RFC 4443 2.4)."""

from datetime import UTC, datetime, timedelta
from socket import SOCK_DGRAM

import pytest

from conformance.network.icmp.errors import from_queue, receives_errors
from conformance.network.path_mtu.paths import network_of
from fixtures.stage.families import ip4, ip6, over, over_ip, over_ip4

PROTOCOL = {ip4: "ICMP", ip6: "ICMPv6"}
ECHO = {ip4: 8, ip6: 128}
STAMP = 0x0001_0002
"""Identifier and number of a request."""
SENT = 123_456
"""Milliseconds after midnight at which the request says to be sent."""
QUARTER = timedelta(minutes=15)
"""What a clock may be wrong by (RFC 1122 3.2.2.8)."""
UNKNOWN_ERROR = 100
"""A type for experiments with errors (RFC 4443 2.1)."""


@pytest.fixture(autouse=True)
def answering(remote, sysctl):
    """Echo requests are answered, and messages are not limited, which the machine is as a whole."""
    settings = {
        ip4: {"net.ipv4.icmp_echo_ignore_all": 0, "net.ipv4.icmp_ratemask": 0},
        ip6: {"net.ipv6.icmp.echo_ignore_all": 0, "net.ipv6.icmp.ratemask": 0},
    }
    for name, value in settings[remote.family].items():
        sysctl(name, value)


def ask(remote, kind):
    """Sends a message of that type with a number and some data, and gives it."""
    return remote.send(f"{PROTOCOL[remote.family]} type {kind} code 0", about=b"anything", information=STAMP)


@pytest.mark.claim("icmp.received.unknown-discarded")
@pytest.mark.parametrize(("old", "new"), [(15, 200), (17, 201), (44, 254)], ids=["first", "second", "third"])
@over_ip
def test_message_of_an_unknown_type_is_not_answered(remote, old, new):
    asked = ask(remote, old if remote.family is ip4 else new)  # decisive

    remote.came(asked)
    remote.expect_none(PROTOCOL[remote.family])
    ask(remote, ECHO[remote.family])
    remote.expect(PROTOCOL[remote.family])


@pytest.mark.claim("icmp.timestamp.answered")
@over_ip4
def test_request_for_a_time_stamp_is_answered(remote):
    times = SENT.to_bytes(4, "big") + bytes(8)
    before = datetime.now(UTC)

    remote.send("ICMP type 13 code 0", about=times, information=STAMP)  # decisive

    answer = network_of(remote.expect("ICMP type 14"))
    body = bytes(answer.payload)[4:]
    assert (answer.src, body[:4], body[4:8]) == (remote.near_host, STAMP.to_bytes(4, "big"), times[:4])
    midnight = before.replace(hour=0, minute=0, second=0, microsecond=0)
    received, sent = (int.from_bytes(body[at : at + 4], "big") for at in (8, 12))
    assert received == sent
    apart = (midnight + timedelta(milliseconds=received) - before) % timedelta(days=1)
    assert min(apart, timedelta(days=1) - apart) < QUARTER


@pytest.mark.claim("icmp.udp.unknown-error-told")
@over(ip6)
def test_error_of_an_unknown_type_is_told(remote):
    sender = remote.peers.socket("sender", remote.family.domain, SOCK_DGRAM)
    receives_errors(sender, ip6)
    sender.connect(remote.address)
    remote.towards(sender)
    sender.send(b"lost")
    lost = remote.expect("UDP (4)")

    remote.send(f"ICMPv6 type {UNKNOWN_ERROR} code 0", about=lost)  # decisive

    _, words, _ = from_queue(sender, ip6)
    assert (words.type, words.code) == (UNKNOWN_ERROR, 0)
