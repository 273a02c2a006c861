"""What the contracts make of a case's steps: a pure fold that refuses the impossible.

The rules are the adapter's and the oracle's (docs/methodology.md, "Lifecycle"); the encoder and
the answers both read the story, so a log and an API answer never disagree.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal, assert_never

from service.demo import steps as taken
from service.protocol.prices import HALF, NO, TOO_EARLY, YES

HALF_WORD = "50-50"
TOO_EARLY_WORD = "too early"
PAYOUTS = {YES: (1, 0), NO: (0, 1), HALF: (1, 1)}

MarketStatus = Literal["posed", "proposed", "challenged", "reproposed", "disputed", "resolved"]


@dataclass(frozen=True, slots=True)
class Ask:
    """One price request of the question."""

    number: int
    asked_at: datetime
    proposed_at: datetime | None = None
    proposed_price: int | None = None
    proposer: str | None = None
    expires_at: datetime | None = None
    disputed_at: datetime | None = None
    disputer: str | None = None
    voted_price: int | None = None
    settled_price: int | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """A question at one instant."""

    asks: tuple[Ask, ...] = ()
    is_reset: bool = False
    is_flagged: bool = False
    is_paused: bool = False
    has_clarification: bool = False
    is_overridden: bool = False
    payouts: tuple[int, int] | None = None
    resolved_at: datetime | None = None
    changed_at: datetime | None = None
    # What happened to the answers, in the catalogue's two words.
    history: tuple[str, ...] = field(default=())

    @property
    def current(self) -> Ask:
        """The request whose answer pays."""
        return self.asks[-1]

    @property
    def disputes(self) -> int:
        """How often an answer was contested."""
        return sum(1 for ask in self.asks if ask.disputed_at is not None)

    @property
    def status(self) -> MarketStatus:
        """The resolution feed's word."""
        if self.payouts is not None:
            return "resolved"
        if self.current.disputed_at is not None:
            return "disputed"
        if self.current.proposed_at is not None:
            return "reproposed" if self.disputes else "proposed"
        return "challenged" if self.disputes else "posed"


def is_answer(word: str, outcomes: tuple[str, str], *, is_proposal: bool) -> bool:
    """Whether a word answers the question; "too early" cannot be proposed, only voted."""
    if word == TOO_EARLY_WORD:
        return not is_proposal
    return word in (*outcomes, HALF_WORD)


def price_of(word: str, outcomes: tuple[str, str]) -> int:
    """The oracle's price for an answer in words."""
    prices = {outcomes[0]: YES, outcomes[1]: NO, HALF_WORD: HALF, TOO_EARLY_WORD: TOO_EARLY}
    return prices[word]


def tell(steps: Iterable[taken.Step], outcomes: tuple[str, str], liveness: timedelta) -> Story:
    """Fold steps to a story; an impossible step is a ``ValueError`` that names it."""
    story = Story()
    for index, step in enumerate(steps):
        try:
            story = advance(story, step, outcomes, liveness)
        except ValueError as error:
            message = f"steps[{index}] ({step.kind}): {error}"
            raise ValueError(message) from error
    return story


def advance(
    story: Story, step: taken.Step, outcomes: tuple[str, str], liveness: timedelta
) -> Story:
    """The story after one more step."""
    _require(
        story.resolved_at is None or isinstance(step, (taken.Vote, taken.Settle, taken.Clarify)),
        "the question is resolved",
    )
    _require(bool(story.asks) != isinstance(step, taken.Open), "the question is opened once, first")
    after = _apply(story, step, outcomes, liveness)
    return replace(after, changed_at=step.at)


