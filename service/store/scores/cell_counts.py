"""How many finished questions of each cell were disputed, and disputed again."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, literal, or_, select
from sqlalchemy.orm import Session

from models import oracle
from models.enums import Category, OracleVersion
from models.market import Market, TradingActivity
from service.protocol.contracts import ContractBook
from service.protocol.finality import POLYGON
from service.risk.inputs import CellCount, volume_stratum
from service.store.oracle.finished_questions import SETTLED
from service.store.sql_words import month_text

# Category, the stratum's lower bound, version, age in months.
_Key = tuple[Category, int, OracleVersion, int]
USDC = 10**6
FIRST, SECOND = 1, 2
# The lower bounds of the volume strata in micro-USDC, highest first.
_BOUNDS = (10_000_000 * USDC, 1_000_000 * USDC, 100_000 * USDC, 10_000 * USDC)


def count_cells(session: Session, book: ContractBook, at: datetime) -> list[CellCount]:
    """Counts by category, volume stratum, oracle version and age, of what was known at ``at``.

    A question counts once, a fortnight after its first answer and when one has settled (until then
    it may still be disputed, and what is disputed settles last), under the oracle of its first
    proposal's contract, and in the stratum of what had been traded when that proposal came; only
    questions that belong to a market of the catalogue count (the rest may be anybody's).
    """
    proposals = (
        select(
            oracle.Proposal.requester,
            oracle.Proposal.ancillary_hash,
            oracle.Proposal.address.label("oracle"),
            func.min(oracle.Proposal.known_at).label("first_at"),
        )
        .where(oracle.Proposal.known_at <= at)
        .group_by(
            oracle.Proposal.requester, oracle.Proposal.ancillary_hash, oracle.Proposal.address
        )
        .subquery()
    )
    settled = (
        select(oracle.Settlement.requester, oracle.Settlement.ancillary_hash)
        .where(oracle.Settlement.known_at <= at)
        .distinct()
        .subquery()
    )
    disputes = (
        select(
            oracle.Dispute.requester,
            oracle.Dispute.ancillary_hash,
            func.count().label("disputes"),
        )
        .where(oracle.Dispute.known_at <= at)
        .group_by(oracle.Dispute.requester, oracle.Dispute.ancillary_hash)
        .subquery()
    )
    floor = _floor(proposals.c.first_at, at)
    changes = _changes(book)
    era = case(*((proposals.c.first_at >= time, n) for n, time in changes), else_=0)
    each = (
        select(
            Market.category.label("category"),
            floor.label("floor"),
            proposals.c.oracle.label("oracle"),
            (era if changes else literal(0)).label("era"),
            proposals.c.first_at.label("first_at"),
            func.coalesce(disputes.c.disputes, 0).label("times"),
        )
        .join(
            Market,
            (Market.uma_question_id == proposals.c.ancillary_hash)
            # Anybody may ask the oracle the same text; only the market's adapter asks for it.
            & or_(Market.adapter.is_(None), Market.adapter == proposals.c.requester),
        )
        .join(
            settled,
            (settled.c.requester == proposals.c.requester)
            & (settled.c.ancillary_hash == proposals.c.ancillary_hash),
        )
        .outerjoin(
            disputes,
            (disputes.c.requester == proposals.c.requester)
            & (disputes.c.ancillary_hash == proposals.c.ancillary_hash),
        )
        .where(proposals.c.first_at <= at - SETTLED)
        .subquery()
    )
    month = month_text(each.c.first_at)
    rows = session.execute(
        select(
            each.c.category,
            each.c.floor,
            each.c.oracle,
            month,
            func.min(each.c.first_at),
            func.count(),
            func.sum(case((each.c.times >= FIRST, 1), else_=0)),
            func.sum(case((each.c.times >= SECOND, 1), else_=0)),
        ).group_by(each.c.category, each.c.floor, each.c.oracle, each.c.era, month)
    )
    cells: Counter[_Key] = Counter()
    first: Counter[_Key] = Counter()
    second: Counter[_Key] = Counter()
    for category, low, address, told, earliest, questions, disputed, again in rows:
        version = book.oracle_version(POLYGON, address, earliest)
        if version is None:
            continue
        key = (Category(category), low, version, _months_since(told, at))
        cells[key] += questions
        first[key] += disputed
        second[key] += again
    return [
        CellCount(
            category=key[0],
            stratum=volume_stratum(key[1]),
            version=key[2],
            questions=cells[key],
            disputed=first[key],
            disputed_again=second[key],
            age_months=key[3],
        )
        for key in sorted(cells)
    ]


def _months_since(month: str, at: datetime) -> int:
    """Whole calendar months from a month (``YYYY-MM``) to that of ``at``; both in UTC."""
    then, now = (int(month[:4]), int(month[5:7])), at.astimezone(UTC)
    return max(12 * (now.year - then[0]) + now.month - then[1], 0)


def _floor(first_at: ColumnElement[datetime], at: datetime) -> ColumnElement[Any]:
    """The stratum's lower bound of the newest volume known at the first proposal.

    A score asks for the rate of its market's volume before any answer. What is traded later is in
    part the dispute's own doing: by final volume disputed questions would move into higher strata
    than those that are scored with their rates. Of a past that was indexed afterwards nothing
    earlier is known: there the first volume known later counts.
    """
    row = TradingActivity
    floor = case(*((row.volume >= bound, bound) for bound in _BOUNDS), else_=0)
    known = select(floor).where(row.market_id == Market.id, row.volume.is_not(None)).limit(1)
    then = known.where(row.known_at <= first_at).order_by(row.known_at.desc(), row.id.desc())
    after = known.where(row.known_at <= at).order_by(row.known_at, row.id)
    told = (query.correlate_except(row).scalar_subquery() for query in (then, after))
    return func.coalesce(*told, 0)


def _changes(book: ContractBook) -> list[tuple[int, datetime]]:
    """The instants at which an oracle's rules changed, numbered from the latest down."""
    times = sorted({e.from_time for e in book.entries if e.from_time is not None}, reverse=True)
    return [(len(times) - index, time) for index, time in enumerate(times)]
