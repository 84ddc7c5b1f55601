"""Wire mutants: nftables rules inside the namespace of a scenario.

The catalogue gives the rule and its hook. ``output`` is where a segment leaves the stack, before the device and
so before a capture on it; ``input`` is where one has arrived, ``prerouting``
where nobody has looked at its addresses yet; ``egress`` is where the device takes a packet,
which is the place to lose or double a datagram without the sender being told. Every rule has a counter: what it
counted is the proof that the mutant was active.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sockproof.mutants.catalogue import Mutant

TABLE = "sockproof_mutant"

_COUNTED = re.compile(r"\bcounter packets (\d+)")


def ruleset(mutant: Mutant, devices: Iterable[str]) -> str:
    """Text for ``nft -f -`` that puts the mutant in place, on each of `devices` where it sits at one."""
    if mutant.hook != "egress":
        return _table("inet", f"type filter hook {mutant.hook} priority 0", mutant.argument, "everywhere")
    return "".join(
        _table("netdev", f"type filter hook egress device {device} priority 0", rule, f"at_{device}")
        for device in devices
        for rule in [mutant.argument.replace("{device}", device)]
    )


def listing() -> str:
    """Text for ``nft -f -`` that prints the tables with their counters."""
    return "list ruleset\n"


def packets(listed: str) -> int:
    """How many packets the rules matched, from the text that listing() gave."""
    return sum(map(int, _COUNTED.findall(listed)))


def _table(family: str, hook: str, rule: str, chain: str) -> str:
    return f"table {family} {TABLE} {{ chain {chain} {{ {hook}; {rule}; }}; }}\n"
