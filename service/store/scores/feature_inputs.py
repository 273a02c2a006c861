"""What is read of a market beside its course: sources, first proposal, changes of its rules."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import oracle
from models.chain import Block
from models.clarification import ListedClarification
from models.enums import Category
from models.market import RulesText, RulesVersion, TradingActivity
from service.protocol.clarifications import place_clarifications
from service.protocol.contracts import ContractBook
from service.protocol.ids import parse_address
from service.protocol.question_status import QuestionStatus
from service.risk.dispute_features import counting_features
from service.risk.inputs import Proposal
from service.risk.text.dispute_readings import FAMILIAR, USUAL_SHARE, DisputeFacts
from service.risk.text.features import Feature
from service.risk.text.rule_text import read_sources
from service.risk.wording_features import RuleTimes, timing_features
from service.store.id_lists import ID_CHUNK, among, among_hashes, plain_rows
from service.store.markets.market_lines import AnyMarket
from service.store.upserts import IN_CHUNK, chunks

# Wordings whose sources are known: most hang on none, so that one costs some hundred bytes.
_MOST_KEPT = 100_000
# A proposer's history counts no further (``service.risk.text.dispute_readings``).
# What the coefficients rest on took as long to know a usual proposer.
_HISTORY = timedelta(days=14)
_LEAST_OF_ALL = int(1 / USUAL_SHARE)
_MOST_OWN, _MOST_OF_ALL = int(FAMILIAR) + 1, int(FAMILIAR / USUAL_SHARE)


class SourceReader:
    """Reads each wording's fragile sources once."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[Feature, ...]] = {}

    def find(self, market: AnyMarket, text_hash: bytes) -> tuple[Feature, ...] | None:
        """What was read of a wording; ``None`` if it was not yet."""
        return self._known.get(_key(market, text_hash))

    def read(self, market: AnyMarket, text_hash: bytes, text: str) -> tuple[Feature, ...]:
        """The fragile sources a market hangs on."""
        found = tuple(
            Feature(r.name, r.value, r.unit, 0.0, "default", r.spans)
            for r in read_sources(market.title, text)
            if r.value
        )
        if len(self._known) >= _MOST_KEPT:
            self._known.pop(next(iter(self._known)))
        self._known[_key(market, text_hash)] = found
        return found


def _key(market: AnyMarket, text_hash: bytes) -> bytes:
    return hashlib.blake2b(market.title.encode() + text_hash, digest_size=16).digest()


_READER = SourceReader()


def get_features(
    session: Session,
    markets: Sequence[AnyMarket],
    statuses: Mapping[int, QuestionStatus],
    firsts: Mapping[int, Proposal],
    book: ContractBook,
    at: datetime,
) -> dict[int, tuple[Feature, ...]]:
    """The features of each market whose rules are stored, by market.

    Of a market without a proposal only what its sources are and when its rules changed can differ
    from a usual one. ``firsts`` are the first proposals known.
    """
    versions = _get_versions(session, [market.id for market in markets], at)
    told = [market for market in markets if market.id in versions]
    hashes = {market.id: versions[market.id][-1][0] for market in told}
    read = {market.id: _READER.find(market, hashes[market.id]) for market in told}
    wanted = {hashes[m.id] for m in told if m.id in firsts or read[m.id] is None}
    texts = _get_texts(session, wanted)
    edits = {id_: tuple(known for _, known in found[1:]) for id_, found in versions.items()}
    times = _get_times(session, edits, statuses, book, at)
    features: dict[int, tuple[Feature, ...]] = {}
    for market in told:
        text_hash = hashes[market.id]
        text = texts.get(text_hash, "")
        sources = read[market.id]
        if sources is None:
            sources = _READER.read(market, text_hash, text)
        first = firsts.get(market.id)
        at_proposal = () if first is None else _at_proposal(session, market, text, first, at)
        changed = times.get(market.id)
        timing = () if changed is None else timing_features(changed)
        features[market.id] = (*sources, *at_proposal, *(f for f in timing if f.value))
    return features


def _at_proposal(
    session: Session, market: AnyMarket, text: str, first: Proposal, at: datetime
) -> tuple[Feature, ...]:
    """What the fitted dispute model reads of a first proposal; what adds nothing is left out."""
    own, anybody = _count_earlier(session, first, at)
    features = counting_features(
        DisputeFacts(
            title=market.title,
            rules=text,
            category=Category(market.category),
            proposed_at=first.proposed_at,
            by_proposer=own,
            by_anybody=anybody,
        )
    )
    return tuple(feature for feature in features if feature.logit)


def _count_earlier(
    session: Session, first: Proposal, at: datetime
) -> tuple[int | None, int | None]:
    """Proposals mined before this one, known by ``at``: its proposer's and everybody's.

    Counted as far as they matter, and only once some are a fortnight older: a young store knows
    nobody, which says nothing of anybody. Nor does one of so few that a usual proposer would not
    have one of them.
    """
    if first.proposer is None:
        return None, None
    row = oracle.Proposal
    known = select(row.log_index).join(Block, Block.id == row.block_id).where(row.known_at <= at)
    old = known.where(Block.mined_at < first.proposed_at - _HISTORY).limit(_LEAST_OF_ALL)
    if len(session.scalars(old).all()) < _LEAST_OF_ALL:
        return None, None
    earlier = known.where(Block.mined_at < first.proposed_at)
    own = earlier.where(row.proposer == parse_address(first.proposer)).limit(_MOST_OWN)
    anybody = earlier.limit(_MOST_OF_ALL)
    return len(session.scalars(own).all()), len(session.scalars(anybody).all())


def _get_versions(
    session: Session, market_ids: Collection[int], at: datetime
) -> dict[int, list[tuple[bytes, datetime]]]:
    """The rule texts of each market, oldest first: hash, and from when on known."""
    found: dict[int, list[tuple[bytes, datetime]]] = defaultdict(list)
    row = RulesVersion
    for part in chunks(sorted(market_ids), ID_CHUNK):
        query = select(row.market_id, row.text_hash, row.known_at).where(
            among(session, row.market_id, part), row.known_at <= at
        )
        for market_id, text_hash, known_at in plain_rows(session, query.order_by(row.version)):
            found[market_id].append((text_hash, known_at))
    return found


def _get_texts(session: Session, hashes: Collection[bytes]) -> dict[bytes, str]:
    found: dict[bytes, str] = {}
    for part in chunks(sorted(hashes), ID_CHUNK):
        wanted = among_hashes(session, RulesText.hash, part)
        rows = plain_rows(session, select(RulesText.hash, RulesText.text).where(wanted))
        found.update((hash_, text) for hash_, text in rows)
    return found


def _get_times(
    session: Session,
    edits: Mapping[int, tuple[datetime, ...]],
    statuses: Mapping[int, QuestionStatus],
    book: ContractBook,
    at: datetime,
) -> dict[int, RuleTimes]:
    """Of the markets whose rules were edited or clarified; of the others time says nothing."""
    traded = _get_first_trades(session, [id_ for id_, edited in edits.items() if edited], at)
    proposed = {id_ for id_, status in statuses.items() if id_ in edits and status.requests}
    listed = _get_listed(session, proposed, at)
    found = {}
    for id_, edited in edits.items():
        status = statuses.get(id_)
        clarified = listed.get(id_, set()) | _posted(status, book)
        if not edited and not clarified:
            continue
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
