"""A market's last proposed answer and what became of it, from stored logs."""

from datetime import datetime

from sqlalchemy.orm import Session

from models.enums import ContractKind
from models.market import Market
from models.oracle import BridgedRequest, Dispute, Override, Payout, Proposal, PushedPrice
from service.protocol.last_chance import LastAnswer
from service.store.oracle.contracts import load_book
from service.store.oracle.question_links import find_question_links
from service.store.timeline.timeline_rows import list_rows


def find_last_answer(session: Session, market: Market) -> LastAnswer | None:
    """The newest proposal of the market's question; ``None`` where there is none."""
    links = find_question_links(session, market)
    ours = links.ancillary_hashes, links.requesters
    proposals = list_rows(
        session, Proposal, Proposal.ancillary_hash.in_(ours[0]), Proposal.requester.in_(ours[1])
    )
    if not proposals:
        return None
    proposal, block = proposals[-1]
    managed = {
        entry.address
        for entry in load_book(session).entries
        if entry.kind is ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2
    }
    disputes = list_rows(
        session,
        Dispute,
        Dispute.ancillary_hash == proposal.ancillary_hash,
        Dispute.requester == proposal.requester,
        Dispute.request_timestamp == proposal.request_timestamp,
    )
    paid = list_rows(session, Payout, Payout.condition_id == market.condition_id)
    set_by_hand = list_rows(session, Override, Override.question_id.in_(links.question_ids))
    return LastAnswer(
        expires_at=proposal.expires_at,
        is_managed=proposal.address in managed,
        proposed_at=block.mined_at,
        disputed_at=disputes[-1][1].mined_at if disputes else None,
        voted_at=_voted_at(session, disputes[-1][0]) if disputes else None,
        settled_at=paid[0][1].mined_at if paid else None,
        overridden_at=set_by_hand[0][1].mined_at if set_by_hand else None,
    )


def find_paid_at(session: Session, market: Market) -> datetime | None:
    """When the market's tokens began to pay; ``None`` while they do not."""
    paid = list_rows(session, Payout, Payout.condition_id == market.condition_id)
    return paid[0][1].mined_at if paid else None


def _voted_at(session: Session, dispute: Dispute) -> datetime | None:
    sent = list_rows(
        session, BridgedRequest, BridgedRequest.transaction_hash == dispute.transaction_hash
    )
    ids = {id_ for row, _ in sent for id_ in (row.child_request_id, row.parent_request_id)}
    pushed = list_rows(session, PushedPrice, PushedPrice.request_hash.in_(ids))
    return pushed[0][1].mined_at if pushed else None
