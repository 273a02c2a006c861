"""What a market's wording and the times of its changes say, as known at a time."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.clarification import ListedClarification
from models.enums import Category
from models.market import Market, RulesText, RulesVersion, TradingActivity
from service.protocol.clarifications import place_clarifications
from service.protocol.contracts import ContractBook
from service.protocol.question_status import QuestionStatus
from service.risk.features import Feature
from service.risk.wording_features import RuleTimes, text_features, timing_features
from service.store.upserts import IN_CHUNK, chunks

# Wordings read and kept: reading one costs more than all else a calm market's score takes.
_MOST_KEPT = 20_000
_Wording = tuple[str, bytes, str]


class WordingReader:
    """Reads each wording once, and keeps what moves a score."""

    def __init__(self) -> None:
        self._known: dict[_Wording, tuple[Feature, ...]] = {}

    def knows(self, wording: _Wording) -> bool:
        """Whether its text need not be loaded."""
        return wording in self._known

    def read(self, wording: _Wording, text: str) -> tuple[Feature, ...]:
        """The features of a wording; those that say nothing of it are left out."""
        found = self._known.get(wording)
        if found is None:
            title, _, category = wording
            readings = text_features(title, text, Category(category))
            found = tuple(f for f in readings if f.logit or f.value)
            if len(self._known) >= _MOST_KEPT:
                self._known.pop(next(iter(self._known)))
            self._known[wording] = found
        return found


_READER = WordingReader()


def get_features(
    session: Session,
    markets: Sequence[Market],
    statuses: Mapping[int, QuestionStatus],
    book: ContractBook,
    at: datetime,
) -> dict[int, tuple[Feature, ...]]:
    """The features of each market whose rules are stored, by market."""
    versions = _get_versions(session, [market.id for market in markets], at)
    wordings = {
        m.id: (m.title, versions[m.id][-1][0], str(m.category)) for m in markets if m.id in versions
    }
    texts = _get_texts(session, {w[1] for w in wordings.values() if not _READER.knows(w)})
    edits = {id_: tuple(known for _, known in told[1:]) for id_, told in versions.items()}
    times = _get_times(session, edits, statuses, book, at)
    return {
        id_: _READER.read(wording, texts.get(wording[1], ""))
        + tuple(f for f in timing_features(times[id_]) if f.value)
        for id_, wording in wordings.items()
    }


def _get_versions(
    session: Session, market_ids: Collection[int], at: datetime
) -> dict[int, list[tuple[bytes, datetime]]]:
    """The rule texts of each market, oldest first: hash, and from when on known."""
    found: dict[int, list[tuple[bytes, datetime]]] = defaultdict(list)
    row = RulesVersion
    for part in chunks(sorted(market_ids), IN_CHUNK):
        query = select(row.market_id, row.text_hash, row.known_at).where(
            row.market_id.in_(part), row.known_at <= at
        )
        for market_id, text_hash, known_at in session.execute(query.order_by(row.version)):
            found[market_id].append((text_hash, known_at))
    return found


def _get_texts(session: Session, hashes: Collection[bytes]) -> dict[bytes, str]:
    found: dict[bytes, str] = {}
    for part in chunks(sorted(hashes), IN_CHUNK):
        rows = session.execute(
            select(RulesText.hash, RulesText.text).where(RulesText.hash.in_(part))
        )
        found.update((hash_, text) for hash_, text in rows)
    return found


def _get_times(
    session: Session,
    edits: Mapping[int, tuple[datetime, ...]],
    statuses: Mapping[int, QuestionStatus],
    book: ContractBook,
    at: datetime,
) -> dict[int, RuleTimes]:
    traded = _get_first_trades(session, [id_ for id_, edited in edits.items() if edited], at)
    proposed = {id_ for id_, status in statuses.items() if id_ in edits and status.requests}
    listed = _get_listed(session, proposed, at)
    found = {}
    for id_, edited in edits.items():
        status = statuses.get(id_)
        clarified = listed.get(id_, set()) | _posted(status, book)
        found[id_] = RuleTimes(
            first_traded_at=traded.get(id_),
            edited_at=edited,
            clarified_at=tuple(sorted(clarified)),
            decided_at=_decided(status),
        )
    return found


def _get_first_trades(
    session: Session, market_ids: Collection[int], at: datetime
) -> dict[int, datetime]:
    """When each market was first seen with volume."""
    row = TradingActivity
    found: dict[int, datetime] = {}
    for part in chunks(sorted(market_ids), IN_CHUNK):
        query = (
            select(row.market_id, func.min(row.known_at))
            .where(row.market_id.in_(part), row.volume > 0, row.known_at <= at)
            .group_by(row.market_id)
        )
        found.update((id_, first) for id_, first in session.execute(query))
    return found


def _get_listed(
    session: Session, market_ids: Collection[int], at: datetime
) -> dict[int, set[datetime]]:
    """When the clarifications that the catalogue lists as sent were posted."""
    found: dict[int, set[datetime]] = defaultdict(set)
    row = ListedClarification
    for part in chunks(sorted(market_ids), IN_CHUNK):
        query = select(row.market_id, row.posted_at).where(
            row.market_id.in_(part), row.posted_at <= at, row.known_at <= at
        )
        for market_id, posted_at in session.execute(query):
            if market_id is not None and posted_at is not None:
                found[market_id].add(posted_at)
    return found


def _posted(status: QuestionStatus | None, book: ContractBook) -> set[datetime]:
    """When official texts were posted on the chain."""
    if status is None or not status.posts:
        return set()
    placed = place_clarifications(status, book, None)
    return {post.posted_at for post in placed if post.is_official}


def _decided(status: QuestionStatus | None) -> tuple[datetime, ...]:
    """When answers were proposed, and disputes sent to the vote."""
    if status is None:
        return ()
    told = [(r.proposed_at, r.disputed_at) for r in status.requests]
    return tuple(at for pair in told for at in pair if at is not None)
