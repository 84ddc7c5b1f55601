"""Wire mutants in place: nftables rules in every namespace of a scenario, and what they counted."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fixtures.stage.finished import finished
from fixtures.stage.namespaces import Namespace
from sockproof.mutants import MutantError, wire
from sockproof.mutants.catalogue import Mutant
from sockproof.mutants.state import STATE_VARIABLE

REMEDY = "install nftables (apt install nftables), and run as root or permit user namespaces"


@dataclass
class Rules:
    """A furnishing of every namespace: the rules of one mutant. `packets` is how many they have matched."""

    mutant: Mutant
    packets: int = 0

    @contextmanager
    def __call__(self, namespace: Namespace, interfaces: tuple[str, ...]) -> Iterator[None]:
        """The rules stand in `namespace`, and what they counted is read before it goes."""
        if not self.belongs(interfaces):
            yield
            return
        nft(wire.ruleset(self.mutant, interfaces))
        try:
            yield
        finally:
            with namespace.entered():
                self.packets += wire.packets(nft(f"list table {self.family} {wire.TABLE}\n"))

    def belongs(self, interfaces: tuple[str, ...]) -> bool:
        """Whether rules are to be added: once for each namespace, with its loopback, or at each of its devices."""
        return self.mutant.hook == "egress" or "lo" in interfaces

    @property
    def family(self) -> str:
        """The family of the table."""
        return "netdev" if self.mutant.hook == "egress" else "inet"


def nft(text: str) -> str:
    """What ``nft`` prints for these commands, in the namespace of the thread. Raises MutantError with its complaint."""
    program = shutil.which("nft", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if program is None:
        raise MutantError(f"there is no nft; {REMEDY}")
    # The rules are no part of what is tested: the program runs without the library.
    environment = {k: v for k, v in os.environ.items() if k not in ("LD_PRELOAD", STATE_VARIABLE)}
    command = [program, "-f", "-"]
    done = finished(command, given=text, environment=environment)
    if done.returncode:
        raise MutantError(f"nft refused the rule: {' '.join(done.stderr.split())[:200]}; {REMEDY}")
    return done.stdout
