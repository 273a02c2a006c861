"""Rounds to assess, built by hand."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from service.risk.attack.attack_inputs import (
    AskLevel,
    Bloc,
    DocketMarket,
    RoundInputs,
    RoundTerms,
    UmaMarket,
    Voter,
    known,
)
from service.risk.attack.attack_parameters import load_attack_parameters
from service.risk.vote_simulation import Lean

MILLION = 1e6
PARAMETERS = load_attack_parameters()
# As many draws as a test of shape and order needs.
QUICK = replace(PARAMETERS, draws=500)
CLEAR = Lean(0.02, 20)

TERMS = RoundTerms(
    stake=known(24 * MILLION),
    spat=known(0.65),
    gat=known(5 * MILLION),
    slash=known(0.001),
    max_rolls=known(4),
    turnout=known(0.92),
)
UMA = UmaMarket(
    price_usd=known(1.0),
    daily_volume=known(8 * MILLION),
    daily_sd=known(0.06),
    lendable=known(0.0),
    perp_open_interest_usd=known(0.0),
)


def market(
    request_id: str, open_interest: float = 100_000.0, *, price: float = 0.1, in_round: bool = True
) -> DocketMarket:
    """An operative request whose wrong answer is on offer."""
    return DocketMarket(
        request_id=request_id,
        operative=True,
        open_interest=known(open_interest),
        volume=known(open_interest / 0.07),
        price=known(price),
        best_bid=known(price),
        asks=(AskLevel(price, open_interest / 50), AskLevel(0.95, open_interest)),
        honest_error=CLEAR,
        in_round=in_round,
        belief=known(1.0),
    )


def round_of(
    requests: Sequence[DocketMarket],
    blocs: Sequence[Bloc] = (),
    voters: Sequence[Voter] = (),
    terms: RoundTerms = TERMS,
) -> RoundInputs:
    """A round in its commit phase."""
    return RoundInputs(
        round_id=10_330,
        as_of=datetime(2026, 7, 23, 6, 0, tzinfo=UTC),
        phase="commit",
        phase_end=datetime(2026, 7, 24, 0, 0, tzinfo=UTC),
        terms=terms,
        uma=UMA,
        requests=tuple(requests),
        voters=tuple(voters),
        blocs=tuple(blocs),
    )
