"""Whether few hands hold a leading answer up, or down. docs/methodology.md, "Structural signs".

Stake in whole UMA. That voters disagree is what rolls are for: only few hands are told apart.
"""

from models.attack_enums import SignalSubject
from service.risk.signs.sign_words import count, percent
from service.risk.signs.watched_round import Holdout, OpenedAnswer, WatchedRequest

# A leading answer above it would have decided before agreement was asked for.
MAJORITY = 0.5


def few_hands_of(request: WatchedRequest, block_share: float | None) -> str | None:
    """Whose few hands a roll is of, in words; None: of many, as where voters disagree.

    Either side may be few. One entity has more than half of all stake behind the answer. Or one
    entity or group has more than ``block_share``, the share that blocks at the mean turnout, and
    with what of it is not behind the answer that would pass. ``block_share`` None: too few rounds
    tell. Heads say nothing here: where votes are split, the side with more stake has fewer of them
    every other time.
    """
    leader = request.leader
    if leader is None or not request.stake:
        return None
    largest = max(stake_by_entity(leader).values()) / request.stake
    if largest > MAJORITY:
        return f"one entity alone has {percent(largest)} behind it"
    if block_share is None:
        return None
    lacking = request.spat * request.stake - leader.stake
    for holdout in request.holdouts:
        if holdout.total > block_share * request.stake and holdout.stake > lacking:
            return _holdout_words(holdout, request.stake)
    return None


def is_of_minority(request: WatchedRequest, leader: OpenedAnswer) -> bool:
    """Whether at most half of those who sealed a vote can be behind the answer.

    Whoever has not opened yet may still stand behind it; who never did is not counted against it.
    """
    return 2 * (leader.entities + request.sealed_entities) <= request.voted_entities


def stake_by_entity(answer: OpenedAnswer) -> dict[str, float]:
    """What each entity has opened for an answer."""
    stakes: dict[str, float] = {}
    for ballot in answer.ballots:
        stakes[ballot.entity_id] = stakes.get(ballot.entity_id, 0.0) + ballot.stake
    return stakes


def leading_share(request: WatchedRequest) -> float:
    """The leading answer's share of all stake; 0 before any vote is opened."""
    leader = request.leader
    return 0.0 if leader is None or not request.stake else leader.stake / request.stake


def _holdout_words(holdout: Holdout, stake: float) -> str:
    where = count(holdout.addresses, "address", "linked addresses")
    if holdout.kind is SignalSubject.GROUP:
        where = f"{count(holdout.addresses, 'address', 'addresses')} that vote alike"
    out, total = percent(holdout.stake / stake), percent(holdout.total / stake)
    of_all = "" if out == total else f" ({total} with the rest)"
    return f"{out} of all stake, of {where}{of_all}, is not behind it and would carry it"
