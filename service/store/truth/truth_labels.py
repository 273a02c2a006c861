"""Fusing the stored verdicts into labels: after an import, once for the same verdicts."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.adjudication import AdjudicationVerdict, TruthFusion, TruthLabel
from models.adjudication_enums import RulesTrack, Verdict
from models.market import Market
from service.risk.truth.adjudication_priors import fusion_version, load_fusion_priors
from service.risk.truth.dawid_skene import Ballot, Fusion, fuse
from service.risk.truth.truth_label import (
    OutcomeLabel,
    StoredLabel,
    TruthEstimate,
    estimates,
    has_moved,
)
from service.store.oracle.stale import mark_stale
from service.store.truth.adjudications import list_current_verdicts, list_labels
from service.store.upserts import IN_CHUNK, chunks


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What fusing one track did."""

    track: RulesTrack
    verdicts: int
    questions: int
    # Labels that are new or moved; 0 where the verdicts are those of the last fusion.
    changed: int
    is_converged: bool


def refresh_labels(session: Session, known_at: datetime) -> list[Refreshed]:
    """Fuse each track's current blind verdicts, store labels that moved, mark their markets."""
    return [_refresh(session, track, known_at) for track in RulesTrack]


def _refresh(session: Session, track: RulesTrack, known_at: datetime) -> Refreshed:
    # Who had seen the vote may only repeat it: such verdicts are kept, counted and not fused.
    verdicts = [v for v in list_current_verdicts(session, known_at, track) if v.is_blind]
    ballots = [Ballot(v.market_id, v.adjudicator, Verdict(v.verdict)) for v in verdicts]
    digest = _digest(verdicts)
    last = get_last_fusion(session, track, known_at)
    if last is not None and (last.inputs_digest, last.version) == (digest, fusion_version()):
        return Refreshed(track, len(ballots), last.questions, 0, last.is_converged)
    fusion = fuse(ballots, load_fusion_priors())
    if last is None and not ballots:
        return Refreshed(track, 0, 0, 0, fusion.is_converged)
    stored = _add_fusion(session, track, fusion, len(ballots), digest, known_at)
    before = list_labels(session, known_at, track)
    changed = {
        market_id: estimate
        for market_id, estimate in _with_emptied(estimates(ballots, fusion), before).items()
        if market_id not in before or has_moved(before[market_id].estimate, estimate)
    }
    session.add_all(
        _to_row(market_id, estimate, stored, known_at) for market_id, estimate in changed.items()
    )
    session.flush()
    for part in chunks(sorted(changed), IN_CHUNK):
        conditions = session.scalars(select(Market.condition_id).where(Market.id.in_(part)))
        mark_stale(session, (), conditions.all(), known_at)
    return Refreshed(track, len(ballots), len(fusion.questions), len(changed), fusion.is_converged)


def get_last_fusion(session: Session, track: RulesTrack, at: datetime) -> TruthFusion | None:
    """The newest fusing of a track known at ``at``."""
    return session.scalar(
        select(TruthFusion)
        .where(TruthFusion.track == track, TruthFusion.known_at <= at)
        .order_by(TruthFusion.known_at.desc(), TruthFusion.id.desc())
        .limit(1)
    )


def _with_emptied(
    found: dict[int, TruthEstimate], before: dict[int, StoredLabel]
) -> dict[int, TruthEstimate]:
    """A market whose last blind verdict was superseded by one that is not has no label any more."""
    nothing = TruthEstimate(0, dict.fromkeys(Verdict, 1 / len(Verdict)), {})
    return {**dict.fromkeys(set(before) - set(found), nothing), **found}


def _add_fusion(
    session: Session,
    track: RulesTrack,
    fusion: Fusion,
    verdicts: int,
    digest: bytes,
    known_at: datetime,
) -> TruthFusion:
    row = TruthFusion(
        track=track,
        version=fusion_version(),
        inputs_digest=digest,
        verdicts=verdicts,
        questions=len(fusion.questions),
        is_converged=fusion.is_converged,
        prevalence=fusion.prevalence.tolist(),
        confusion={
            name: matrix.tolist()
            for name, matrix in zip(fusion.adjudicators, fusion.confusion, strict=True)
        },
        known_at=known_at,
    )
    session.add(row)
    session.flush()
    return row


def _to_row(
    market_id: int, estimate: TruthEstimate, fusion: TruthFusion, known_at: datetime
) -> TruthLabel:
    return TruthLabel(
        market_id=market_id,
        track=fusion.track,
        fusion_id=fusion.id,
        version=fusion.version,
        adjudicators=estimate.adjudicators,
        p_yes=estimate.truth[Verdict.YES],
        p_no=estimate.truth[Verdict.NO],
        p_half=estimate.truth[Verdict.HALF],
        p_undetermined=estimate.truth[Verdict.NOT_DETERMINABLE],
        outcomes={outcome.value: _told(label) for outcome, label in estimate.outcomes.items()},
        known_at=known_at,
    )


def _told(label: OutcomeLabel) -> dict[str, object]:
    q = label.wrong
    return {
        "q": q.mean,
        "p05": q.p05,
        "p50": q.p50,
        "p95": q.p95,
        "ln_ratio": label.ln_ratio,
        "parts": dict(label.parts),
    }


def _digest(verdicts: Sequence[AdjudicationVerdict]) -> bytes:
    told = [verdict.digest.hex() for verdict in verdicts]
    return hashlib.sha256(json.dumps(sorted(told)).encode()).digest()
