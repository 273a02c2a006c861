"""The panel about a market's rules: what they say, what changed, what was added and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from models.lifecycle_enums import ClarificationPosition
from models.market import Market
from service.protocol.chain_text import TextAgreement, TextComparison
from service.protocol.clarification_list import ListedText, TextSource
from service.protocol.rule_texts import Hunk, TextChange, shown
from service.store.links import transaction_link
from service.store.markets.rules import MarketRules, RulesVersionView, get_market_rules

# Of a long list: the page links to all of it.
MOST_SHOWN = 12
MOST_HUNKS = 12

POSITIONS: Mapping[str, str] = {
    ClarificationPosition.BEFORE_PROPOSAL: "before any answer was proposed",
    ClarificationPosition.AFTER_PROPOSAL: "after an answer was proposed",
    ClarificationPosition.AFTER_DISPUTE: "after an answer was disputed",
    ClarificationPosition.AFTER_COMMIT_END: "after the votes that decide were sealed",
    ClarificationPosition.AFTER_PAYOUT: "after the payout",
}
SEEN_ON: Mapping[str, str] = {
    TextSource.BULLETIN_BOARD: "bulletin board",
    TextSource.REQUEST_RULES: "the oracle",
    TextSource.REPORTER_RULES: "the reporter",
    TextSource.CATALOGUE: "Polymarket's list",
    TextSource.RULES_TEXT: "the rules themselves",
}
_AGREEMENTS: Mapping[str, str] = {
    TextAgreement.EQUAL: "The oracle was asked the same words.",
    TextAgreement.EXTENDED: "The oracle was asked the same words, without the later updates.",
    TextAgreement.DIFFERS: "The oracle was asked other words than the catalogue shows.",
}


@dataclass(frozen=True, slots=True)
class VersionView:
    """One version of the rules, the change to it in words."""

    number: int
    known_at: datetime
    change: str
    hunks: tuple[Hunk, ...]
    hunks_left_out: int


@dataclass(frozen=True, slots=True)
class AdditionView:
    """One text that adds to the rules."""

    text: str
    at: datetime
    who: str
    is_in_force: bool
    place: str
    # Where it was seen, when, in which state, and the transaction's page.
    sightings: tuple[tuple[str, datetime | None, str, str | None], ...]


@dataclass(frozen=True, slots=True)
class RulesView:
    """The rules as known now."""

    text: str | None
    # Newest first.
    versions: list[VersionView]
    additions: list[AdditionView]
    left_out: int
    chain: str
    chain_hunks: tuple[Hunk, ...]
    is_chain_different: bool


def view_rules(session: Session, market: Market, *, has_explorers: bool) -> RulesView:
    """Read what the panel shows."""
    found = get_market_rules(session, market)
    official = [entry for entry in found.additions if entry.is_official]
    notes = [entry for entry in found.additions if not entry.is_official]
    # What counts comes first where not all can be shown.
    picked = sorted([*official, *notes][:MOST_SHOWN], key=lambda entry: entry.at)
    compared = found.with_chain
    return RulesView(
        text=shown(found.versions[-1].stored.text) if found.versions else None,
        versions=[_version(view) for view in reversed(found.versions[-MOST_SHOWN:])],
        additions=[_addition(entry, has_explorers=has_explorers) for entry in picked],
        left_out=_left_out(found, len(picked)),
        chain=_chain_words(compared),
        chain_hunks=() if compared.diff is None else compared.diff.hunks[:MOST_HUNKS],
        is_chain_different=compared.agreement is TextAgreement.DIFFERS,
    )


def _left_out(found: MarketRules, picked: int) -> int:
    return len(found.additions) - picked + found.notes_left_out


def _version(view: RulesVersionView) -> VersionView:
    hunks = view.diff.hunks
    change = {
        TextChange.FIRST: "first seen",
        TextChange.SAME: "the same",
        TextChange.TYPOGRAPHIC: "spaces and signs only",
        TextChange.WORDING: "other words",
    }[view.diff.change]
    left_out = max(0, len(hunks) - MOST_HUNKS)
    stored = view.stored
    return VersionView(stored.version, stored.known_at, change, hunks[:MOST_HUNKS], left_out)


def _addition(entry: ListedText, *, has_explorers: bool) -> AdditionView:
    sightings = []
    for seen in entry.sightings:
        link = None
        if has_explorers and seen.log is not None:
            link = transaction_link(seen.log.chain_id, seen.log.transaction_hash)
        states = [shown(state.row.state) for state in seen.states]
        state = "not final yet" if seen.is_provisional else ", then ".join(states)
        sightings.append((SEEN_ON[seen.source], seen.at, state, link))
    return AdditionView(
        text=shown(entry.text),
        at=entry.at,
        who="Clarification" if entry.is_official else "A stranger's note",
        is_in_force=entry.is_in_force,
        place="" if entry.place is None else POSITIONS[entry.place.position],
        sightings=tuple(sightings),
    )


def _chain_words(compared: TextComparison) -> str:
    if compared.agreement is TextAgreement.NOT_COMPARABLE:
        return f"Not held against the oracle's own text: {compared.reason}."
    return _AGREEMENTS[compared.agreement]
