"""A small world for the watch: proposals on the chain, books on loopback, trades in the store."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.watch_memory import WatchMemory
from jobs.watch_proposals import Telling, watch_proposals
from models.alert import Alert
from models.chain import Contract
from models.enums import ContractKind
from models.fill import Fill, FillWatch
from models.fill_enums import FillSide
from service.alerts.contradiction import ContradictionRule
from service.clock import SetClock
from service.polymarket.client import PolymarketClient
from service.protocol.ids import to_word
from service.protocol.prices import YES
from service.store.money.fill_watches import CURSOR
from service.store.oracle.blocks import get_cursor, move_cursor
from tests.loopback.polymarket import PolymarketServer
from tests.loopback.records import a_book, tokens_of
from tests.store.chain_scenes import Chain
from tests.store.scenes import MANAGED, NOW, POLYGON, add_contracts, add_market

MINUTE = timedelta(minutes=1)
STANDARD_EXCHANGE = bytes([0xE1] * 20)
NEG_RISK_EXCHANGE = bytes([0xE2] * 20)
MICRO = 10**6
Levels = Sequence[tuple[str, str]]


class WatchScene:
    """Markets by number; every time is told in minutes from the clock's start."""

    def __init__(
        self,
        sessions: sessionmaker[Session],
        server: PolymarketServer,
        client: PolymarketClient,
        clock: SetClock,
    ) -> None:
        self.sessions = sessions
        self.server = server
        self.client = client
        self.clock = clock
        self.memory = WatchMemory()
        self.market_ids: dict[int, int] = {}
        self.chains: dict[int, tuple[bytes, int, int]] = {}
        with sessions.begin() as session:
            add_contracts(session)
            for address, kind in (
                (STANDARD_EXCHANGE, ContractKind.CTF_EXCHANGE),
                (NEG_RISK_EXCHANGE, ContractKind.NEG_RISK_CTF_EXCHANGE),
            ):
                session.add(
                    Contract(
                        chain_id=POLYGON, address=address, kind=kind, from_block=1, version="1"
                    )
                )

    def propose(
        self,
        number: int,
        price: int = YES,
        *,
        ago: timedelta = 10 * MINUTE,
        liveness: timedelta = timedelta(hours=2),
        oracle: bytes = MANAGED,
        is_listed: bool = True,
        **market: Any,
    ) -> None:
        """A market, and an answer proposed for it."""
        with self.sessions.begin() as session:
            if is_listed:
                self.list_market(session, number, **market)
            chain = Chain(session, number, oracle)
            chain.initialize(NOW - timedelta(days=3))
            chain.propose(NOW - timedelta(days=3), self.clock.now() - ago, price, liveness)
            self.chains[number] = (oracle, chain.height, chain.index)

    def list_market(self, session: Session, number: int, **market: Any) -> None:
        row = add_market(session, number, token_ids=list(tokens_of(number)), **market)
        self.market_ids[number] = row.id

    def chain(self, session: Session, number: int) -> Chain:
        """The market's chain, to go on with its story."""
        oracle, height, index = self.chains[number]
        chain = Chain(session, number, oracle)
        chain.height, chain.index = height, index
        return chain

    def skip_to(self, number: int, height: int) -> None:
        """Let the market's next block be a later one."""
        oracle, _, index = self.chains[number]
        self.chains[number] = (oracle, height + number, index)

    def book(self, number: int, bids: Levels = (), asks: Levels = ()) -> None:
        """The book of Yes, seen from both outcomes, as the venue shows it."""
        yes, no = tokens_of(number)
        self.server.books[yes] = a_book(yes, list(bids), list(asks))
        self.server.books[no] = a_book(no, _turned(asks), _turned(bids))

    def trade(
        self,
        number: int,
        outcome: int,
        price: str,
        shares: int,
        *,
        exchange: bytes = STANDARD_EXCHANGE,
        ago: timedelta = MINUTE,
    ) -> None:
        """A fill of an outcome's token, read from an exchange's logs."""
        with self.sessions.begin() as session:
            chain = self.chain(session, number)
            at = self.clock.now() - ago
            block = chain.block(at)
            usdc = int(Decimal(price) * shares * MICRO)
            chain.add(
                block,
                Fill,
                exchange,
                market_id=self.market_ids[number],
                token_id=to_word(int(tokens_of(number)[outcome])),
                outcome_index=outcome,
                taker_side=FillSide.SELL,
                shares=shares * MICRO,
                usdc=usdc,
                maker=b"\xaa" * 20,
                taker=b"\xbb" * 20,
                traded_at=at,
            )
            self.chains[number] = (chain.oracle, chain.height, chain.index)
            self.read_trades(session, number)

    def read_trades(self, session: Session, number: int) -> None:
        """Say that the market's trades are read whole, up to the newest block."""
        session.merge(
            FillWatch(
                market_id=self.market_ids[number],
                since=NOW - timedelta(days=4),
                from_block=1,
                read_from_block=1,
            )
        )
        session.flush()
        read = get_cursor(session, POLYGON, CURSOR)
        move_cursor(session, POLYGON, CURSOR, expected=read, to=10**6, at=self.clock.now())

    def run(self, after: timedelta = timedelta(0)) -> CycleReport:
        """One run of the watch, so much later."""
        self.clock.advance(after)
        telling = Telling(ContradictionRule(stake=1_000 * MICRO), ("chat",))
        return watch_proposals(self.sessions, self.client, self.clock, self.memory, telling)

    def alerts(self) -> list[Alert]:
        with self.sessions() as session:
            return list(session.scalars(select(Alert).order_by(Alert.id)))

    def now(self) -> datetime:
        return self.clock.now()


def _turned(levels: Levels) -> list[tuple[str, str]]:
    return [(str(1 - Decimal(price)), size) for price, size in levels]
