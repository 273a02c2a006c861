"""The challenge-window queue: proposed answers that can still be disputed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, aliased

from models.assessment import MarketStanding
from models.chain import Block
from models.enums import ContractKind, MarketState, OracleVersion
from models.market import Market, ResolutionReport
from models.oracle import Dispute, Payout, PriceRequest, Proposal, Question, Settlement
from service.protocol.contracts import ContractBook
from service.store.markets.standings import StandingLine, list_standings_of
from service.store.oracle.contracts import load_book
from service.store.upserts import IN_CHUNK, chunks

# How long after its minimum window an unsettled proposal is looked for by time alone; an older
# one is still found through its market's standing. Settling takes 1.5 h at the 99th percentile.
LOOK_BACK = timedelta(days=1)

_FAR = datetime(9999, 12, 31, tzinfo=UTC)
_CHALLENGEABLE = (MarketState.PROPOSED, MarketState.REPROPOSED)


@dataclass(frozen=True, slots=True)
class OpenProposal:
    """One proposed answer a dispute can still stop. Prices are raw, scaled by 1e18."""

    title: str
    outcomes: tuple[str, ...]
    # The row of the catalogue's market; None where it has not shown one.
    market_id: int | None
    standing: StandingLine | None
    # "chain" or "feed": where we know the proposal from.
    source: str
    proposed_price: int | None
    # None where the feed alone speaks: it names no proposer and no oracle.
    proposer: bytes | None
    proposed_at: datetime | None
    oracle_version: OracleVersion | None
    oracle: bytes | None
    requester: bytes | None
    request_timestamp: int | None
    ancillary_hash: bytes | None
    chain_id: int | None
    transaction_hash: bytes | None
    block_number: int | None
    # Until then a dispute is surely possible; None where nobody told us.
    challenge_ends_at: datetime | None
    # Past its minimum window, and open to dispute until somebody settles it.
    is_past_window: bool

    @property
    def key(self) -> tuple[int, str]:
        """The place in the queue: soonest end first, unknown ends last."""
        end = int((self.challenge_ends_at or _FAR).timestamp() * 1_000_000)
        identity = self.ancillary_hash or (self.standing.condition_id if self.standing else b"")
        return (end, f"{identity.hex()}:{self.request_timestamp or 0}")


def list_open_proposals(session: Session, now: datetime) -> list[OpenProposal]:
    """All proposals open to dispute at ``now``, soonest end first.

    OptimisticOracleV2 closes at expiry; the managed oracle stays open until somebody settles.
    """
    book = load_book(session)
    found = [
        (proposal, block, version)
        for proposal, block in _unsettled(session, now)
        if is_open(proposal, version := oracle_version_of(book, block, proposal), now)
    ]
    hashes = {proposal.ancillary_hash for proposal, _, _ in found}
    markets = _markets_of(session, hashes)
    titles = _titles_of(session, hashes)
    standings = list_standings_of(session, [market.id for market in markets.values()])
    queue = _from_feed(session, now)
    for proposal, block, version in found:
        market = markets.get((proposal.ancillary_hash, proposal.requester))
        title = (
            market.title if market else titles.get((proposal.ancillary_hash, proposal.requester))
        )
        # Without either it is a stranger's question: no market of Polymarket hangs on it.
        if title is not None:
            line = standings.get(market.id) if market else None
            entry = _to_entry(proposal, block, version, title, now)
            outcomes = tuple(market.outcomes) if market else ()
            market_id = market.id if market else None
            queue.append(replace(entry, market_id=market_id, standing=line, outcomes=outcomes))
    return sorted(queue, key=lambda entry: entry.key)


def _to_entry(
    proposal: Proposal, block: Block, version: OracleVersion, title: str, now: datetime
) -> OpenProposal:
    return OpenProposal(
        title=title,
        outcomes=(),
        market_id=None,
        standing=None,
        source="chain",
        proposed_price=proposal.proposed_price,
        proposer=proposal.proposer,
        proposed_at=block.mined_at,
        oracle_version=version,
        oracle=proposal.address,
        requester=proposal.requester,
        request_timestamp=proposal.request_timestamp,
        ancillary_hash=proposal.ancillary_hash,
        chain_id=block.chain_id,
        transaction_hash=proposal.transaction_hash,
        block_number=block.number,
        challenge_ends_at=proposal.expires_at,
        is_past_window=proposal.expires_at is not None and proposal.expires_at <= now,
    )


def _unsettled(session: Session, now: datetime) -> Iterable[tuple[Proposal, Block]]:
    """Proposals of live requests that nobody disputed or settled, by two routes, each once."""
    waiting = (
        select(Market.uma_question_id)
        .join(MarketStanding, MarketStanding.market_id == Market.id)
        .where(MarketStanding.state.in_(_CHALLENGEABLE), Market.uma_question_id.is_not(None))
    )
    found: dict[tuple[int, int], tuple[Proposal, Block]] = {}
    for route in (
        (Proposal.expires_at > now - LOOK_BACK),
        Proposal.expires_at.is_(None),
        Proposal.ancillary_hash.in_(waiting),
    ):
        query = (
            select(Proposal, Block)
            .join(Block, Block.id == Proposal.block_id)
            .where(route, *_still_open())
        )
        for proposal, block in session.execute(query):
            found[(proposal.block_id, proposal.log_index)] = (proposal, block)
    return found.values()


def _still_open() -> list[ColumnElement[bool]]:
    later = aliased(PriceRequest)
    disputed = exists().where(*_same_request(Dispute))
    settled = exists().where(*_same_request(Settlement))
    superseded = exists().where(
        later.ancillary_hash == Proposal.ancillary_hash,
        later.requester == Proposal.requester,
        later.request_timestamp > Proposal.request_timestamp,
    )
    # Paid by hand meanwhile: a dispute would stop nothing.
    paid = exists().where(
        Market.uma_question_id == Proposal.ancillary_hash,
        Payout.condition_id == Market.condition_id,
    )
    return [~disputed, ~settled, ~superseded, ~paid]


def _same_request(model: type[Dispute] | type[Settlement]) -> list[ColumnElement[bool]]:
    return [
        model.ancillary_hash == Proposal.ancillary_hash,
        model.requester == Proposal.requester,
        model.address == Proposal.address,
        model.identifier == Proposal.identifier,
        model.request_timestamp == Proposal.request_timestamp,
    ]


def is_open(proposal: Proposal, version: OracleVersion, now: datetime) -> bool:
    """Whether an unsettled proposal can be disputed at an instant."""
    if version is OracleVersion.MANAGED:
        return True
    return proposal.expires_at is None or now < proposal.expires_at


def oracle_version_of(book: ContractBook, block: Block, proposal: Proposal) -> OracleVersion:
    """By whose rules a proposal can be disputed."""
    kinds = book.kinds_at(block.chain_id, proposal.address, block.number)
    is_managed = ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2 in kinds
    return OracleVersion.MANAGED if is_managed else OracleVersion.OOV2


def _markets_of(session: Session, hashes: set[bytes]) -> dict[tuple[bytes, bytes], Market]:
    """Markets by (question id, adapter); the catalogue names the adapter of every UMA market."""
    found: dict[tuple[bytes, bytes], Market] = {}
    for part in chunks(sorted(hashes), IN_CHUNK):
        query = select(Market).where(Market.uma_question_id.in_(part)).order_by(Market.id)
        for market in session.scalars(query):
            if market.uma_question_id is not None and market.adapter is not None:
                found[(market.uma_question_id, market.adapter)] = market
    return found


def _titles_of(session: Session, hashes: set[bytes]) -> dict[tuple[bytes, bytes], str]:
    """Titles of adapters' questions by (ancillary hash, adapter)."""
    found: dict[tuple[bytes, bytes], str] = {}
    for part in chunks(sorted(hashes), IN_CHUNK):
        query = select(Question.ancillary_hash, Question.address, Question.title).where(
            Question.question_id.in_(part)
        )
        found.update({(row[0], row[1]): row[2] for row in session.execute(query)})
    return found


