"""What must hold between stored rows, and how a break of it is told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Invariant(StrEnum):
    """A rule over all rows, by its name."""

    VOTES_MAKE_PRICES = "votes_make_prices"
    DISPUTES_ARE_BRIDGED = "disputes_are_bridged"
    SETTLEMENTS_HAVE_PROPOSALS = "settlements_have_proposals"
    PAYOUTS_FOLLOW_PRICES = "payouts_follow_prices"
    CONDITION_IDS_RECOMPUTE = "condition_ids_recompute"
    BLOCKS_CHAIN = "blocks_chain"
    VOTES_HAVE_REQUESTS = "votes_have_requests"
    REQUESTS_HAVE_QUESTIONS = "requests_have_questions"
    DERIVED_ROWS_HAVE_FACTS = "derived_rows_have_facts"
    PRICES_CROSS_UNCHANGED = "prices_cross_unchanged"
    FEED_AGREES_WITH_CHAIN = "feed_agrees_with_chain"
    CLOSED_MARKETS_ARE_PAID = "closed_markets_are_paid"

    @property
    def says(self) -> str:
        """The rule in one sentence."""
        return _SAYS[self]


_SAYS = {
    Invariant.VOTES_MAKE_PRICES: "Our count of the opened votes, with the stake and thresholds "
    "of their rounds, gives the price and round the contract reported.",
    Invariant.DISPUTES_ARE_BRIDGED: "Every dispute left for the vote in its own transaction.",
    Invariant.SETTLEMENTS_HAVE_PROPOSALS: "Every settled request was proposed.",
    Invariant.PAYOUTS_FOLLOW_PRICES: "Every payout is what the deciding request's price, or the "
    "market's game, pays, unless it was set by hand.",
    Invariant.CONDITION_IDS_RECOMPUTE: "Every condition id is the hash of its oracle, question id "
    "and number of slots.",
    Invariant.BLOCKS_CHAIN: "Every stored block names the stored block before it as its parent.",
    Invariant.VOTES_HAVE_REQUESTS: "Every opened vote is on a request that entered the vote.",
    Invariant.REQUESTS_HAVE_QUESTIONS: "Every request a tunnel brought to the vote comes from a "
    "stored dispute.",
    Invariant.DERIVED_ROWS_HAVE_FACTS: "Every derived row rests on a fact, and every question, "
    "request of the vote and contract change has its row.",
    Invariant.PRICES_CROSS_UNCHANGED: "Every price that crossed the bridge is the price the vote "
    "reported.",
    Invariant.FEED_AGREES_WITH_CHAIN: "What Polymarket's resolution feed says of a market and what "
    "its logs say differ for no longer than 15 minutes.",
    Invariant.CLOSED_MARKETS_ARE_PAID: "Every market the catalogue closed was paid on the chain, "
    "and every paid one is closed, within 15 minutes.",
}


@dataclass(frozen=True, slots=True)
class Break:
    """Rows that contradict each other, with where to look."""

    # The same break has the same key in every run.
    key: str
    reason: str
    chain_id: int | None = None
    block: int | None = None
    transaction_hash: bytes | None = None
    # What else shows it, for a break between sources that are no logs.
    evidence: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one invariant."""

    # How many rows could be held against it, the broken ones among them.
    checked: int
    breaks: tuple[Break, ...]
    # How many could not: their other half is not indexed.
    not_checkable: int = 0
    # How many of the checked differ, and may yet come to agree.
    lagging: int = 0


def add_up(findings: Iterable[Finding]) -> Finding:
    """Several findings of one invariant as one."""
    parts = tuple(findings)
    return Finding(
        sum(part.checked for part in parts),
        tuple(found for part in parts for found in part.breaks),
        sum(part.not_checkable for part in parts),
        sum(part.lagging for part in parts),
    )
