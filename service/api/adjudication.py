"""``/v1/markets/{ref}/adjudication``: verdicts by pseudonym, the soft label, corrections."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.responses import Response

from models.adjudication import AdjudicationVerdict
from models.adjudication_enums import RulesTrack, Verdict
from models.enums import Outcome
from service.api.adjudication_schemas import AdjudicationAnswer
from service.api.lookup import require_market
from service.api.parameters import Ref, only
from service.api.site import Site
from service.api.wire import json_response
from service.protocol.ids import to_hex
from service.risk.result import Interval
from service.risk.truth.truth_label import StoredLabel
from service.store.truth.adjudication_cases import Answers, load_answers
from service.store.truth.adjudications import list_current_verdicts, load_verdicts
from service.store.truth.corrections import KnownCorrection, list_corrections

Line = dict[str, object]
_MOST = 100
_UNJUDGED = "verdicts: nobody has adjudicated this market"
_UNANSWERED = "q: the oracle has given no answer yet that verdicts could judge"
_NOBODY = Answers(None, None, None, is_disputed=False)


def adjudication_router(site: Site) -> APIRouter:
    """The route of this subject."""
    router = APIRouter(tags=["markets"])

    @router.get(
        "/v1/markets/{ref}/adjudication",
        response_model=AdjudicationAnswer,
        dependencies=[only()],
    )
    def read_adjudication(ref: Ref) -> Response:
        """Whether its answer was right, as far as blind adjudicators have said."""
        now = site.clock.now()
        with site.sessions() as session:
            market = require_market(session, ref)
            answers = load_answers(session, [market.id], now).get(market.id, _NOBODY)
            tracks = [_track(session, market.id, track, answers, now) for track in RulesTrack]
            corrections = list_corrections(session, now, [market.id])[-_MOST:]
            told = [_correction(known) for known in reversed(corrections)]
        return json_response(
            {
                "ref": to_hex(market.condition_id),
                "answers": {
                    "first_proposed": answers.first,
                    "oracle": answers.oracle,
                    "paid": answers.paid,
                },
                "tracks": tracks,
                "corrections": told,
                "missing": _missing(tracks, answers),
                "notice": site.notice,
            }
        )

    return router


def _track(
    session: Session, market_id: int, track: RulesTrack, answers: Answers, now: datetime
) -> Line:
    verdicts = list_current_verdicts(session, now, track, [market_id])
    label = load_verdicts(session, [market_id], now, track).get(market_id)
    counts = Counter(verdict.verdict for verdict in verdicts)
    return {
        "track": track,
        "counts": {verdict.value: counts[verdict] for verdict in Verdict},
        "blind": sum(verdict.is_blind for verdict in verdicts),
        # Whose only blind verdict was replaced by one that is not has no label any more.
        "label": None if label is None or not label.estimate.outcomes else _label(label, answers),
        "verdicts": [_verdict(verdict) for verdict in verdicts[:_MOST]],
    }


def _label(label: StoredLabel, answers: Answers) -> Line:
    truth = label.estimate.truth
    return {
        "label_class": label.label_class(answers.oracle),
        "q": _interval(label.q(answers.oracle)),
        "q_paid": _interval(label.q(answers.paid)),
        "truth": {
            "yes": truth[Verdict.YES],
            "no": truth[Verdict.NO],
            "half": truth[Verdict.HALF],
            "not_determinable": truth[Verdict.NOT_DETERMINABLE],
        },
        "ln_ratio": {
            "yes": label.ln_ratio(Outcome.YES),
            "no": label.ln_ratio(Outcome.NO),
            "half": label.ln_ratio(Outcome.HALF),
        },
        "adjudicators": label.estimate.adjudicators,
        "version": label.version,
        "known_at": label.known_at,
    }


def _interval(q: Interval | None) -> Line | None:
    return None if q is None else {"mean": q.mean, "p05": q.p05, "p95": q.p95}


def _verdict(row: AdjudicationVerdict) -> Line:
    return {
        "adjudicator": row.adjudicator,
        "verdict": row.verdict,
        "is_blind": row.is_blind,
        "confidence": row.confidence,
        "evidence": row.evidence,
        "made_at": row.made_at,
        "known_at": row.known_at,
    }


def _correction(known: KnownCorrection) -> Line:
    # Neither the sender nor the words: they may be about somebody.
    return {
        "id": known.correction.id,
        "claim": known.correction.claim,
        "evidence": known.correction.evidence,
        "status": known.status,
        "status_at": known.status_at,
        "known_at": known.correction.known_at,
    }


def _missing(tracks: Sequence[Line], answers: Answers) -> list[str]:
    missing = [] if any(track["verdicts"] for track in tracks) else [_UNJUDGED]
    if answers.oracle is None:
        missing.append(_UNANSWERED)
    return missing