def _from_feed(session: Session, now: datetime) -> list[OpenProposal]:
    """Markets whose challenge is open by Polymarket's feed, where the chain is silent."""
    query = (
        select(MarketStanding.market_id, Market.outcomes)
        .join(Market, Market.id == MarketStanding.market_id)
        .where(
            MarketStanding.state.in_(_CHALLENGEABLE),
            MarketStanding.challenge_open,
            ~exists().where(Proposal.ancillary_hash == Market.uma_question_id),
        )
    )
    outcomes = {row[0]: row[1] for row in session.execute(query)}
    reports = _latest_reports(session, list(outcomes))
    return [
        _to_feed_entry(line, outcomes[market_id], reports.get(market_id), now)
        for market_id, line in list_standings_of(session, list(outcomes)).items()
    ]


def _latest_reports(session: Session, market_ids: Sequence[int]) -> dict[int, ResolutionReport]:
    found: dict[int, ResolutionReport] = {}
    for part in chunks(market_ids, IN_CHUNK):
        newest = (
            select(func.max(ResolutionReport.id))
            .where(ResolutionReport.market_id.in_(part))
            .group_by(ResolutionReport.market_id)
        )
        rows = session.scalars(select(ResolutionReport).where(ResolutionReport.id.in_(newest)))
        found.update({row.market_id: row for row in rows})
    return found


def _to_feed_entry(
    line: StandingLine, outcomes: list[str], report: ResolutionReport | None, now: datetime
) -> OpenProposal:
    price = (report.reproposed_price or report.proposed_price) if report else None
    ends_at = line.challenge_ends_at
    return OpenProposal(
        title=line.title,
        outcomes=tuple(outcomes),
        market_id=line.market_id,
        standing=line,
        source="feed",
        proposed_price=None if price is None else int(price),
        proposer=None,
        proposed_at=None,
        oracle_version=None,
        oracle=None,
        requester=None,
        request_timestamp=None,
        ancillary_hash=None,
        chain_id=None,
        transaction_hash=None,
        block_number=None,
        challenge_ends_at=ends_at,
        is_past_window=ends_at is not None and ends_at <= now,
    )
