"""Finished questions of every kind, for tests of base rates."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from models.contract_change import ContractChange
from models.enums import Category, ContractKind, QuestionChangeKind
from models.liquidity import OpenInterest
from models.market import Market, MarketGroup, TradingActivity
from service.protocol.contracts import ContractBook, ContractEntry
from service.protocol.prices import NO, TOO_EARLY, YES
from tests.store.chain_scenes import Chain
from tests.store.scenes import ADAPTER, CREATOR, MANAGED, MICRO, NOW, OOV2, POLYGON, add_market

HOUR = timedelta(hours=1)
DAY = 24 * HOUR
START = NOW - 40 * DAY
GATED = NOW - 30 * DAY
WHITELIST = bytes([0x0C] * 20)
MANAGED_KIND = ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2
BOOK = ContractBook(
    (
        ContractEntry(POLYGON, OOV2, ContractKind.OPTIMISTIC_ORACLE_V2, 1),
        ContractEntry(POLYGON, MANAGED, MANAGED_KIND, 1, to_block=99, version="1.0.0"),
        ContractEntry(POLYGON, MANAGED, MANAGED_KIND, 100, version="2.0.0", from_time=GATED),
        ContractEntry(POLYGON, ADAPTER, ContractKind.UMA_CTF_ADAPTER, 1, version="4'"),
        ContractEntry(POLYGON, CREATOR, ContractKind.QUESTION_CREATOR, 1),
    )
)


def add_finished(
    session: Session,
    number: int,
    answers: tuple[int, ...] = (YES,),
    *,
    at: datetime = START,
    oracle: bytes = MANAGED,
    volume: int | None = 50_000,
    open_interest: int | None = 4_000,
    group: int | None = None,
    category: Category = Category.POLITICS,
) -> Chain:
    """A question first proposed YES at an instant, with an answer a request.

    All requests but the last were disputed; each answer but the last asks anew.
    """
    market = add_market(session, number, category=category, group_id=group)
    add_money(session, market, at - HOUR, volume, open_interest)
    chain = Chain(session, number, oracle)
    requested = at - HOUR
    for answer in answers[:-1]:
        chain.propose(requested, at, YES)
        chain.dispute(requested, at + HOUR, YES)
        chain.settle(requested, at + 60 * HOUR, answer)
        requested, at = at + HOUR, at + 61 * HOUR
    chain.propose(requested, at, YES if len(answers) == 1 else answers[-1])
    chain.settle(requested, at + 3 * HOUR, answers[-1])
    session.flush()
    return chain


def add_money(
    session: Session, market: Market, at: datetime, volume: int | None, interest: int | None
) -> None:
    """What was traded and locked, as of an instant."""
    if volume is not None:
        session.add(TradingActivity(market_id=market.id, volume=volume * MICRO, known_at=at))
    if interest is not None:
        session.add(OpenInterest(market_id=market.id, value=interest * MICRO, known_at=at))


def add_group(session: Session, number: int) -> int:
    """A group of markets."""
    group = MarketGroup(gamma_id=str(number), title="A group", known_at=START)
    session.add(group)
    session.flush()
    return group.id


def add_to_whitelist(session: Session, chain: Chain, member: bytes, at: datetime) -> None:
    """A proposer enters the list."""
    chain.add(
        chain.block(at),
        ContractChange,
        WHITELIST,
        name="AddedToWhitelist",
        subject=member,
        words={"added": "0x" + member.hex()},
    )


def add_variety(session: Session) -> None:
    """Fourteen questions that differ in all that rates tell apart."""
    group = add_group(session, 1)
    for number in range(6):
        add_finished(
            session,
            number,
            at=START + number * 7 * DAY,
            oracle=OOV2 if number % 2 else MANAGED,
            volume=10 ** (number + 2),
            open_interest=None if number == 3 else 100 * (number + 1),
            group=group if number < 3 else None,
            category=Category.SPORTS if number % 2 else Category.POLITICS,
        )
    add_finished(session, 6, (YES, YES), volume=None)
    add_finished(session, 7, (NO, NO), at=START + DAY)
    add_finished(session, 8, (TOO_EARLY, YES), at=START + 2 * DAY)
    add_finished(session, 9, (TOO_EARLY, TOO_EARLY, NO), at=START + 3 * DAY, volume=3_000_000)
    add_finished(session, 10).override(NOW - DAY, ["1", "0"])
    # Not finished: asked again after "too early", and never settled.
    add_finished(session, 11, (NO, TOO_EARLY))
    open_still = add_finished(session, 12)
    open_still.propose(START + 9 * HOUR, START + 10 * HOUR, YES)
    # Finished by its adapter's word alone, as lazy indexing stores it.
    add_money(session, add_market(session, 13), START, 70_000, 5_000)
    lazy = Chain(session, 13)
    lazy.propose(START, START + HOUR, YES)
    lazy.change(START + 4 * HOUR, QuestionChangeKind.RESOLVED)
    session.flush()
