"""Commands that the documentation and the help pages tell of: they can be given, and those that only read are given."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sockproof.command import COMMANDS, parse
from sockproof.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
SPAN = re.compile(r"(?<!`)`(sockproof [^`]+)`(?!`)")
BLOCK = re.compile(r"```\w*\n(.*?)```", re.DOTALL)
LINE = re.compile(r"^(?:\$ )?(sockproof .*(?:\n {8,}\S.*)*)", re.MULTILINE)
INDENTED = re.compile(r"^ {4}(?:\$ )?(sockproof .*)$", re.MULTILINE)
READING = ("list", "show", "standards", "documents", "doctor")


def commands(text: str) -> Iterator[str]:
    """The commands of a page, in its sentences and in its blocks."""
    yield from SPAN.findall(re.sub(r"\s*\n\s*", " ", text))
    for block in (*BLOCK.findall(text), *(line for line in INDENTED.findall(text))):
        yield from LINE.findall(block)


def told() -> dict[str, list[str]]:
    """Every command that is told of, as words, by where it stands."""
    found = [(path.name, line) for path in PAGES for line in commands(path.read_text("utf-8"))]
    found += [(f"{name} --help", line) for name, each in COMMANDS.items() for line, _ in each.examples]
    return {f"{place}: {' '.join(line.split())}": shlex.split(line, comments=True)[1:] for place, line in found}


TOLD = told()
SHAPES = {name: words for name, words in TOLD.items() if "[" in " ".join(words) or words[-1:] == ["..."]}
"""Those that are the shape of a command and none themselves."""
MENTIONED = {name: words for name, words in TOLD.items() if len(words) == 1}
WHOLE = {name: words for name, words in TOLD.items() if name not in SHAPES | MENTIONED}
GIVEN = {
    tuple(words): name
    for name, words in WHOLE.items()
    if words[0] in READING and not {"--results", "ID", "RESULTS"} & set(words)
}
SELECTED = {
    (one,): name
    for name, words in WHOLE.items()
    if words[0] == "run"
    for one in parse(words)[1].selection
    if "/" not in one
}


def test_pages_tell_of_commands():
    assert len(GIVEN) >= 12
    assert len(SELECTED) >= 4
    assert len(TOLD) >= 90


@pytest.mark.parametrize("words", [*MENTIONED.values(), *SHAPES.values()], ids=[*MENTIONED, *SHAPES])
def test_commands_that_are_named_exist_and_have_the_options_that_are_named(words):
    if words[0] in ("--version", "--help"):
        return
    known = COMMANDS[words[0]].parser(words[0])._option_string_actions

    named = re.findall(r"(?<![\w-])--?[a-z][\w-]*", " ".join(words[1:]).partition("-- ")[0])

    assert [option for option in named if option not in known] == []


@pytest.mark.parametrize("words", WHOLE.values(), ids=WHOLE)
def test_commands_can_be_given(words):
    try:
        parse(words)
    except UsageError as error:
        pytest.fail(str(error))


@pytest.mark.parametrize("words", GIVEN, ids=GIVEN.values())
def test_commands_that_only_read_answer(words, tmp_path):
    ended = given(words, tmp_path)

    assert ended.returncode in ((0, 1) if words[0] == "doctor" else (0,)), ended.stderr
    assert ended.stdout.strip()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("words", SELECTED, ids=SELECTED.values())
def test_selections_of_a_run_name_claims(words, tmp_path):
    ended = given(("list", *words), tmp_path)

    assert ended.returncode == 0, ended.stderr


def given(words: tuple[str, ...], folder: Path) -> subprocess.CompletedProcess[str]:
    """What came of a command with these arguments, of this checkout, in an empty folder."""
    command = [sys.executable, "-c", PROGRAM, str(ROOT), *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)


PROGRAM = """
import sys
sys.path[0] = sys.argv.pop(1)
from sockproof.__main__ import main
sys.exit(main())
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Say `sockproof list\n--json` twice.", ["sockproof list --json"]),
        ("    sockproof show ID   # one\n\n    $ sockproof list\n", ["sockproof show ID   # one", "sockproof list"]),
        ("```text\nsockproof run [-x]\n          [--out DIR]\n```", ["sockproof run [-x]\n          [--out DIR]"]),
    ],
)
def test_commands_are_found_in_sentences_and_blocks(text, found):
    assert list(commands(text)) == found
