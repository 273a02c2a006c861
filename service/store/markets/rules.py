"""Everything known of one market's rules: versions, additions, the question's own text."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.market import Market, TradingActivity
from models.oracle import AncillaryText as StoredText
from models.oracle import Question
from service.protocol import ancillary
from service.protocol.chain_text import TextComparison, compare_with_chain
from service.protocol.clarification_list import (
    ListedState,
    ListedText,
    RulesUpdate,
    merge_clarifications,
)
from service.protocol.clarifications import Clarification, Milestone, milestones_of
from service.protocol.contracts import ContractBook
from service.protocol.question_status import QuestionStatus
from service.protocol.rule_texts import (
    TextChange,
    TextDiff,
    compare_texts,
    normalised,
    part_updates,
)
from service.store.markets.clarifications import (
    get_commit_end,
    place_posts,
    place_provisional_posts,
)
from service.store.markets.listed_clarifications import list_of_market, to_listing
from service.store.markets.rule_versions import StoredRules, list_versions
from service.store.oracle.contracts import load_book
from service.store.oracle.question_links import QuestionLinks, find_question_links
from service.store.oracle.questions import get_statuses

# Of one market; whoever has more is shown the newest versions, and the first notes of strangers.
MOST_VERSIONS = 50
MOST_NOTES = 50


@dataclass(frozen=True, slots=True)
class RulesVersionView:
    """One version, what changed to it, and how it goes with the chain's text."""

    stored: StoredRules
    diff: TextDiff
    updates: tuple[str, ...]
    with_chain: TextComparison


@dataclass(frozen=True, slots=True)
class AskedText:
    """The question as the oracle was asked it."""

    question_id: bytes
    known_at: datetime
    # None where the text is not stored (lazy indexing).
    text: ancillary.AncillaryText | None
    # Whether its title is the catalogue's; None where either is unknown.
    is_same_title: bool | None


@dataclass(frozen=True, slots=True)
class FirstTrade:
    """Between which instants the market first traded, as far as its volume was seen."""

    # Seen without any volume up to then.
    not_before: datetime | None
    # Seen with volume from then on.
    by: datetime | None

    def has_traded(self, at: datetime) -> bool | None:
        """Whether it had traded at an instant; ``None`` where that is not known."""
        if self.by is not None and at >= self.by:
            return True
        if self.not_before is not None and at <= self.not_before:
            return False
        return None


@dataclass(frozen=True, slots=True)
class MarketRules:
    """A market's rules as known at a time."""

    # Oldest first.
    versions: tuple[RulesVersionView, ...]
    additions: tuple[ListedText, ...]
    # Strangers' notes that were left out.
    notes_left_out: int
    asked: AskedText | None
    with_chain: TextComparison
    first_trade: FirstTrade
    # The question's logs are stored, so that additions have places.
    is_on_chain: bool


def get_market_rules(
    session: Session, market: Market, as_of: datetime | None = None
) -> MarketRules:
    """Read and compare everything; ``as_of`` leaves out what was not known by then.

    What is not final yet belongs to the present alone.
    """
    links, book = find_question_links(session, market), load_book(session)
    statuses = [
        status
        for same_id in get_statuses(session, links.question_ids, book, as_of).values()
        for status in same_id
    ]
    status = _own_status(statuses, market, links)
    asked = _asked(session, market, links, as_of)
    text = None if asked is None else asked.text
    stored = list_versions(session, market.id, most=MOST_VERSIONS + 1, as_of=as_of)
    additions = merge_clarifications(
        _posted(session, statuses, book, as_of),
        _listed(session, market, as_of),
        _updates(stored),
        None if status is None else _milestones(session, status, book, as_of),
    )
    kept = _bounded(additions)
    return MarketRules(
        versions=_versions(stored, text),
        additions=kept,
        notes_left_out=len(additions) - len(kept),
        asked=asked,
        with_chain=compare_with_chain(text, stored[-1].text if stored else None),
        first_trade=_first_trade(session, market, as_of),
        is_on_chain=status is not None,
    )


