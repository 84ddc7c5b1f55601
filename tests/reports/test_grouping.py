from __future__ import annotations

from dataclasses import replace

import pytest

from reports import places
from reports.grouping import groups, symptom
from reports.record import Check, Source, Trace
from tests.reports.samples import call, claim, instance, results


def failed(name: str, expected: str, observed: str, *, calls: int = 3, **changes):
    trace = Trace(("client",), tuple(call("client", at, f"send({at})", "1") for at in range(calls)))
    made = instance("deviates", checks=(Check(expected, observed, False),), trace=trace, **changes)
    return replace(made, claim=name, id=f"conformance/{name}.py::test[{changes.get('family', '')}{observed}]")


def of(*ran, claims=()):
    return groups(results(instances=ran, claims=tuple(claims)), None, ())


def test_the_instances_of_a_claim_are_one_group_the_plainest_first():
    long, short = failed("a.b.c", "x is 1", "2", calls=9), failed("a.b.c", "x is 1", "3", calls=2)
    (group,) = of(long, short)

    assert group.root.instances == (short, long)
    assert group.instances == 2


def test_claims_that_fail_by_the_same_error_are_one_group():
    ran = [failed(f"a.b.c{at}", f"client.send(b'{at}') succeeds", "ENOBUFS", calls=9 - at) for at in range(3)]
    (group,) = of(*ran)

    assert [member.claim.id for member in group.members] == ["a.b.c2", "a.b.c1", "a.b.c0"]


def test_two_such_claims_stay_apart():
    assert len(of(*(failed(f"a.b.c{at}", "client.send(1) succeeds", "ENOBUFS") for at in range(2)))) == 2


def test_wrong_values_say_nothing_of_a_common_cause():
    ran = [failed(f"a.b.c{at}", "client.recv(1) gives b'x'", "b''") for at in range(5)]

    assert {symptom(each) for each in ran} == {""}
    assert len(of(*ran)) == 5


def test_what_must_be_comes_before_what_was_observed():
    claims = (claim("a.b.seen", level="observed"), claim("a.b.must", level="must"))
    ran = [failed(each.id, "x is 1", "2") for each in claims]

    assert [group.root.claim.id for group in of(*ran, claims=claims)] == ["a.b.must", "a.b.seen"]


def test_what_is_recorded_is_in_no_group():
    assert of(replace(failed("a.b.c", "x is 1", "2"), expected=True)) == ()


@pytest.mark.parametrize(
    ("document", "section", "address"),
    [
        ("tcp(7)", "Socket options, TCP_CORK", "https://man7.org/linux/man-pages/man7/tcp.7.html#:~:text=TCP_CORK"),
        ("connect(2)", "ERRORS, EISCONN", "https://man7.org/linux/man-pages/man2/connect.2.html#:~:text=EISCONN"),
        ("recv(2)", "RETURN VALUE", "https://man7.org/linux/man-pages/man2/recv.2.html"),
        ("RFC 9293", "3.10.5 (MUST-12)", "https://www.rfc-editor.org/rfc/rfc9293.html#section-3.10.5"),
        ("RFC 1122", "4.2.2.17", "https://www.rfc-editor.org/rfc/rfc1122.html#section-4.2.2.17"),
        (
            "POSIX.1-2017",
            "close(), DESCRIPTION",
            "https://pubs.opengroup.org/onlinepubs/9699919799/functions/close.html",
        ),
        ("Linux Documentation/networking/ip-sysctl.rst", "x", "https://docs.kernel.org/networking/ip-sysctl.html"),
        ("Linux net/ipv4/tcp.c", "tcp_close", f"{places.KERNEL}/net/ipv4/tcp.c"),
        ("a letter", "1", None),
    ],
)
def test_a_source_has_the_address_at_which_it_can_be_read(document, section, address):
    assert places.address(Source(document, section)) == address
