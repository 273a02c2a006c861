"""The same question on another venue: what links it to ours, and what was quoted. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from models.enums import Support
from models.price_enums import Venue
from service.protocol.ids import to_hex

# A quote that was not seen again for this long is shown as stale.
STALE_AFTER = timedelta(minutes=30)
# No score reads these prices: as evidence they would be assumed, and count for nothing.
SUPPORT = Support.ASSUMED
LIKELIHOOD_RATIO = 1


@dataclass(frozen=True, slots=True)
class SiblingLink:
    """Which market of another venue asks the same question as one of ours."""

    condition_id: bytes
    venue: Venue
    # What the venue calls its market.
    reference: str
    # Which of our market's outcomes the venue's Yes is.
    outcome_index: int

    @property
    def key(self) -> str:
        """What a refused quote of it is called by."""
        return f"{self.venue}:{self.reference}:{to_hex(self.condition_id)}"


@dataclass(frozen=True, slots=True)
class SiblingReading:
    """What another venue quotes for one outcome of one of our markets."""

    link: SiblingLink
    # The venue's own word for where its market stands.
    status: str
    bid: Decimal | None
    ask: Decimal | None
    # The venue's own time of the quote, where it gives one.
    observed_at: datetime | None
    # Where anybody can look it up.
    url: str

    @property
    def price(self) -> Decimal | None:
        """Half-way between bid and ask; None unless both sides are quoted."""
        return None if self.bid is None or self.ask is None else (self.bid + self.ask) / 2


def conflicting(links: Iterable[SiblingLink]) -> Sequence[SiblingLink]:
    """Links of a market and venue that were named before with another reference or outcome."""
    seen: dict[tuple[bytes, Venue], SiblingLink] = {}
    found = []
    for link in links:
        known = seen.setdefault((link.condition_id, link.venue), link)
        if known is not link:
            found.append(link)
    return found
