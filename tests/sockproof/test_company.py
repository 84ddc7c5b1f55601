"""``sockproof run`` where other plugins of pytest are installed, and with pytest's own options behind ``--``."""

from __future__ import annotations

import json
import os

import pytest

from tests.plugins import TWICE, WARNS, install

BREAKS = """
    def pytest_addoption(parser):
        parser.addoption("--breaks", action="store_true", help="an option of this plugin")

    def pytest_configure(config):
        raise RuntimeError("this plugin breaks whatever loads it")
"""
"""A plugin that cannot live with anybody."""


@pytest.fixture
def installed(command, tmp_path):
    """Installs a plugin for the command to come; gives the settings with which Python finds it."""

    def put(name, module):
        folder = install(tmp_path / "installed", name, module)
        return {"PYTHONPATH": os.pathsep.join([str(command.checkout.root), folder])}

    return put


def verdicts(command):
    """The verdicts of the run into ``there``."""
    found = json.loads((command.cwd / "there" / "results.json").read_text("utf-8"))
    return [instance["verdict"] for instance in found["instances"]]


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
@pytest.mark.parametrize("module", [WARNS, BREAKS], ids=["warns", "breaks"])
def test_what_is_installed_changes_nothing(command, installed, module, workers):
    ended = command("run", "--out=there", *workers, **installed("other", module))
    assert (ended.status, verdicts(command)) == (0, ["conforms"] * 2), ended


SURROUNDINGS = {
    "PYTEST_ADDOPTS": "--no-such-option",
    "PYTEST_PLUGINS": "no_such_module",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "PYTHONWARNINGS": "error",
    "PYTHONINSPECT": "1",
    "PYTHONTRACEMALLOC": "1",
    "PYTHONMALLOC": "debug",
    "XDG_CACHE_HOME": "",
}


@pytest.mark.parametrize("name", SURROUNDINGS)
def test_settings_for_other_tests_change_nothing(command, name):
    ended = command("run", "--out=there", "-n", "2", **{name: SURROUNDINGS[name]})
    assert (ended.status, verdicts(command)) == (0, ["conforms"] * 2), ended


def test_a_plugin_that_is_named_is_loaded(command, installed):
    ended = command("run", "--out=there", "--", "-p", "again", "--twice", **installed("again", TWICE))
    assert (ended.status, verdicts(command)) == (0, ["conforms"] * 2), ended


@pytest.mark.parametrize("option", ["--twice", "--breaks"])
def test_an_option_of_a_plugin_that_is_not_named_is_told_with_its_plugin(command, installed, option):
    installed("again", TWICE)
    ended = command("run", "--", option, **installed("breaking", BREAKS))
    plugin = "again" if option == "--twice" else "breaking"
    assert ended.status == 2
    assert f"{option} is an option of the plugin {plugin}, and no plugin is loaded unless it is named" in ended.err
    assert f"write -p {plugin} before {option}" in ended.err
    assert "Traceback" not in ended.err
    assert not list(command.cwd.iterdir())


def test_an_option_that_nobody_has_is_told_with_the_way_out(command):
    ended = command("run", "--", "--no-such-option=1")
    assert ended.status == 2
    assert "--no-such-option is no option of pytest, nor of a plugin that is installed" in ended.err


BEHIND = {
    "-x": 0, "-s": 0, "-vv": 0, "--lf": 0, "-n0": 0, "-n2": 0, "--durations=5": 0, "--junitxml=j.xml": 0,
    "-p no:cacheprovider": 0, "-k arrives": 0, "-k no_such": 1, "--collect-only": 0, "-h": 0, "--pdb": 0,
    "--deselect=x": 0, "--maxfail=1": 0, "-p no:terminal": 0, "--tb=short": 0, "-o console_output_style=count": 0,
}  # fmt: skip


@pytest.mark.parametrize("words", BEHIND)
def test_what_stands_behind_works(command, words):
    ended = command("run", "--out=there", "--", *words.split(" ", 1))
    assert ended.status == BEHIND[words], ended
    assert "ERROR" not in ended.out + ended.err
    assert "(most recent call last)" not in ended.out + ended.err
