"""Our count of a vote held against what the contract reported and the bridge carried."""

from collections.abc import Iterator

from models.enums import VoteConflict
from service.protocol.tally import Unknown
from service.protocol.vote_history import VoteHistory
from service.protocol.vote_links import LinkedVote
from service.protocol.vote_outcome import VoteOutcome


def find_conflicts(vote: LinkedVote, outcome: VoteOutcome) -> tuple[VoteConflict, ...]:
    """Every contradiction; a result we cannot tell contradicts nothing."""
    return tuple(_conflicts(vote, outcome))


def is_known(outcome: VoteOutcome) -> bool:
    """Whether the result of every round can be told."""
    return not any(isinstance(part.result, Unknown) for part in outcome.rounds)


def find_count_conflicts(history: VoteHistory, outcome: VoteOutcome) -> Iterator[VoteConflict]:
    """What the contract reported of a request against our count of its votes."""
    reported, answer = history.resolution, outcome.answer
    if reported is not None and answer is not None:
        if reported.price != answer[1]:
            yield VoteConflict.REPORTED_PRICE
        if reported.round_id != answer[0]:
            yield VoteConflict.REPORTED_ROUND
    elif reported is not None and is_known(outcome):
        yield VoteConflict.REPORTED_WITHOUT_ANSWER
    if answer is not None and history.is_deleted:
        yield VoteConflict.DELETED_WITH_ANSWER


def _conflicts(vote: LinkedVote, outcome: VoteOutcome) -> Iterator[VoteConflict]:
    if vote.history is not None:
        yield from find_count_conflicts(vote.history, outcome)
    reported = None if vote.history is None else vote.history.resolution
    answer = outcome.answer
    price = answer[1] if answer is not None else (None if reported is None else reported.price)
    if price is not None and vote.left_price not in {None, price}:
        yield VoteConflict.LEFT_PRICE
    if price is None:
        price = vote.left_price
    if price is not None and vote.landed_price not in {None, price}:
        yield VoteConflict.LANDED_PRICE
