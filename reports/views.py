"""What report.html shows, sorted for its template: topics, their claims, the instances of each."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from reports import naming, summary
from reports.environment import in_words
from reports.grouping import Group, Member
from reports.record import DECIDED, Area, Claim, Instance, Results
from reports.texts import Anchors, duration, first_line, moment

SEEN_FIRST = ("target", "kernel", "isolation", "made by", "preloaded", "confined by", "started", "took")
"""Facts that stand at the top of the page; the others unfold."""
REASONS_SHOWN = 8
"""Reasons for which instances were not decided that stand on the page as it opens; the others unfold."""
DRAWN = 40
"""Cards whose evidence stands in the page as it comes."""
UNKNOWN_TOPIC = "without a claim"


@dataclass(frozen=True)
class InstanceView:
    """One instance, its anchor in the page, and whether its evidence stands in the first section."""

    anchor: str
    instance: Instance
    above: bool

    @property
    def name(self) -> str:
        """The parameters with their names, or the scenario's name where it has none."""
        return naming.name(self.instance)

    @property
    def values(self) -> str:
        """The parameters without their names."""
        return naming.values(self.instance)


@dataclass(frozen=True)
class ClaimView:
    """One claim with its instances and the verdict that they amount to."""

    anchor: str
    claim: Claim
    verdict: str
    instances: tuple[InstanceView, ...]
    folded: bool = False
    """Whether its evidence is in the page as data, to be drawn when it is asked for."""

    @property
    def foreseen(self) -> bool:
        """Whether it deviates and each deviating instance is in the target's deviation record."""
        failed = [view.instance for view in self.instances if view.instance.verdict == self.verdict]
        return bool(failed) and all(instance.expected for instance in failed)

    @property
    def scenarios(self) -> dict[str, list[InstanceView]]:
        """The instances by the scenario to which they belong."""
        found: dict[str, list[InstanceView]] = {}
        for view in self.instances:
            found.setdefault(view.instance.scenario, []).append(view)
        return found


@dataclass(frozen=True)
class MemberView:
    """A claim of a group: its view, and the views of its instances that failed, the plainest first."""

    claim: ClaimView
    instances: tuple[InstanceView, ...]

    @property
    def parameters(self) -> str:
        """The names of the parameters, where all of its instances have the same; empty otherwise."""
        return naming.common(view.instance for view in self.instances)


@dataclass(frozen=True)
class GroupView:
    """Failures that share a cause, as a card: the root with its evidence, the other claims beneath."""

    anchor: str
    group: Group
    members: tuple[MemberView, ...]
    folded: bool = False
    """Whether its evidence is in the page as data, to be drawn when it is asked for."""

    @property
    def root(self) -> MemberView:
        """The claim whose evidence is shown."""
        return self.members[0]

    @property
    def shown(self) -> InstanceView:
        """The instance whose evidence is shown."""
        return self.root.instances[0]


@dataclass(frozen=True)
class TopicView:
    """One topic with its claims."""

    anchor: str
    name: str
    claims: tuple[ClaimView, ...]
    opens: Area | None = None
    """The area that begins with this topic; None within one, or in none."""

    @property
    def counts(self) -> list[tuple[str, int]]:
        """Its claims by verdict, those that occur, the weightiest first."""
        return counted(view.verdict for view in self.claims)


@dataclass(frozen=True)
class Undecided:
    """A reason for which instances have no answer about the kernel, and how many."""

    verdict: str
    reason: str
    remedy: str
    number: int


def counted(verdicts: Iterable[str]) -> list[tuple[str, int]]:
    """How often each verdict occurs, the weightiest first."""
    seen = Counter(verdicts)
    return [(verdict, seen[verdict]) for verdict in (*summary.WEIGHT, summary.NOT_RUN) if seen[verdict]]


