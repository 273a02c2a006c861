"""Verdicts of adjudicators: stored once, the newest of each counts, and what they fuse to."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from models.adjudication import AdjudicationVerdict, TruthLabel
from models.adjudication_enums import RulesTrack, Verdict
from models.enums import Outcome
from models.market import Market
from models.question_state import QuestionState
from service.risk.result import Interval
from service.risk.truth.dawid_skene import CLASSES
from service.risk.truth.truth_label import OutcomeLabel, StoredLabel, TruthEstimate
from service.store.upserts import IN_CHUNK, chunks


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an adjudicator cites; never fetched."""

    url: str | None
    quote: str | None


@dataclass(frozen=True, slots=True)
class NewVerdict:
    """A verdict to be stored."""

    market_id: int
    adjudicator: str
    track: RulesTrack
    verdict: Verdict
    confidence: float | None
    is_blind: bool
    evidence: tuple[Evidence, ...]
    packet_id: str | None
    made_at: datetime


class Stored(StrEnum):
    """What became of a verdict."""

    ADDED = "added"
    KNOWN = "already_known"
    # The same adjudicator, market, track and instant, with other content: nothing was stored.
    CONFLICT = "conflict"


def add_verdicts(
    session: Session, verdicts: Sequence[NewVerdict], source: str, known_at: datetime
) -> list[Stored]:
    """Store verdicts in their order; one that supersedes another says so, and both stay."""
    questions = _operative(session, {verdict.market_id for verdict in verdicts})
    return [_add(session, verdict, questions, source, known_at) for verdict in verdicts]


def _add(
    session: Session,
    verdict: NewVerdict,
    questions: Mapping[int, tuple[bytes, int | None]],
    source: str,
    known_at: datetime,
) -> Stored:
    row = AdjudicationVerdict
    of_this = select(row).where(
        row.market_id == verdict.market_id,
        row.track == verdict.track,
        row.adjudicator == verdict.adjudicator,
    )
    digest = _digest(verdict)
    same = session.scalar(of_this.where(row.made_at == verdict.made_at))
    if same is not None:
        return Stored.KNOWN if same.digest == digest else Stored.CONFLICT
    before = session.scalar(
        of_this.where(row.made_at < verdict.made_at).order_by(row.made_at.desc()).limit(1)
    )
    question_id, request_timestamp = questions.get(verdict.market_id, (None, None))
    session.add(
        AdjudicationVerdict(
            market_id=verdict.market_id,
            question_id=question_id,
            request_timestamp=request_timestamp,
            adjudicator=verdict.adjudicator,
            track=verdict.track,
            verdict=verdict.verdict,
            confidence=verdict.confidence,
            is_blind=verdict.is_blind,
            evidence=[{"url": item.url, "quote": item.quote} for item in verdict.evidence],
            packet_id=verdict.packet_id,
            source=source[-200:],
            made_at=verdict.made_at,
            known_at=known_at,
            supersedes_id=None if before is None else before.id,
            digest=digest,
        )
    )
    session.flush()
    return Stored.ADDED


def _digest(verdict: NewVerdict) -> bytes:
    told = [
        str(verdict.market_id),
        verdict.adjudicator,
        verdict.track,
        verdict.verdict,
        verdict.confidence,
        verdict.is_blind,
        [[item.url, item.quote] for item in verdict.evidence],
        verdict.packet_id,
        verdict.made_at.astimezone(UTC).isoformat(),
    ]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).digest()


def _operative(
    session: Session, market_ids: Collection[int]
) -> dict[int, tuple[bytes, int | None]]:
    """Each market's question at its adapter, and the request that pays it out."""
    found: dict[int, tuple[bytes, int | None]] = {}
    for part in chunks(sorted(market_ids), IN_CHUNK):
        rows = session.execute(
            select(Market.id, QuestionState.question_id, QuestionState.operative_timestamp)
            .join(QuestionState, QuestionState.condition_id == Market.condition_id)
            .where(Market.id.in_(part))
            .order_by(QuestionState.initialized_at)
        )
        found.update((id_, (question, asked)) for id_, question, asked in rows)
    return found


