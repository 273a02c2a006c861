"""Why a score is what it is, whole: drivers in words, what moved it, what would move it.

docs/methodology.md, "Drivers", "What moved a score" and "What if".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from service.protocol.money import to_usdc
from service.risk.document import interval_document, to_rfc3339
from service.risk.explain.counterfactual import Counterfactual
from service.risk.explain.driver_words import BASE_RATE, effect, sentence
from service.risk.explain.movement import MODEL, RATES, RECORD, Ends, Moved, Movement
from service.risk.result import Interval

SCHEMA_VERSION = 1
# What each part of a movement is called; an input without a name here shows its own.
MOVED_WORDS: Mapping[str, str] = {
    "category": "Category",
    "oracle_version": "Rules of the oracle",
    "identity": "Ids of the market",
    "volume": "Traded volume",
    "state": "How far the resolution has come",
    "features": "Readings of its rules and its proposal",
    "earlier_vote": "An earlier vote on it",
    "venue_price": "Price of the same question elsewhere",
    "feed": "An authoritative feed",
    "siblings": "Other outcomes of its event",
    "adjudicated": "What adjudicators say",
    "price_before_proposal": "Price of Yes before the first proposal",
    "time_passed": "Time passed",
    "vote": "What is known of the vote",
    "vote_attack": "Who could force its vote",
    "answer": "The oracle's answer",
    "payout_set_by_hand": "Payout set by hand",
    "announced_remedy": "Announced remedy",
    "open_interest": "Open interest",
    "latest_price": "Latest price of Yes",
    "age_of_inputs": "Age of the inputs",
    MODEL: "Model changed",
    RATES: "Base rates of this kind of market",
    RECORD: "Records corrected since",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """A stored assessment with what explains it."""

    title: str
    # The stored document; it is explained, never recomputed.
    document: Mapping[str, object]
    # The same inputs scored with today's cells and model: what the questions compare with.
    p_today: Interval
    movement: Movement | None
    # Why there is no movement, or what it is of.
    movement_note: str | None
    what_ifs: tuple[Counterfactual, ...]
    notes: tuple[str, ...]


def moved_words(feature: str) -> str:
    """The name of a part of a movement."""
    return MOVED_WORDS.get(feature) or feature.replace("_", " ").capitalize()


def driver_rows(document: Mapping[str, object]) -> list[dict[str, object]]:
    """The stored drivers, each with its sentence; the one they start from comes first."""
    found = document.get("drivers")
    rows = [dict(row) for row in found if isinstance(row, dict)] if isinstance(found, list) else []
    for row in rows:
        value, unit = row.get("value"), row.get("unit")
        row["words"] = sentence(
            str(row.get("feature", "")),
            value if isinstance(value, str | int | float) else None,
            str(unit or ""),
            number_of(row, "contribution_p"),
            number_of(row, "contribution_logit"),
        )
    return sorted(rows, key=lambda row: row.get("feature") != BASE_RATE)


def number_of(row: Mapping[str, object], key: str) -> float:
    """A number of a stored row; 0 where it has none."""
    value = row.get(key)
    return float(value) if isinstance(value, int | float) else 0.0


_CARRIED = (
    "market_id",
    "question_id",
    "as_of",
    "model_version",
    "priors_version",
    "chain_state",
    "p_misresolved",
    "p_disputed",
    "ambiguity_floor",
    "components",
    "money",
    "coef_source",
    "support",
    "freshness",
    "warnings",
)


def to_explanation_document(explanation: Explanation) -> dict[str, object]:
    """JSON-ready, as the API and ``settlewatch explain --json`` print it."""
    document, movement = explanation.document, explanation.movement
    return {
        "schema_version": SCHEMA_VERSION,
        "title": explanation.title,
        **{name: document.get(name) for name in _CARRIED},
        "drivers": driver_rows(document),
        "movement": None if movement is None else _movement(movement),
        "movement_note": explanation.movement_note,
        "p_today": interval_document(explanation.p_today),
        "what_if": [_what_if(answer) for answer in explanation.what_ifs],
        "notes": list(explanation.notes),
    }


def _movement(movement: Movement) -> dict[str, object]:
    return {
        "since": to_rfc3339(movement.since),
        "until": to_rfc3339(movement.until),
        "p_before": movement.p_before,
        "p_before_interval": _ends(movement.p_before, movement.ends_before),
        "p_after": movement.p_after,
        "p_after_interval": _ends(movement.p_after, movement.ends_after),
        "change_p": movement.change_p,
        "change_logit": movement.change_logit,
        "items": [_moved(item) for item in movement.items],
        "without_effect": list(movement.without_effect),
    }


def _ends(mean: float, ends: Ends | None) -> dict[str, float] | None:
    return None if ends is None else {"mean": mean, "p05": ends[0], "p95": ends[1]}


def _moved(item: Moved) -> dict[str, object]:
    return {
        "feature": item.feature,
        "words": f"{moved_words(item.feature)}: "
        f"{effect(item.contribution_p, item.contribution_logit)}.",
        "before": item.before,
        "after": item.after,
        "contribution_p": item.contribution_p,
        "contribution_logit": item.contribution_logit,
        "contribution_loss_usdc": to_usdc(item.contribution_loss),
        "share": item.share,
    }


def _what_if(answer: Counterfactual) -> dict[str, object]:
    return {
        "question": answer.what_if.text,
        "input": str(answer.what_if.change),
        "words": answer.words,
        "p_misresolved": None if answer.p is None else interval_document(answer.p),
        "change_p": answer.change_p,
        "change_logit": answer.change_logit,
        "expected_loss_usdc": to_usdc(answer.expected_loss),
        "refused": answer.refused,
    }


def texts_of(document: Mapping[str, object], *path: str) -> Sequence[str]:
    """A list of words somewhere in a stored document; none where it has none."""
    found: object = document
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return [str(item) for item in found] if isinstance(found, list) else []


def instant_of(document: Mapping[str, object]) -> datetime | None:
    """When a stored document's score was made."""
    found = document.get("as_of")
    return datetime.fromisoformat(found) if isinstance(found, str) else None