def _own_status(
    statuses: Sequence[QuestionStatus], market: Market, links: QuestionLinks
) -> QuestionStatus | None:
    """The market's own question among those of its ids: another adapter may know the same."""
    ours = [status for status in statuses if status.condition_id == market.condition_id]
    near = [status for status in statuses if status.adapter in links.requesters]
    return next(iter(ours or near), None)


def _milestones(
    session: Session, status: QuestionStatus, book: ContractBook, as_of: datetime | None
) -> tuple[Milestone, ...]:
    return milestones_of(status, get_commit_end(session, status, book, as_of))


def _posted(
    session: Session,
    statuses: Sequence[QuestionStatus],
    book: ContractBook,
    as_of: datetime | None,
) -> list[tuple[Clarification, bool]]:
    told = [(post, False) for post in place_posts(session, statuses, book, as_of)]
    if as_of is None:
        told += [(post, True) for post in place_provisional_posts(session, statuses, book)]
    return told


def _listed(session: Session, market: Market, as_of: datetime | None) -> list[list[ListedState]]:
    states: dict[int, list[ListedState]] = defaultdict(list)
    for row, text in list_of_market(session, market, as_of):
        states[row.gamma_id].append(ListedState(to_listing(row, text), row.known_at))
    return list(states.values())


def _updates(stored: list[StoredRules]) -> list[RulesUpdate]:
    """Each paragraph that says it was added, when it was first seen in the rules."""
    found: dict[str, RulesUpdate] = {}
    for number, version in enumerate(stored):
        for text in part_updates(version.text).updates:
            is_older = number == 0
            found.setdefault(normalised(text), RulesUpdate(text, version.known_at, is_older))
    return list(found.values())


def _bounded(additions: tuple[ListedText, ...]) -> tuple[ListedText, ...]:
    """All that are official, and the first of strangers: anybody may post any number."""
    notes = [entry for entry in additions if not entry.is_official][:MOST_NOTES]
    return tuple(entry for entry in additions if entry.is_official or entry in notes)


def _versions(
    stored: list[StoredRules], asked: ancillary.AncillaryText | None
) -> tuple[RulesVersionView, ...]:
    views = []
    for number, version in enumerate(stored):
        before = stored[number - 1].text if number else None
        views.append(
            RulesVersionView(
                stored=version,
                diff=TextDiff(TextChange.FIRST)
                if before is None
                else compare_texts(before, version.text),
                updates=part_updates(version.text).updates,
                with_chain=compare_with_chain(asked, version.text),
            )
        )
    # One more is read than is shown, so that the oldest shown has its difference.
    return tuple(views[-MOST_VERSIONS:])


def _asked(
    session: Session, market: Market, links: QuestionLinks, as_of: datetime | None
) -> AskedText | None:
    query = (
        select(Question)
        .where(
            Question.question_id.in_(links.question_ids),
            Question.address.in_(links.requesters),
        )
        .order_by(Question.known_at, Question.block_id, Question.log_index)
        .limit(1)
    )
    if as_of is not None:
        query = query.where(Question.known_at <= as_of)
    question = session.scalars(query).first()
    if question is None:
        return None
    stored = session.get(StoredText, question.ancillary_hash)
    text = None if stored is None else ancillary.read_ancillary(stored.data)
    title = None if text is None else text.title
    same = None if title is None else normalised(title) == normalised(market.title)
    return AskedText(question.question_id, question.known_at, text, same)


def _first_trade(session: Session, market: Market, as_of: datetime | None) -> FirstTrade:
    ours = [TradingActivity.market_id == market.id]
    if as_of is not None:
        ours.append(TradingActivity.known_at <= as_of)
    by = session.scalar(
        select(func.min(TradingActivity.known_at)).where(*ours, TradingActivity.volume > 0)
    )
    idle = select(func.max(TradingActivity.known_at)).where(*ours, TradingActivity.volume == 0)
    if by is not None:
        idle = idle.where(TradingActivity.known_at < by)
    return FirstTrade(session.scalar(idle), by)
