"""``/v1/proposals``: the challenge-window queue."""

from collections.abc import Mapping, Sequence

from fastapi import APIRouter
from starlette.responses import Response

from models.proposal_signal import ProposalSignal
from service.api.lines import market_line
from service.api.parameters import Cursor, Limit, only
from service.api.proposal_signals import figures_line
from service.api.schemas import ProposalList
from service.api.site import Site
from service.api.wire import checksum_or_none, hex_or_none, json_response
from service.protocol.prices import outcome_of
from service.store.keyset import BadCursor, decode_cursor, encode_cursor
from service.store.links import transaction_link
from service.store.proposals.proposal_signals import latest_signals
from service.store.proposals.proposals import OpenProposal, list_open_proposals

_IDENTITY = ("proposals",)


def proposals_router(site: Site) -> APIRouter:
    """The routes of this subject."""
    router = APIRouter(tags=["proposals"])

    @router.get(
        "/v1/proposals",
        response_model=ProposalList,
        dependencies=[only("limit", "cursor")],
    )
    def list_proposals(limit: Limit = 50, cursor: Cursor = None) -> Response:
        """Proposed answers that can still be disputed, soonest end first."""
        after = None if cursor is None else _position(cursor)
        with site.sessions() as session:
            now = site.clock.now()
            queue = list_open_proposals(session, now)
            if after is not None:
                queue = [entry for entry in queue if entry.key > after]
            page = queue[:limit]
            verdicts = latest_signals(session, _market_ids(page), now)
        following = encode_cursor(_IDENTITY, page[-1].key) if len(queue) > limit else None
        data = [_line(entry, verdicts, has_links=site.has_explorers) for entry in page]
        return json_response({"data": data, "next_cursor": following, "notice": site.notice})

    return router


def _position(cursor: str) -> tuple[int, str]:
    match decode_cursor(cursor, _IDENTITY, 2):
        case (int(end), str(identity)):
            return end, identity
        case _:
            raise BadCursor("is not a cursor of this API")


def _market_ids(page: Sequence[OpenProposal]) -> list[int]:
    return [entry.market_id for entry in page if entry.market_id is not None]


def _verdict(entry: OpenProposal, verdicts: Mapping[int, ProposalSignal]) -> ProposalSignal | None:
    """The market's newest verdict, if it is on this very proposal."""
    row = None if entry.market_id is None else verdicts.get(entry.market_id)
    if row is None or row.proposed_price != entry.proposed_price:
        return None
    return row if row.request_timestamp == entry.request_timestamp else None


def _line(
    entry: OpenProposal, verdicts: Mapping[int, ProposalSignal], *, has_links: bool
) -> dict[str, object]:
    price = entry.proposed_price
    link = None
    if has_links and entry.chain_id is not None and entry.transaction_hash is not None:
        link = transaction_link(entry.chain_id, entry.transaction_hash)
    return {
        "title": entry.title,
        "market": None if entry.standing is None else market_line(entry.standing),
        "source": entry.source,
        "proposed_outcome": None if price is None else outcome_of(price),
        "proposed_price": None if price is None else str(price),
        "proposer": checksum_or_none(entry.proposer),
        "proposed_at": entry.proposed_at,
        "challenge_ends_at": entry.challenge_ends_at,
        "past_window": entry.is_past_window,
        "oracle_version": entry.oracle_version,
        "oracle": checksum_or_none(entry.oracle),
        "requester": checksum_or_none(entry.requester),
        "request_timestamp": entry.request_timestamp,
        "ancillary_hash": hex_or_none(entry.ancillary_hash),
        "chain_id": entry.chain_id,
        "transaction": hex_or_none(entry.transaction_hash),
        "link": link,
        "signals": figures_line(_verdict(entry, verdicts)),
    }