def _apply(  # noqa: C901, PLR0911  # one arm a step
    story: Story, step: taken.Step, outcomes: tuple[str, str], liveness: timedelta
) -> Story:
    match step:
        case taken.Open():
            return replace(story, asks=(Ask(1, step.at),))
        case taken.Propose():
            return _propose(story, step, price_of(step.outcome, outcomes), step.at + liveness)
        case taken.Dispute():
            return _dispute(story, step)
        case taken.Vote():
            return _vote(story, step, price_of(step.outcome, outcomes))
        case taken.Settle():
            ask = _ask(story, step.request)
            return _put(story, replace(ask, settled_price=answer_of(ask, step.at)))
        case taken.Resolve():
            return _resolve(story, step.at)
        case taken.Override():
            _require(story.is_flagged, "a manual resolution needs a flag before it")
            payouts = PAYOUTS[price_of(step.outcome, outcomes)]
            return replace(
                story, payouts=payouts, resolved_at=step.at, is_overridden=True, is_paused=True
            )
        case taken.Clarify():
            return replace(story, has_clarification=story.has_clarification or step.by == "creator")
        case taken.Flag():
            return replace(story, is_flagged=True, is_paused=True)
        case taken.Unflag():
            _require(story.is_flagged, "there is no flag to take back")
            return replace(story, is_flagged=False, is_paused=False)
        case taken.Pause() | taken.Unpause():
            return replace(story, is_paused=isinstance(step, taken.Pause))
        case _:
            assert_never(step)


def _propose(story: Story, step: taken.Propose, price: int, expires_at: datetime) -> Story:
    _require(story.current.proposed_at is None, "the request has an answer already")
    ask = replace(
        story.current,
        proposed_at=step.at,
        proposed_price=price,
        proposer=step.by,
        expires_at=expires_at,
    )
    return replace(_put(story, ask), history=(*story.history, "proposed"))


def _dispute(story: Story, step: taken.Dispute) -> Story:
    ask = story.current
    _require(ask.proposed_at is not None, "there is no answer to dispute")
    _require(ask.disputed_at is None, "the answer is disputed already")
    _require(ask.settled_price is None, "the answer is settled")
    disputed = _put(story, replace(ask, disputed_at=step.at, disputer=step.by))
    disputed = replace(disputed, history=(*story.history, "disputed"))
    if story.is_reset:
        return disputed
    return replace(disputed, is_reset=True, asks=(*disputed.asks, Ask(ask.number + 1, step.at)))


def _vote(story: Story, step: taken.Vote, price: int) -> Story:
    ask = _ask(story, step.request)
    _require(ask.disputed_at is not None, "only a disputed request goes to the vote")
    _require(ask.voted_price is None, "the request has been voted")
    return _put(story, replace(ask, voted_price=price))


def _resolve(story: Story, at: datetime) -> Story:
    _require(not story.is_paused, "the question is paused")
    ask = story.current
    price = ask.settled_price if ask.settled_price is not None else answer_of(ask, at)
    settled = _put(story, replace(ask, settled_price=price))
    if price == TOO_EARLY:
        return replace(settled, is_reset=True, asks=(*settled.asks, Ask(ask.number + 1, at)))
    return replace(settled, payouts=PAYOUTS[price], resolved_at=at)


def answer_of(ask: Ask, at: datetime) -> int:
    """The price a request settles at; ``ValueError`` where it has none yet."""
    _require(ask.settled_price is None, "the request is settled already")
    price = ask.proposed_price if ask.disputed_at is None else ask.voted_price
    if price is None:
        message = "the request has no answer yet"
        raise ValueError(message)
    is_open = ask.disputed_at is None and ask.expires_at is not None and at < ask.expires_at
    _require(not is_open, "the challenge window is still open")
    return price


def _ask(story: Story, number: int) -> Ask:
    _require(number <= len(story.asks), f"there is no request {number}")
    return story.asks[number - 1]


def _put(story: Story, ask: Ask) -> Story:
    asks = list(story.asks)
    asks[ask.number - 1] = ask
    return replace(story, asks=tuple(asks))


def _require(condition: bool, message: str) -> None:  # noqa: FBT001  # reads as the sentence it is
    if not condition:
        raise ValueError(message)
