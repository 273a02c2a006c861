"""Who holds the answer it pushes: voters, proposers and disputers with their linked wallets.

docs/methodology.md, "Conflicts". Holding a position is common and by itself no wrongdoing; what is
added after the dispute says more. Money is USD: a share pays at most 1.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import erfc, exp, log, sqrt

from models.enums import Outcome
from service.risk.signs.ring_parameters import ConflictPriors

_Z_95 = 1.959963984540054
# What Yes, then No pay under each answer.
_PAYS = {Outcome.YES: (1.0, 0.0), Outcome.NO: (0.0, 1.0), Outcome.HALF: (0.5, 0.5)}


class HoldingState(StrEnum):
    """What can be said of somebody's holdings in a market."""

    # Above dust.
    HELD = "held"
    # Asked for, and nothing above dust found: there may be wallets nobody can link.
    LINKED_NONE_HELD = "linked_none_held"
    # Never asked for: nothing can be said.
    UNLINKABLE = "unlinkable"


class PushRole(StrEnum):
    """How somebody pushes an answer."""

    VOTER = "voter"
    PROPOSER = "proposer"
    DISPUTER = "disputer"


@dataclass(frozen=True, slots=True)
class WalletHolding:
    """Net Yes shares of one wallet, with how surely it is the entity's; None: never asked for."""

    wallet: str
    confidence: float
    # When the answer was disputed or, without a dispute, proposed; None: not known then.
    net_before: float | None
    net_now: float | None


@dataclass(frozen=True, slots=True)
class Conflict:
    """What an entity gains if the answer it pushes is paid."""

    entity: str
    role: PushRole
    state: HoldingState
    # What it gains over the strongest other answer, negative where it loses; None: unlinkable.
    exposure_usd: float | None
    # Since the dispute; None where what it held then is not known.
    added_usd: float | None
    # Of the open interest; None where that is not known.
    share_of_open_interest: float | None
    # Of the least sure wallet that is counted.
    confidence: float
    # Likelihood ratio, at least 1.
    likelihood_ratio: float


def gain_per_net_yes(pushed: Outcome, other: Outcome) -> float:
    """What one Yes beyond the Noes held gains if ``pushed`` is paid instead of ``other``."""
    yes, no = _PAYS[pushed]
    yes_else, no_else = _PAYS[other]
    # A pair of both pays 1 either way, so the two differences are opposite.
    return ((yes - yes_else) - (no - no_else)) / 2


def strongest_other(pushed: Outcome, yes_price: float | None) -> Outcome:
    """The answer that would be paid if the pushed one were not."""
    if pushed is Outcome.YES:
        return Outcome.NO
    if pushed is Outcome.NO:
        return Outcome.YES
    # 50-50 is pushed against what the market believes.
    return Outcome.NO if yes_price is not None and yes_price < 0.5 else Outcome.YES  # noqa: PLR2004


def find_conflict(
    entity: str,
    role: PushRole,
    pushed: Outcome,
    wallets: Sequence[WalletHolding],
    open_interest_usd: float | None,
    priors: ConflictPriors,
    *,
    yes_price: float | None = None,
) -> Conflict:
    """The exposure of all of an entity's wallets, and what it counts.

    The sign is the one that matters: who loses if its own answer is paid has no conflict.
    """
    asked = [one for one in wallets if one.net_now is not None]
    if not asked:
        return Conflict(entity, role, HoldingState.UNLINKABLE, None, None, None, 1.0, 1.0)
    per_yes = gain_per_net_yes(pushed, strongest_other(pushed, yes_price))
    exposure = sum(per_yes * (one.net_now or 0.0) for one in asked)
    before = [one.net_before for one in asked]
    added = (
        None
        if any(net is None for net in before)
        else exposure - sum(per_yes * (net or 0.0) for net in before)
    )
    held = [one for one in asked if abs(one.net_now or 0.0) >= priors.dust_usd]
    confidence = min((one.confidence for one in held), default=1.0)
    is_held = abs(exposure) >= priors.dust_usd
    return Conflict(
        entity=entity,
        role=role,
        state=HoldingState.HELD if is_held else HoldingState.LINKED_NONE_HELD,
        exposure_usd=exposure,
        added_usd=added,
        share_of_open_interest=exposure / open_interest_usd if open_interest_usd else None,
        confidence=confidence,
        likelihood_ratio=_likelihood_ratio(exposure, added, confidence, priors),
    )


