"""Why a score moved: the changed inputs, each with its share of the change.

The inputs of then become those of now one kind at a time, always in the same order, and each kind
counts for the change its replacement makes on top of those before it; so the parts add up to the
whole exactly. docs/methodology.md, "What moved a score".
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime
from decimal import Decimal
from math import fsum

from models.enums import Outcome
from service.risk.assess import assess
from service.risk.cells import CellPosteriors
from service.risk.drivers import logit
from service.risk.inputs import MarketInputs, Proposal, volume_stratum
from service.risk.parameters import RiskParameters

# The order of replacement: what the market is, how far its resolution has come, what is known of
# the truth, time, the answer, what administrators did, money, how old the inputs are.
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("category", ("category",)),
    ("oracle_version", ("oracle_version",)),
    ("identity", ("market_id", "question_id", "event_id", "adapter")),
    ("volume", ("volume",)),
    (
        "state",
        (
            "state",
            "state_source",
            "request_timestamp",
            "first_proposal",
            "current_proposal",
            "disputes",
            "challenge_ends_at",
            "challenge_open",
        ),
    ),
    ("features", ("features",)),
    ("earlier_vote", ("earlier_vote",)),
    ("price_before_proposal", ("price_before_proposal", "price_evidence")),
    ("venue_price", ("venue_price",)),
    ("feed", ("feed",)),
    ("siblings", ("siblings",)),
    ("time_passed", ("at",)),
    ("vote", ("vote",)),
    ("vote_attack", ("captured",)),
    ("answer", ("answer", "payouts")),
    ("adjudicated", ("adjudicated",)),
    ("payout_set_by_hand", ("overridden",)),
    ("announced_remedy", ("remedy",)),
    ("open_interest", ("open_interest",)),
    ("latest_price", ("yes_mid",)),
    ("age_of_inputs", ("freshness",)),
)
_GROUPED = frozenset(name for _, names in GROUPS for name in names)
# Last, in the order of their declaration, come inputs that no group names.
_OTHERS = tuple((f.name, (f.name,)) for f in fields(MarketInputs) if f.name not in _GROUPED)
MODEL, RATES, RECORD = "model_changed", "cell_rates", "record_corrected"
_NOTHING = 1e-15


Ends = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Scored:
    """A score as it was stored, with the inputs it is explained by."""

    inputs: MarketInputs
    p: float
    # Micro-USDC.
    expected_loss: int | None
    model_version: str
    priors_version: str
    # The cell's own score then, and its name, from the driver ``base_rate``; None where the
    # document has none.
    cell_mean: float | None
    cell: str | None = None
    # The 5 and 95 % ends of the score.
    ends: Ends | None = None

    @property
    def reads_otherwise(self) -> bool:
        """Whether what is stored of that time now puts the market into another cell."""
        i = self.inputs
        now = f"{i.category} / {volume_stratum(i.volume)} / {i.oracle_version}"
        return self.cell is not None and self.cell != now


@dataclass(frozen=True, slots=True)
class Moved:
    """One changed input, from its value then to its value now, and what it did to the score."""

    feature: str
    before: str
    after: str
    contribution_p: float
    contribution_logit: float
    # Micro-USDC; None where the expected loss is unknown before or after this step.
    contribution_loss: int | None
    # Of the whole change in p; None where the score did not change.
    share: float | None


@dataclass(frozen=True, slots=True)
class Movement:
    """What led from one score to the next; the contributions sum to the changes."""

    since: datetime
    until: datetime
    p_before: float
    p_after: float
    change_p: float
    change_logit: float
    # In the order of replacement.
    items: tuple[Moved, ...]
    # Inputs that changed and moved neither the probability nor the expected loss.
    without_effect: tuple[str, ...]
    # Of the two scores; they are told, and no part explains them.
    ends_before: Ends | None = None
    ends_after: Ends | None = None


def explain_movement(
    before: Scored, after: Scored, cells: CellPosteriors, parameters: RiskParameters
) -> Movement:
    """Lead the score of ``before`` over to that of ``after``.

    Both sets of inputs are scored with today's cells and parameters. What these make of the stored
    scores (another model, other rates of the cell, corrected records) is the last item.
    """
    now, steps, silent = before.inputs, [], []
    score = _score(now, cells, parameters)
    first = score
    for feature, names in (*GROUPS, *_OTHERS):
        values = {name: getattr(after.inputs, name) for name in names}
        if all(getattr(now, name) == value for name, value in values.items()):
            continue
        told = (_told(feature, now), _told(feature, after.inputs))
        now = replace(now, **values)
        last, score = score, _score(now, cells, parameters)
        if last == score:
            silent.append(feature)
        else:
            steps.append((feature, told, last, score))
    change = after.p - before.p
    items = [_moved(feature, told, a, b, change) for feature, told, a, b in steps]
    rest = _rest(before, after, (first, score), change)
    return Movement(
        since=before.inputs.at,
        until=after.inputs.at,
        p_before=before.p,
        p_after=after.p,
        change_p=change,
        change_logit=logit(after.p) - logit(before.p),
        items=(*items, *rest),
        without_effect=tuple(silent),
        ends_before=before.ends,
        ends_after=after.ends,
    )


_Score = tuple[float, int | None]


def _score(inputs: MarketInputs, cells: CellPosteriors, parameters: RiskParameters) -> _Score:
    result = assess(inputs, cells, parameters)
    return result.p_misresolved.mean, result.expected_loss


def _moved(
    feature: str, told: tuple[str, str], before: _Score, after: _Score, change: float
) -> Moved:
    p = after[0] - before[0]
    return Moved(
        feature,
        *told,
        contribution_p=p,
        contribution_logit=logit(after[0]) - logit(before[0]),
        contribution_loss=_difference(before[1], after[1]),
        share=p / change if abs(change) > _NOTHING else None,
    )


def _rest(
    before: Scored, after: Scored, scored: tuple[_Score, _Score], change: float
) -> Iterator[Moved]:
    """What today's model and cells do not explain by inputs: one item, named by its cause."""
    first, last = scored
    p = fsum((first[0] - before.p, after.p - last[0]))
    odds = fsum(
        (logit(first[0]) - logit(before.p), logit(after.p) - logit(last[0])),
    )
    if abs(p) <= _NOTHING and abs(odds) <= _NOTHING:
        return
    models = [f"{s.model_version}, priors {s.priors_version}" for s in (before, after)]
    rates = [_number(s.cell_mean) for s in (before, after)]
    if models[0] != models[1]:
        feature, told = MODEL, models
    elif rates[0] != rates[1] and not (before.reads_otherwise or after.reads_otherwise):
        feature, told = RATES, rates
    else:
        feature, told = RECORD, [before.cell or "as recorded then", after.cell or "as known now"]
    parts = (_difference(before.expected_loss, first[1]), _difference(last[1], after.expected_loss))
    yield Moved(
        feature,
        told[0],
        told[1],
        contribution_p=p,
        contribution_logit=odds,
        contribution_loss=None if None in parts else sum(part or 0 for part in parts),
        share=p / change if abs(change) > _NOTHING else None,
    )


