"""The output contract of a round: an assessment, or the answer to a what-if, as a JSON document.

docs/methodology.md, "Output of a round". Stake and money are decimal strings, in UMA and USD.
"""

from collections.abc import Sequence
from dataclasses import asdict

from service.risk.attack.attack_budget import Spending
from service.risk.attack.attack_inputs import DocketMarket
from service.risk.attack.attack_parameters import Assumption
from service.risk.attack.bloc_docket import AttackSet
from service.risk.attack.market_attack import MarketAttack
from service.risk.attack.round_assessment import BlocAssessment, RoundAssessmentResult
from service.risk.attack.round_loss import RoundLoss
from service.risk.attack.round_what_if import RequestCourse, RoundWhatIfAnswer
from service.risk.attack.stake_concentration import Power
from service.risk.document import to_rfc3339
from service.risk.result import Interval

ROUND_SCHEMA_VERSION = 2


def to_round_document(result: RoundAssessmentResult) -> dict[str, object]:
    """JSON-ready; absent is null, and why is among the warnings."""
    terms, loss, has_money = result.terms, result.loss, result.dollars_exposed is not None
    return {
        "schema_version": ROUND_SCHEMA_VERSION,
        "round_id": result.round_id,
        "phase": result.phase,
        "phase_end": to_rfc3339(result.phase_end),
        "as_of": to_rfc3339(result.as_of),
        "model_version": result.model_version,
        "priors_version": result.priors_version,
        "params": {
            "gat_uma": _uma(terms.gat),
            "spat": terms.spat,
            "max_rolls": terms.max_rolls,
            "slash": terms.slash,
            "turnout": terms.turnout,
            "block": result.block,
            "block_share": terms.block_share,
        },
        "stake_uma": _uma(terms.stake),
        "stake_is_frozen": result.stake_is_frozen,
        "requests": [_request(request) for request in result.requests],
        "concentration": asdict(result.concentration),
        "powers": [_power(power) for power in result.powers],
        "new_stake_in_commit_uma": _maybe_uma(result.new_stake_in_commit.value),
        "stake_to_force_uma": _uma(result.stake_to_force),
        "stake_to_stall_uma": _uma(result.stake_to_stall),
        "blocs": [_bloc(bloc, has_money=has_money) for bloc in result.blocs],
        "hypothetical_blocs": [_bloc(b, has_money=has_money) for b in result.hypothetical],
        "headline_bloc": result.headline,
        "markets": [to_market_attack_document(market) for market in result.markets],
        "dollars_exposed": _maybe_usd(result.dollars_exposed),
        "open_interest_known": {"known": result.interest_known, "of": result.operative},
        "dollars_forceable": _maybe_usd(result.dollars_forceable),
        "dollars_forceable_open": _maybe_usd(result.dollars_forceable_open),
        "dollars_winnable": _maybe_usd(result.dollars_winnable),
        "disputes_in_window_vs_baseline": None
        if result.disputes is None
        else asdict(result.disputes),
        "loss": None if loss is None else _loss(loss, has_money=has_money),
        "optimal_set": list(result.optimal_set),
        "critical_set": None if result.critical_set is None else list(result.critical_set),
        "attack_margin": _money_interval(result.attack_margin),
        "break_even_delta": result.break_even_delta,
        "break_even_stake_uma": _maybe_uma(result.break_even_stake),
        "bribe_floor": _usd(result.bribe_floor),
        "bribe_floor_all": _usd(result.bribe_floor_all),
        "p_round_attack": asdict(result.p_round_attack),
        "p_any_wrong": None if loss is None else loss.p_any_wrong.mean,
        "p_any_wrong_interval": None if loss is None else asdict(loss.p_any_wrong),
        "p_two_or_more_wrong": None if loss is None else loss.p_two_or_more_wrong.mean,
        "p_two_or_more_wrong_interval": None if loss is None else asdict(loss.p_two_or_more_wrong),
        "support": "assumed",
        "assumptions": _assumptions(result.assumptions),
        "warnings": list(result.warnings),
    }


