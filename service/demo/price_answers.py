"""What Polymarket's history of prices would have said of a case's token at an instant."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from service.demo.answers import ONE, Listed, latest

# A point stands for so many seconds, as the real route's do for weeks.
STEP_SECONDS = 300
LONGEST_SECONDS = 15 * 86_400


def to_prices(listed: Listed, query: Mapping[str, Sequence[str]], at: datetime) -> dict[str, Any]:
    """``/v2/prices-history`` of one token, in one page: middle prices while its market is open.

    ``KeyError`` or ``ValueError`` where the token, ``start`` or ``end`` (unix seconds) is missing,
    or more than 15 days are asked for, as the real route refuses them.
    """
    case, token = listed.case, query["token_id"][0]
    asked_from, asked_to = int(query["start"][0]), int(query["end"][0])
    if asked_to - asked_from > LONGEST_SECONDS:
        message = "end: at most 15 days after start"
        raise ValueError(message)
    start = max(asked_from, int(case.opened_at.timestamp()))
    end = min(asked_to, int(at.timestamp()))
    rows: list[dict[str, Any]] = []
    for second in range(-(-start // STEP_SECONDS) * STEP_SECONDS, end + 1, STEP_SECONDS):
        instant = datetime.fromtimestamp(second, UTC)
        point = latest(case.price, instant)
        if point is None:
            continue
        if case.story_at(instant).payouts is not None:
            break
        price = point.yes if token == listed.tokens[0] else ONE - point.yes
        rows.append(
            {"timestamp": second, "price": float(price), "resolution_seconds": STEP_SECONDS}
        )
    return {"data": rows}
