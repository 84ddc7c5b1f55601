"""Plugins of pytest as other people install them: a module with an entry point, in a folder for PYTHONPATH."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent


def install(folder: Path, name: str, module: str) -> str:
    """Put a distribution of one module into `folder`, which pytest finds by itself; gives the folder as text."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.py").write_text(dedent(module), "utf-8")
    facts = folder / f"{name}-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", "utf-8")
    (facts / "entry_points.txt").write_text(f"[pytest11]\n{name} = {name}\n", "utf-8")
    return str(folder)


WARNS = """
    import warnings

    class Careless:
        def __del__(self):
            raise OSError("nobody hears this")

    def pytest_configure(config):
        warnings.warn(DeprecationWarning("the option of this plugin is unset"))

    def pytest_runtest_setup(item):
        warnings.warn("a plugin warns before each test")
        Careless()
"""
"""A plugin that is as untidy as some are."""

BOUNDS = """
    import signal
    import pytest

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(item):
        signal.signal(signal.SIGALRM, lambda *_: None)
        signal.setitimer(signal.ITIMER_REAL, 300)
        result = yield
        assert 0 < signal.setitimer(signal.ITIMER_REAL, 0)[0] <= 300, "somebody took the timer away"
        return result
"""
"""A plugin that bounds the time of a test, as one of the best known does."""

TWICE = """
    from _pytest.runner import runtestprotocol

    def pytest_addoption(parser):
        parser.addoption("--twice", action="store_true")

    def pytest_runtest_protocol(item, nextitem):
        if item.config.option.twice:
            for attempt in range(2):
                item._initrequest()
                for report in runtestprotocol(item, nextitem=nextitem, log=False):
                    if attempt == 0 and report.failed:
                        report.outcome = "rerun"  # as plugins that run again what failed have it
                    item.ihook.pytest_runtest_logreport(report=report)
            return True
"""
"""A plugin that runs every test twice, and lets only the second attempt count."""
