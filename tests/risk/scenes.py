"""Markets to score, built by hand."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from models.enums import Category, MarketState, OracleVersion, Outcome, Remedy
from service.risk.cells import Cell, build_cells
from service.risk.draws import Transitions, base_transitions
from service.risk.inputs import MICRO, Freshness, MarketInputs, Proposal, volume_stratum
from service.risk.parameters import RiskParameters, load_parameters

AT = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
PARAMETERS = load_parameters()
NO_COUNTS = build_cells([], PARAMETERS)

CALM = MarketInputs(
    market_id="0x" + "11" * 32,
    question_id="0x" + "22" * 32,
    event_id=None,
    adapter=None,
    oracle_version=OracleVersion.MANAGED,
    category=Category.OTHER,
    at=AT,
    state=MarketState.PRE_PROPOSAL,
    state_source="chain",
    request_timestamp=1_788_000_000,
    first_proposal=None,
    current_proposal=None,
    disputes=0,
    answer=None,
    payouts=None,
    overridden=False,
    remedy=Remedy.NONE,
    price_before_proposal=None,
    yes_mid=0.4,
    volume=700_000 * MICRO,
    open_interest=50_000 * MICRO,
    challenge_ends_at=None,
    challenge_open=False,
    freshness=Freshness(80_000_000, 30.0, 60.0, None, ()),
)


def proposal(outcome: Outcome | None = Outcome.YES, minutes_ago: float = 0) -> Proposal:
    """A proposal with two hours of liveness."""
    proposed_at = AT - timedelta(minutes=minutes_ago)
    return Proposal(outcome, proposed_at, proposed_at + timedelta(hours=2), 7200, None)


def proposed(
    outcome: Outcome | None = Outcome.YES, minutes_ago: float = 0, price: float | None = None
) -> MarketInputs:
    """A market under its first proposal."""
    made = proposal(outcome, minutes_ago)
    return replace(
        CALM,
        state=MarketState.PROPOSED,
        first_proposal=made,
        current_proposal=made,
        price_before_proposal=price,
        challenge_ends_at=made.expires_at,
        challenge_open=True,
    )


def voting(price: float | None = None) -> MarketInputs:
    """A market whose second proposal of Yes went to the vote."""
    made = proposal(Outcome.YES, 600)
    return replace(
        proposed(price=price),
        state=MarketState.VOTING,
        disputes=2,
        first_proposal=made,
        current_proposal=made,
        challenge_open=False,
    )


def settled(
    state: MarketState, answer: Outcome, disputes: int = 0, price: float | None = None
) -> MarketInputs:
    """A market whose oracle has answered; Yes was proposed."""
    return replace(voting(price), state=state, disputes=disputes, answer=answer)


def at_means(parameters: RiskParameters = PARAMETERS, **changes: float) -> Transitions:
    """One draw: every transition at its prior mean, without the loop (g = 0)."""
    drawn = base_transitions(parameters, OracleVersion.MANAGED)
    means = {f.name: np.array([getattr(drawn, f.name).mean()]) for f in fields(Transitions)}
    means["g"] = np.zeros(1)
    return Transitions(**(means | {name: np.array([value]) for name, value in changes.items()}))


def all_markets_cell(
    version: OracleVersion = OracleVersion.MANAGED, ratio: float = 1.0, **changes: float
) -> Cell:
    """The all-market mix of a version without the loop, scaled to a dispute rate."""
    drawn = base_transitions(PARAMETERS, version)
    fixed = {name: np.full(PARAMETERS.draws, value) for name, value in changes.items()}
    scaled = {name: getattr(drawn, name) * ratio for name in ("a1w", "a1e", "d1c")}
    fixed = {"g": np.zeros(PARAMETERS.draws)} | fixed
    cell = NO_COUNTS.at(CALM.category, volume_stratum(CALM.volume), version)
    return replace(cell, transitions=replace(drawn, **(scaled | fixed)), summaries={})