def topics(
    results: Results, above: frozenset[str] = frozenset(), in_sight: Container[str] | None = None
) -> tuple[TopicView, ...]:
    """The topics in the order of the catalogue, with everything in them.

    `above` are the ids of the instances whose evidence stands in the first section, `in_sight` those of the claims
    whose evidence is not folded away; None where none is.
    """
    anchors, known = Anchors(), {claim.id: claim for claim in results.claims}
    views = {id(instance): InstanceView(anchors.name(permanent(instance.id)), instance, instance.id in above)
             for instance in results.instances}  # fmt: skip
    found: dict[str, list[ClaimView]] = {}
    for name, instances in summary.instances_by_claim(results).items():
        claim = known.get(name) or _stand_in(name)
        shown = tuple(views[id(instance)] for instance in instances)
        is_folded = bool(shown) and in_sight is not None and name not in in_sight
        found.setdefault(claim.topic, []).append(
            ClaimView(anchors.name(_free(name)), claim, summary.combined(instances), shown, is_folded)
        )
    by_topic = [TopicView(anchors.name(f"topic-{name}"), name, tuple(claims)) for name, claims in found.items()]
    return tuple(_under_areas(by_topic, results.areas))


def permanent(name: str) -> str:
    """The anchor of an instance, which is the same in every run that has it."""
    return f"i-{zlib.crc32(name.encode('utf-8', 'backslashreplace')):08x}"


def _under_areas(shown: Sequence[TopicView], areas: Sequence[Area]) -> Iterator[TopicView]:
    """The topics by area, in the order of the areas; those in no area stay where they are, at the end."""
    rank = {area.name: place for place, area in enumerate(areas)}
    inside: str | None = None
    for topic in sorted(shown, key=lambda topic: rank.get(topic.claims[0].claim.area, len(rank))):
        area = topic.claims[0].claim.area
        yield replace(topic, opens=areas[rank[area]] if area != inside and area in rank else None)
        inside = area


PAGES_OWN = re.compile(
    r"unexpected|undecided|differs|diagnosis|group\W.*|documents|standards|machine|claims|i-[0-9a-f]+|document\W.*|document|standard\W.*",
    re.DOTALL,
)
"""Anchors that the page gives to its own sections, to instances and to the source documents."""


def _free(name: str) -> str:
    """A claim's id, unless the page needs it for itself."""
    return f"claim-{name}" if PAGES_OWN.fullmatch(name) else name


def _stand_in(name: str) -> Claim:
    """A claim for instances whose own is not in the catalogue, as when a scenario could not be collected."""
    return Claim(name or "none", "This claim is not in the catalogue.", "", "", (), UNKNOWN_TOPIC)


def cards(shown: Sequence[TopicView], groups: Sequence[Group]) -> tuple[GroupView, ...]:
    """The groups as cards of the first section, in their order."""
    claims = {view.claim.id: view for topic in shown for view in topic.claims}
    instances = {id(view.instance): view for claim in claims.values() for view in claim.instances}
    anchors = Anchors()

    def member(each: Member) -> MemberView:
        return MemberView(claims[each.claim.id], tuple(instances[id(one)] for one in each.instances))

    return tuple(
        GroupView(anchors.name(f"group-{group.root.claim.id}"), group, tuple(map(member, group.members)), at >= DRAWN)
        for at, group in enumerate(groups)
    )


def undecided(results: Results) -> list[Undecided]:
    """Why instances were not decided, each reason once, the most frequent first."""
    reasons = Counter(
        (instance.verdict, first_line(instance.reason or summary.unexplained(instance)), instance.remedy or "")
        for instance in results.instances
        if instance.verdict not in DECIDED
    )
    return [Undecided(*reason, number) for reason, number in reasons.most_common()]


def facts(results: Results) -> list[tuple[str, str]]:
    """What a reader asks first about a run, in words; facts that are not known are left out."""
    run, target = results.run, results.target
    took = duration((run.finished - run.started) / 1e9) if run.finished else ""
    values = [
        ("target", target.name),
        ("kernel", f"{target.kernel} {target.machine}"),
        ("distribution", target.distribution),
        ("isolation", target.isolation),
        *in_words(target.environment),
        ("started", moment(run.started)),
        ("took", f"{took}, {summary.several(run.workers, 'worker')}" if took else ""),
        ("python", target.python),
        ("sockproof", run.sockproof),
        ("run", run.id),
        ("arguments", " ".join(run.arguments)),
    ]
    return [(name, value) for name, value in values if value.strip()]
