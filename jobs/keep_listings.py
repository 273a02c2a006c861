"""Pages of the catalogue into rows, for every job that reads them: one transaction a page."""

from collections import Counter
from collections.abc import Callable, Iterable

from sqlalchemy.orm import Session, sessionmaker

from jobs.seen import Seen
from models.data_enums import DataIssueKind
from service.errors import SourceError
from service.polymarket.batches import Batch
from service.polymarket.client import PolymarketClient
from service.polymarket.kinds import COUNTED
from service.polymarket.sweeps import SweepGap
from service.protocol.contracts import ContractBook
from service.protocol.finality import POLYGON
from service.protocol.ids import to_checksum
from service.protocol.listings import MarketListing, Refused
from service.protocol.sources import GAMMA
from service.store.checks.issues import add_issues
from service.store.markets.listings import Upserted, upsert_listings

Note = Callable[[Session], None]
# Gamma's words for an answer on its way; such markets are followed whatever their volume.
LIVE_STATUSES = ("proposed", "disputed")


class Keeper:
    """Stores pages; remembers what it counted and which rows were shown."""

    def __init__(self, sessions: sessionmaker[Session], book: ContractBook | None) -> None:
        """Without a contract book no adapter is unknown."""
        self.counts: Counter[str] = Counter()
        # What the pages held, stored or not, by kind of record.
        self.shown: Counter[str] = Counter()
        self.seen = Seen()
        # Lists of which a part is missing, each with where.
        self.gaps: list[str] = []
        self._sessions = sessions
        self._book = book

    def keep_all(self, name: str, batches: Iterable[Batch[MarketListing]]) -> list[str]:
        """Store a list's pages as they come; returns what failed, under the list's name.

        A gap in a list that was had otherwise fails nothing: it is noted beside.
        """
        try:
            for batch in batches:
                self.keep(batch)
        except SweepGap as gap:
            self.gaps.append(f"{name}: {gap}")
        except SourceError as error:
            return [f"{name}: {error}"]
        return []

    def keep_live(self, client: PolymarketClient) -> list[str]:
        """Store what Gamma calls proposed or disputed, a few pages; returns what failed."""
        return [
            failure
            for status in LIVE_STATUSES
            for failure in self.keep_all(
                f"{status} markets", client.fetch_markets_by_uma_status(status)
            )
        ]

    def report(self) -> dict[str, int]:
        """The counts of the run; of records that are not stored, what was shown last."""
        return {**self.counts, **{n: c for n, c in self.shown.items() if n != "markets"}}

    def keep(self, batch: Batch[MarketListing], note: Note | None = None) -> Upserted:
        """Store one page; ``note`` writes beside it, in the same transaction."""
        issues = [refused for refused in batch.refused if refused.reason not in COUNTED]
        issues += self._unknown_adapters(batch.rows)
        with self._sessions.begin() as session:
            stored = upsert_listings(session, batch.rows, batch.fetched_at)
            issues += stored.refused
            self.shown["refused"] += add_issues(session, issues, batch.fetched_at)
            if note is not None:
                note(session)
        self._count(batch, stored)
        return stored

    def _count(self, batch: Batch[MarketListing], stored: Upserted) -> None:
        self.seen.add(stored.market_ids)
        self.counts["pages"] += 1
        for name in ("added", "changed", "unchanged", "rules_versions", "older_copies"):
            self.counts[name] += getattr(stored, name)
        for refused in batch.refused:
            kind = COUNTED.get(refused.reason)
            if kind is not None:
                self.shown[kind] += 1
        self.shown["markets"] += len(batch.rows)

    def _unknown_adapters(self, listings: Iterable[MarketListing]) -> list[Refused]:
        """A data alert for each contract that markets name as their resolver and nobody listed.

        The markets are kept: who resolves them is a risk of theirs, not a reason to look away.
        """
        if self._book is None:
            return []
        named = {listing.adapter for listing in listings if listing.adapter is not None}
        unknown = [each for each in named if self._book.kind_of(POLYGON, each) is None]
        return [
            Refused(
                DataIssueKind.UNKNOWN_ADAPTER,
                GAMMA,
                f"{POLYGON}:{to_checksum(address)}",
                f"markets name {to_checksum(address)} as what resolves them, and the contract "
                "book does not know it: their proposals and disputes are not read from the chain",
            )
            for address in sorted(unknown)
        ]
