"""What a score reads: a market's rows as they were known at a time, in one shape."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.assessment import Announcement
from models.enums import Category, MarketState, OracleVersion, Outcome, Remedy, RequestState
from models.liquidity import BookSnapshot, OpenInterest
from models.market import MarketGroup, ResolutionReport, TradingActivity
from service.protocol.contracts import ContractBook
from service.protocol.finality import ETHEREUM, POLYGON
from service.protocol.ids import to_checksum, to_hex
from service.protocol.lifecycle import QuestionStatus
from service.risk.inputs import (
    Adjudicated,
    Freshness,
    MarketInputs,
    PriceEvidence,
    Proposal,
    SiblingStanding,
)
from service.risk.text.features import Feature
from service.risk.truth.truth_label import StoredLabel
from service.risk.vote_facts import VoteFacts
from service.store.id_lists import ID_CHUNK, among
from service.store.latest import latest_by_market, latest_values
from service.store.markets.input_oracle import (
    count_disputes,
    current_proposal,
    find_earlier_vote,
    find_payouts,
    find_standing,
    find_status,
    first_proposal,
    request_timestamp,
)
from service.store.markets.market_lines import AnyMarket
from service.store.markets.market_statuses import get_market_statuses
from service.store.markets.reports import first_proposal_report
from service.store.markets.sibling_inputs import get_siblings
from service.store.money.prices_before import get_prices_before, mid_of
from service.store.oracle.blocks import get_head
from service.store.scores.feature_inputs import get_features
from service.store.scores.round_captures import get_captured
from service.store.scores.vote_inputs import get_vote_facts
from service.store.truth.adjudications import load_verdicts
from service.store.upserts import chunks

_QUOTED = (BookSnapshot.best_bid, BookSnapshot.best_ask, BookSnapshot.known_at)


@dataclass(frozen=True, slots=True)
class _Interest:
    value: int
    known_at: datetime


@dataclass(frozen=True, slots=True)
class _Quote:
    """The best prices of an outcome's book; its levels are of no use to a score."""

    best_bid: Decimal | None
    best_ask: Decimal | None
    known_at: datetime


@dataclass(frozen=True, slots=True)
class _Rows:
    # What the chain says of the questions it knows.
    statuses: dict[int, QuestionStatus]
    reports: dict[int, ResolutionReport]
    # First proposals, by the chain or the feed.
    proposals: dict[int, Proposal]
    interest: dict[int, _Interest]
    # Traded volume.
    volumes: dict[int, int | None]
    # Of Yes.
    quotes: dict[int, _Quote]
    announcements: dict[int, Announcement]
    # Polymarket's event ids by our group ids.
    events: dict[int, str]
    # The oracle each adapter asks, where no question says more.
    versions: dict[bytes | None, OracleVersion]
    votes: dict[int, VoteFacts]
    # The price of Yes before the first proposal, and where it was read.
    beliefs: dict[int, tuple[float, PriceEvidence]]
    # P(captured) by condition, of markets in an assessed round.
    captured: Mapping[bytes, float]
    features: dict[int, tuple[Feature, ...]]
    siblings: dict[int, tuple[SiblingStanding, ...]]
    labels: dict[int, StoredLabel]
    # Seconds since the newest block of the vote's chain that was known.
    stake_age: float | None
    block: int | None
    missing: tuple[str, ...]
    # Whether every source is configured.
    is_read: bool


def load_inputs(
    session: Session,
    markets: Sequence[AnyMarket],
    book: ContractBook,
    at: datetime,
    missing: tuple[str, ...] = (),
) -> list[MarketInputs]:
    """The inputs of each market as known at ``at``; ``missing`` names absent sources."""
    ids = [market.id for market in markets]
    head, voted_at = get_head(session, POLYGON, at), get_head(session, ETHEREUM, at)
    statuses = get_market_statuses(session, markets, book, at)
    own = {market.id: find_status(market, statuses) for market in markets}
    known = {id_: status for id_, status in own.items() if status is not None}
    firsts = first_proposal_report(session, ids, at)
    told = {m.id: first_proposal(own[m.id], firsts.get(m.id)) for m in markets}
    proposals = {id_: first for id_, first in told.items() if first is not None}
    proposed = [market for market in markets if market.id in proposals]
    votes = get_vote_facts(session, _voted(known), book, at)
    rows = _Rows(
        statuses=known,
        votes=votes,
        beliefs=get_prices_before(session, proposals, at),
        captured=get_captured(session, {vote.round_id for vote in votes.values()}, at),
        features=get_features(session, markets, known, proposals, book, at),
        siblings=get_siblings(session, proposed, book, at),
        labels=load_verdicts(session, ids, at),
        reports=latest_by_market(session, ResolutionReport, ids, at),
        proposals=proposals,
        interest=_interest(session, ids, at),
        volumes=_volumes(session, ids, at),
        quotes=_quotes(session, ids, at),
        announcements=latest_by_market(session, Announcement, ids, at),
        events=_event_ids(session, {m.group_id for m in markets if m.group_id is not None}),
        versions={a: _oracle_version(a, None, book, at) for a in {m.adapter for m in markets}},
        stake_age=None if voted_at is None else (at - voted_at.mined_at).total_seconds(),
        block=None if head is None else head.number,
        missing=missing,
        is_read=not any(item.endswith("not configured") for item in missing),
    )
    return [_inputs(market, rows, book, at) for market in markets]


def _voted(known: Mapping[int, QuestionStatus]) -> dict[int, QuestionStatus]:
    """The questions that wait for a vote, by market."""
    return {
        id_: status
        for id_, status in known.items()
        if status.operative is not None and status.operative.state is RequestState.DISPUTED
    }


