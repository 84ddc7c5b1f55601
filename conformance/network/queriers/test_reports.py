"""How memberships are reported: to whom, with which headers, how often, and which never (RFC 3376, RFC 3810)."""

import pytest

from conformance.network.path_mtu.paths import network_of
from conformance.network.queriers.queries import EVERYBODY, GROUP, OTHER, PROTOCOL, all_answered, ask, member
from fixtures.stage.families import ip4, ip6, over, over_ip

ROUTERS = {ip4: "224.0.0.22", ip6: "ff02::16"}
ALERT = {ip4: bytes.fromhex("94040000"), ip6: bytes.fromhex("05020000")}
"""The Router Alert option (RFC 2113, RFC 2711)."""
INTERVAL = {
    ip4: "net.ipv4.conf.tap0.igmpv3_unsolicited_report_interval",
    ip6: "net.ipv6.conf.tap0.mldv2_unsolicited_report_interval",
}
STRANGER = "fd78::2"


def joined(remote):
    """What a report of a new member of the group looks like."""
    return f"* > {ROUTERS[remote.family]} {PROTOCOL[remote.family]} join {GROUP[remote.family]}"


@pytest.mark.claim("querier.report.headers")
@over_ip
def test_report_goes_to_routers_of_the_link_only(remote):
    member(remote, GROUP[remote.family])  # decisive

    report = network_of(remote.wire.expect(f"{joined(remote)} ttl 1"))

    assert ALERT[remote.family] in bytes(report)[: 20 + 4 if remote.family is ip4 else 40 + 8]
    assert remote.family is ip4 or report.src.startswith("fe80:") or report.src == "::"


@pytest.mark.claim("querier.report.repeated")
@pytest.mark.parametrize("times", [2, 4])
@over_ip
def test_new_membership_is_reported_as_often_as_the_router_says(remote, sysctl, times):
    sysctl(INTERVAL[remote.family], 10)
    member(remote, OTHER[remote.family])
    ask(remote, robustness=times)  # decisive
    remote.wire.expect(f"* > * {PROTOCOL[remote.family]} exclude {OTHER[remote.family]}")

    member(remote, GROUP[remote.family])

    for _ in range(times):
        remote.wire.expect(joined(remote))


@pytest.mark.claim("querier.report.all-hosts-never")
@over_ip
def test_group_of_all_hosts_is_not_reported(remote):
    member(remote, GROUP[remote.family])

    ask(remote)  # decisive

    answer = remote.wire.expect(f"* > * {PROTOCOL[remote.family]} exclude {GROUP[remote.family]}")
    assert EVERYBODY[remote.family] not in answer.words


@pytest.mark.claim("querier.stranger.ignored")
@over(ip6)
def test_question_from_beyond_the_link_is_ignored(remote):
    member(remote, GROUP[ip6], OTHER[ip6])

    ask(remote, GROUP[ip6], source=STRANGER)  # decisive

    remote.came("ICMPv6 type 130")
    all_answered(remote)
    remote.wire.never(f"* > * MLD exclude {GROUP[ip6]}")
    ask(remote, GROUP[ip6])
    remote.wire.expect(f"* > * MLD exclude {GROUP[ip6]}")
