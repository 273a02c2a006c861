"""``/v1/attacks``: what to look at first; ``/v1/alerts/quality``: what its alerts cost."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from models.attack_enums import SignalSubject
from models.attack_score import AttackScore
from models.market import Market
from service.api.as_of import AsOf, past_instant
from service.api.attack_schemas import AlertQuality, AttackList
from service.api.parameters import Cursor, Limit, only
from service.api.site import Site
from service.api.wire import json_response
from service.protocol.ids import parse_hex32, to_hex
from service.risk.signs.attack_fusion import SCORED
from service.risk.signs.attack_pages import DIGEST_PER_DAY
from service.store.alerts.attack_quality import BudgetLine, attack_quality
from service.store.attacks.attack_scores import list_attack_scores
from service.store.keyset import BadCursor, decode_cursor, encode_cursor
from service.store.links import transaction_link

CAUTION = (
    "Patterns in public records, of addresses and not of people. A high score is a reason to look, "
    "no finding; a low one is no statement that nothing is going on."
)
Kind = Annotated[SignalSubject | None, Query(description="Only subjects of this kind.")]


def attacks_router(site: Site) -> APIRouter:
    """The routes of this subject."""
    router = APIRouter(tags=["attacks"])

    @router.get(
        "/v1/attacks",
        response_model=AttackList,
        dependencies=[only("kind", "limit", "cursor", "as_of")],
    )
    def list_attacks(
        kind: Kind = None, limit: Limit = 50, cursor: Cursor = None, as_of: AsOf = None
    ) -> Response:
        """Markets, rounds and rings by their newest attack score, highest first."""
        asked = ("attacks", kind, None if as_of is None else as_of.isoformat())
        after = None if cursor is None else _position(cursor, asked)
        at = site.clock.now() if as_of is None else past_instant(as_of, site.clock)
        with site.sessions() as session:
            kinds = SCORED if kind is None else {kind}
            page = list_attack_scores(session, at, kinds=kinds, limit=limit, after=after)
            titles = _titles(session, page.rows)
            data = [
                attack_line(row, titles.get(row.subject), has_links=site.has_explorers)
                for row in page.rows
            ]
        last = page.rows[-1] if page.has_more else None
        following = None if last is None else encode_cursor(asked, (last.score, last.id))
        body = {"data": data, "next_cursor": following, "notice": site.notice, "caution": CAUTION}
        return json_response(body)

    @router.get("/v1/alerts/quality", response_model=AlertQuality, dependencies=[only("as_of")])
    def read_quality(as_of: AsOf = None) -> Response:
        """How many pages about attacks there were, how many unconfirmed, and their budget."""
        at = site.clock.now() if as_of is None else past_instant(as_of, site.clock)
        with site.sessions() as session:
            lines = [_quality_line(line) for line in attack_quality(session, at)]
        return json_response(
            {
                "as_of": at,
                "attacks": lines,
                "digest_per_day": DIGEST_PER_DAY,
                "notice": site.notice,
            }
        )

    return router


def _position(cursor: str, asked: Sequence[object]) -> tuple[float, int]:
    match decode_cursor(cursor, asked, 2):
        case (int() | float() as score, int(row_id)):
            return float(score), row_id
        case _:
            raise BadCursor("is not a cursor of this API")


def _titles(session: Session, rows: Sequence[AttackScore]) -> Mapping[str, str]:
    conditions = [parse_hex32(r.subject) for r in rows if r.subject_kind == SignalSubject.MARKET]
    query = select(Market.condition_id, Market.title).where(Market.condition_id.in_(conditions))
    return {to_hex(condition): title for condition, title in session.execute(query)}


def attack_line(row: AttackScore, title: str | None, *, has_links: bool) -> dict[str, object]:
    """One stored score as it is printed; also beside a market."""
    document: dict[str, Any] = dict(row.document)
    return {
        "subject_kind": row.subject_kind,
        "subject": row.subject,
        "title": title,
        "score": row.score,
        "base_log_odds": document["base_log_odds"],
        "family_cap": document["family_cap"],
        "calibration_status": row.calibration_status,
        "p_mean": row.p_mean,
        "p_low": row.p_low,
        "p_high": row.p_high,
        "support": row.support,
        "families": document["families"],
        "contributions": [
            {**part, "evidence": [_evidence(one, has_links=has_links) for one in part["evidence"]]}
            for part in document["contributions"]
        ],
        "known_at": row.known_at,
        "model_version": row.model_version,
    }


def _evidence(one: Mapping[str, Any], *, has_links: bool) -> dict[str, object]:
    chain_id, transaction = one["chain_id"], one["transaction"]
    is_log = has_links and chain_id is not None and transaction is not None
    link = transaction_link(chain_id, parse_hex32(transaction)) if is_log else None
    return {**one, "link": link}


def _quality_line(line: BudgetLine) -> dict[str, object]:
    return {
        "kind": line.kind,
        "budget_per_week": line.budget_per_week,
        "shares_budget_of": line.shares_budget_of,
        "budget_pages": line.budget_pages,
        "spent_pages": line.spent_pages,
        "pages": line.pages,
        "unconfirmed": line.unconfirmed,
        "unconfirmed_rate": None if line.rate is None else asdict(line.rate),
        "threshold": None if line.threshold is None else asdict(line.threshold),
    }
