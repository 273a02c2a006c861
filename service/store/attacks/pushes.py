"""Who pushed an answer of a market at issue, and what they and their linked wallets hold of it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from models.enums import Outcome
from models.fill_enums import FillSide
from service.protocol.fills import MarketFill
from service.protocol.holdings import HeldMarket
from service.protocol.ids import to_hex
from service.protocol.log_position import LogPosition
from service.protocol.prices import outcome_of
from service.risk.signs.attack_signs import SignEvidence
from service.risk.signs.conflicts import PushRole, WalletHolding
from service.risk.signs.market_pushes import MarketAtIssue, Push, opposite
from service.store.attacks.markets_at_issue import AtIssue
from service.store.money.exposures import list_held, list_known_markets
from service.store.money.fill_watches import FillCoverage, list_fill_coverage
from service.store.money.fills import list_fills
from service.store.votes.entity_stakes import entities_of
from service.store.wallets.linked_wallets import wallets_around
from service.store.wallets.positions import list_checks, seen_by

_MICRO = 10**6


@dataclass(frozen=True, slots=True)
class _Pushed:
    """One address that pushed an answer by one log."""

    address: bytes
    role: PushRole
    outcome: Outcome
    log: SignEvidence
    round_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Traded:
    """Micro-shares of Yes a wallet bought since the dispute (or No it sold), by one trade."""

    at: datetime
    net: int
    log: SignEvidence


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of the wallets of one market."""

    now: Mapping[bytes, HeldMarket]
    # Asked for by now, and by the dispute: when.
    asked: Mapping[bytes, datetime]
    before: Mapping[bytes, HeldMarket]
    asked_before: Mapping[bytes, datetime]
    traded: Mapping[bytes, list[_Traded]]
    disputed_at: datetime | None
    # Every trade since the dispute is stored.
    is_whole: bool


def load_pushes(session: Session, issues: Sequence[AtIssue], now: datetime) -> list[MarketAtIssue]:
    """Each market with those who pushed its answers; wallets' holdings as known now and then."""
    pushed = {one.market_id: _pushed(one) for one in issues}
    addresses = {each.address for some in pushed.values() for each in some}
    entities = entities_of(session, addresses, now)
    around = wallets_around(session, addresses, now)
    wallets = {wallet for near in around.values() for wallet in near}
    held: dict[int, dict[bytes, HeldMarket]] = {}
    for row in list_held(session, wallets, now):
        held.setdefault(row.market_id, {})[row.wallet] = row
    asked = _asked(session, wallets, now)
    markets = list_known_markets(session, [one.market_id for one in issues], now)
    disputed = {
        one.market_id: one.request.disputed_at
        for one in issues
        if one.request.disputed_at is not None
    }
    fills = list_fills(session, list(disputed), disputed, now)
    coverage = list_fill_coverage(session, list(disputed))
    found = []
    for one in issues:
        own = {w for each in pushed[one.market_id] for w in around[each.address]}
        at = disputed.get(one.market_id)
        known = _Known(
            now=held.get(one.market_id, {}),
            asked=asked,
            before={} if at is None else _held_then(session, own, one.market_id, at),
            asked_before={} if at is None else _asked(session, own, at),
            traded=_traded(fills.get(one.market_id, ()), own),
            disputed_at=at,
            is_whole=_is_whole(coverage.get(one.market_id), at),
        )
        mid = markets[one.market_id].mid if one.market_id in markets else None
        found.append(
            MarketAtIssue(
                market=to_hex(one.condition_id),
                disputed_at=at,
                open_interest_usd=None if one.open_interest is None else one.open_interest / _MICRO,
                yes_price=None if mid is None else float(mid.price),
                pushes=tuple(_merged(pushed[one.market_id], entities, around, known)),
            )
        )
    return found


def _pushed(one: AtIssue) -> list[_Pushed]:
    request, found = one.request, []
    proposed = None if request.proposed_price is None else outcome_of(request.proposed_price)
    if proposed is not None and request.proposer is not None and request.proposal_log is not None:
        log = _evidence("ProposePrice", request.proposal_log)
        found.append(_Pushed(request.proposer, PushRole.PROPOSER, proposed, log))
    against = None if proposed is None else opposite(proposed)
    if against is not None and request.disputer is not None and request.dispute_log is not None:
        log = _evidence("DisputePrice", request.dispute_log)
        found.append(_Pushed(request.disputer, PushRole.DISPUTER, against, log))
    history = None if one.vote is None else one.vote.history
    if history is not None and history.rounds:
        last = history.rounds[-1]
        for reveal in last.reveals:
            answer = outcome_of(reveal.price)
            if answer is not None:
                log = _evidence("VoteRevealed", reveal.at)
                found.append(_Pushed(reveal.voter, PushRole.VOTER, answer, log, last.round_id))
    return found


