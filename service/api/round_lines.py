"""Rounds as the lines answers are made of (``service.api.round_schemas``)."""

from collections.abc import Mapping
from typing import Any

from models.round_assessment import RoundAssessment, RoundFailure

Line = dict[str, object]

# Printed beside everything that is said of a round (docs/privacy.md).
CAUTION = (
    "Addresses, not people: who could is not who would. Groups and holdings rest on public ledger "
    "evidence that may be wrong, out of date or made by someone else to mislead; stake and "
    "holdings are lower bounds. The wrong answer is the one our score does not believe, which may "
    "be the right one. An attack that does not pay by these numbers is not excluded. Do not use "
    "this to identify, contact or harass anyone."
)


def round_line(row: RoundAssessment) -> Line:
    """A round at a glance (``RoundLine``)."""
    told: Mapping[str, Any] = row.document
    blocs = told["blocs"]
    return {
        "round_id": row.round_id,
        "phase": row.phase,
        "phase_end": told["phase_end"],
        "as_of": row.as_of,
        "requests": row.requests,
        "operative": sum(r["operative"] and r["in_round"] for r in told["requests"]),
        "stake_uma": told["stake_uma"],
        "stake_is_frozen": told["stake_is_frozen"],
        "spat": told["params"]["spat"],
        "dollars_exposed": told["dollars_exposed"],
        "dollars_forceable": told["dollars_forceable"],
        "dollars_winnable": told["dollars_winnable"],
        "dollars_forceable_open": told["dollars_forceable_open"],
        "blocs": len(blocs),
        "can_force": sum(bloc["can_force"] for bloc in blocs),
        "can_block": sum(bloc["can_block"] for bloc in blocs),
        "p_round_attack": told["p_round_attack"],
        "p_any_wrong": told["p_any_wrong"],
        "p_any_wrong_interval": told.get("p_any_wrong_interval"),
        "support": told["support"],
        "model_version": row.model_version,
    }


def failed_line(row: RoundFailure) -> Line:
    """A round that could not be assessed (``FailedRound``)."""
    return {
        "round_id": row.round_id,
        "failures": row.failures,
        "reason": row.reason,
        "next_try_at": row.next_try_at,
    }
