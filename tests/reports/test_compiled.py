"""Templates are compiled once, and never taken from where somebody else could have put them."""

from __future__ import annotations

import pytest

from reports import html
from reports.compiled import Kept


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """The files that a cache of this test's own holds."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return lambda: sorted((tmp_path / "sockproof" / "templates").glob("*"))


def compiled(monkeypatch) -> bool:
    """Whether the page's template had to be compiled by an environment that has just been made."""
    html.environment.cache_clear()
    environment, asked = html.environment(), []
    monkeypatch.setattr(environment, "_compile", lambda *given: asked.append(given) or compile(*given, "exec"))
    environment.get_template("report.html")
    html.environment.cache_clear()
    return bool(asked)


def test_a_template_is_compiled_once(kept, monkeypatch):
    assert compiled(monkeypatch)
    assert [path.suffix for path in kept()] == [".jinja"]
    assert not compiled(monkeypatch)


SPOILS = {
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:100]),
    "empty": lambda path: path.write_bytes(b""),
    "of others": lambda path: path.chmod(0o622),
}


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS)
def test_what_cannot_be_trusted_is_compiled_again(kept, monkeypatch, spoil):
    compiled(monkeypatch)
    spoil(*kept())
    assert compiled(monkeypatch)
    assert not compiled(monkeypatch)


def test_another_module_of_filters_has_its_own(tmp_path):
    (tmp_path / "other.py").write_text("")
    assert Kept(html.__file__).get_cache_key("a") != Kept(str(tmp_path / "other.py")).get_cache_key("a")


def test_a_cache_that_cannot_be_kept_is_only_slower(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null")
    assert compiled(monkeypatch)
