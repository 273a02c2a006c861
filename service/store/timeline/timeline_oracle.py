"""Timeline entries from the chains: the adapter, the oracle, the vote's answer, the payout."""

from collections.abc import Iterator
from typing import TypeVar

from sqlalchemy.orm import Session

from models.enums import QuestionChangeKind
from models.market import Market
from models.oracle import (
    BridgedRequest,
    Clarification,
    Condition,
    Dispute,
    NegRiskReport,
    Override,
    Payout,
    Proposal,
    PushedPrice,
    Question,
    QuestionChange,
    RequestFact,
    RulesUpdate,
    Settlement,
)
from service.protocol.ids import to_checksum, to_hex
from service.store.markets.clarifications import get_clarifications
from service.store.oracle.contracts import load_book
from service.store.oracle.question_links import QuestionLinks, find_question_links
from service.store.timeline.timeline_clarifications import to_clarification, to_rules_update
from service.store.timeline.timeline_entry import Detail, TimelineEntry
from service.store.timeline.timeline_rows import Found, list_rows, to_entry
from service.store.timeline.timeline_words import (
    CHANGE_WORDS,
    answer_words,
    chain_name,
    payout_words,
    price_words,
    short_address,
    utc_words,
)

RequestRow = TypeVar("RequestRow", Proposal, Dispute, Settlement)


def list_oracle_entries(session: Session, market: Market) -> Iterator[TimelineEntry]:
    """Entries from stored logs, in no order."""
    links = find_question_links(session, market)
    yield from _question_entries(session, market, links)
    yield from _answer_entries(session, market, links)
    yield from _vote_entries(session, market, links)
    yield from _payment_entries(session, market, links)


def _question_entries(
    session: Session, market: Market, links: QuestionLinks
) -> Iterator[TimelineEntry]:
    is_ours = [Question.question_id.in_(links.question_ids)]
    for question, block in list_rows(session, Question, *is_ours):
        if question.address in links.requesters:
            creator = short_address(question.creator)
            sentence = f"{creator} put the question to the resolution adapter."
            details = {"creator": to_checksum(question.creator), "title": question.title[:300]}
            yield to_entry(question, block, "question_initialized", sentence, details)
    for change, block in list_rows(
        session, QuestionChange, QuestionChange.question_id.in_(links.question_ids)
    ):
        kind = QuestionChangeKind(change.kind)
        if not links.requesters or change.address in links.requesters:
            words = CHANGE_WORDS[kind]
            yield to_entry(change, block, f"question_{kind.value}", words, {})
    overridden = links.question_ids | links.neg_risk_question_ids
    for override, block in list_rows(session, Override, Override.question_id.in_(overridden)):
        paid = payout_words(override.payouts, market.outcomes)
        sentence = f"Administrators set the outcome by hand on the {override.layer}: {paid}."
        set_by: dict[str, Detail] = {"layer": str(override.layer), "payouts": override.payouts}
        yield to_entry(override, block, "override", sentence, set_by)
    yield from _clarification_entries(session, links)


def _clarification_entries(session: Session, links: QuestionLinks) -> Iterator[TimelineEntry]:
    book = load_book(session)
    posters = {e.address for e in book.entries if e.posts_for in links.creators}
    about = Clarification.question_id.in_(links.question_ids)
    spoken = Clarification.owner.in_(links.creators | posters)
    placed = {
        (told.at.block_hash, told.at.log_index): told
        for told in get_clarifications(session, links.question_ids, book)
    }
    # Asked for apart, so that no number of strangers' notes can crowd out the creator's.
    for condition in (spoken, ~spoken):
        for post, block in list_rows(session, Clarification, about, condition):
            if not links.requesters or post.address in links.requesters:
                told = to_clarification(post, block, links.creators, placed)
                yield to_entry(post, block, told.kind, told.sentence, told.details)
    ours = RulesUpdate.ancillary_hash.in_(links.ancillary_hashes)
    for row, block in list_rows(session, RulesUpdate, ours):
        if not links.requesters or row.requester in links.requesters:
            told = to_rules_update(row, block, placed)
            yield to_entry(row, block, told.kind, told.sentence, told.details)


