"""Answers that opened votes put above the line, by one hand or against the count of heads.

Stake in whole UMA. docs/methodology.md, "Structural signs".
"""

from collections.abc import Iterable
from dataclasses import dataclass

from service.risk.signs.few_hands import is_of_minority, leading_share, stake_by_entity
from service.risk.signs.sign_words import count, percent
from service.risk.signs.watched_round import Ballot, OpenedAnswer, WatchedRequest


@dataclass(frozen=True, slots=True)
class Forced:
    """Requests on which few hands put one answer above the line; never none."""

    answer: str
    # One hand before many, by its hands, then its share: the first is the one the sign shows.
    requests: tuple[WatchedRequest, ...]
    # Whether one entity or standing group passes the line alone on the first of them.
    by_one: bool

    @property
    def hands(self) -> int:
        """The fewest entities behind the answer on any of the requests."""
        return _hands(self.requests[0])

    @property
    def share(self) -> float:
        """The share behind the answer where it has the fewest hands."""
        return leading_share(self.requests[0])

    @property
    def ballots(self) -> tuple[Ballot, ...]:
        """The votes behind the answer there."""
        leader = self.requests[0].leader
        return () if leader is None else leader.ballots


def forced_answers(requests: Iterable[WatchedRequest]) -> list[Forced]:
    """What is forced, by answer: by one hand first, then by fewest, then of most requests.

    Opened votes only grow against a frozen stake: what passes the line stays above it, and what
    does not is not said to, whatever was told of another request or hand of the round.
    """
    by_answer: dict[str, list[WatchedRequest]] = {}
    for request in requests:
        leader = request.leader
        if leader is not None and _is_forced(request):
            by_answer.setdefault(leader.answer, []).append(request)
    found = [_to_forced(answer, on) for answer, on in by_answer.items()]
    return sorted(
        found, key=lambda f: (not f.by_one, f.hands, -len(f.requests), -f.share, f.answer)
    )


def _to_forced(answer: str, requests: Iterable[WatchedRequest]) -> Forced:
    by_one = {id(request): _is_by_one(request) for request in requests}
    ordered = sorted(requests, key=lambda r: (not by_one[id(r)], _hands(r), -leading_share(r)))
    return Forced(answer, tuple(ordered), by_one[id(ordered[0])])


def _hands(request: WatchedRequest) -> int:
    return 0 if request.leader is None else request.leader.entities


def forced_words(forced: Forced) -> str:
    """Shares and hands as they are on the requests, from the least to the most."""
    shares = _range(percent(leading_share(r)).removesuffix(" %") for r in forced.requests)
    hands = _range(str(_hands(request)) for request in forced.requests)
    voted = _range(str(request.voted_entities) for request in forced.requests)
    behind = "entity is" if hands == "1" else "entities are"
    return (
        f"{shares} % of all stake is behind {forced.answer} in "
        f"{count(len(forced.requests), 'request', 'requests')}, where {hands} {behind} behind it, "
        f"of {voted} that sealed a vote"
    )


def _range(numbers: Iterable[str]) -> str:
    ordered = sorted(set(numbers), key=float)
    return ordered[0] if len(ordered) == 1 else f"{ordered[0]} to {ordered[-1]}"


def _is_forced(request: WatchedRequest) -> bool:
    leader = request.leader
    if leader is None or leading_share(request) <= request.spat:
        return False
    return _is_of_one_entity(request, leader) or is_of_minority(request, leader)


def _is_of_one_entity(request: WatchedRequest, leader: OpenedAnswer) -> bool:
    largest = max(stake_by_entity(leader).values())
    return largest / request.stake > request.spat


def _is_by_one(request: WatchedRequest) -> bool:
    """Whether one entity passes the line alone, or one standing group."""
    leader = request.leader
    if leader is None:
        return False
    return request.group_behind / request.stake > request.spat or _is_of_one_entity(request, leader)
