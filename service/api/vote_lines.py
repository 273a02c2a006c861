"""A market's votes as the lines answers are made of (``service.api.vote_schemas``)."""

from datetime import UTC, datetime
from typing import assert_never

from service.api.wire import checksum_or_none, hex_or_none
from service.protocol.ids import to_checksum, to_hex
from service.protocol.log_position import LogPosition
from service.protocol.money import to_uma
from service.protocol.prices import outcome_of
from service.protocol.tally import (
    Answered,
    Pending,
    Rolled,
    RoundResult,
    RoundTerms,
    Unknown,
    UnknownReason,
)
from service.protocol.vote_checks import find_conflicts
from service.protocol.vote_facts import VoteRequestChanged, VoteRevealed
from service.protocol.vote_outcome import RoundOutcome, VoteOutcome
from service.protocol.voting_parameters import VotingParameters
from service.store.links import transaction_link
from service.store.votes.market_votes import MarketVote
from service.store.votes.slashes import SlashTotal

Line = dict[str, object]


def vote_line(found: MarketVote, *, has_links: bool) -> Line:
    """One disputed request (``MarketVoteLine``)."""
    vote, history, outcome = found.vote, found.vote.history, found.outcome
    answer = None if outcome is None else outcome.answer
    return {
        **_request(found),
        "dvm_time": vote.sent.dvm_time,
        "request_id": hex_or_none(vote.request_id),
        "link_method": vote.method,
        "arrived_at": None if history is None else history.added_at,
        "first_round": None if history is None else history.first_round,
        "last_round": None if history is None else history.last_round,
        "roll_count": None if history is None else history.roll_count,
        "result": None if outcome is None else _final(outcome),
        "decided_round": None if answer is None else answer[0],
        "reported": None
        if history is None or history.resolution is None
        else _reported(history.resolution, history.resolved_at, has_links=has_links),
        "left_price": _price(vote.left_price),
        "landed_price": _price(vote.landed_price),
        "conflicts": [] if outcome is None else list(find_conflicts(vote, outcome)),
        "slashes": None if found.slashes is None else _slashes(found.slashes),
        "parameters": None if found.parameters is None else _parameters(found.parameters),
        "rounds": []
        if outcome is None
        else [_round(part, has_links=has_links) for part in outcome.rounds],
        "provisional_votes": [_vote(r, has_links=has_links) for r in found.provisional],
    }


def _request(found: MarketVote) -> Line:
    question, request = found.question, found.request
    proposed = None if request is None else request.proposed_price
    timestamp = None if request is None else request.request_timestamp
    return {
        "question_id": to_hex(question.question_id),
        "oracle": to_checksum(found.vote.sent.oracle),
        "request_timestamp": timestamp,
        "pays": None if timestamp is None else timestamp == question.operative_timestamp,
        "proposed_price": _price(proposed),
        "proposed_outcome": None if proposed is None else outcome_of(proposed),
    }


def _final(outcome: VoteOutcome) -> Line:
    answer = outcome.answer
    if answer is not None:
        return _result(Answered(answer[1]))
    if outcome.is_deleted:
        return {**_result(outcome.result), "kind": "deleted"}
    return _result(outcome.result)


def _result(result: RoundResult) -> Line:
    absent: Line = dict.fromkeys(("price", "outcome", "reason", "phase"))
    match result:
        case Answered(price):
            told: Line = {"kind": "answered", "price": str(price), "outcome": outcome_of(price)}
        case Rolled(reason):
            told = {"kind": "rolled", "reason": reason}
        case Pending(phase):
            told = {"kind": "pending", "phase": phase}
        case Unknown(unknown):
            told = {"kind": "unknown", "reason": unknown}
        case _:
            assert_never(result)
    return {**absent, **told}


def _round(part: RoundOutcome, *, has_links: bool) -> Line:
    votes, tally = part.votes, part.tally
    return {
        "round": part.time.round_id,
        "starts_at": _instant(part.time.starts_at),
        "reveal_starts_at": _instant(part.time.reveal_starts_at),
        "ends_at": _instant(part.time.ends_at),
        "result": _result(part.result),
        "turnout_uma": to_uma(tally.turnout),
        "weights": [
            {"price": str(price), "outcome": outcome_of(price), "tokens_uma": to_uma(weight)}
            for price, weight in tally.weights
        ],
        **_terms(part.terms),
        "sealed": len({commit.voter for commit in votes.commits}),
        "opened": tally.voters,
        "unopened": [to_checksum(voter) for voter in votes.unrevealed],
        "votes": [_vote(reveal, has_links=has_links) for reveal in votes.reveals],
    }


def _terms(terms: RoundTerms | UnknownReason | None) -> Line:
    if isinstance(terms, RoundTerms):
        return {
            "stake_uma": to_uma(terms.stake),
            "gat_uma": to_uma(terms.gat),
            "spat": to_uma(terms.spat),
            "min_agreement_uma": to_uma(terms.min_agreement),
            "unknown_terms": None,
        }
    names = ("stake_uma", "gat_uma", "spat", "min_agreement_uma")
    reason = "frozen when the first vote is opened" if terms is None else terms.value
    return {**dict.fromkeys(names), "unknown_terms": reason}


def _vote(reveal: VoteRevealed, *, has_links: bool) -> Line:
    return {
        "voter": to_checksum(reveal.voter),
        "caller": to_checksum(reveal.caller),
        "price": str(reveal.price),
        "outcome": outcome_of(reveal.price),
        "tokens_uma": to_uma(reveal.tokens),
        "evidence": _evidence(reveal.at, has_links=has_links),
    }


def _reported(
    resolution: VoteRequestChanged, resolved_at: datetime | None, *, has_links: bool
) -> Line | None:
    if resolution.price is None:
        return None
    return {
        "price": str(resolution.price),
        "outcome": outcome_of(resolution.price),
        "round": resolution.round_id,
        "resolved_index": resolution.resolved_index,
        "resolved_at": resolved_at,
        "evidence": _evidence(resolution.at, has_links=has_links),
    }


def _evidence(at: LogPosition, *, has_links: bool) -> Line:
    return {
        "chain_id": at.chain_id,
        "transaction": to_hex(at.transaction_hash),
        "log_index": at.log_index,
        "link": transaction_link(at.chain_id, at.transaction_hash) if has_links else None,
    }


def _slashes(total: SlashTotal) -> Line:
    return {
        "voters": total.voters,
        "lost_uma": to_uma(total.lost),
        "earned_uma": to_uma(total.earned),
    }


def _parameters(known: VotingParameters) -> Line:
    return {
        "gat_uma": _uma(known.gat),
        "spat": _uma(known.spat),
        "max_rolls": known.max_rolls,
        "slashing_library": checksum_or_none(known.slashing_library),
        "unstake_cooldown_seconds": known.unstake_cooldown_seconds,
        "emission_uma_per_second": _uma(known.emission_rate),
        "missing": list(known.missing),
    }


def _uma(value: int | None) -> str | None:
    return None if value is None else to_uma(value)


def _price(value: int | None) -> str | None:
    return None if value is None else str(value)


def _instant(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
