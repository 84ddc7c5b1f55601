"""What the terminal says of a red run: all that one needs, in bounds, at every width."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from reports.diagnosis.of_results import of_results
from reports.record import Check, Trace
from reports.terminal import MOST, MOST_OF_A_GROUP, Paper, block, commands, page
from tests.reports.samples import INJECTION, RESET, claim, green, instance, results, run


def red(number: int, *, instances: int = 3):
    checks = (Check("client > server RST", "client > server FIN " * 30, False, "wire", "10 s"),)
    made = instance("deviates", checks=checks, trace=RESET)
    ran = (
        replace(made, claim=f"a.b.c{at}", id=f"conformance/t.py::test_{at}[{twin}]", parameters={"n": str(twin)})
        for at in range(number)
        for twin in range(instances)
    )
    claims = tuple(claim(f"a.b.c{at}", says="It holds. " * 30) for at in range(number))
    began = replace(run(), arguments=("run", "x", "--target", "gvisor", "-n", "2"))
    return results(instances=tuple(ran), claims=claims, run=began)


def told(found, **options):
    return page(found, of_results(found), **options)


def test_a_group_has_what_one_needs_to_act():
    text = "\n".join(told(red(1), folder="out/r1"))

    for wanted in (
        "1 claim (3 instances) unexpected, in 1 group.",
        "1/1 a.b.c0: deviates",
        "source    RFC 9293 3.10.5; socket(7) SO_LINGER",
        "expected  client > server RST (within 10 s)",
        "observed  on the wire: client > server FIN",
        "packets   ",
        "RST ACK 1:1(0) ack 1 win 512",
        "instances 3: n=0|1|2",
        "more      sockproof show a.b.c0 --results out/r1",
        "again     sockproof run a.b.c0 --target gvisor",
        "known?    sockproof deviations update out/r1",
    ):
        assert wanted in text, wanted


@pytest.mark.parametrize("number", [1, 3, 9, 40, 1000])
def test_a_run_has_at_most_two_hundred_lines_and_says_what_is_left(number):
    lines = told(red(number, instances=1))

    assert len(lines) <= MOST
    shown = sum(bool(re.match(r"(\d+/\d+ )?a\.b\.c\d+: deviates", line)) for line in lines)
    left = sum(int(line.split()[0]) for line in lines if "in the report" in line)
    assert shown + left == number


@pytest.mark.parametrize("width", [1, 40, 80, 300])
def test_a_group_fits_its_lines_at_every_width(width):
    found = red(12)
    blocks = [block(found, group, "1/1", Paper(width, "r")) for group in of_results(found).groups]
    lines = [line for each in blocks for line in each]

    assert max(map(len, blocks)) <= MOST_OF_A_GROUP
    longest = max(len(line) for line in lines if "sockproof " not in line)
    assert longest <= max(width, 32)
    for at, each in enumerate(blocks):
        commands = [line.split()[-6:] for line in each if "sockproof " in line]
        assert [words[words.index("sockproof") + 1] for words in commands] == ["show", "run", "deviations"], at


def test_narrow_paper_keeps_what_one_has_to_do_and_leaves_out_the_others():
    checks = (Check("expected " * 90, "observed " * 90, False),)
    made = instance("deviates", checks=checks, trace=RESET, parameters={"some": "value " * 40})
    (group,) = of_results(results(instances=(made,), claims=(claim(says="says " * 90),))).groups
    lines = block(results(), group, "1/1", Paper(40, "r"))

    assert len(lines) <= MOST_OF_A_GROUP
    assert lines[-1].strip() == "sockproof deviations update r"


def test_what_is_too_long_keeps_what_should_have_come():
    lines = [*Paper(80, "r").wrapped(f"{'connect of -1, ' * 40} fails with EBADF", "expected", lines=3, ending=True)]

    assert len(lines) == 3
    assert lines[-1].endswith("fails with EBADF")
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("width", [20, 40])
def test_narrow_paper_shows_events_without_their_times(width):
    text = "\n".join(told(red(1), width=width))

    assert "client > server" in text
    assert not re.search(r"\+\d+ µs", text)


def test_ids_are_never_parted():
    names = [f"a.b.claim-with-a-long-name-that-goes-on-{at}" for at in range(7)]
    text = "\n".join(Paper(80, "r").wrapped(", ".join(names), lines=9))

    assert all(name in text for name in names)


def test_the_id_of_a_group_is_never_cut():
    found, name = red(1, instances=1), "a.b.claim-with-a-name-that-is-wider-than-the-paper-is"
    long = replace(found, claims=(claim(name),), instances=(replace(found.instances[0], claim=name),))

    assert f"{name}:" in told(long, width=40)


def test_skips_are_grouped_with_their_remedy():
    ran = tuple(instance("not-permitted", reason="needs capture: EPERM", remedy="Run as root.") for _ in range(30))

    assert told(results(instances=ran)) == ["  skipped   30 not-permitted: needs capture: EPERM; remedy: Run as root."]


def test_a_green_run_says_nothing():
    assert told(green()) == []


def test_hostile_text_cannot_write_to_the_terminal():
    checks = (Check("\x1b[31mred\x1b]0;title\x07", "\x9b2J \u202egone", False),)
    ran = instance("deviates", reason="\x1b[2J\x00gone\r\x07", trace=Trace(), checks=checks)

    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", "\n".join(told(results(instances=(ran,)))))


def test_github_gets_an_error_for_each_group_and_no_more_than_it_shows():
    found = red(30, instances=1)
    lines = list(commands(found, of_results(found).groups))

    assert len(lines) == 10
    assert lines[0].startswith("::error title=a.b.c0 deviates::It holds. ")
    assert "%0A" in lines[0]
    assert "\n" not in lines[0]


def test_a_title_cannot_end_early():
    found = results(instances=(instance("deviates", name=f"a,b::c {INJECTION}\n%"),))
    (line,) = commands(found, of_results(found).groups)

    assert line[2:].partition("::")[0].startswith("error title=a%2Cb%3A%3Ac <script>")