def _inputs(market: AnyMarket, rows: _Rows, book: ContractBook, at: datetime) -> MarketInputs:
    status = rows.statuses.get(market.id)
    report = rows.reports.get(market.id)
    standing, source = find_standing(market, status, report, at)
    first = rows.proposals.get(market.id)
    current = current_proposal(status, report, standing)
    interest = rows.interest.get(market.id)
    quote = rows.quotes.get(market.id)
    announced = rows.announcements.get(market.id)
    is_overridden = status is not None and status.overridden
    belief, evidence = rows.beliefs.get(market.id, (None, None))
    return MarketInputs(
        market_id=to_hex(market.condition_id),
        question_id=None if market.uma_question_id is None else to_hex(market.uma_question_id),
        event_id=None if market.group_id is None else rows.events.get(market.group_id),
        adapter=None if market.adapter is None else to_checksum(market.adapter),
        oracle_version=(
            rows.versions[market.adapter]
            if status is None
            else _oracle_version(market.adapter, status, book, at)
        ),
        category=Category(market.category),
        at=at,
        state=standing.state,
        state_source=source,
        request_timestamp=request_timestamp(status),
        first_proposal=first,
        current_proposal=current,
        disputes=count_disputes(status, report, standing),
        answer=standing.answer,
        payouts=find_payouts(status, report),
        overridden=is_overridden,
        remedy=_remedy(announced, is_overridden=is_overridden),
        price_before_proposal=belief,
        price_evidence=evidence,
        vote=rows.votes.get(market.id),
        captured=rows.captured.get(market.condition_id) if market.id in rows.votes else None,
        earlier_vote=find_earlier_vote(status),
        features=rows.features.get(market.id, ()),
        siblings=rows.siblings.get(market.id, ()),
        adjudicated=_adjudicated(rows.labels.get(market.id)),
        yes_mid=None if quote is None else mid_of(quote.best_bid, quote.best_ask),
        volume=rows.volumes.get(market.id),
        open_interest=None if interest is None else interest.value,
        challenge_ends_at=standing.challenge_ends_at,
        challenge_open=standing.challenge_open,
        freshness=Freshness(
            block=rows.block,
            book_age_seconds=_age(quote, at),
            open_interest_age_seconds=_age(interest, at),
            stake_age_seconds=rows.stake_age if market.id in rows.votes else None,
            missing=_missing(market, rows, status, standing.state),
        ),
    )


def _adjudicated(label: StoredLabel | None) -> Adjudicated | None:
    if label is None:
        return None
    told = label.estimate.outcomes
    yes, no, half = (
        told[outcome].ln_ratio if outcome in told else 0.0
        for outcome in (Outcome.YES, Outcome.NO, Outcome.HALF)
    )
    said = label.estimate
    return Adjudicated(said.adjudicators, yes, no, half, is_unanimous=said.is_unanimous)


def _interest(session: Session, ids: Sequence[int], at: datetime) -> dict[int, _Interest]:
    row = OpenInterest
    values = latest_values(session, row, (row.value, row.known_at), ids, at)
    return {row[0]: _Interest(*row[1:]) for row in values}


def _volumes(session: Session, ids: Sequence[int], at: datetime) -> dict[int, int | None]:
    values = latest_values(session, TradingActivity, (TradingActivity.volume,), ids, at)
    return {row[0]: row[1] for row in values}


def _quotes(session: Session, ids: Sequence[int], at: datetime) -> dict[int, _Quote]:
    is_yes = BookSnapshot.outcome_index == 0
    values = latest_values(session, BookSnapshot, _QUOTED, ids, at, is_yes)
    return {row[0]: _Quote(*row[1:]) for row in values}


def _event_ids(session: Session, group_ids: Collection[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for part in chunks(sorted(group_ids), ID_CHUNK):
        wanted = among(session, MarketGroup.id, part)
        rows = session.execute(select(MarketGroup.id, MarketGroup.gamma_id).where(wanted))
        found.update((group_id, gamma_id) for group_id, gamma_id in rows)
    return found


def _oracle_version(
    adapter: bytes | None, status: QuestionStatus | None, book: ContractBook, at: datetime
) -> OracleVersion:
    oracle = status.oracle if status is not None else None
    oracle = oracle or book.oracle_of_adapter(POLYGON, adapter)
    # The rules in force when the answer was proposed, not those of today.
    when = at
    if status is not None and status.operative is not None and status.operative.proposed_at:
        when = status.operative.proposed_at
    version = None if oracle is None else book.oracle_version(POLYGON, oracle, when)
    return version or OracleVersion.MANAGED_RESOLVER


def _remedy(announced: Announcement | None, *, is_overridden: bool) -> Remedy:
    if is_overridden:
        return Remedy.OVERRIDE
    return Remedy.NONE if announced is None else Remedy(announced.remedy)


def _age(row: _Quote | _Interest | None, at: datetime) -> float | None:
    return None if row is None else (at - row.known_at).total_seconds()


def _missing(
    market: AnyMarket, rows: _Rows, status: QuestionStatus | None, state: MarketState
) -> tuple[str, ...]:
    lacks = list(rows.missing)
    if market.id not in rows.interest:
        lacks.append("open_interest: never seen")
    if market.id not in rows.quotes:
        lacks.append("book: never seen")
    if status is None and rows.is_read:
        lacks.append("oracle: the question's logs are not indexed")
    if state is MarketState.VOTING and market.id not in rows.votes:
        lacks.append("stake: the vote's logs are not stored")
    return tuple(lacks)
