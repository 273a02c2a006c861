"""``/v1/proposers/{address}``: what an address did on the oracle; disputers too."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.responses import Response

from models.attack_enums import SignalSubject
from models.attack_signal import AttackSignal
from models.enums import Support
from service.api.as_of import AsOf, past_instant
from service.api.parameters import only
from service.api.problems import Problem
from service.api.proposer_schemas import ProposerDetail
from service.api.site import Site
from service.api.wallets import CAUTION, MOST_LINKS, AddressPath, confidence_text, link_line
from service.api.wire import json_response
from service.protocol.ids import parse_address, parse_hex32, to_checksum, to_hex
from service.risk.rates.rate_intervals import jeffreys
from service.store.attacks.attack_signals import signals_of
from service.store.attacks.oracle_actors import (
    DisputeCounts,
    KnownDispute,
    OracleActor,
    get_oracle_actor,
)
from service.store.links import transaction_link
from service.store.wallets.wallet_links import find_linked, kinds_of, list_links

MOST_DISPUTES = 50
_NO_LABELS = "no market that paid what it had proposed has a settled truth label"


def proposers_router(site: Site) -> APIRouter:
    """The routes of this subject."""
    router = APIRouter(tags=["wallets"])

    @router.get(
        "/v1/proposers/{address}", response_model=ProposerDetail, dependencies=[only("as_of")]
    )
    def read_proposer(address: AddressPath, as_of: AsOf = None) -> Response:
        """Proposals, disputes and how they ended, links, rings; of a disputer as well."""
        wanted = parse_address(address)
        at = site.clock.now() if as_of is None else past_instant(as_of, site.clock)
        with site.sessions() as session:
            actor = get_oracle_actor(session, wanted, at, MOST_DISPUTES)
            if not actor.is_known:
                raise _unknown(wanted, at)
            detail = _detail(session, wanted, actor, at, has_links=site.has_explorers)
        return json_response({**detail, "caution": CAUTION, "notice": site.notice})

    return router


def _unknown(address: bytes, at: datetime) -> Problem:
    detail = (
        f"{to_checksum(address)} neither proposed nor disputed in what is stored by "
        f"{at:%Y-%m-%dT%H:%M:%SZ}. Of other addresses ask /v1/wallets."
    )
    return Problem(HTTPStatus.NOT_FOUND, detail, reference=to_checksum(address))


def _detail(
    session: Session, address: bytes, actor: OracleActor, at: datetime, *, has_links: bool
) -> dict[str, object]:
    links = list_links(session, actor.addresses, at)
    linked, is_cut = find_linked(session, address, at)
    kinds = kinds_of(session, list(linked))
    entity = min(actor.addresses)
    subjects = [(SignalSubject.ENTITY, to_hex(one)) for one in actor.addresses]
    rows = signals_of(session, subjects, at)
    standing = [row for row in rows if row.log_lr > 0]
    is_cut = is_cut or len(links) > MOST_LINKS
    missing = [f"links: more than {MOST_LINKS}; the least sure are left out"] if is_cut else []
    return {
        "address": to_checksum(address),
        "as_of": at,
        "entity_id": to_checksum(entity),
        "addresses": [to_checksum(one) for one in actor.addresses],
        "linked": [
            {"address": to_checksum(a), "kind": kinds.get(a), "confidence": confidence_text(sure)}
            for a, sure in linked.items()
        ],
        "links": [link_line(link, has_links=has_links) for link in links[:MOST_LINKS]],
        "proposals": actor.proposals,
        "proposals_disputed": _tally(actor.disputed),
        "disputes": _tally(actor.disputes),
        "self_disputes": actor.self_disputes,
        "wrong_answers": _wrong(actor),
        "recent_disputes": [_dispute(one, actor, has_links=has_links) for one in actor.recent],
        "rings": [_sign(r, has_links=has_links) for r in standing if r.signal == "ring_member"],
        "signs": [_sign(r, has_links=has_links) for r in standing if r.signal != "ring_member"],
        "exposure": f"/v1/wallets/{to_checksum(address)}/exposure",
        "missing": missing,
    }


def _tally(counts: DisputeCounts) -> dict[str, int]:
    return {
        "total": counts.total,
        "disputer_won": counts.won,
        "proposer_won": counts.lost,
        "unsettled": counts.open,
    }


def _wrong(actor: OracleActor) -> dict[str, object]:
    share = None
    if actor.labelled:
        span = jeffreys(actor.wrong, actor.labelled)
        mean = (actor.wrong + 0.5) / (actor.labelled + 1)
        share = {"mean": mean, "p05": min(span.low, mean), "p95": max(span.high, mean)}
    return {
        "labelled": actor.labelled,
        "paid_wrong": actor.wrong,
        "share": share,
        "support": Support.MEASURED,
        "reason": None if actor.labelled else _NO_LABELS,
    }


def _dispute(one: KnownDispute, actor: OracleActor, *, has_links: bool) -> dict[str, object]:
    proposed, disputed = one.proposer in actor.addresses, one.disputer in actor.addresses
    return {
        "role": "both" if proposed and disputed else "proposer" if proposed else "disputer",
        "proposer": to_checksum(one.proposer),
        "disputer": to_checksum(one.disputer),
        "disputed_at": one.disputed_at,
        "market": None if one.condition_id is None else to_hex(one.condition_id),
        "title": one.title,
        "proposed_price": str(one.proposed_price),
        "settled_price": None if one.settled_price is None else str(one.settled_price),
        "chain_id": one.chain_id,
        "transaction": to_hex(one.transaction_hash),
        "log_index": one.log_index,
        "link": transaction_link(one.chain_id, one.transaction_hash) if has_links else None,
    }


def _sign(row: AttackSignal, *, has_links: bool) -> dict[str, object]:
    document: dict[str, Any] = dict(row.document)
    return {
        "signal": row.signal,
        "log_lr": row.log_lr,
        "words": document["words"],
        "value": row.value,
        "unit": row.unit,
        "support": row.support,
        "known_at": row.known_at,
        "model_version": row.model_version,
        "evidence": [_evidence(one, has_links=has_links) for one in document["evidence"]],
    }


def _evidence(one: dict[str, Any], *, has_links: bool) -> dict[str, object]:
    link, transaction = None, one["transaction"]
    if has_links and transaction is not None and one["chain_id"] is not None:
        link = transaction_link(one["chain_id"], parse_hex32(transaction))
    return {**one, "link": link}