def list_current_verdicts(
    session: Session,
    at: datetime,
    track: RulesTrack | None = None,
    market_ids: Collection[int] | None = None,
) -> list[AdjudicationVerdict]:
    """Verdicts known at ``at`` that no newer one of the same adjudicator replaced by then."""
    row, later = AdjudicationVerdict, aliased(AdjudicationVerdict)
    replaced = (
        select(later.id)
        .where(
            later.market_id == row.market_id,
            later.track == row.track,
            later.adjudicator == row.adjudicator,
            later.made_at > row.made_at,
            later.known_at <= at,
        )
        .exists()
    )
    query = select(row).where(row.known_at <= at, ~replaced)
    if track is not None:
        query = query.where(row.track == track)
    if market_ids is None:
        return list(session.scalars(query.order_by(row.market_id, row.track, row.adjudicator)))
    found: list[AdjudicationVerdict] = []
    for part in chunks(sorted(market_ids), IN_CHUNK):
        of_part = query.where(row.market_id.in_(part))
        found += session.scalars(of_part.order_by(row.market_id, row.track, row.adjudicator))
    return found


def iterate_verdicts(session: Session) -> Iterator[tuple[AdjudicationVerdict, bytes]]:
    """Every verdict with its market's condition id, in the order in which they came in."""
    query = (
        select(AdjudicationVerdict, Market.condition_id)
        .join(Market, Market.id == AdjudicationVerdict.market_id)
        .order_by(AdjudicationVerdict.id)
    )
    yield from session.execute(query.execution_options(yield_per=IN_CHUNK))


def load_verdicts(
    session: Session,
    market_ids: Collection[int],
    at: datetime,
    track: RulesTrack = RulesTrack.ORIGINAL,
) -> dict[int, StoredLabel]:
    """Each adjudicated market's fused label as it was known at ``at``; others are left out.

    One look at the end of an index a market: nothing is fused here. Of many markets few are
    adjudicated, so those are found first.
    """
    found: dict[int, StoredLabel] = {}
    wanted = set(market_ids)
    if len(wanted) > IN_CHUNK:
        labelled = select(TruthLabel.market_id).where(TruthLabel.track == track).distinct()
        wanted &= set(session.scalars(labelled))
    for part in chunks(sorted(wanted), IN_CHUNK):
        newest = (
            select(TruthLabel.id)
            .where(
                TruthLabel.market_id == Market.id,
                TruthLabel.track == track,
                TruthLabel.known_at <= at,
            )
            .order_by(TruthLabel.known_at.desc(), TruthLabel.id.desc())
            .limit(1)
            .correlate(Market)
            .scalar_subquery()
        )
        ids = [id_ for id_ in session.scalars(select(newest).where(Market.id.in_(part))) if id_]
        rows = session.scalars(select(TruthLabel).where(TruthLabel.id.in_(ids)))
        found.update((row.market_id, _to_label(row)) for row in rows)
    return found


def list_labels(
    session: Session, at: datetime, track: RulesTrack = RulesTrack.ORIGINAL
) -> dict[int, StoredLabel]:
    """Every label of a track as it was known at ``at``, by market."""
    ids = session.scalars(select(TruthLabel.market_id).where(TruthLabel.track == track).distinct())
    return load_verdicts(session, ids.all(), at, track)


def _to_label(row: TruthLabel) -> StoredLabel:
    p = (row.p_yes, row.p_no, row.p_half, row.p_undetermined)
    return StoredLabel(
        track=RulesTrack(row.track),
        estimate=TruthEstimate(
            adjudicators=row.adjudicators,
            truth=dict(zip(CLASSES, p, strict=True)),
            outcomes={Outcome(name): _to_outcome(told) for name, told in row.outcomes.items()},
        ),
        known_at=row.known_at,
        version=row.version,
    )


def _to_outcome(told: Mapping[str, object]) -> OutcomeLabel:
    q, p05, p50, p95 = (_number(told[name]) for name in ("q", "p05", "p50", "p95"))
    parts = told["parts"]
    assert isinstance(parts, dict)  # noqa: S101  # written by service.store.truth.truth_labels alone
    return OutcomeLabel(
        Interval(q, p05, p50, p95), {name: _number(part) for name, part in parts.items()}
    )


def _number(value: object) -> float:
    assert isinstance(value, int | float)  # noqa: S101  # as above
    return float(value)
