"""``/v1/markets/{ref}/timeline``: what happened, in order, with the evidence."""

from fastapi import APIRouter
from starlette.responses import Response

from service.api.lookup import require_market
from service.api.parameters import Cursor, Limit, Ref, only
from service.api.schemas import Timeline
from service.api.site import Site
from service.api.wire import json_response
from service.protocol.ids import to_hex
from service.store.keyset import BadCursor, decode_cursor, encode_cursor
from service.store.links import transaction_link
from service.store.timeline.timeline import list_timeline
from service.store.timeline.timeline_entry import TimelineEntry


def timeline_router(site: Site) -> APIRouter:
    """The routes of this subject."""
    router = APIRouter(tags=["markets"])

    @router.get(
        "/v1/markets/{ref}/timeline",
        response_model=Timeline,
        dependencies=[only("limit", "cursor")],
    )
    def read_timeline(ref: Ref, limit: Limit = 200, cursor: Cursor = None) -> Response:
        """Everything known of a market, oldest first."""
        with site.sessions() as session:
            market = require_market(session, ref)
            entries = list_timeline(session, market)
        identity = ("timeline", market.id)
        if cursor is not None:
            after = _position(cursor, identity)
            entries = [entry for entry in entries if entry.key > after]
        following = None
        if len(entries) > limit:
            following = encode_cursor(identity, entries[limit - 1].key)
        data = [_line(entry, has_links=site.has_explorers) for entry in entries[:limit]]
        return json_response({"data": data, "next_cursor": following, "notice": site.notice})

    return router


def _position(cursor: str, identity: tuple[object, ...]) -> tuple[int, int, int, int, str]:
    match decode_cursor(cursor, identity, 5):
        case (int(at), int(chain), int(block), int(index), str(kind)):
            return at, chain, block, index, kind
        case _:
            raise BadCursor("is not a cursor of this API")


def _line(entry: TimelineEntry, *, has_links: bool) -> dict[str, object]:
    where = entry.transaction
    link = transaction_link(where.chain_id, where.hash) if where and has_links else None
    return {
        "at": entry.at,
        "known_at": entry.known_at,
        "kind": entry.kind,
        "sentence": entry.sentence,
        "source": entry.source,
        "chain_id": where.chain_id if where else None,
        "transaction": to_hex(where.hash) if where else None,
        "log_index": where.log_index if where else None,
        "link": link,
        "details": entry.details,
        "provisional": entry.provisional,
    }