def to_what_if_document(answer: RoundWhatIfAnswer) -> dict[str, object]:
    """JSON-ready; ``flips`` and ``stalls`` list what would not without the question.

    Where no open interest is known, what would flip, gain, cost and pay is null.
    """
    bought, has_money = answer.acquisition, answer.has_money
    return {
        "schema_version": ROUND_SCHEMA_VERSION,
        "round_id": answer.round_id,
        "as_of": to_rfc3339(answer.as_of),
        "model_version": answer.model_version,
        "question": {**asdict(answer.question), "coalition": list(answer.question.coalition)},
        "stake_uma": _uma(answer.stake),
        "share": answer.share,
        "can_force": answer.can_force,
        "can_block": answer.can_block,
        "flips": list(answer.flips),
        "stalls": list(answer.stalls),
        "requests": [_course(request) for request in answer.requests],
        "flipped": asdict(answer.flipped),
        "stalled": asdict(answer.stalled),
        "open_interest_known": {"known": answer.interest_known, "of": answer.operative},
        "flipped_usd": _money_interval(answer.flipped_usd) if has_money else None,
        "pays": answer.pays if has_money else None,
        "attack": _attack(answer.attack) if has_money else None,
        "cost": _money_interval(answer.cost) if has_money else None,
        "gain": _money_interval(answer.gain) if has_money else None,
        "profit": _money_interval(answer.profit) if has_money else None,
        "acquisition": {
            "tokens_uma": _uma(bought.tokens),
            "borrowed_uma": _uma(bought.borrowed),
            "total_usd": _usd(bought.total_usd),
            "lost_usd": _usd(bought.lost_usd),
            "days_needed": bought.days_needed,
        },
        "spending": None if answer.spending is None else _spending(answer.spending),
        "support": "assumed",
        "assumptions": _assumptions(answer.assumptions),
        "warnings": list(answer.warnings),
    }


def to_market_attack_document(market: MarketAttack) -> dict[str, object]:
    """One request attacked alone, JSON-ready."""
    margin = market.margin_usd
    return {
        "request": market.request_id,
        "bloc": market.bloc_id,
        "p_wrong": market.p_wrong.mean,
        "p_wrong_interval": asdict(market.p_wrong),
        "p_roll": market.p_roll.mean,
        "p_roll_interval": asdict(market.p_roll),
        "p_wrong_honest": market.p_wrong_honest.mean,
        "p_wrong_honest_interval": asdict(market.p_wrong_honest),
        "open_interest": _maybe_usd(market.open_interest_usd),
        "held_shares": _maybe_uma(market.held_shares),
        "obtainable_shares": _maybe_uma(market.obtainable_shares),
        "p_prevented": market.p_prevented,
        "p_refunded": market.p_refunded,
        "gain": _maybe_usd(market.gain_usd),
        "slash_income": _usd(market.slash_income_usd),
        "bond_won": _usd(market.bond_won_usd),
        "loss": _maybe_usd(market.loss_usd),
        "value": _maybe_usd(market.value_usd),
        "damage": _usd(market.damage_usd),
        "attack_margin": None if margin is None else _money_interval(margin),
        "break_even_delta": market.break_even_fall,
        "break_even_stake_uma": _maybe_uma(market.break_even_stake),
        "acquire_lost": _usd(market.acquire_lost_usd),
    }


