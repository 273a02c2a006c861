"""P(the vote on a market is captured), as the newest assessment of its round has it."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from service.protocol.ids import parse_hex32
from service.risk.attack.attack_attempt import any_attempt
from service.store.scores.round_assessments import newest_of_round

_OPERATIVE = "operative"
# Of a round that is over nothing can be captured any more, and what was is among its votes.
_OVER = "over"


def get_captured(
    session: Session, rounds: Collection[int | None], as_of: datetime
) -> dict[bytes, float]:
    """By condition, of the operative requests of these rounds; as assessed by a time."""
    found: dict[bytes, float] = {}
    for round_id in sorted(one for one in rounds if one is not None):
        row = newest_of_round(session, round_id, as_of)
        if row is not None:
            found |= captured_then(row.phase, row.document)
    return found


def captured_then(phase: str, document: Mapping[str, Any]) -> dict[bytes, float]:
    """What a market's score reads of an assessment; of a round that is over nothing."""
    return {} if phase == _OVER else captured_of(document)


def captured_of(document: Mapping[str, Any]) -> dict[bytes, float]:
    """By condition P(some bloc captures its vote), every bloc on its own; 0 where none would.

    Empty where no bloc is known: then the prior of any vote stands.
    """
    if not document["blocs"]:
        return {}
    return {
        parse_hex32(line["market_id"]): any_attempt(
            [bloc["p_captured"].get(line["id"], 0.0) for bloc in document["blocs"]]
        )
        for line in document["docket"]
        if line["role"] == _OPERATIVE
    }
