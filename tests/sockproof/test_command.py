"""The command line itself: help, versions, refusals, and how little it takes to start."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from sockproof import __version__
from sockproof.command import COMMANDS

SOURCE = Path(__file__).resolve().parents[2] / "sockproof" / "__main__.py"


def test_version_is_that_of_the_package(command):
    assert command("--version").out == f"sockproof {__version__}\n"


def test_overview_names_every_command(command):
    ended = command("--help")
    assert ended.status == 0
    assert all(f"\n  {name} " in ended.out for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help_with_examples(command, name):
    ended = command(name, "--help")
    assert ended.status == 0
    assert f"usage: sockproof {name} " in ended.out
    assert f"examples:\n  sockproof {name}" in ended.out


WRONG = [
    (("lst",), 'there is no command "lst"; did you mean list?'),
    (("--frobnicate",), 'there is no command "--frobnicate"'),
    (("list", "--frobnicate"), "unrecognized arguments: --frobnicate; see sockproof list --help."),
    (("list", "--", "-x"), "takes no arguments behind --"),
    (("show",), "required: ID; see sockproof show --help."),
    (("list", "pair.strem"), 'no claim is called "pair.strem"; the nearest are "pair.stream"'),
    (("show", "zzz"), 'no claim is called "zzz"; the topics are pair.'),
    (("run", "pair", "zzz"), 'no claim is called "zzz"'),
    (("run", "--target", "hots"), 'no target "hots"; did you mean "host"? Known: host ('),
    (("run", "-n", "many"), '-n "many" is no number of workers'),
    (("run", "-k", "ip4 and ("), '-k "ip4 and (" cannot be read'),
    (("run", "--sysctl", "net.core.somaxconn"), "write NAME=VALUE"),
    (("run", "--deviations", "none.toml"), "none.toml: deviation records cannot be read: No such file or directory."),
    (("run", "none/test_it.py"), "there is no test file none/test_it.py, neither here nor in"),
    (("run", "--out", "/dev/null/new"), "the results cannot go to /dev/null/new: /dev/null is not a folder"),
    (("report", "none.json"), "none.json does not exist"),
    (("doctor", "--require", "luck"), "no probe is called 'luck'"),
]


@pytest.mark.parametrize(("arguments", "sentence"), WRONG, ids=[" ".join(row[0]) or "nothing" for row in WRONG])
def test_a_wrong_request_is_refused_in_one_sentence(command, arguments, sentence):
    ended = command(*arguments)

    assert sentence in ended.complaint
    assert ended.status == 2
    assert not list(command.cwd.iterdir())


def test_options_may_stand_among_selections(command):
    assert command("list", "--json", "pair.stream.ends").out == command("list", "pair.stream.ends", "--json").out


def test_entry_is_grammar_of_python_3_6():
    ast.parse(SOURCE.read_text("utf-8"), feature_version=(3, 6))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("sys.version_info = (3, 9, 2)", "Python 3.11 or newer is needed"),
        ("sys.platform = 'darwin'", "Linux is needed, and this is darwin"),
    ],
)
def test_another_machine_is_refused_before_anything_is_imported(command, change, sentence):
    entry = (
        f"import sys; {change}; from sockproof.__main__ import main; print(main(), 'sockproof.command' in sys.modules)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", entry], cwd=command.cwd, env=command.settings(), capture_output=True, text=True
    )
    assert ended.stdout == "2 False\n"
    assert ended.stderr.startswith(f"sockproof: error: {sentence}")
    assert len(ended.stderr.splitlines()) == 1


def test_a_real_older_python_is_refused(command, older_python):
    ended = replace(command, interpreter=(older_python,))("list")
    assert ended.status == 2
    assert ended.complaint.startswith("Python 3.11 or newer is needed")


@pytest.fixture
def older_python() -> str:
    """A Python from 3.6 to 3.10 on this machine."""
    for minor in range(6, 11):
        path = subprocess.run(["which", f"python3.{minor}"], capture_output=True, text=True).stdout.strip()
        if path and subprocess.run([path, "-c", ""], capture_output=True).returncode == 0:
            return path
    pytest.skip("no Python older than 3.11 is installed here")


HEAVY = {"pytest", "scapy", "jinja2", "hypothesis", "pyroute2", "asyncio", "xdist"}


@pytest.mark.parametrize("name", ["list", "show pair.stream.ends", "doctor --help", "run --help"])
def test_nothing_heavy_is_imported_to_answer(command, name):
    ended = replace(command, interpreter=(sys.executable, "-X", "importtime"))(*name.split())
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in ended.err.splitlines()}
    assert "sockproof" in imported
    assert not imported & HEAVY


def test_a_reader_that_leaves_is_no_error(command):
    ended = subprocess.run(
        ["sh", "-c", '"$@" | true', "sh", *command.arguments("list")],
        cwd=command.cwd,
        env=command.settings(),
        capture_output=True,
        text=True,
    )
    assert ended.stderr == ""


def test_characters_that_the_terminal_lacks_are_shown_by_number(command):
    ended = command("show", "pair.stream.carries", PYTHONIOENCODING="ascii")
    assert ended.status == 0
    assert "000 \\xa712" in ended.out


def test_an_error_of_our_own_is_one_sentence_with_its_place(command, checkout):
    path = checkout.root / "sockproof" / "listing.py"
    path.write_text(
        path.read_text("utf-8").replace("    catalogue = suite.catalogue()\n", "    raise TypeError('odd')\n", 1)
    )
    ended = command("list")
    assert ended.status == 3
    assert ended.complaint.startswith("internal: TypeError: odd in sockproof.listing.list_claims; report it")


def test_a_folder_called_conformance_where_the_user_stands_is_not_taken_for_the_suite(command):
    (command.cwd / "conformance").mkdir()
    assert "2 claims, 2 scenarios" in command("list").out


def test_the_command_alone_shows_help_and_is_not_green(command):
    ended = command()

    assert "\n  diagnose " in ended.out
    assert ended.status == 2