def _bloc(assessed: BlocAssessment, *, has_money: bool) -> dict[str, object]:
    found, bloc = assessed.found, assessed.found.bloc
    return {
        "id": bloc.bloc_id,
        "entities": list(bloc.entities),
        "stake_uma": _uma(bloc.stake),
        "share": found.share,
        "evidence": list(bloc.evidence),
        "can_force": found.can_force,
        "can_block": found.can_block,
        "force_shortfall_uma": _uma(found.force_shortfall),
        "block_surplus_uma": _uma(found.block_surplus),
        "stall_shortfall_uma": _uma(found.stall_shortfall),
        "conflicts_usd": _usd(found.conflicts_usd) if has_money else None,
        "dollars_forceable": _usd(assessed.dollars_forceable) if has_money else None,
        "dollars_winnable": _usd(found.dollars_winnable_usd) if has_money else None,
        "best": _attack(found.best),
        "least_bad": _attack(found.least_bad),
        "critical_set": None if found.critical is None else list(found.critical),
        "attack_margin": _money_interval(assessed.forcing.margin_usd),
        "acquire_usd": _usd(assessed.forcing.acquisition.total_usd),
        "break_even_delta": found.break_even_fall,
        "break_even_stake_uma": _maybe_uma(found.break_even_stake),
        "open": None if assessed.still_open is None else _attack(assessed.still_open.best),
        "p_attempt": assessed.attempt,
        "p_attempt_interval": asdict(assessed.attempt_rate),
        "p_captured": dict(assessed.captured),
        "p_captured_interval": {
            name: asdict(rate) for name, rate in assessed.captured_rates.items()
        },
    }


def _attack(attack: AttackSet) -> dict[str, object]:
    return {
        "requests": list(attack.requests),
        "worth": _money_interval(attack.profit),
        "gain": _money_interval(attack.gain),
        "damage": _money_interval(attack.damage),
        "p_pays": attack.p_pays,
        "dollars": _usd(attack.dollars_usd),
        "misallocated": _usd(attack.misallocated_usd),
        "added": _usd(attack.added_usd),
    }


def _request(market: DocketMarket) -> dict[str, object]:
    return {
        "id": market.request_id,
        "operative": market.operative,
        "market_id": market.market_id,
        "in_round": market.in_round,
    }


def _course(request: RequestCourse) -> dict[str, object]:
    return {**asdict(request), "before": str(request.before), "after": str(request.after)}


def _power(power: Power) -> dict[str, object]:
    return {
        "entities": list(power.entities),
        "stake_uma": _uma(power.stake),
        "share": power.share,
        "can_force": power.can_force,
        "can_block": power.can_block,
    }


def _loss(loss: RoundLoss, *, has_money: bool) -> dict[str, object]:
    if not has_money:
        return dict.fromkeys(("mean", "p95", "p99", "standing_mean", "attacked_p99"))
    return {
        "mean": _usd(loss.mean),
        "p95": _usd(loss.p95),
        "p99": _usd(loss.p99),
        "standing_mean": _usd(loss.standing_mean),
        "attacked_p99": _maybe_usd(loss.attacked_p99),
    }


def _spending(spending: Spending) -> dict[str, object]:
    return {
        "spent": _usd(spending.spent_usd),
        "earns": _usd(spending.earns_usd),
        "grid": _maybe_usd(spending.grid_usd),
        "purchases": [
            {
                "request": one.request_id,
                "shares": _uma(one.shares),
                "paid": _usd(one.paid_usd),
                "bond": _usd(one.bond_usd),
                "earns": _usd(one.earns_usd),
            }
            for one in spending.purchases
        ],
    }


def _assumptions(rows: Sequence[Assumption]) -> list[dict[str, object]]:
    return [asdict(row) for row in rows]


def _money_interval(interval: Interval) -> dict[str, str]:
    return {
        "mean": _usd(interval.mean),
        "p05": _usd(interval.p05),
        "p50": _usd(interval.p50),
        "p95": _usd(interval.p95),
    }


def _usd(amount: float) -> str:
    # Adding zero turns -0.0 into 0.0.
    return f"{round(float(amount), 2) + 0.0:.2f}"


def _uma(tokens: float) -> str:
    return f"{round(float(tokens), 6) + 0.0:.6f}"


def _maybe_usd(amount: float | None) -> str | None:
    return None if amount is None else _usd(amount)


def _maybe_uma(tokens: float | None) -> str | None:
    return None if tokens is None else _uma(tokens)
