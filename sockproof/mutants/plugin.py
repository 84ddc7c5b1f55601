"""The pytest plugin that turns a run into a warm process: it collects the suite, and forked children try mutants.

The command loads it with ``-p sockproof.mutants.plugin`` into a process that has the preload library.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fixtures.run.session import SESSION, Session
from sockproof.mutants.gate import Gate
from sockproof.mutants.job import OPTION, Job
from sockproof.mutants.warm import work


class WarmSession(Session):
    """A session whose own results nobody wants."""

    shows_packets = False

    def opens_run(self) -> bool:
        """No: what is found goes into the matrix."""
        return False


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declares the option that names the job."""
    parser.getgroup("sockproof").addoption(OPTION, metavar="FILE", help="what sockproof mutants wants done")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Takes the place of the session that would write results."""
    os.dup2(2, 1)  # standard output is for the matrix
    ours = config.stash[SESSION]
    config.stash[SESSION] = WarmSession(ours.config, ours.setting, ours.worker, ours.claims)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    """Tries the mutants in place of running the scenarios."""
    if session.testsfailed:
        raise session.Interrupted("the suite could not be collected")
    job = Job.read(session.config.getoption(OPTION))
    gate = Gate(session.config.stash[SESSION].conformance)
    session.config.pluginmanager.register(gate, "sockproof-mutants-gate")
    work(job, session, gate, Path(job.journal))
    return True