def _answer_entries(
    session: Session, market: Market, links: QuestionLinks
) -> Iterator[TimelineEntry]:
    for proposal, block in _requests(session, Proposal, links):
        answer = price_words(proposal.identifier, proposal.proposed_price, market.outcomes)
        until = (
            f", open to dispute until at least {utc_words(proposal.expires_at)}"
            if (proposal.expires_at)
            else ""
        )
        sentence = f"{short_address(proposal.proposer)} proposed {answer}{until}."
        details = {
            **_request_details(proposal),
            "proposer": to_checksum(proposal.proposer),
            "proposed_price": str(proposal.proposed_price),
        }
        yield to_entry(proposal, block, "proposal", sentence, details)
    disputes = _requests(session, Dispute, links)
    for number, (dispute, block) in enumerate(disputes, start=1):
        answer = price_words(dispute.identifier, dispute.proposed_price, market.outcomes)
        which = {1: "First", 2: "Second"}.get(number, f"Dispute number {number}:")
        lead = which if number > 2 else f"{which} dispute:"  # noqa: PLR2004  # the contract's two
        sentence = f"{lead} {short_address(dispute.disputer)} contested {answer}."
        details = {
            **_request_details(dispute),
            "number": number,
            "disputer": to_checksum(dispute.disputer),
            "proposer": to_checksum(dispute.proposer),
        }
        yield to_entry(dispute, block, "dispute", sentence, details)
    for settlement, block in _requests(session, Settlement, links):
        answer = price_words(settlement.identifier, settlement.price, market.outcomes)
        details = {**_request_details(settlement), "price": str(settlement.price)}
        yield to_entry(settlement, block, "settlement", f"The oracle settled on {answer}.", details)


def _vote_entries(
    session: Session, market: Market, links: QuestionLinks
) -> Iterator[TimelineEntry]:
    sent = {dispute.transaction_hash for dispute, _ in _requests(session, Dispute, links)}
    bridged = [
        (row, block)
        for row, block in list_rows(
            session, BridgedRequest, BridgedRequest.ancillary_hash.in_(links.ancillary_hashes)
        )
        # The same text may have been disputed for another requester, in its own transaction.
        if not sent or row.transaction_hash in sent
    ]
    for row, block in bridged:
        sentence = "The disputed answer was sent to a vote of UMA's token holders."
        vote: dict[str, Detail] = {
            "parent_request_id": to_hex(row.parent_request_id),
            "dvm_time": row.dvm_time,
        }
        yield to_entry(row, block, "bridged", sentence, vote)
    asked = {id_ for row, _ in bridged for id_ in (row.child_request_id, row.parent_request_id)}
    for pushed, block in list_rows(session, PushedPrice, PushedPrice.request_hash.in_(asked)):
        answer = price_words(pushed.identifier, pushed.price, market.outcomes)
        sentence = f"The vote's answer, {answer}, was recorded on {chain_name(block.chain_id)}."
        yield to_entry(pushed, block, "vote_answer", sentence, {"price": str(pushed.price)})


def _payment_entries(
    session: Session, market: Market, links: QuestionLinks
) -> Iterator[TimelineEntry]:
    for row, block in list_rows(session, Condition, Condition.condition_id == market.condition_id):
        sentence = "The market's outcome tokens were prepared."
        yield to_entry(
            row, block, "condition_prepared", sentence, {"oracle": to_checksum(row.oracle)}
        )
    for report, block in list_rows(
        session,
        NegRiskReport,
        NegRiskReport.neg_risk_question_id.in_(links.neg_risk_question_ids),
    ):
        answer = answer_words(10**18 if report.result else 0, market.outcomes)
        sentence = f"The neg-risk operator recorded {answer}; the tokens do not pay yet."
        yield to_entry(report, block, "neg_risk_report", sentence, {"result": report.result})
    for payout, block in list_rows(session, Payout, Payout.condition_id == market.condition_id):
        sentence = f"The market paid out: {payout_words(payout.numerators, market.outcomes)}."
        yield to_entry(payout, block, "payout", sentence, {"numerators": payout.numerators})


def _requests(session: Session, model: type[RequestRow], links: QuestionLinks) -> Found[RequestRow]:
    conditions = [model.ancillary_hash.in_(links.ancillary_hashes)]
    if links.requesters:
        conditions.append(model.requester.in_(links.requesters))
    return list_rows(session, model, *conditions)


def _request_details(row: RequestFact) -> dict[str, Detail]:
    return {"request_timestamp": row.request_timestamp, "oracle": to_checksum(row.address)}
