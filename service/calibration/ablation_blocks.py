"""The parts of a dispute model that are tried, in the order they are tried in.

Those with a recipe can be switched on; those with columns are only measured: no shipped model has
them. docs/methodology.md, "Dispute model".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from math import log

import numpy as np

from service.calibration.fitting import Recipe
from service.calibration.logistic import Values
from service.calibration.rows import StudyRow
from service.risk.text.dispute_readings import (
    BEFORE_ITS_TIME,
    CANDLE_OPEN,
    UNFAMILIAR,
    UNREADABLE,
)

_SATURDAY = 5
_US_NIGHT = (6, 15)
# Nearer to 0 or 1 a recorded price may already be the payout.
_PRICE_EDGE = 0.0015
_SMALL_BOND_USD = 250.0
_DAY_SECONDS = 86_400.0


Columns = Callable[[Sequence[StudyRow]], Values]


@dataclass(frozen=True, slots=True)
class Block:
    """One part on trial: a change of the recipe, or columns that no shipped model has."""

    name: str
    change: Callable[[Recipe], Recipe] | None = None
    columns: Columns | None = None
    # On where too few positives can decide: part of the specification.
    usual: bool = False


def _terms(*names: str) -> Callable[[Recipe], Recipe]:
    return lambda recipe: replace(recipe, terms=recipe.terms | set(names))


def _price(rows: Sequence[StudyRow]) -> Values:
    """Ln odds against the proposed outcome, by a price that is not 0 or 1 already."""
    found = []
    for row in rows:
        p = row.price_of_proposed
        is_open = p is not None and _PRICE_EDGE < p < 1 - _PRICE_EDGE
        inside = min(max(p, 0.02), 0.98) if p is not None and is_open else None
        found.append([0.0 if inside is None else log((1 - inside) / inside) + 3.0])
    return np.array(found)


def _settled_price(rows: Sequence[StudyRow]) -> Values:
    """The price as it is: after settlement it is 0 or 1, which looks ahead."""
    prices = [0.99 if row.price_of_proposed is None else row.price_of_proposed for row in rows]
    inside = np.clip(np.array(prices), 0.01, 0.999)
    return np.asarray((np.log((1 - inside) / inside) + 4.6)[:, None])


def _calendar(rows: Sequence[StudyRow]) -> Values:
    return np.array(
        [
            [
                float(row.score_time.weekday() >= _SATURDAY),
                float(_US_NIGHT[0] <= row.score_time.hour < _US_NIGHT[1]),
            ]
            for row in rows
        ]
    )


def _terms_of_request(rows: Sequence[StudyRow]) -> Values:
    """Bond, and how long the request had stood open."""
    found = []
    for row in rows:
        days = 1.0
        if row.requested_at is not None:
            days = max((row.score_time - row.requested_at).total_seconds() / _DAY_SECONDS, 0.05)
        found.append([float((row.bond_usd or 500.0) < _SMALL_BOND_USD), log(days)])
    return np.array(found)


def _ahead(rows: Sequence[StudyRow]) -> Values:
    """Yes proposed more than a day before the scheduled end."""
    day = timedelta(days=1)
    return np.array(
        [
            [
                float(
                    row.proposed_outcome == "p2"
                    and row.scheduled_end is not None
                    and row.scheduled_end - row.score_time > day
                )
            ]
            for row in rows
        ]
    )


def _series(rows: Sequence[StudyRow]) -> Values:
    """How new a question's series is: earlier rows of its group against what is usual."""
    seen: dict[str, int] = {}
    found = []
    for n, row in enumerate(rows):
        usual = min(n * 0.02, 10.0)
        found.append([max(0.0, log((usual + 1) / (seen.get(row.group, 0) + 1)))])
        seen[row.group] = seen.get(row.group, 0) + 1
    return np.array(found)


BLOCKS = (
    Block("category", change=lambda r: replace(r, categories=True), usual=True),
    Block("proposer's history", change=_terms(UNFAMILIAR), usual=True),
    Block("answered before its time", change=_terms(BEFORE_ITS_TIME, CANDLE_OPEN), usual=True),
    Block("unreadable question", change=_terms(UNREADABLE), usual=True),
    Block("lexical readings", change=lambda r: replace(r, wording=True)),
    Block("bag of words", change=lambda r: replace(r, words=True)),
    Block("price of the proposed outcome, open prices only", columns=_price),
    Block("price of the proposed outcome, as recorded", columns=_settled_price),
    Block("weekend and night in the United States", columns=_calendar),
    Block("bond and age of the request", columns=_terms_of_request),
    Block("yes more than a day before the end", columns=_ahead),
    Block("newness of the series", columns=_series),
)
