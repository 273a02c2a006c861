"""Which payouts were wrong, by settled truth labels. docs/methodology.md, "Adjudication"."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.adjudication_enums import LabelClass
from models.enums import Outcome
from models.market import Market
from models.oracle import Payout
from service.protocol.prices import outcome_of_payouts
from service.risk.truth.truth_label import CONTESTED_HIGH
from service.store.truth.adjudications import list_labels
from service.store.upserts import IN_CHUNK, chunks


def list_wrong_payouts(session: Session, at: datetime) -> dict[int, bool]:
    """By market, whether what its tokens paid was wrong: labels and payouts known at ``at``.

    Contested and provisional labels say neither, and unpaid markets are left out.
    """
    labels = list_labels(session, at)
    found: dict[int, bool] = {}
    for market_id, paid in _paid(session, list(labels), at).items():
        q, kind = labels[market_id].q(paid), labels[market_id].label_class(paid)
        if q is not None and kind is LabelClass.SETTLED:
            found[market_id] = q.mean >= CONTESTED_HIGH
    return found


def _paid(session: Session, market_ids: list[int], at: datetime) -> dict[int, Outcome | None]:
    found: dict[int, Outcome | None] = {}
    for part in chunks(sorted(market_ids), IN_CHUNK):
        rows = session.execute(
            select(Market.id, Payout.numerators)
            .join(Payout, Payout.condition_id == Market.condition_id)
            .where(Market.id.in_(part), Payout.known_at <= at)
            .order_by(Payout.known_at, Payout.log_index)
        )
        for market_id, numerators in rows:
            found[market_id] = outcome_of_payouts([int(number) for number in numerators])
    return found
