"""The shapes of ``/v1/markets/{ref}/rules``."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from models.lifecycle_enums import ClarificationPosition
from service.api.schemas import Account, Hex32
from service.api.shape import Shape
from service.protocol.chain_text import TextAgreement
from service.protocol.clarification_list import TextSource
from service.protocol.rule_texts import HunkKind, TextChange


class HunkLine(Shape):
    """One change of words."""

    kind: HunkKind
    before: str = Field(description="Unchanged words before it.")
    removed: str
    added: str
    after: str = Field(description="Unchanged words behind it.")


class RulesVersionLine(Shape):
    """The rules from when we first saw them so."""

    version: int
    known_at: datetime = Field(description="First seen; it may have stood there before.")
    text_sha256: Hex32
    text: str = Field(description="As written by others, without control characters.")
    change: TextChange = Field(description="Against the version before.")
    hunks: list[HunkLine]
    is_coarse: bool = Field(description="Too long to compare word by word: replaced as a whole.")
    updates: list[str] = Field(description="Paragraphs of it that say they were added.")
    chain_agreement: TextAgreement = Field(description="Against the question's own text.")


class ListedStateLine(Shape):
    """One state of a clarification in the catalogue."""

    state: str = Field(examples=["pending", "queued", "success", "failed", "cancelled"])
    known_at: datetime
    text: str
    is_shown: bool | None = Field(description="On Polymarket's page.")
    clears_book: bool | None = Field(description="Open orders are cancelled with it.")
    scheduled_for: datetime | None


class SightingLine(Shape):
    """One channel's word of an addition."""

    source: TextSource
    at: datetime | None = Field(description="Posted there; null where only a bound is known.")
    known_at: datetime
    position: ClarificationPosition | None
    chain_id: int | None
    transaction: Hex32 | None
    log_index: int | None
    link: str | None
    owner: Account | None
    text: str
    catalogue_id: int | None
    states: list[ListedStateLine]
    provisional: bool


class AdditionLine(Shape):
    """A text that adds to the rules, on one or more channels."""

    text: str
    at: datetime = Field(description="First seen on any channel.")
    is_official: bool = Field(description="It speaks for the question's creator.")
    is_in_force: bool = Field(description="Official, and not only planned, failed or cancelled.")
    position: ClarificationPosition | None = Field(
        description="The newest milestone before it; null where the question's logs, or its time, "
        "are not known."
    )
    proposals_before: int | None
    disputes_before: int | None
    after_first_trade: bool | None = Field(description="Null where the volume does not tell.")
    sources: list[SightingLine]


class SpanLine(Shape):
    """Words that drove a reading, in the market's title or the newest version's text."""

    field: Literal["title", "rules"]
    start: int
    end: int
    words: str


class ReadingLine(Shape):
    """How much of one thing the wording has: fixed words, no understanding."""

    name: str = Field(examples=["vague_verb", "no_named_source", "fragile_source_map"])
    value: float
    unit: str
    moves_score: bool = Field(description="False where it earned no place out of time.")
    spans: list[SpanLine] = Field(description="The first few.")


class OnChainRules(Shape):
    """The rules as the oracle was asked them, against the catalogue's."""

    agreement: TextAgreement
    reason: str | None = Field(description="Why nothing can be said; null where it can.")
    question_id: Hex32 | None
    known_at: datetime | None
    title: str | None
    is_same_title: bool | None
    text: str | None
    hunks: list[HunkLine] = Field(description="From the chain's text to the catalogue's.")
    is_coarse: bool


class MarketRulesAnswer(Shape):
    """A market's rules: every version, what was added, and the chain's own text."""

    ref: Hex32
    as_of: datetime | None = Field(description="As asked; null is all that is known.")
    versions: list[RulesVersionLine] = Field(description="Oldest first; the newest 50.")
    clarifications: list[AdditionLine] = Field(description="Oldest first.")
    readings: list[ReadingLine] = Field(description="Of the newest version's wording.")
    notes_left_out: int = Field(description="Strangers' notes beyond the first 50.")
    on_chain: OnChainRules
    missing: list[str] = Field(description="What could not be said, and why.")
    notice: str | None
