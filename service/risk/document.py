"""The output contract: a score as the JSON document that is stored and served.

docs/methodology.md, "Output".
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

from models.enums import OracleVersion
from service.protocol.money import to_usdc
from service.risk.drivers import is_moved_by_fit
from service.risk.result import Answers, Driver, Interval, MarketAssessmentResult, Money, Truth

SCHEMA_VERSION = 1


def to_document(result: MarketAssessmentResult) -> dict[str, object]:
    """JSON-ready: floats finite, money decimal strings in USDC, times RFC 3339 UTC."""
    inputs, summary = result.inputs, result.summary
    return {
        "schema_version": SCHEMA_VERSION,
        "market_id": inputs.market_id,
        "question_id": inputs.question_id,
        "event_id": inputs.event_id,
        "adapter": inputs.adapter,
        "oracle_version": str(inputs.oracle_version),
        "chain_state": _chain_state(result),
        "as_of": to_rfc3339(inputs.at),
        "model_version": result.model_version,
        "priors_version": result.priors_version,
        "label_track": "rules_original",
        "p_misresolved": interval_document(summary.p_misresolved),
        "p_oracle_wrong": interval_document(summary.p_oracle_wrong),
        "p_disputed": summary.p_disputed,
        "p_flip_outcome": summary.p_flip_outcome,
        "p_flip_early": summary.p_flip_early,
        "p_stuck": summary.p_stuck,
        "p_overridden_onchain": summary.p_overridden_onchain,
        "p_refund": summary.p_refund,
        "p_attack": {
            "value": summary.p_attack,
            # What a round's assessment says of an attempt is a scale, and no measured rate.
            "calibration_status": "prior_only"
            if result.inputs.captured is None
            else "uncalibrated_ranked",
        },
        "ambiguity_floor": summary.ambiguity_floor,
        "answer_distribution": _answers(result.answers),
        "truth_belief": _truth(result.truth),
        # Adding zero turns -0.0 into 0.0.
        "components": {name: value + 0.0 for name, value in summary.components.items()},
        "drivers": _drivers(result.drivers),
        "money": _money(result.money),
        "coef_source": _coef_source(result),
        "support": str(result.support),
        "freshness": _freshness(result),
        "warnings": list(result.warnings),
    }


def _coef_source(result: MarketAssessmentResult) -> str:
    """What the coefficients that moved this score were fitted on; none was on wrong payouts."""
    fitted = is_moved_by_fit(result.inputs.features, result.drivers)
    return "fitted_on_disputes" if fitted else "default"


@lru_cache(maxsize=1_024)  # markets scored together share their instants
def to_rfc3339(at: datetime | None) -> str | None:
    """An aware instant as RFC 3339 in UTC."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _chain_state(result: MarketAssessmentResult) -> dict[str, object]:
    inputs, proposal = result.inputs, result.inputs.current_proposal
    vote, version = inputs.vote, inputs.oracle_version
    ends = inputs.challenge_ends_at or (proposal.expires_at if proposal else None)
    return {
        "state": str(result.state),
        "request_ts": inputs.request_timestamp,
        "proposed_value": None if result.proposed_value is None else str(result.proposed_value),
        # Unknown, not zero, where the vote's logs are not stored.
        "round_id": None if vote is None else vote.round_id,
        "roll_count": None if vote is None else vote.roll_count,
        "vote_phase": None if vote is None else vote.phase,
        "liveness_end": to_rfc3339(ends),
        # Who may settle, and whether a dispute is possible past the expiry.
        "settled_by": "resolver" if version is OracleVersion.MANAGED_RESOLVER else "anyone",
        "disputable_after_expiry": version is not OracleVersion.OOV2,
    }


def _freshness(result: MarketAssessmentResult) -> dict[str, object]:
    freshness = result.inputs.freshness
    return {
        "block": freshness.block,
        "book_age_s": freshness.book_age_seconds,
        "oi_age_s": freshness.open_interest_age_seconds,
        "stake_age_s": freshness.stake_age_seconds,
        "missing": list(freshness.missing),
    }


def interval_document(interval: Interval) -> dict[str, float]:
    """An interval as documents print it: mean, median and the 90 % ends."""
    return {
        "mean": interval.mean,
        "p05": interval.p05,
        "p50": interval.p50,
        "p95": interval.p95,
    }


def _answers(answers: Answers | None) -> dict[str, float] | None:
    if answers is None:
        return None
    return {"Yes": answers.yes, "No": answers.no, "50-50": answers.half, "none": answers.none}


def _truth(truth: Truth | None) -> dict[str, object] | None:
    if truth is None:
        return None
    return {
        "Yes": truth.yes,
        "No": truth.no,
        "50-50": truth.half,
        "sources": list(truth.sources),
    }


def _drivers(drivers: Sequence[Driver]) -> list[dict[str, object]]:
    return [
        {
            "feature": d.feature,
            "value": d.value,
            "unit": d.unit,
            "contribution_logit": d.contribution_logit,
            "contribution_p": d.contribution_p,
            "evidence": list(d.evidence),
        }
        for d in drivers
    ]


def _money(money: Money) -> dict[str, object]:
    return {
        "open_interest_usdc": to_usdc(money.open_interest),
        "volume_usdc": to_usdc(money.volume),
        # Wash filter and cost basis need fills; absent, not zero.
        "volume_wash_adj_usdc": None,
        "loser_cost_basis_usdc": None,
        "expected_loss_usdc": to_usdc(money.expected_loss),
        "p95_loss_usdc": to_usdc(money.p95_loss),
        "source": money.source,
        "reason": money.reason,
    }
