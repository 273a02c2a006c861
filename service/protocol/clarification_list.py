"""What was added to one market's rules, from every channel, as one list in order.

One text on two channels is one entry with both sightings: by the transaction that posted it, or
by equal texts (``service.protocol.rule_texts.normalised``). What strangers post stands by itself.
docs/methodology.md, "Clarifications".
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from models.lifecycle_enums import ClarificationChannel
from service.protocol.clarifications import Clarification, Milestone, Place, place_at
from service.protocol.finality import known_at
from service.protocol.listed_clarifications import SENT, ClarificationListing
from service.protocol.log_position import LogPosition
from service.protocol.rule_texts import normalised


class TextSource(StrEnum):
    """Where a text that adds to the rules was seen."""

    BULLETIN_BOARD = "bulletin_board"
    REQUEST_RULES = "request_rules"
    REPORTER_RULES = "reporter_rules"
    # Polymarket's list of clarifications.
    CATALOGUE = "catalogue"
    # A paragraph of the catalogue's rules that says it was added.
    RULES_TEXT = "rules_text"


@dataclass(frozen=True, slots=True)
class ListedState:
    """One version of the catalogue's row."""

    row: ClarificationListing
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Sighting:
    """One channel's word of a text."""

    source: TextSource
    text: str
    # When it was posted there; None where only "by the time we saw it" is known.
    at: datetime | None
    known_at: datetime
    place: Place | None
    log: LogPosition | None = None
    transaction_hash: bytes | None = None
    owner: bytes | None = None
    # The catalogue's versions of it, oldest first.
    states: tuple[ListedState, ...] = ()
    # From a block that is not final.
    is_provisional: bool = False

    @property
    def seen_at(self) -> datetime:
        """The instant it is ordered by."""
        return self.at or self.known_at


@dataclass(frozen=True, slots=True)
class ListedText:
    """One text that adds to the rules, on however many channels."""

    sightings: tuple[Sighting, ...]
    # Whether it speaks for the question's creator. The rest counts for nothing.
    is_official: bool

    @property
    def text(self) -> str:
        """As the surest channel has it."""
        return self._surest.text

    @property
    def place(self) -> Place | None:
        """By the chain's order where a log tells it, else by time; None without the question."""
        return self._surest.place

    @property
    def at(self) -> datetime:
        """When it was first seen on any channel."""
        return min(sighting.seen_at for sighting in self.sightings)

    @property
    def is_in_force(self) -> bool:
        """Official, and not merely planned, failed or taken back."""
        return self.is_official and any(
            sighting.source is not TextSource.CATALOGUE or sighting.states[-1].row.state == SENT
            for sighting in self.sightings
        )

    @property
    def _surest(self) -> Sighting:
        return min(self.sightings, key=lambda s: (_ORDER.index(s.source), s.seen_at))


# The surest word first.
_ORDER = tuple(TextSource)
_CHANNELS = {
    ClarificationChannel.BULLETIN_BOARD: TextSource.BULLETIN_BOARD,
    ClarificationChannel.REQUEST_RULES: TextSource.REQUEST_RULES,
    ClarificationChannel.REPORTER_RULES: TextSource.REPORTER_RULES,
}


@dataclass(frozen=True, slots=True)
class RulesUpdate:
    """A paragraph of the catalogue's rules that says it was added."""

    text: str
    # When the rules were first seen with it.
    known_at: datetime
    # The rules had it when we first saw them: it is older, by how much is not known.
    is_older: bool


def merge_clarifications(
    posted: Iterable[tuple[Clarification, bool]],
    listed: Iterable[Sequence[ListedState]],
    updates: Iterable[RulesUpdate],
    milestones: Sequence[Milestone] | None,
) -> tuple[ListedText, ...]:
    """One ordered list of all.

    ``posted``: the chain's texts, each with whether it is provisional; ``listed``: the versions of
    each of the catalogue's rows, oldest first; ``milestones``: None where the question's logs are
    not stored, which leaves places unknown.
    """
    place = _placer(milestones)
    entries: list[ListedText] = []
    for post, is_provisional in posted:
        _add(entries, _of_post(post, is_provisional=is_provisional), is_official=post.is_official)
    for states in listed:
        _add(entries, _of_listing(tuple(states), place), is_official=True)
    for update in updates:
        at = None if update.is_older else update.known_at
        seen = Sighting(TextSource.RULES_TEXT, update.text, at, update.known_at, place(at))
        _add(entries, seen, is_official=True)
    return tuple(sorted(entries, key=lambda entry: (entry.at, entry.text)))


def _add(entries: list[ListedText], seen: Sighting, *, is_official: bool) -> None:
    """Put a sighting beside the one of the same text on another channel, or by itself."""
    index = _find(entries, seen) if is_official else None
    if index is None:
        entries.append(ListedText((seen,), is_official))
    else:
        old = entries[index]
        entries[index] = replace(old, sightings=(*old.sightings, seen))


def _find(entries: Sequence[ListedText], seen: Sighting) -> int | None:
    """The entry of the same transaction, else the nearest in time of the same words.

    An entry has one sighting a channel: the same text posted twice on one channel is two entries.
    """
    words = normalised(seen.text)
    free = [
        (number, entry)
        for number, entry in enumerate(entries)
        if entry.is_official and all(s.source is not seen.source for s in entry.sightings)
    ]
    same_words = [
        (number, entry)
        for number, entry in free
        if any(normalised(s.text) == words for s in entry.sightings)
    ]
    sent = seen.transaction_hash
    same_transaction = [
        (number, entry)
        for number, entry in free
        if sent is not None and any(s.transaction_hash == sent for s in entry.sightings)
    ]
    both = [found for found in same_transaction if found in same_words]
    candidates = both or same_transaction or same_words
    return min(
        (number for number, _ in candidates),
        key=lambda number: abs(entries[number].at - seen.seen_at),
        default=None,
    )


def _placer(milestones: Sequence[Milestone] | None) -> Callable[[datetime | None], Place | None]:
    def place(at: datetime | None) -> Place | None:
        return None if milestones is None or at is None else place_at(milestones, at)

    return place


def _of_post(post: Clarification, *, is_provisional: bool) -> Sighting:
    at = post.at
    return Sighting(
        source=_CHANNELS[post.channel],
        text=post.text,
        at=post.posted_at,
        known_at=post.posted_at if is_provisional else known_at(at.chain_id, post.posted_at),
        place=Place(post.position, post.proposals_before, post.disputes_before),
        log=at,
        transaction_hash=at.transaction_hash,
        owner=post.owner,
        is_provisional=is_provisional,
    )


def _of_listing(
    states: tuple[ListedState, ...], place: Callable[[datetime | None], Place | None]
) -> Sighting:
    newest = states[-1].row
    # A transaction's time once it is sent, else when it was written.
    at = newest.posted_at or newest.created_at
    return Sighting(
        source=TextSource.CATALOGUE,
        text=newest.text,
        at=at,
        known_at=states[0].known_at,
        place=place(at),
        transaction_hash=newest.transaction_hash,
        states=states,
    )
