from __future__ import annotations

from dataclasses import replace

import pytest

from reports import places
from reports.diagnosis import words
from reports.diagnosis.dictionary import Fault, made
from reports.diagnosis.of_results import NARROW, of_results
from reports.grouping import groups, symptom
from reports.record import Check, Source, Trace
from tests.reports.samples import call, claim, instance, results


def failed(name: str, expected: str, observed: str, *, calls: int = 3, **changes):
    trace = Trace(("client",), tuple(call("client", at, f"send({at})", "1") for at in range(calls)))
    made = instance("deviates", checks=(Check(expected, observed, False),), trace=trace, **changes)
    return replace(made, claim=name, id=f"conformance/{name}.py::test[{changes.get('family', '')}{observed}]")


def bits(places: range) -> int:
    return sum(1 << at for at in places)


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


def test_a_call_with_its_error_is_what_claims_have_in_common_whatever_they_expected():
    wanted = ("client.recv(9) succeeds", "idle-one.recv(1, MSG_PEEK) fails with EAGAIN", "return recv(2) gives b''")
    ran = [failed(f"a.b.c{at}", expected, "EIO") for at, expected in enumerate(wanted)]
    other = failed("a.b.other", "client.setsockopt(SOL_SOCKET, SO_LINGER, 1) succeeds", "EIO")

    first, second = of(*ran, other)

    assert (first.symptom, len(first.members)) == ("recv() fails with EIO", 3)
    assert (second.symptom, symptom(other)) == ("", "setsockopt(SOL_SOCKET, SO_LINGER) fails with EIO")


def test_what_most_have_in_common_is_told_where_no_cause_is_known():
    ran = tuple(failed(f"a.b.c{at}", "client.recv(9) succeeds", "EIO") for at in range(4))
    told = of_results(results(instances=ran), made({"other": "a.b.other"}, []))

    assert words.suspected(told) == "4 of 4 claims fail alike: recv() fails with EIO."
    assert words.headline(told).startswith(
        "Nothing in the dictionary of faults fits what fell. 4 of 4 claims fail alike: "
    )


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


def test_what_comes_by_a_lone_cause_is_a_group_of_its_own():
    """It is known of none of it that it falls under the fault, and of nothing that fell that it stands."""
    ran = [failed(f"a.b.c{at}", "client.recv(1) gives b'x'", "b''") for at in range(9)]
    others = {f"conformance/other.py::test_{at}": "a.b.other" for at in range(NARROW)}
    wide = Fault("fault", "It fails.", "tcp(7)", ("a.b.c0",), bits(range(5)), bits(range(5, 9 + NARROW)))
    known = made({each.id: each.claim for each in ran} | others, [wide])

    first, second = of_results(results(instances=tuple(ran)), known).groups

    assert (first.is_certain, len(first.members)) == (True, 5)
    assert (second.is_certain, len(second.members)) == (False, 4)
    assert second.cause is not None
    assert second.cause.fault.id == "fault"


@pytest.mark.parametrize(
    ("observed", "first"), [("ENOTSOCK", 1), ("no error, it gave 0", 2), ("EPERM", 0), ("EINVAL", 0)]
)
def test_of_faults_that_fall_alike_the_one_is_named_that_was_seen(observed, first):
    words = ("It is told as EINVAL.", "It is told as ENOTSOCK.", "It succeeds.")
    ran = failed("a.b.c", "client.recv(1) fails with EBADF", observed)
    alike = [Fault(f"fault{at}", text, "tcp(7)", ("a.b.c",), 1) for at, text in enumerate(words)]

    found = of_results(results(instances=(ran,)), made({ran.id: ran.claim}, alike)).diagnosis

    assert found is not None
    assert found.causes[0].fault.deviation == words[first]
    assert len(found.causes[0].fault.names) == 3


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
