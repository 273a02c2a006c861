"""``/v1/voters/{address}``: one voter's public record."""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.responses import Response

from models.wallet_enums import LinkBasis, LinkKind
from service.api.as_of import AsOf, past_instant
from service.api.bloc_schemas import VoterDetail
from service.api.blocs import uma_text
from service.api.parameters import only
from service.api.problems import Problem
from service.api.site import Site
from service.api.wallets import CAUTION, MOST_LINKS, AddressPath, confidence_text, link_line
from service.api.wire import hex_or_none, json_response
from service.protocol.ids import parse_address, to_checksum, to_hex
from service.protocol.money import to_uma
from service.protocol.wallet_links import Link
from service.risk.attack.attack_inputs import Voter
from service.risk.beta_quantiles import beta_quantile
from service.store.attacks.blocs import blocs_of_addresses
from service.store.oracle.contracts import load_book
from service.store.votes.stake_board import StakeBoard, get_stake_board
from service.store.votes.voter_history import VoterHistory, VoterRound, get_voter_history
from service.store.wallets.wallet_links import list_links

# What makes one address vote for another.
_CONTROLS = frozenset({LinkBasis.DELEGATION, LinkBasis.DESIGNATED_VOTER, LinkBasis.VOTED_FOR})


def voters_router(site: Site) -> APIRouter:
    """The routes of this subject."""
    router = APIRouter(tags=["votes"])

    @router.get("/v1/voters/{address}", response_model=VoterDetail, dependencies=[only("as_of")])
    def read_voter(address: AddressPath, as_of: AsOf = None) -> Response:
        """Stake, votes, delegations, links and groups of an address that staked or voted."""
        wanted = parse_address(address)
        at = site.clock.now() if as_of is None else past_instant(as_of, site.clock)
        with site.sessions() as session:
            history = get_voter_history(session, wanted, at)
            if history is None:
                raise _unknown(wanted)
            detail = _detail(session, wanted, history, at, has_links=site.has_explorers)
        return json_response({**detail, "notice": site.notice})

    return router


def _unknown(address: bytes) -> Problem:
    shown = to_checksum(address)
    detail = (
        f"{shown} neither staked nor voted in what is stored. A key that votes for somebody else "
        "is found under the staker's address, and under /v1/wallets."
    )
    return Problem(HTTPStatus.NOT_FOUND, detail, reference=shown)


def _detail(
    session: Session, address: bytes, history: VoterHistory, at: datetime, *, has_links: bool
) -> dict[str, object]:
    board = get_stake_board(session, load_book(session), at)
    links = list_links(session, [address], at)
    lines = [
        (_is_control(link), link_line(link, has_links=has_links)) for link in links[:MOST_LINKS]
    ]
    entity = None if isinstance(board, str) else board.entity_of.get(to_hex(address))
    voters = (address,) if entity is None else entity.voters
    missing = [f"stake, entity: {board}"] if isinstance(board, str) else []
    if not isinstance(board, str) and entity is None:
        missing.append("stake, entity: it has no stake in the round under way")
    if not isinstance(board, str):
        near = (one for one in board.unjoined if to_hex(address) in one.voters)
        missing += [f"entity: {one.words}" for one in near]
    if history.has_more_changes:
        missing.append("stake_history: older changes are left out")
    return {
        "address": to_checksum(address),
        "as_of": at,
        "entity": None
        if entity is None or isinstance(board, str)
        else {
            "entity": to_checksum(entity.entity),
            "addresses": [to_checksum(voter) for voter in entity.voters],
            "grounds": list(entity.grounds),
            "confidence": confidence_text(entity.confidence),
            "stake": _stake_now(to_hex(entity.entity), board.by_entity, board),
        },
        "stake": None
        if isinstance(board, str)
        else _stake_now(to_hex(address), board.by_address, board),
        "stake_history": [
            {
                "at": change.at,
                "kind": change.kind,
                "amount_uma": to_uma(change.amount),
                "stake_uma": None if change.stake is None else to_uma(change.stake),
                "transaction": hex_or_none(change.transaction),
                "log_index": change.log_index,
            }
            for change in history.changes
        ],
        **_votes(history.rounds),
        "delegations": [line for is_control, line in lines if is_control],
        "links": [line for is_control, line in lines if not is_control],
        "blocs": [
            {
                "bloc_id": bloc.bloc_id,
                "kind": bloc.kind,
                "p_value": bloc.p_value,
                "entities": len(bloc.entities),
            }
            for bloc in blocs_of_addresses(session, voters, at)
        ],
        "missing": missing,
        "caution": CAUTION,
    }


def _is_control(link: Link) -> bool:
    """Whether one votes for the other; votes sealed at the same time say no such thing."""
    return link.kind is LinkKind.VOTE and link.basis in _CONTROLS


def _stake_now(
    voter_id: str, ranked: Sequence[Voter], board: StakeBoard
) -> dict[str, object] | None:
    for rank, voter in enumerate(ranked, 1):
        if voter.entity_id == voter_id:
            return {
                "stake_uma": uma_text(voter.stake),
                "share": voter.stake / board.terms.stake,
                "rank": rank,
                "of": len(ranked),
            }
    return None


def _votes(rounds: Sequence[VoterRound]) -> dict[str, object]:
    agreed = sum(one.with_most for one in rounds)
    against = sum(one.against_most for one in rounds)
    votes = agreed + against
    agreement = None
    if votes:
        # Jeffreys' interval, which is open at neither end of 0 and 1.
        low, high = (beta_quantile(agreed + 0.5, against + 0.5, share) for share in (0.05, 0.95))
        agreement = {
            "votes": votes,
            "share": agreed / votes,
            "p05": min(low, agreed / votes),
            "p95": max(high, agreed / votes),
        }
    return {
        "rounds": [
            {
                "round_id": one.round_id,
                "requests": one.requests,
                "opened": one.opened,
                "with_most": one.with_most,
                "against_most": one.against_most,
                "unopened": one.unopened,
                "missed": one.missed,
            }
            for one in rounds
        ],
        "agreement": agreement,
        "requests": sum(one.requests for one in rounds),
        "missed": sum(one.missed + one.unopened for one in rounds),
    }
