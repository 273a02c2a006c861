"""A fingerprint of what a score depends on: equal digests need no second assessment."""

import hashlib
import json
from dataclasses import asdict, fields

from models.enums import MarketState
from service.risk.assess import shown_mid
from service.risk.cells import CellPosteriors
from service.risk.document import to_rfc3339
from service.risk.inputs import MarketInputs, Proposal, volume_stratum
from service.risk.parameters import RiskParameters
from service.risk.situation import (
    CALM,
    Situation,
    is_book_stale,
    is_interest_stale,
    is_stake_stale,
    to_situation,
)
from service.risk.vote_facts import VoteFacts

_SITUATION = tuple((f.name, f.default) for f in fields(Situation))
_DIGITS = 3
# Made once: json.dumps makes another one a call.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)


def inputs_digest(
    inputs: MarketInputs,
    cells: CellPosteriors,
    parameters: RiskParameters,
    situation: Situation | None = None,
) -> bytes:
    """SHA-256 over the canonical values behind the score.

    Time counts in ten-minute steps until the liveness ends (``Situation.seen``), ages as "too
    old" only, the cell's rates in steps of 5 %, volume by its stratum unless it stands in for the
    open interest, and money by its first three digits until something is proposed.
    """
    cell = cells.at(inputs.category, volume_stratum(inputs.volume), inputs.oracle_version)
    waiting = inputs.state is MarketState.PRE_PROPOSAL
    values = {
        "parameters": parameters.digest,
        "cell": [cell.category, cell.stratum, cell.version, cell.measured, cell.signature],
        "identity": [inputs.market_id, inputs.question_id, inputs.event_id, inputs.adapter],
        "state": [inputs.state, inputs.state_source, inputs.request_timestamp, inputs.disputes],
        "situation": _situation(situation or to_situation(inputs, parameters)),
        "first": _proposal(inputs.first_proposal),
        "current": _proposal(inputs.current_proposal),
        "paid": [inputs.answer, inputs.payouts, inputs.overridden, inputs.remedy],
        "mid": shown_mid(inputs.yes_mid) if waiting and inputs.yes_mid is not None else None,
        "money": [
            _money(inputs.open_interest, is_coarse=waiting),
            inputs.volume is None,
            _money(_volume(inputs), is_coarse=waiting),
        ],
        "challenge": [to_rfc3339(inputs.challenge_ends_at), inputs.challenge_open],
        "stale": [
            is_book_stale(inputs, parameters),
            is_stake_stale(inputs, parameters),
            is_interest_stale(inputs, parameters),
        ],
        "missing": sorted(inputs.freshness.missing),
    }
    return hashlib.sha256(_ENCODER.encode(values).encode()).digest()


def _situation(situation: Situation) -> dict[str, object]:
    """What differs from a market not yet proposed: of most markets, next to nothing."""
    values: dict[str, object] = {}
    if situation is CALM:
        return values
    for name, usual in _SITUATION:
        value = getattr(situation, name)
        if value != usual:
            values[name] = asdict(value) if isinstance(value, VoteFacts) else value
    return values


def _money(amount: int | None, *, is_coarse: bool) -> int | None:
    """Micro-USDC, in steps of less than a hundredth where every trade would be another score."""
    if amount is None or not is_coarse:
        return amount
    step: int = 10 ** max(len(str(amount)) - _DIGITS, 0)
    return amount // step * step


def _volume(inputs: MarketInputs) -> int | None:
    return inputs.volume if inputs.open_interest is None else None


def _proposal(proposal: Proposal | None) -> list[object] | None:
    if proposal is None:
        return None
    return [
        proposal.outcome,
        to_rfc3339(proposal.proposed_at),
        to_rfc3339(proposal.expires_at),
        proposal.liveness_seconds,
        proposal.proposer,
        proposal.self_disputed,
    ]
