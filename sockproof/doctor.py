"""``sockproof doctor``: what this machine can decide and what not, and what would change that."""

from __future__ import annotations

import json
import platform
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from sockproof import packages, suite
from sockproof.errors import Exit, UsageError
from sockproof.targets import State, known

if TYPE_CHECKING:
    from fixtures.catalogue.loading import Scenario
    from reports.record import Capability

BY_FIXTURE = {"wire": "capture", "link": "link", "remote": "tap", "sysctl": "own-sysctls"}
"""What a scenario needs because it asks for a fixture. Without capture it still decides what the calls return."""

RUNGS = {
    "root": "every scenario gets a network namespace of its own",
    "user-namespace": "every scenario gets a network namespace of its own, inside a user namespace",
    "unknown": "not asked, because the rig cannot stand on this kernel",
    "loopback": "no namespaces: scenarios share this machine's loopback, and those that need more are skipped",
}


UNKNOWN = "unknown"
"""The rung where the rig cannot stand at all."""
WIDTH = 110
"""Columns of text."""


@dataclass(frozen=True)
class Findings:
    """What was found out about this machine."""

    capabilities: tuple[Capability, ...]
    isolation: str
    packages: tuple[packages.Package, ...]
    scenarios: tuple[Scenario, ...]
    required: tuple[str, ...] = ()
    """The capabilities that alone decide the exit status; all if empty."""
    probed: bool = True
    """Whether the probes could run."""
    fault: str | None = None
    """Why nothing can run here at all, with the remedy."""
    targets: tuple[tuple[str, State], ...] = ()
    """The kinds of target, and whether each can be used; they decide no exit status."""
    without: tuple[str, ...] = ()
    """What the rig does without on this kernel."""

    @property
    def missing(self) -> tuple[Capability, ...]:
        """The capabilities that are not available."""
        return tuple(capability for capability in self.capabilities if not capability.available)

    @property
    def undecidable(self) -> tuple[Scenario, ...]:
        """The scenarios that need a capability which is not available, and so are not or only in part decided."""
        names = {capability.name for capability in self.missing}
        return tuple(scenario for scenario in self.scenarios if names & needs_of(scenario))

    @property
    def status(self) -> Exit:
        """EXPECTED if all that counts is there."""
        counting = [item for item in self.missing if not self.required or item.name in self.required]
        suited = all(package.suits for package in self.packages)
        return Exit.EXPECTED if suited and not counting and not self.fault else Exit.UNEXPECTED

    def uses(self) -> Counter[str]:
        """How many scenarios need each capability."""
        return Counter(name for scenario in self.scenarios for name in needs_of(scenario))


def needs_of(scenario: Scenario) -> set[str]:
    """The capabilities that a scenario needs, by its marks and by its fixtures."""
    return {*scenario.needs, *(BY_FIXTURE[name] for name in scenario.arguments if name in BY_FIXTURE)}


def examine(asked: Namespace) -> int:
    """Print what this machine can decide; the exit status. Raises UsageError for a capability that nobody knows."""
    findings = find(tuple(asked.require))
    print(json.dumps(as_data(findings), indent=1) if asked.json else "\n".join(as_text(findings)))
    return findings.status


def find(required: tuple[str, ...]) -> Findings:
    """Ask the probes, which run in forked children, and the installed packages."""
    catalogue = suite.catalogue()
    from fixtures.stage.capability import SURVEYED
    from fixtures.stage.machine import loopback_fault
    from fixtures.stage.needs import examining
    from fixtures.stage.rungs import isolation

    check_names(required)
    scenarios = tuple(scenario for found in catalogue.scenarios.values() for scenario in found)
    named = (*SURVEYED, *sorted(set().union(*map(needs_of, scenarios))), *required)
    here = packages.needed(catalogue.root)
    lacks = examining.lacks()
    if fault := examining.missing(lacks):
        return Findings((), UNKNOWN, here, scenarios, required, probed=False, fault=fault.rstrip("."))
    answers = probe(tuple(dict.fromkeys(named)), here)
    rung = isolation()
    fault = loopback_fault() if rung == "loopback" else None
    without = tuple(f"{lack.sentence}; {lack.instead}" for lack in lacks)
    states = tuple(known.states())
    return Findings(answers or (), rung, here, scenarios, required, answers is not None, fault, states, without)


def probe(names: tuple[str, ...], here: Sequence[packages.Package]) -> tuple[Capability, ...] | None:
    """The answers of the probes; None where they cannot run because a package is missing."""
    from fixtures.evidence.verdicts import HarnessError
    from fixtures.stage.capability import survey

    try:
        return survey(names)
    except HarnessError:
        if all(package.suits for package in here):
            raise
        return None