def _likelihood_ratio(
    exposure: float, added: float | None, confidence: float, priors: ConflictPriors
) -> float:
    """At most ``holding_lr`` for what is held, ``added_lr`` for much added; as sure as the link."""
    if exposure < priors.dust_usd:
        return 1.0
    ratio = 1 + (priors.holding_lr - 1) * min(1.0, exposure / priors.holding_full_usd)
    if added is not None and min(added, exposure) > priors.added_usd:
        ratio = priors.added_lr
    return 1 + confidence * (ratio - 1)


@dataclass(frozen=True, slots=True)
class PositionedVote:
    """One entity's opened vote on one request; ``net_yes`` None or dust: it holds nothing known."""

    request: str
    answer: Outcome
    net_yes: float | None


@dataclass(frozen=True, slots=True)
class Alignment:
    """Mantel-Haenszel: the odds that a holder votes for its side, over those of other voters."""

    # Requests whose table says something: holders and others, votes for and against.
    requests: int
    holders: int
    with_own_position: int
    # None where no finite estimate exists.
    odds_ratio: float | None
    low: float | None
    high: float | None
    # P(as much by chance, if holders vote like others), one-sided.
    p: float | None


def align(votes: Iterable[PositionedVote], priors: ConflictPriors) -> Alignment:
    """Whether those who hold an outcome vote for it more than the other voters of the request do.

    One table for each request: holders of Yes (of No where nobody holds Yes) against everybody
    else, a vote for that outcome against any other. Variance by Robins, Breslow and Greenland.
    """
    by_request: dict[str, list[PositionedVote]] = {}
    for vote in votes:
        by_request.setdefault(vote.request, []).append(vote)
    tables = [
        table
        for _, cast in sorted(by_request.items())
        if (table := _table(cast, priors.dust_usd)) is not None
    ]
    told = [
        t for t in tables if (t[0] + t[1]) and (t[2] + t[3]) and (t[0] + t[2]) and (t[1] + t[3])
    ]
    holders = sum(a + b for a, b, _, _ in tables)
    aligned = sum(a for a, _, _, _ in tables)
    odds, low, high = _odds(told)
    return Alignment(len(told), holders, aligned, odds, low, high, _chance(told))


_Table = tuple[int, int, int, int]


def _table(votes: Sequence[PositionedVote], dust: float) -> _Table | None:
    """(holders for, holders against, others for, others against) of one request."""
    for side, sign in ((Outcome.YES, 1), (Outcome.NO, -1)):
        holds = [vote.net_yes is not None and sign * vote.net_yes >= dust for vote in votes]
        if any(holds):
            cells = [0, 0, 0, 0]
            for vote, is_holder in zip(votes, holds, strict=True):
                cells[(0 if is_holder else 2) + (vote.answer is not side)] += 1
            return cells[0], cells[1], cells[2], cells[3]
    return None


def _odds(tables: Sequence[_Table]) -> tuple[float | None, float | None, float | None]:
    """The common odds ratio with its 95 % interval; None where a margin of it is empty."""
    r = s = pr = ps_qr = qs = 0.0
    for a, b, c, d in tables:
        n = a + b + c + d
        p, q = (a + d) / n, (b + c) / n
        r_i, s_i = a * d / n, b * c / n
        r, s = r + r_i, s + s_i
        pr, ps_qr, qs = pr + p * r_i, ps_qr + p * s_i + q * r_i, qs + q * s_i
    if not r or not s:
        return None, None, None
    error = sqrt(pr / (2 * r * r) + ps_qr / (2 * r * s) + qs / (2 * s * s))
    centre = log(r / s)
    return exp(centre), exp(centre - _Z_95 * error), exp(centre + _Z_95 * error)


def _chance(tables: Sequence[_Table]) -> float | None:
    """Cochran, Mantel and Haenszel's test with a continuity correction, one-sided."""
    excess = variance = 0.0
    for a, b, c, d in tables:
        n, first, column = a + b + c + d, a + b, a + c
        excess += a - first * column / n
        variance += first * (c + d) * column * (b + d) / (n * n * (n - 1))
    if variance <= 0:
        return None
    z = (abs(excess) - 0.5) / sqrt(variance) if abs(excess) > 0.5 else 0.0  # noqa: PLR2004
    return 0.5 * erfc((z if excess > 0 else -z) / sqrt(2))
