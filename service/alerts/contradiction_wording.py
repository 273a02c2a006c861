"""What an alert says of a market that trades against its proposed answer. Pure.

It reports orders, trades and prices. It names no person and suggests no intent.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from models.enums import AlertReason
from service.alerts.contradiction import Against, ContradictionDecision, Measure
from service.alerts.plain import money, one_line, utc
from service.alerts.wording import TITLE_LENGTH, Wording

_HEADLINES = {
    AlertReason.CONTRADICTED: "The market trades against the proposed answer",
    AlertReason.CONTRADICTED_MORE: "The market trades further against the proposed answer",
}


@dataclass(frozen=True, slots=True)
class ContradictionSubject:
    """All such an alert tells. Money is micro-USDC."""

    title: str
    # "Yes", "No", "50-50", "too early", or the outcome's own name.
    proposed: str
    against: Against
    # What the trades were: how many, when the last, at which average price; None without any.
    trades: int | None
    last_trade_at: datetime | None
    # What the books say of the price of the proposed winner; None where they hold no amount.
    implied: Decimal | None
    open_interest: int | None
    challenge_ends_at: datetime | None
    # Whether the managed oracle keeps challenges open until settlement; None: not known.
    is_managed: bool | None
    seen_at: datetime
    # When the books were read.
    as_of: datetime | None
    links: tuple[str, ...]

    @property
    def late_by_minutes(self) -> int | None:
        """How long before this the minimum window ended; ``None`` while it runs."""
        ends = self.challenge_ends_at
        if ends is None or ends > self.seen_at:
            return None
        return int((self.seen_at - ends).total_seconds() // 60)


def compose_contradiction(
    subject: ContradictionSubject, decision: ContradictionDecision
) -> Wording:
    """The title and the text."""
    headline = _HEADLINES[decision.reason]
    if subject.late_by_minutes is not None:
        headline = f"Late: {headline[0].lower()}{headline[1:]}"
    lines = [
        f"Proposed answer: {one_line(subject.proposed, 60)}.",
        _standing_line(subject),
        _traded_line(subject),
        _price_line(subject),
        _told_line(decision),
        _money_line(subject),
        _challenge_line(subject),
        _as_of_line(subject),
        *subject.links,
    ]
    return Wording(
        f"{headline}: {one_line(subject.title, TITLE_LENGTH)}",
        "\n".join(line for line in lines if line is not None),
    )


def _standing_line(subject: ContradictionSubject) -> str:
    standing = subject.against.standing
    if standing is None:
        return "Orders against it: unknown (no book was read)."
    return f"Orders against it stand to lose {money(standing)} if it is paid."


def _traded_line(subject: ContradictionSubject) -> str:
    traded = subject.against.traded
    if traded is None:
        return "Trades against it: unknown (not read)."
    if not subject.trades or subject.last_trade_at is None:
        return "No trade against it since it was proposed."
    return (
        f"Trades against it since it was proposed stand to lose {money(traded)} "
        f"({subject.trades} fills, the last at {utc(subject.last_trade_at)})."
    )


def _price_line(subject: ContradictionSubject) -> str | None:
    gap = subject.against.gap
    if gap is None:
        return "Price: the books hold too little to name one."
    line = f"At a size that counts the price is {100 * gap:.0f} cents from what it would pay"
    if subject.implied is None:
        return f"{line}."
    return f"{line}; the proposed answer trades at {100 * subject.implied:.0f} cents."


def _told_line(decision: ContradictionDecision) -> str | None:
    last = decision.last_told
    if last is None:
        return None
    told = f"{100 * last:.0f} cents" if decision.measure is Measure.GAP else money(int(last))
    return f"Last told: {told} ({decision.measure.value})."


def _money_line(subject: ContradictionSubject) -> str:
    if subject.open_interest is None:
        return "Open interest: unknown."
    return f"Open interest: {money(subject.open_interest)}."


def _challenge_line(subject: ContradictionSubject) -> str:
    late, ends = subject.late_by_minutes, subject.challenge_ends_at
    if ends is None:
        return "A dispute is possible; its end is not known."
    if late is not None:
        return (
            f"This is late: the minimum window ended {late} minutes before, at {utc(ends)}. "
            "A dispute is still possible until it is settled."
        )
    if subject.is_managed:
        return f"A dispute is possible at least until {utc(ends)}, then until it is settled."
    return f"A dispute is possible until {utc(ends)}."


def _as_of_line(subject: ContradictionSubject) -> str:
    books = "" if subject.as_of is None else f", books as of {utc(subject.as_of)}"
    return f"Seen {utc(subject.seen_at)}{books}."