def check_names(names: Sequence[str]) -> None:
    """Raises UsageError for a name that no probe knows."""
    from fixtures.evidence.verdicts import HarnessError
    from fixtures.stage.probes.table import find_probe

    for name in names:
        try:
            find_probe(name)
        except HarnessError as error:
            raise UsageError(f"--require: {error}.") from error


def machine() -> dict[str, str]:
    """The kernel, the distribution and the Python."""
    try:
        distribution = platform.freedesktop_os_release().get("PRETTY_NAME", "unknown")
    except OSError:
        distribution = "unknown: there is no os-release file"
    return {
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "distribution": distribution,
        "python": f"{platform.python_version()} ({sys.executable})",
    }


def as_data(findings: Findings) -> dict[str, Any]:
    """Everything, as plain JSON."""
    from reports.record import plain

    uses = findings.uses()
    return {
        **machine(),
        "isolation": findings.isolation,
        "capabilities": [{**plain(item), "scenarios": uses[item.name]} for item in findings.capabilities],
        "targets": [{"name": name, **plain(state)} for name, state in findings.targets],
        "packages": [{**plain(package), "suits": package.suits} for package in findings.packages],
        "scenarios": len(findings.scenarios),
        "undecidable": [scenario.node for scenario in findings.undecidable],
        "fault": findings.fault,
        "without": list(findings.without),
        "exit_code": int(findings.status),
    }


def as_text(findings: Findings) -> Iterator[str]:
    """The lines of the answer: the machine, the capabilities, the packages, the conclusion."""
    for label, text in (*machine().items(), ("isolation", f"{findings.isolation}: {RUNGS[findings.isolation]}")):
        yield f"{label:14}{text}"
    yield from (f"{'without':14}{sentence}" for sentence in findings.without)
    if findings.probed:
        yield ""
        yield from capability_lines(findings)
    yield ""
    yield from target_lines(findings.targets)
    yield ""
    yield from package_lines(findings.packages)
    yield ""
    yield from conclusion(findings)


def capability_lines(findings: Findings) -> Iterator[str]:
    """A table of the capabilities: how many scenarios need each, and what its probe answered."""
    uses = findings.uses()
    width = max(len(item.name) for item in findings.capabilities) + 2
    yield f"{'capability':{width}}{'scenarios':>9}  answer"
    for item in findings.capabilities:
        yield f"{item.name:{width}}{uses[item.name]:>9}  {answer(item)}"
    yield from remedy_lines(findings.missing)


def remedy_lines(missing: Sequence[Capability]) -> Iterator[str]:
    """What would make capabilities available, each remedy once."""
    for remedy in dict.fromkeys(item.remedy for item in missing if item.remedy):
        names = ", ".join(item.name for item in missing if item.remedy == remedy)
        yield from ("", f"remedy for {names}:", *wrap(remedy, WIDTH, initial_indent="  ", subsequent_indent="  "))


def answer(item: Capability) -> str:
    """What a probe said: ``yes``, or why not."""
    return "yes" if item.available else f"{item.verdict}: {item.probe}"


def target_lines(targets: Sequence[tuple[str, State]]) -> Iterator[str]:
    """A table of the targets, with the remedy for those that cannot be used; nothing where none was asked for."""
    if not targets:
        return
    width = max(len(name) for name, _ in targets) + 2
    yield f"{'target':{width}}state"
    for name, state in targets:
        yield f"{name:{width}}{'yes: ' if state.ready else 'no: '}{state.says}"
        if state.remedy:
            yield f"{'':{width}}remedy: {state.remedy}"


def package_lines(found: Sequence[packages.Package]) -> Iterator[str]:
    """A table of the packages, with the remedy for those that do not suit."""
    width = max(len(package.name) for package in found) + 2
    yield f"{'package':{width}}{'needed':>9}  installed"
    for package in found:
        yield f"{package.name:{width}}{'>=' + package.wanted:>9}  {package.version or 'no'}"
        if not package.suits:
            yield f"{'':{width + 11}}remedy: {sys.executable} -m pip install '{package.requirement}'"


def conclusion(findings: Findings) -> Iterator[str]:
    """What all that amounts to."""
    unsuited = [package.name for package in findings.packages if not package.suits]
    if unsuited:
        yield f"The suite cannot run before this is installed or newer: {', '.join(unsuited)}."
    if findings.fault:
        yield f"The suite cannot run here: {findings.fault}."
    if not findings.probed and findings.isolation != UNKNOWN:
        yield "The probes need it too and were not run, so nothing is known of what the kernel permits."
    if findings.missing:
        names = ", ".join(item.name for item in findings.missing)
        share = f"{len(findings.undecidable)} of {len(findings.scenarios)}"
        yield f"Not available here: {names}. Scenarios that need one of these: {share}."
    if not unsuited and not findings.missing and not findings.fault:
        yield f"Everything can be decided here. Scenarios: {len(findings.scenarios)}."
