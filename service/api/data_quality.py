"""``/v1/data-quality``: what was checked of the stored rows, and every issue that is open."""

from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session
from starlette.responses import Response

from models.chain import DataIssue
from models.data_check import DataCheck
from models.data_enums import DataIssueKind
from service.api.data_quality_schemas import DataQuality
from service.api.parameters import Cursor, Limit, only
from service.api.site import Site
from service.api.wire import json_response
from service.protocol.data_alerts import DATA_ALERTS
from service.protocol.ids import parse_hex32
from service.store.checks.data_checks import count_issues, list_checks, list_issues, list_offenders
from service.store.keyset import BadCursor, decode_cursor, encode_cursor
from service.store.links import transaction_link

# Breaks shown beside their invariant; all of them are among the issues.
OFFENDERS = 10

Kind = Annotated[DataIssueKind | None, Query(description="Only issues of this kind.")]


def data_quality_router(site: Site) -> APIRouter:
    """The routes of this subject."""
    router = APIRouter(tags=["operation"])

    @router.get(
        "/v1/data-quality",
        response_model=DataQuality,
        dependencies=[only("kind", "limit", "cursor")],
    )
    def read_data_quality(kind: Kind = None, limit: Limit = 50, cursor: Cursor = None) -> Response:
        """The checks of all rows as of their last run, and the open issues, newest first."""
        query = ("data-quality", kind)
        before_id = None if cursor is None else _position(cursor, query)
        kinds = () if kind is None else (kind,)
        with site.sessions() as session:
            checks = [_check_line(session, site, row) for row in list_checks(session)]
            issues = list_issues(session, limit=limit + 1, before_id=before_id, kinds=kinds)
            counts = count_issues(session)
        page = issues[:limit]
        following = encode_cursor(query, (page[-1].id,)) if len(issues) > limit else None
        return json_response(
            {
                "checks": checks,
                "open_issues": counts,
                "data": [_issue_line(site, row) for row in page],
                "next_cursor": following,
                "notice": site.notice,
            }
        )

    return router


def _position(cursor: str, query: tuple[str, DataIssueKind | None]) -> int:
    match decode_cursor(cursor, query, 1):
        case (int(before_id),):
            return before_id
        case _:
            raise BadCursor("is not a cursor of this API")


def _check_line(session: Session, site: Site, row: DataCheck) -> dict[str, object]:
    offenders = list_offenders(session, row.name, OFFENDERS) if row.broken else ()
    return {
        "name": row.name,
        "says": row.says,
        "checked": row.checked,
        "broken": row.broken,
        "not_checkable": row.not_checkable,
        "lagging": row.lagging,
        "as_of": row.as_of,
        "duration_seconds": round(row.seconds, 3),
        "offenders": [_issue_line(site, issue) for issue in offenders],
    }


def _issue_line(site: Site, row: DataIssue) -> dict[str, object]:
    evidence = row.evidence or {}
    chain_id, transaction = _chain_of(row), evidence.get("transaction")
    link = None
    if site.has_explorers and chain_id is not None and isinstance(transaction, str):
        link = transaction_link(chain_id, parse_hex32(transaction))
    return {
        "id": row.id,
        "kind": row.kind,
        "is_alert": row.kind in DATA_ALERTS,
        "source": row.source,
        "key": row.key,
        "reason": row.reason,
        "known_at": row.known_at,
        "chain_id": chain_id,
        "block": evidence.get("block"),
        "transaction": transaction,
        "link": link,
        "evidence": row.evidence,
    }


def _chain_of(row: DataIssue) -> int | None:
    """An issue's chain: among its evidence or, for those of a log, in its source."""
    chain_id = (row.evidence or {}).get("chain_id")
    if isinstance(chain_id, int):
        return chain_id
    place, _, number = row.source.partition(" ")
    return int(number) if place == "chain" and number.isdigit() else None