def _evidence(ground: str, log: LogPosition) -> SignEvidence:
    return SignEvidence(ground, log.chain_id, to_hex(log.transaction_hash), log.log_index)


def _merged(
    pushed: Iterable[_Pushed],
    entities: Mapping[bytes, bytes],
    around: Mapping[bytes, Mapping[bytes, float]],
    known: _Known,
) -> Iterable[Push]:
    """One push for each entity, role and answer; a wallet near two of its addresses counts once."""
    groups: dict[tuple[bytes, PushRole, Outcome], list[_Pushed]] = {}
    for one in pushed:
        groups.setdefault((entities[one.address], one.role, one.outcome), []).append(one)
    for (entity, role, outcome), some in groups.items():
        near: dict[bytes, float] = {}
        for one in some:
            for wallet, confidence in around[one.address].items():
                near[wallet] = max(near.get(wallet, 0.0), confidence)
        trades = [log for wallet in sorted(near) for log in _logs_of(known, wallet)]
        yield Push(
            entity=to_hex(entity),
            role=role,
            pushed=outcome,
            wallets=tuple(_holding(wallet, near[wallet], known) for wallet in sorted(near)),
            evidence=some[0].log,
            trades=tuple(trades),
            round_id=some[0].round_id,
        )


def _logs_of(known: _Known, wallet: bytes) -> list[SignEvidence]:
    return [trade.log for trade in known.traded.get(wallet, ())]


def _holding(wallet: bytes, confidence: float, known: _Known) -> WalletHolding:
    """What a wallet holds: as last read and traded since, or at least what it traded."""
    trades, row = known.traded.get(wallet, []), known.now.get(wallet)
    read_at = known.asked.get(wallet) if row is None else row.known_at
    if read_at is None:
        then, now = (None, None) if not trades else (0.0, _sum(trades))
        return WalletHolding(to_hex(wallet), confidence, then, now)
    net = 0.0 if row is None else (row.yes - row.no) / _MICRO
    now = net + _sum([trade for trade in trades if trade.at > read_at])
    by_trades = net - _sum([trade for trade in trades if trade.at <= read_at])
    return WalletHolding(
        to_hex(wallet), confidence, _before(wallet, by_trades, read_at, known), now
    )


def _sum(trades: Iterable[_Traded]) -> float:
    return sum(trade.net for trade in trades) / _MICRO


def _before(wallet: bytes, by_trades: float, read_at: datetime, known: _Known) -> float | None:
    """What it held at the dispute: by all trades since, else as it was last seen by then."""
    if known.is_whole and known.disputed_at is not None and read_at >= known.disputed_at:
        return by_trades
    row = known.before.get(wallet)
    if row is not None:
        return (row.yes - row.no) / _MICRO
    return 0.0 if wallet in known.asked_before else None


def _asked(session: Session, wallets: Collection[bytes], at: datetime) -> dict[bytes, datetime]:
    """When these wallets had last been asked for; those that had not are left out."""
    checks = list_checks(session, wallets)
    seen = {wallet: seen_by(check, at) for wallet, check in checks.items()}
    return {wallet: when for wallet, when in seen.items() if when is not None}


def _held_then(
    session: Session, wallets: Collection[bytes], market_id: int, at: datetime
) -> dict[bytes, HeldMarket]:
    held = list_held(session, wallets, at)
    return {one.wallet: one for one in held if one.market_id == market_id}


def _is_whole(coverage: FillCoverage | None, since: datetime | None) -> bool:
    return (
        coverage is not None
        and since is not None
        and coverage.is_whole
        and coverage.since <= since
        and coverage.read_to is not None
    )


def _traded(fills: Iterable[MarketFill], wallets: Collection[bytes]) -> dict[bytes, list[_Traded]]:
    found: dict[bytes, list[_Traded]] = {}
    for fill in fills:
        # Bought Yes or sold No: for the taker; the maker did the opposite.
        sign = 1 if (fill.taker_side is FillSide.BUY) == (fill.outcome_index == 0) else -1
        log = SignEvidence("OrderFilled", 137, to_hex(fill.transaction_hash), fill.log_index)
        for wallet, direction in ((fill.taker, sign), (fill.maker, -sign)):
            if wallet is not None and wallet in wallets:
                trade = _Traded(fill.traded_at, direction * fill.shares, log)
                found.setdefault(wallet, []).append(trade)
    return found
