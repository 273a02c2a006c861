"""The catalogue's clarifications into rows: one a change, linked to the market once it is known."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from models.clarification import ListedClarification
from models.market import Market, MarketGroup, RulesText
from service.protocol.listed_clarifications import ClarificationListing, is_older_copy
from service.store.markets.listings import mark_changed
from service.store.upserts import IN_CHUNK, chunks, insert_or_ignore

# Of one market; whoever has more is shown the first.
MOST_OF_A_MARKET = 500


@dataclass(frozen=True, slots=True)
class Kept:
    """What a page of clarifications did."""

    added: int
    changed: int
    unchanged: int
    # Copies of before what is stored: a cache answered.
    older: int


def add_clarifications(
    session: Session, rows: Iterable[ClarificationListing], known_at: datetime
) -> Kept:
    """Keep each clarification that is new or says something new, and mark its market changed."""
    by_number = {row.gamma_id: row for row in rows}
    stored = _newest(session, list(by_number))
    texts = _texts(session, [row.text_hash for row in stored.values()])
    fresh: list[tuple[ClarificationListing, int]] = []
    unchanged = older = 0
    for number, row in by_number.items():
        last = stored.get(number)
        if last is None:
            fresh.append((row, 1))
        elif to_listing(last, texts[last.text_hash]) == row:
            unchanged += 1
        elif _is_older(row, last, texts[last.text_hash]):
            older += 1
        else:
            fresh.append((row, last.version + 1))
    _write(session, fresh, stored, known_at)
    added = sum(version == 1 for _, version in fresh)
    return Kept(added, len(fresh) - added, unchanged, older)


def link_clarifications(session: Session, at: datetime) -> int:
    """Link clarifications to markets that have come into the catalogue since, and mark those."""
    by_market = ListedClarification.market_gamma_id == Market.gamma_id
    by_question = and_(
        ListedClarification.market_gamma_id.is_(None),
        or_(
            Market.uma_question_id == ListedClarification.question_id,
            Market.uma_question_id == ListedClarification.neg_risk_request_id,
        ),
    )
    found: dict[int, int] = {}
    for names in (by_market, by_question):
        query = (
            select(ListedClarification.id, Market.id)
            .join(Market, names)
            .where(ListedClarification.market_id.is_(None))
        )
        found.update((row_id, market_id) for row_id, market_id in session.execute(query))
    if found:
        session.connection().execute(
            update(ListedClarification)
            .where(ListedClarification.id == bindparam("row"))
            .values(market_id=bindparam("owner")),
            [{"row": row_id, "owner": owner} for row_id, owner in found.items()],
        )
    mark_changed(session, set(found.values()), at)
    return len(found)


def list_of_market(
    session: Session, market: Market, as_of: datetime | None = None
) -> list[tuple[ListedClarification, str]]:
    """Every version of a market's clarifications with its text, as known by ``as_of``, in order.

    Those the catalogue lists for the market's whole group are among them.
    """
    group = select(MarketGroup.gamma_id).where(MarketGroup.id == market.group_id).scalar_subquery()
    of_group = and_(
        ListedClarification.market_gamma_id.is_(None),
        ListedClarification.market_id.is_(None),
        ListedClarification.event_gamma_id == group,
    )
    query = (
        select(ListedClarification, RulesText.text)
        .join(RulesText, RulesText.hash == ListedClarification.text_hash)
        .where(or_(ListedClarification.market_id == market.id, of_group))
        .order_by(ListedClarification.gamma_id, ListedClarification.version)
    )
    if as_of is not None:
        query = query.where(ListedClarification.known_at <= as_of)
    return [(row[0], row[1]) for row in session.execute(query.limit(MOST_OF_A_MARKET))]


def count_unlinked(session: Session) -> int:
    """How many clarifications are of markets that are not followed."""
    query = select(func.count(ListedClarification.gamma_id.distinct())).where(
        ListedClarification.market_id.is_(None)
    )
    return session.scalar(query) or 0


def to_listing(row: ListedClarification, text: str) -> ClarificationListing:
    """A stored row in the shape the catalogue's rows are translated to."""
    names = (field.name for field in fields(ClarificationListing) if field.name != "text")
    return ClarificationListing(text=text, **{name: getattr(row, name) for name in names})


def _newest(session: Session, numbers: Sequence[int]) -> dict[int, ListedClarification]:
    found: dict[int, ListedClarification] = {}
    for part in chunks(numbers, IN_CHUNK):
        query = (
            select(ListedClarification)
            .where(ListedClarification.gamma_id.in_(part))
            .order_by(ListedClarification.version)
        )
        found.update((row.gamma_id, row) for row in session.scalars(query))
    return found


def _texts(session: Session, hashes: Iterable[bytes]) -> dict[bytes, str]:
    found: dict[bytes, str] = {}
    for part in chunks(sorted(set(hashes)), IN_CHUNK):
        query = select(RulesText.hash, RulesText.text).where(RulesText.hash.in_(part))
        found.update((digest, text) for digest, text in session.execute(query))
    return found


def _is_older(row: ClarificationListing, last: ListedClarification, text: str) -> bool:
    return is_older_copy(
        row,
        state=last.state,
        text=text,
        is_posted=last.transaction_hash is not None,
        is_queued=last.queued_at is not None,
    )


def _write(
    session: Session,
    fresh: Sequence[tuple[ClarificationListing, int]],
    stored: Mapping[int, ListedClarification],
    known_at: datetime,
) -> None:
    texts = {_hash(row.text): row.text for row, _ in fresh}
    insert_or_ignore(session, RulesText, [{"hash": h, "text": t} for h, t in texts.items()])
    markets = _markets_of(session, [row for row, _ in fresh])
    rows: list[dict[str, Any]] = []
    touched: set[int] = set()
    for row, version in fresh:
        last = stored.get(row.gamma_id)
        market_id = markets.get(row.market_gamma_id or "") or (last.market_id if last else None)
        if market_id is not None:
            touched.add(market_id)
        names = (field.name for field in fields(row) if field.name != "text")
        rows.append(
            {
                **{name: getattr(row, name) for name in names},
                "version": version,
                "market_id": market_id,
                "text_hash": _hash(row.text),
                "known_at": known_at,
            }
        )
    insert_or_ignore(session, ListedClarification, rows)
    touched |= _of_groups(session, [row for row, _ in fresh if row.market_gamma_id is None])
    mark_changed(session, touched, known_at)


def _markets_of(session: Session, rows: Sequence[ClarificationListing]) -> dict[str, int]:
    found: dict[str, int] = {}
    names = sorted({row.market_gamma_id for row in rows if row.market_gamma_id})
    for part in chunks(names, IN_CHUNK):
        query = select(Market.gamma_id, Market.id).where(Market.gamma_id.in_(part))
        found.update((name, row_id) for name, row_id in session.execute(query) if name)
    return found


def _of_groups(session: Session, rows: Sequence[ClarificationListing]) -> set[int]:
    """The markets of the groups that clarifications of a whole group are about."""
    found: set[int] = set()
    names = sorted({row.event_gamma_id for row in rows if row.event_gamma_id})
    for part in chunks(names, IN_CHUNK):
        query = select(Market.id).join(MarketGroup, MarketGroup.id == Market.group_id)
        found.update(session.scalars(query.where(MarketGroup.gamma_id.in_(part))))
    return found


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
