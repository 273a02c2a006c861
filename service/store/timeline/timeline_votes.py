"""Timeline entries of the vote itself: arrival, the rounds as a whole, and what was reported."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import assert_never

from sqlalchemy.orm import Session

from models.enums import VoteRequestChangeKind
from models.market import Market
from service.protocol.finality import known_at
from service.protocol.ids import to_hex
from service.protocol.log_position import LogPosition
from service.protocol.rounds import RoundTime
from service.protocol.tally import (
    Answered,
    Pending,
    Rolled,
    RollReason,
    RoundTerms,
    Unknown,
)
from service.protocol.vote_history import DatedChange, VoteHistory
from service.protocol.vote_outcome import RoundOutcome
from service.protocol.voting_parameters import SHARE
from service.store.timeline.timeline_entry import Detail, TimelineEntry, Transaction
from service.store.timeline.timeline_words import answer_words, chain_name, utc_words
from service.store.votes.market_votes import list_market_votes

_COUNT = "Our count of the votes"


def list_vote_entries(session: Session, market: Market) -> Iterator[TimelineEntry]:
    """What happened in the vote on a market's disputes, in no order; a round is one line."""
    for found in list_market_votes(session, market):
        history, outcome = found.vote.history, found.outcome
        if history is None or outcome is None:
            continue
        yield from _arrival(history)
        for part in outcome.rounds:
            yield from _opened(history, part)
            yield from _ended(history, part, market.outcomes)
        for change in history.changes:
            yield _reported(history, change, market.outcomes)


def _arrival(history: VoteHistory) -> Iterator[TimelineEntry]:
    if history.added_log is None or history.added_at is None or history.first_round is None:
        return
    time = RoundTime(history.first_round)
    sentence = (
        f"The request reached the vote, for round {time.round_id}: votes are sealed from "
        f"{utc_words(_instant(time.starts_at))} and opened from "
        f"{utc_words(_instant(time.reveal_starts_at))}."
    )
    details = {**_request(history), "round": time.round_id}
    yield _logged(history.added_log, history.added_at, "vote_requested", sentence, details)


def _opened(history: VoteHistory, part: RoundOutcome) -> Iterator[TimelineEntry]:
    """The first opened vote stands for all of its round."""
    votes = part.votes
    if not votes.reveals or votes.opened_at is None:
        return
    sealed = len({commit.voter for commit in votes.commits})
    sentence = f"The first of {part.tally.voters} votes of round {votes.round_id} was opened."
    details: dict[str, Detail] = {
        **_request(history),
        "round": votes.round_id,
        "opened": part.tally.voters,
        "sealed": sealed,
        "turnout": str(part.tally.turnout),
    }
    yield _logged(votes.reveals[0].at, votes.opened_at, "vote_opened", sentence, details)


def _ended(
    history: VoteHistory, part: RoundOutcome, outcomes: Sequence[str]
) -> Iterator[TimelineEntry]:
    """How the round ended, which nobody logs at its end."""
    told = _end_words(part, outcomes)
    reveals = part.votes.reveals
    # The last opened vote bears it out; where nobody voted, that the request was there to vote on.
    evidence = reveals[-1].at if reveals else history.added_log
    if told is None or evidence is None:
        return
    at = _instant(part.time.ends_at)
    details: dict[str, Detail] = {
        **_request(history),
        "round": part.time.round_id,
        "turnout": str(part.tally.turnout),
        "leader": str(part.tally.leader),
        "leader_weight": str(part.tally.leader_weight),
    }
    if isinstance(part.terms, RoundTerms):
        terms = part.terms
        details |= {"stake": str(terms.stake), "gat": str(terms.gat), "spat": str(terms.spat)}
    yield TimelineEntry(
        at=at,
        known_at=known_at(history.chain_id, at),
        kind="vote_round_ended",
        sentence=f"Round {part.time.round_id} ended {told}",
        source=_COUNT,
        transaction=_transaction(evidence),
        details=details,
    )


def _end_words(part: RoundOutcome, outcomes: Sequence[str]) -> str | None:
    tally, terms = part.tally, part.terms
    leader = answer_words(tally.leader, outcomes)
    match part.result:
        case Pending():
            return None
        case Unknown(reason):
            return f"and we cannot tell its result ({reason.value.replace('_', ' ')})."
        case Answered():
            return f"with {leader}, {_share(tally.leader_weight, terms)} of all stake."
        case Rolled(reason) if reason is RollReason.NO_QUORUM:
            return "without an answer: too little stake voted."
        case Rolled():
            needed = _percent(terms.spat, SHARE) if isinstance(terms, RoundTerms) else "a part"
            had = _share(tally.leader_weight, terms)
            return f"without an answer: {had} of all stake agreed on {leader}, not over {needed}."
        case _:
            assert_never(part.result)


def _reported(history: VoteHistory, dated: DatedChange, outcomes: Sequence[str]) -> TimelineEntry:
    change = dated.change
    details: dict[str, Detail] = _request(history)
    match change.kind:
        case VoteRequestChangeKind.RESOLVED:
            answer = answer_words(change.price, outcomes) if change.price is not None else "?"
            kind, sentence = "vote_resolved", f"The vote was reported as decided: {answer}."
            details |= {"round": change.round_id, "price": str(change.price)}
        case VoteRequestChangeKind.ROLLED:
            kind, sentence = "vote_rolled", "The request was moved to the next round of the vote."
            details |= {"rolls": change.roll_count}
        case VoteRequestChangeKind.DELETED:
            kind = "vote_deleted"
            sentence = "The vote gave the request up: too many rounds without an answer."
            details |= {"rolls": change.roll_count}
        case _:
            assert_never(change.kind)
    return _logged(change.at, dated.mined_at, kind, sentence, details)


def _request(history: VoteHistory) -> dict[str, Detail]:
    return {"request_id": to_hex(history.key.request_id)}


def _share(weight: int, terms: object) -> str:
    return _percent(weight, terms.stake) if isinstance(terms, RoundTerms) else "an unknown share"


def _percent(part: int, whole: int) -> str:
    """A share rounded down to a tenth, so that what is not enough never reads as if it were."""
    tenths = part * 1000 // whole if whole else 0
    return f"{tenths // 10}.{tenths % 10} %"


def _logged(
    at: LogPosition, mined_at: datetime, kind: str, sentence: str, details: Mapping[str, Detail]
) -> TimelineEntry:
    return TimelineEntry(
        at=mined_at,
        known_at=known_at(at.chain_id, mined_at),
        kind=kind,
        sentence=sentence,
        source=chain_name(at.chain_id),
        transaction=_transaction(at),
        details=details,
    )


def _transaction(at: LogPosition) -> Transaction:
    return Transaction(at.chain_id, at.transaction_hash, at.block_number, at.log_index)


def _instant(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
