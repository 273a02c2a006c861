"""``/v1/blocs``: groups of voters that vote as one, and how few decide."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.responses import Response

from models.bloc import BlocSearch
from service.api.as_of import AsOf, past_instant
from service.api.bloc_schemas import Blocs
from service.api.parameters import Cursor, Limit, only
from service.api.site import Site
from service.api.stake_shelf import StakeShelf
from service.api.wallets import CAUTION
from service.api.wire import json_response
from service.protocol.ids import parse_address, to_checksum
from service.risk.attack.joined_voters import effective_voters
from service.risk.attack.standing_blocs import StandingBloc
from service.store.attacks.blocs import get_search, standing_blocs
from service.store.keyset import BadCursor, decode_cursor, encode_cursor
from service.store.oracle.contracts import load_book
from service.store.votes.stake_board import StakeBoard, get_stake_board

_NO_SEARCH = "blocs: no search was made yet (the job find_blocs)"
# Of addresses tied to too many to be joined with them, those told of.
_MOST_UNJOINED = 5


def blocs_router(site: Site) -> APIRouter:
    """The routes of this subject."""
    router = APIRouter(tags=["votes"])
    shelf = StakeShelf()

    @router.get("/v1/blocs", response_model=Blocs, dependencies=[only("as_of", "limit", "cursor")])
    def list_blocs(as_of: AsOf = None, limit: Limit = 50, cursor: Cursor = None) -> Response:
        """Standing groups by their ids, each with its tests, members and share of stake."""
        # Without as_of each page tells what is known when it is asked for.
        identity = ("blocs", as_of)
        after = "" if cursor is None else _position(cursor, identity)
        with site.sessions() as session:
            if as_of is None:
                shelved = shelf.get(session, site.clock.now())
                at, board = shelved.at, shelved.board
            else:
                at = past_instant(as_of, site.clock)
                board = get_stake_board(session, load_book(session), at)
            body, following = _page(session, at, board, after, limit)
        cursor = None if following is None else encode_cursor(identity, (following,))
        return json_response({**body, "next_cursor": cursor, "notice": site.notice})

    return router


def _position(cursor: str, identity: tuple[object, ...]) -> str:
    (after,) = decode_cursor(cursor, identity, 1)
    if not isinstance(after, str):
        raise BadCursor("is not a cursor of this API")
    return after


def _page(
    session: Session, at: datetime, board: StakeBoard | str, after: str, limit: int
) -> tuple[dict[str, object], str | None]:
    standing = standing_blocs(session, at)
    blocs = [bloc for bloc in standing if bloc.bloc_id > after]
    search = get_search(session, at)
    missing = (
        [f"concentration, shares: {one.words}" for one in board.unjoined[:_MOST_UNJOINED]]
        if isinstance(board, StakeBoard)
        else [f"concentration, shares: {board}"]
    )
    if search is None:
        missing.append(_NO_SEARCH)
    body: dict[str, object] = {
        "as_of": at,
        "search": None if search is None else _search_line(search),
        "concentration": _concentration(board, standing),
        "data": [_bloc_line(bloc, board) for bloc in blocs[:limit]],
        "missing": missing,
        "caution": CAUTION,
    }
    return body, blocs[limit - 1].bloc_id if len(blocs) > limit else None


def _search_line(row: BlocSearch) -> dict[str, object]:
    document: dict[str, Any] = dict(row.document)
    names = ("size", "pushes", "most_tried")
    return {
        "known_at": row.known_at,
        "entities": row.entities,
        "votes": row.requests,
        "informative": row.informative,
        "groups": row.groups,
        "least_pushes": [{name: one[name] for name in names} for one in document["least_pushes"]],
        "power": document["power"],
        "version": row.model_version,
    }


def _concentration(
    board: StakeBoard | str, blocs: Sequence[StandingBloc]
) -> dict[str, object] | None:
    if isinstance(board, str):
        return None
    counted = {
        "by_address": board.by_address,
        "by_entity": board.by_entity,
        "by_group": board.by_group(bloc.addresses for bloc in blocs),
    }
    return {"round_id": board.round_id} | {
        name: {
            **asdict(board.concentration(voters)),
            "effective_voters": effective_voters(voters),
        }
        for name, voters in counted.items()
    }


def _bloc_line(bloc: StandingBloc, board: StakeBoard | str) -> dict[str, object]:
    members: dict[str, list[str]] = {}
    for address, entity in bloc.entity_of.items():
        members.setdefault(entity, []).append(address)
    stake = None if isinstance(board, str) else board.stake_of(set(bloc.addresses))
    return {
        "bloc_id": bloc.bloc_id,
        "kind": bloc.kind,
        "entities": [
            {"entity": account(entity), "addresses": [account(a) for a in sorted(addresses)]}
            for entity, addresses in sorted(members.items())
        ],
        "joint_votes": bloc.joint_requests,
        **{
            name: bloc.tests.get(name)
            for name in (
                "joint_low",
                "joint_high",
                "pair_pushes",
                "pair_pushes_expected",
                "informative",
            )
        },
        "p_value": bloc.p_value,
        "evidence": list(bloc.evidence),
        "votes": bloc.tests.get("requests", []),
        "stake_uma": None if stake is None else uma_text(stake),
        "share": None if stake is None or isinstance(board, str) else stake / board.terms.stake,
        "known_at": bloc.known_at,
        "version": bloc.model_version,
    }


def account(address: str) -> str:
    """0x-hex with the checksum case."""
    return to_checksum(parse_address(address))


def uma_text(uma: float) -> str:
    """UMA of a sum made for shares: six digits are more than it is good for."""
    return f"{uma:.6f}"
