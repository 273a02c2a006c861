"""Texts that add to a question's rules: whose word they are, and what they came too late for.

Two channels: the adapter's bulletin board, where anybody may post and only the creator (or the key
that posts for it) is heard, and the managed oracle's ``RequestRulesUpdated``, which only the
requester and the oracle's managers can send. docs/methodology.md, "Clarifications".
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from models.lifecycle_enums import ClarificationChannel, ClarificationPosition
from service.protocol import facts
from service.protocol.contracts import ContractBook
from service.protocol.dated_fact import DatedFact
from service.protocol.log_position import LogPosition
from service.protocol.question_status import QuestionStatus
from service.protocol.request_status import RequestStatus


@dataclass(frozen=True, slots=True)
class Clarification:
    """A text posted to a question's rules, and where it stands in the question's story."""

    at: LogPosition
    posted_at: datetime
    channel: ClarificationChannel
    # None where the log does not say who sent it.
    owner: bytes | None
    data: bytes
    # Whether it speaks for the question's creator. The rest is kept, and counts for nothing.
    is_official: bool
    position: ClarificationPosition
    # How many proposals and disputes of the question it came after.
    proposals_before: int
    disputes_before: int

    @property
    def text(self) -> str:
        """The text as shown: invalid UTF-8 becomes replacement characters."""
        return self.data.decode("utf-8", errors="replace")


@dataclass(frozen=True, slots=True)
class PostedText:
    """A text, and whose word it is."""

    channel: ClarificationChannel
    owner: bytes | None
    data: bytes
    is_official: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a question's story something stands."""

    position: ClarificationPosition
    proposals_before: int
    disputes_before: int


@dataclass(frozen=True, slots=True)
class Milestone:
    """Something a text can come too late for."""

    position: ClarificationPosition
    # None for what happens at a time on the vote's chain rather than by a log.
    log: LogPosition | None
    at: int

    def is_before(self, log: LogPosition | None, at: int) -> bool:
        """By block and log index on one chain, by time across chains and for what is no log."""
        if log is not None and self.log is not None and self.log.chain_id == log.chain_id:
            return (self.log.block_number, self.log.log_index) < (log.block_number, log.log_index)
        return self.at <= at


def place_clarifications(
    status: QuestionStatus, book: ContractBook, commit_ends_at: int | None
) -> tuple[Clarification, ...]:
    """Every text posted to a question, in chain order.

    ``commit_ends_at``: unix time from which no vote of the round that decides (or, so far, the one
    under way) can be sealed any more; ``None`` where no vote decides or its round is not known.
    """
    milestones = milestones_of(status, commit_ends_at)
    return tuple(_place(post, status, book, milestones) for post in status.posts)


def milestones_of(status: QuestionStatus, commit_ends_at: int | None) -> tuple[Milestone, ...]:
    """What happened to a question that a text can come too late for, in order."""
    milestones = [*_answers(status.requests)]
    if status.paid_log is not None and status.paid_at is not None:
        at = int(status.paid_at.timestamp())
        milestones.append(Milestone(ClarificationPosition.AFTER_PAYOUT, status.paid_log, at))
    operative = status.operative
    if commit_ends_at is not None and operative is not None and operative.is_disputed:
        position = ClarificationPosition.AFTER_COMMIT_END
        milestones.append(Milestone(position, None, commit_ends_at))
    return tuple(sorted(milestones, key=_order))


def place_at(milestones: Sequence[Milestone], at: datetime) -> Place:
    """The place of what no log tells: by its time alone."""
    return _place_among(milestones, None, int(at.timestamp()))


def _place_among(milestones: Sequence[Milestone], log: LogPosition | None, at: int) -> Place:
    passed = [m.position for m in milestones if m.is_before(log, at)]
    return Place(
        passed[-1] if passed else ClarificationPosition.BEFORE_PROPOSAL,
        passed.count(ClarificationPosition.AFTER_PROPOSAL),
        passed.count(ClarificationPosition.AFTER_DISPUTE),
    )


def place_text(
    post: DatedFact, text: PostedText, requests: Sequence[RequestStatus]
) -> Clarification:
    """A text posted to a request of the second stack, among that request's proposals."""
    return _placed(post, text, sorted(_answers(requests), key=_order))


def _answers(requests: Iterable[RequestStatus]) -> Iterator[Milestone]:
    for request in requests:
        if request.proposal_log is not None and request.proposed_at is not None:
            at = int(request.proposed_at.timestamp())
            yield Milestone(ClarificationPosition.AFTER_PROPOSAL, request.proposal_log, at)
        if request.dispute_log is not None and request.disputed_at is not None:
            at = int(request.disputed_at.timestamp())
            yield Milestone(ClarificationPosition.AFTER_DISPUTE, request.dispute_log, at)


def _order(milestone: Milestone) -> tuple[int, int, int]:
    log = milestone.log
    return (
        (milestone.at, -1, -1) if log is None else (milestone.at, log.block_number, log.log_index)
    )


def _place(
    post: DatedFact, status: QuestionStatus, book: ContractBook, milestones: Sequence[Milestone]
) -> Clarification:
    match post.fact:
        case facts.ClarificationPosted() as fact:
            chain_id, creator = fact.at.chain_id, status.creator
            is_official = book.may_clarify(chain_id, fact.owner, creator, post.mined_at)
            board = ClarificationChannel.BULLETIN_BOARD
            text = PostedText(board, fact.owner, fact.data, is_official)
        case facts.RulesUpdated() as fact:
            is_official = fact.requester == status.adapter
            text = PostedText(ClarificationChannel.REQUEST_RULES, None, fact.rules, is_official)
        case _:
            message = f"a {type(post.fact).__name__} is no clarification"
            raise ValueError(message)
    return _placed(post, text, milestones)


def _placed(post: DatedFact, text: PostedText, milestones: Sequence[Milestone]) -> Clarification:
    at = post.fact.at
    place = _place_among(milestones, at, int(post.mined_at.timestamp()))
    return Clarification(
        at=at,
        posted_at=post.mined_at,
        channel=text.channel,
        owner=text.owner,
        data=text.data,
        is_official=text.is_official,
        position=place.position,
        proposals_before=place.proposals_before,
        disputes_before=place.disputes_before,
    )
