"""What was paged in a simulation against what is true: caught or not, how early, how often falsely.

docs/methodology.md, "What the detectors see of simulated attacks".
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PAGE, DIGEST = "page", "digest"
HOUR = 3_600
WEEK = 7 * 86_400
# An attack may be over between two looks: what is told of it so long after its last payout is late,
# and no miss.
LATE = 86_400
# Of a group's addresses, the share that makes it the attack's.
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Told:
    """One alert about an attack, as the product stored it; unix seconds."""

    at: int
    tier: str
    reason: str
    # Market, round, entity, group or platform, and its id.
    kind: str
    subject: str
    round_id: int | None = None
    markets: tuple[str, ...] = ()
    # Requests of the vote it names, and of a group the addresses it names or is known to have.
    requests: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScoreTold:
    """An alert about one market whose P(paid out wrong) had reached the alert's level."""

    at: int
    condition: str


@dataclass(frozen=True, slots=True)
class ScoreMeasure:
    """Markets told of by their own score before they were paid, against what was paid wrong.

    Of markets that were paid from the time measured from on. Of an attack also when the first of
    its markets was told of, unix seconds; None where none was before the first payout.
    """

    told: int
    told_wrong: int
    wrong: int
    paid: int
    attacked_at: int | None = None


@dataclass(frozen=True, slots=True)
class RunMeasure:
    """One simulation. Hours are from the page to the first payout of an attacked market."""

    scenario: str
    seed: int
    is_attack: bool
    # The first page about the attack, and the first entry of a daily digest.
    paged_at: int | None
    digested_at: int | None
    first_settled_at: int | None
    reason: str | None
    # Pages about no attack, in weeks without one, once the thresholds had their weeks.
    false_pages: int
    quiet_weeks: float
    scores: ScoreMeasure

    @property
    def hours(self) -> float | None:
        """Of warning; negative where the first payout came before the page."""
        if self.paged_at is None or self.first_settled_at is None:
            return None
        return (self.first_settled_at - self.paged_at) / HOUR


def measure(
    truth: Mapping[str, Any],
    told: Sequence[Told],
    members: Collection[str],
    measured_from: int,
    scored: Sequence[ScoreTold] = (),
) -> RunMeasure:
    """Judge a run; ``members``: ids of the entities the attack's addresses were folded into.

    A page is of the attack where it names one of its markets, its round (and, where it names
    requests, one of its own), one of its entities, or a group of whose addresses at least half are
    its own; while the attack is on or within a day of its last payout. Who stands to attack may be
    named before. What is of all markets names nobody.
    """
    attack = truth["attack"]
    pages = sorted((one for one in told if one.tier == PAGE), key=lambda one: one.at)
    scores = measure_scores(truth, scored, measured_from)
    if attack is None:
        ends = int(truth["ends_at"])
        false = sum(measured_from <= one.at < ends for one in pages)
        return _quiet(truth, false, (ends - measured_from) / WEEK, scores)
    hits = [one for one in pages if _is_hit(one, attack, members)]
    in_digest = [one for one in told if one.tier == DIGEST and _is_hit(one, attack, members)]
    starts = int(attack["starts_at"])
    false = sum(measured_from <= one.at < starts and one not in hits for one in pages)
    first = hits[0] if hits else None
    return RunMeasure(
        truth["scenario"],
        truth["seed"],
        is_attack=True,
        paged_at=None if first is None else first.at,
        digested_at=min((one.at for one in in_digest), default=None),
        first_settled_at=attack["first_settled_at"],
        reason=None if first is None else f"{first.reason} ({first.kind})",
        false_pages=false,
        quiet_weeks=max(0.0, (starts - measured_from) / WEEK),
        scores=scores,
    )


def measure_scores(
    truth: Mapping[str, Any], scored: Sequence[ScoreTold], measured_from: int
) -> ScoreMeasure:
    """Which of the markets that were paid had been told of by their score before that."""
    first: dict[str, int] = {}
    for one in scored:
        first[one.condition] = min(one.at, first.get(one.condition, one.at))
    paid = {
        one["condition_id"]: one
        for one in truth["markets"]
        if one["settled_at"] is not None and one["settled_at"] >= measured_from
    }
    told = {name for name, one in paid.items() if name in first and first[name] < one["settled_at"]}
    wrong = {name for name, one in paid.items() if one["is_wrong"]}
    return ScoreMeasure(
        len(told), len(told & wrong), len(wrong), len(paid), _attacked_at(truth["attack"], scored)
    )


def _attacked_at(attack: Mapping[str, Any] | None, scored: Sequence[ScoreTold]) -> int | None:
    """When the first market of an attack was told of, while it was on and before any was paid."""
    if attack is None:
        return None
    begins, ends = int(attack["starts_at"]), attack["first_settled_at"]
    own = set(attack["conditions"])
    at = [one.at for one in scored if one.condition in own and begins <= one.at]
    return min((one for one in at if ends is None or one < int(ends)), default=None)


def _quiet(truth: Mapping[str, Any], false: int, weeks: float, scores: ScoreMeasure) -> RunMeasure:
    return RunMeasure(
        truth["scenario"],
        truth["seed"],
        is_attack=False,
        paged_at=None,
        digested_at=None,
        first_settled_at=None,
        reason=None,
        false_pages=false,
        quiet_weeks=max(0.0, weeks),
        scores=scores,
    )


def _is_hit(one: Told, attack: Mapping[str, Any], members: Collection[str]) -> bool:
    is_member = _is_member(one, members)
    # Who stands to attack may be named before.
    first = 0 if is_member else int(attack["starts_at"])
    # Of an attack that keeps its markets from settling, nobody knows an end.
    last = attack["last_settled_at"]
    if one.at < first or (last is not None and one.at > int(last) + LATE):
        return False
    match one.kind:
        case "market":
            return bool({one.subject, *one.markets} & set(attack["conditions"]))
        case "round":
            own = set(attack["requests"])
            return int(one.subject) in set(attack["rounds"]) and (
                not one.requests or bool(own & set(one.requests))
            )
        case _:
            return is_member


def _is_member(one: Told, members: Collection[str]) -> bool:
    if one.kind == "entity":
        return one.subject in members
    own = sum(address in members for address in one.named)
    return one.kind == "group" and own > 0 and _HALF * len(one.named) <= own
