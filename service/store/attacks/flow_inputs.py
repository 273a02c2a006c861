"""What was traded and how prices moved before the proposals at issue."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.chain import Block
from models.enums import Category
from models.fill_enums import FillSide
from models.market import Market, TradingActivity
from models.proposal_signal import ProposalSignal
from models.wallet import WalletCreation
from service.protocol.fills import MarketFill
from service.protocol.ids import to_hex
from service.protocol.proposed_answers import read_answer
from service.risk.inputs import volume_stratum
from service.risk.signs.order_flow import (
    FlowReading,
    WinnerTrade,
    drift_reading,
    linked_purchases,
    off_hours,
    signed_flow,
    young_share,
)
from service.risk.signs.ring_parameters import FlowPriors
from service.store.attacks.markets_at_issue import AtIssue
from service.store.latest import latest_by_market
from service.store.money.fill_watches import FillCoverage, list_fill_coverage
from service.store.money.fills import list_fills
from service.store.proposals.proposal_signals import latest_signals
from service.store.upserts import IN_CHUNK, chunks
from service.store.wallets.linked_wallets import wallets_around

# Stored verdicts that a drift is compared with, the newest of them.
MOST_REFERENCE = 4_000
_MICRO = 10**6
_Sample = tuple[str, str, float]


def load_flow(
    session: Session, issues: Sequence[AtIssue], now: datetime, priors: FlowPriors
) -> dict[int, tuple[FlowReading, ...]]:
    """The readings of each market's proposal; those whose proposal is not known have none."""
    known = [one for one in issues if one.request.proposed_at is not None]
    ids = [one.market_id for one in known]
    span = timedelta(hours=priors.span_hours)
    since = {
        one.market_id: one.request.proposed_at - span for one in known if one.request.proposed_at
    }
    fills = list_fills(session, ids, since, now)
    coverage = list_fill_coverage(session, ids)
    verdicts = latest_signals(session, ids, now)
    sample = _reference(session, now, priors) if ids else []
    proposers = {one.request.proposer for one in known if one.request.proposer is not None}
    around = wallets_around(session, proposers, now)
    trades = {one.market_id: _trades(one, fills[one.market_id]) for one in known}
    buyers = {trade.buyer for some in trades.values() for trade in some}
    created = _created(session, buyers, now)
    found: dict[int, tuple[FlowReading, ...]] = {}
    for one in known:
        at, proposer = one.request.proposed_at, one.request.proposer
        assert at is not None  # noqa: S101  # chosen by it
        lack = _lack(coverage.get(one.market_id), since[one.market_id])
        near = {to_hex(w): c for w, c in around.get(proposer or b"", {}).items()}
        some, verdict = trades[one.market_id], verdicts.get(one.market_id)
        found[one.market_id] = (
            drift_reading(_drift(one, verdict), _cells(one, sample), priors),
            signed_flow(some, at, priors, lack),
            young_share(some, at, created, priors, lack),
            _asymmetry(one, verdict),
            linked_purchases(some, near, priors, lack),
            off_hours(at, priors),
        )
    return found


def _lack(coverage: FillCoverage | None, since: datetime) -> str | None:
    if coverage is None or coverage.read_to is None:
        return "trades are not read"
    if coverage.since > since:
        return "trades are read from shortly before the proposal on only"
    return None if coverage.is_whole else "some trades are not read yet"


def _trades(one: AtIssue, fills: Sequence[MarketFill]) -> list[WinnerTrade]:
    """Fills by who bought the proposed winner or, the same to hold, sold the other outcome."""
    price = one.request.proposed_price
    winner = None if price is None else read_answer(price).winner
    if winner is None:
        return []
    found = []
    for fill in fills:
        took = (fill.taker_side is FillSide.BUY) == (fill.outcome_index == winner)
        taker, maker = to_hex(fill.taker), None if fill.maker is None else to_hex(fill.maker)
        # Worth of the winner's shares, whichever token was named.
        usdc = fill.usdc if fill.outcome_index == winner else fill.shares - fill.usdc
        buyer, seller = (taker, maker) if took else (maker, taker)
        found.append(
            WinnerTrade(
                buyer=buyer or "",
                seller=seller,
                usd=usdc / _MICRO,
                buyer_took=took,
                at=fill.traded_at,
                transaction=to_hex(fill.transaction_hash),
            )
        )
    return found


def _drift(one: AtIssue, verdict: ProposalSignal | None) -> float | None:
    return None if not _is_of(one, verdict) else _value(verdict, "drift_before")


def _asymmetry(one: AtIssue, verdict: ProposalSignal | None) -> FlowReading:
    value = _value(verdict, "depth_asymmetry") if _is_of(one, verdict) else None
    lack = None if value is not None else "no books were read on the proposal"
    return FlowReading("depth_asymmetry", "ln", value, missing=lack)


def _is_of(one: AtIssue, verdict: ProposalSignal | None) -> bool:
    return verdict is not None and verdict.request_timestamp == one.request.request_timestamp


def _value(verdict: ProposalSignal | None, name: str) -> float | None:
    reading = None if verdict is None else verdict.document.get(name)
    value = reading.get("value") if isinstance(reading, dict) else None
    return None if value is None else float(Decimal(str(value)))


def _reference(session: Session, now: datetime, priors: FlowPriors) -> list[_Sample]:
    """(category, volume stratum, drift) of the proposals that verdicts were last stored of."""
    query = (
        select(ProposalSignal, Market.category)
        .join(Market, Market.id == ProposalSignal.market_id)
        .where(
            ProposalSignal.known_at <= now,
            ProposalSignal.known_at > now - timedelta(days=priors.reference_days),
        )
        # By the primary key from its end: a table of millions is not read through.
        .order_by(ProposalSignal.id.desc())
        .limit(MOST_REFERENCE)
    )
    newest: dict[int, tuple[ProposalSignal, Category]] = {}
    for row, category in session.execute(query):
        newest.setdefault(row.market_id, (row, Category(category)))
    rows = list(newest.values())
    volumes = latest_by_market(session, TradingActivity, [row.market_id for row, _ in rows], now)
    found = []
    for row, category in rows:
        drift = _value(row, "drift_before")
        if drift is not None:
            activity = volumes.get(row.market_id)
            stratum = volume_stratum(None if activity is None else activity.volume)
            found.append((category.value, stratum.value, drift))
    return found


def _cells(one: AtIssue, sample: Sequence[_Sample]) -> list[tuple[str, list[float]]]:
    category, stratum = one.category.value, volume_stratum(one.volume).value
    return [
        ("cell", [d for c, s, d in sample if (c, s) == (category, stratum)]),
        ("category", [d for c, _, d in sample if c == category]),
        ("all", [d for _, _, d in sample]),
    ]


def _created(session: Session, wallets: set[str], now: datetime) -> Mapping[str, datetime]:
    """When a factory's log made a wallet; of others the age is not known."""
    found: dict[str, datetime] = {}
    asked = sorted(bytes.fromhex(wallet[2:]) for wallet in wallets if wallet)
    for part in chunks(asked, IN_CHUNK):
        query = (
            select(WalletCreation.wallet, func.min(Block.mined_at))
            .join(Block, Block.id == WalletCreation.block_id)
            .where(WalletCreation.wallet.in_(part), WalletCreation.known_at <= now)
            .group_by(WalletCreation.wallet)
        )
        for wallet, mined_at in session.execute(query):
            if wallet is not None:
                found[to_hex(wallet)] = mined_at
    return found
