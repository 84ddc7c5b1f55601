"""Every scenario of the suite is seen to fail, and the tool that sees it is seen to notice one that cannot."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.controls import PROJECT, check, main, marked_lines, sampled, scenarios_of, statement_at, variant

CLAIM = """
[[claim]]
id        = "{id}"
says      = "A sentence."
level     = "documented"
authority = "manual"
sources   = [{{ document = "socket(7)", section = "DESCRIPTION" }}]
"""
HEAD = """
import socket
import pytest
from fixtures.stage.families import over_streams, over_ip
"""


@pytest.fixture
def suite(tmp_path):
    """Makes a project with these scenarios, each of a claim of its own, and gives what the controls say of it."""

    def made(*functions, sample=None):
        folder = tmp_path / "project" / "conformance" / "it"
        folder.mkdir(parents=True)
        (tmp_path / "project" / "pyproject.toml").write_text((PROJECT / "pyproject.toml").read_text("utf-8"), "utf-8")
        (folder.parent / "__init__.py").write_text("")
        marks = [f'\n\n@pytest.mark.claim("it.n.n{number}")\n{text}' for number, text in enumerate(functions)]
        (folder / "test_it.py").write_text(HEAD + "".join(marks), "utf-8")
        (folder / "claims.toml").write_text("".join(CLAIM.format(id=f"it.n.n{n}") for n in range(len(functions))))
        return check(project=tmp_path / "project", workers=1, sample=sample)

    return made


GOOD = """
@over_streams
def test_good(stream_pair):
    client, server = stream_pair

    client.send(b"x")  # decisive

    server.setblocking(False)
    assert server.recv(1) == b"x"
"""
DEAF = """
@over_ip
def test_deaf(stream_pair):
    client, server = stream_pair

    client.send(b"x")  # decisive

    assert server.fileno() >= 0
"""
HALF_DEAF = """
def test_half_deaf():
    values = []

    values.append(1)  # decisive
    values.append(
        2,
    )  # decisive

    assert values[0] == 1
"""
BROKEN = """
def test_broken():
    value = 1  # decisive

    assert value == 1
"""
UNMARKED = """
def test_unmarked():
    assert True
"""
LONG = """
@pytest.mark.long
def test_long():
    seen = [1]
    seen.append(2)  # decisive
    assert seen == [1, 2]
"""


def test_each_kind_of_scenario_is_told_apart(suite):
    report = suite(GOOD, DEAF, HALF_DEAF, BROKEN, UNMARKED, LONG)
    assert {problem.partition(": ")[2] for problem in report.problems} == {
        "test_unmarked marks no statement as decisive",
        "test_deaf, without its decisive `client.send(b'x')`, still conforms [ip4]",
        "test_deaf, without its decisive `client.send(b'x')`, still conforms [ip6]",
        "test_half_deaf, without its decisive `values.append(2)`, still conforms",
        "test_broken, without its decisive `value = 1`, is harness-error",
    }
    assert report.turned == 4  # three families of the good one, and the first mark of the half deaf one
    assert [name.partition(": ")[2] for name in report.left_out] == ["test_long"]
    assert "5 problems" in str(report)


SLOW = """
def test_slow():
    from pathlib import Path
    from fixtures.evidence.verdicts import HarnessError

    first = Path(__file__).with_suffix(".seen")
    seen = [1]
    if not first.exists():
        first.touch()
        raise HarnessError("a machine under load")

    seen.append(2)  # decisive

    assert seen == [1, 2]
"""


def test_what_did_not_turn_is_tried_once_more(suite):
    report = suite(SLOW)
    assert (report.problems, report.turned) == ([], 1)


def test_a_sample_has_so_many_scenarios(suite):
    report = suite(BROKEN, BROKEN.replace("broken", "other"), BROKEN.replace("broken", "third"), sample=2)
    assert len(report.problems) == 2


def test_a_sample_is_the_same_for_the_same_seed():
    places = [str(number) for number in range(100)]
    assert sampled(places, 5, "one") == sampled(places, 5, "one") != sampled(places, 5, "other")
    assert sampled(places, None, "one") == sampled(places, 100, "one") == set(places)


def test_every_scenario_marks_a_statement():
    found, stray = [], []
    for path in sorted((PROJECT / "conformance").rglob("test_*.py")):
        scenarios, without = scenarios_of(path.read_text("utf-8"), path.relative_to(PROJECT))
        found += scenarios
        stray += without
    assert len(found) > 1000
    assert ([each.place() for each in found if not each.decisive], stray) == ([], [])


def test_lines_stay_where_they_are():
    text = HEAD + GOOD + DEAF
    (good, deaf), stray = scenarios_of(text, Path("test_it.py"))
    changed = variant(text, [(deaf, deaf.decisive[0])]).splitlines()
    assert stray == []
    assert len(changed) == len(text.splitlines())
    assert changed[deaf.decisive[0].lineno - 1] == "    pass"
    assert changed[deaf.line - 1] == "def test_deaf(stream_pair):"
    assert "test_good" not in "".join(changed)
    assert good.name == "test_good"


def test_a_mark_stands_for_the_whole_statement_that_ends_there():
    text = "def test_it():\n    with x:\n        call(\n            1,\n        )  # decisive\n"
    ((scenario,), _) = scenarios_of(text, Path("test_it.py"))
    assert variant(text, [(scenario, scenario.decisive[0])]) == "def test_it():\n    with x:\n        pass\n\n\n"


def test_a_mark_on_the_head_of_a_block_stands_for_the_block():
    text = "def test_it():\n    with x:  # decisive\n        call()\n    other()\n"
    ((scenario,), _) = scenarios_of(text, Path("test_it.py"))
    assert variant(text, [(scenario, scenario.decisive[0])]) == "def test_it():\n    pass\n\n    other()\n"


def test_a_mark_outside_of_the_scenarios_is_told():
    assert scenarios_of("x = 1  # decisive\n", Path("t.py"))[1] == ["t.py:1: the mark stands in no scenario"]


def test_a_mark_is_a_comment_and_not_a_text():
    assert list(marked_lines('x = "# decisive"\ny = 1  # decisive: because\nz = 1  # not decisive\n')) == [2]


def test_the_innermost_statement_is_found():
    import ast

    body = ast.parse("def f():\n    if x:\n        y()\n").body
    assert ast.unparse(statement_at(body, 3)) == "y()"


def test_a_topic_that_does_not_exist_is_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["no-such-topic"])
    assert ended.value.code == 2
    assert "no topic is called 'no-such-topic'; the topics are " in capsys.readouterr().err


WHOLE = "SOCKPROOF_ALL_CONTROLS"
"""Environment variable with which the controls of all scenarios run here, for minutes; a sample of them otherwise."""
SAMPLE = "40"


def test_every_scenario_is_seen_to_fail():
    chosen = [] if os.environ.get(WHOLE) else ["--sample", SAMPLE]
    ran = subprocess.run(
        [sys.executable, "-m", "tests.controls", *chosen], cwd=PROJECT, capture_output=True, text=True
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