def _difference(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else after - before


def _told(feature: str, inputs: MarketInputs) -> str:
    """An input's value, short enough for a line."""
    tell = _TELL.get(feature)
    if tell is not None:
        return tell(inputs)
    return _plain(getattr(inputs, feature, None))


def _state(inputs: MarketInputs) -> str:
    words = str(inputs.state).replace("_", " ")
    deciding = inputs.current_proposal or inputs.first_proposal
    if deciding is not None:
        words += f", {_outcome(deciding)} proposed"
    if inputs.disputes:
        words += f", {inputs.disputes} dispute{'s' if inputs.disputes > 1 else ''}"
    return words


def _outcome(proposal: Proposal) -> str:
    return "no outcome" if proposal.outcome is None else _plain(proposal.outcome)


def _price(inputs: MarketInputs) -> str:
    return _number(inputs.price_before_proposal)


def _features(inputs: MarketInputs) -> str:
    moving = [feature for feature in inputs.features if feature.logit]
    total = fsum(feature.logit for feature in moving)
    return f"{len(moving)} readings that matter, {total:+.2f} in log-odds"


def _vote(inputs: MarketInputs) -> str:
    vote = inputs.vote
    if vote is None:
        return "nothing known"
    words = f"round {vote.round_id}, {vote.phase}, {vote.sealed:,.0f} UMA sealed"
    return f"{words}, rolled {vote.roll_count} times" if vote.roll_count else words


def _ages(inputs: MarketInputs) -> str:
    fresh = inputs.freshness
    known = (
        ("book", fresh.book_age_seconds),
        ("open interest", fresh.open_interest_age_seconds),
        ("stake", fresh.stake_age_seconds),
    )
    ages = [f"{name} {age / 60:.0f} min" for name, age in known if age is not None]
    return ", ".join(ages) or "no ages known"


def _usdc(value: int | None) -> str:
    return "unknown" if value is None else f"${Decimal(value) / 10**6:,.0f}"


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.4g}"


def _plain(value: object) -> str:
    match value:
        case None:
            return "unknown"
        case Outcome():
            return str(value)
        case float():
            return _number(value)
        case _:
            return str(value)[:80]


_TELL: dict[str, Callable[[MarketInputs], str]] = {
    "identity": lambda i: i.event_id or i.market_id,
    "volume": lambda i: f"{_usdc(i.volume)} ({volume_stratum(i.volume)})",
    "state": _state,
    "features": _features,
    "price_before_proposal": _price,
    "siblings": lambda i: f"{len(i.siblings)} other outcomes of its event",
    "adjudicated": lambda i: (
        f"{0 if i.adjudicated is None else i.adjudicated.adjudicators} adjudicators"
    ),
    "time_passed": lambda i: f"{i.at:%Y-%m-%d %H:%M} UTC",
    "vote": _vote,
    "answer": lambda i: _plain(i.answer),
    "payout_set_by_hand": lambda i: "yes" if i.overridden else "no",
    "announced_remedy": lambda i: str(i.remedy),
    "open_interest": lambda i: _usdc(i.open_interest),
    "latest_price": lambda i: _number(i.yes_mid),
    "age_of_inputs": _ages,
}
