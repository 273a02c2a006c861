"""A question as exported, brought to the words of a capture's ``expected``."""

from typing import Any

QUESTION_KEYS = ("adapter", "oracle", "title", "resolved", "paused", "reset", "outcome")
REQUEST_KEYS = (
    ("requestTimestamp", "request_timestamp"),
    ("state", "state"),
    ("proposer", "proposer"),
    ("disputer", "disputer"),
    ("proposedPrice", "proposed_price"),
    ("resolvedPrice", "resolved_price"),
)


def as_expected(row: dict[str, Any]) -> dict[str, Any]:
    """An exported question in the words of ``expected``, as far as both speak."""
    return {
        "questionID": row["question_id"],
        "conditionId": row["condition_id"],
        "ctfPayouts": row["payouts"],
        **{key: row[key] for key in QUESTION_KEYS},
        "requests": [{theirs: r[ours] for theirs, ours in REQUEST_KEYS} for r in row["requests"]],
    }


def trimmed(expected: dict[str, Any]) -> dict[str, Any]:
    """``expected`` without the words an export of questions does not print."""
    return {
        key: expected[key] for key in ("questionID", "conditionId", "ctfPayouts", *QUESTION_KEYS)
    } | {
        "requests": [
            {theirs: request[theirs] for theirs, _ in REQUEST_KEYS}
            for request in expected["requests"]
        ]
    }
