"""What one process of Settlewatch works with, each part made when it is first needed."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from service.chain.node import Node
from service.circuit import Circuit, CircuitPolicy
from service.clock import Clock
from service.database import open_read_sessions, open_sessions
from service.protocol.contracts import ContractBook
from service.protocol.finality import ETHEREUM, POLYGON
from service.protocol.sources import ETHEREUM_RPC, KALSHI, POLYGON_RPC
from service.settings import Settings

if TYPE_CHECKING:
    from jobs.cell_cache import CellCache
    from jobs.recent_fills import RecentFills
    from jobs.watch_memory import WatchMemory
    from service.polymarket.client import PolymarketClient
    from service.protocol.wallets import Recipe
    from service.quotes.client import QuoteClient
    from service.risk.parameters import RiskParameters
    from service.store.scores.explanations import Explainer


@dataclass
class House:
    """Everything one process of Settlewatch works with."""

    settings: Settings
    clock: Clock
    engine: Engine
    # The contract book in force.
    book: ContractBook
    sessions: sessionmaker[Session] = field(init=False)
    read_sessions: sessionmaker[Session] = field(init=False)

    def __post_init__(self) -> None:
        """Open the session factories."""
        self.sessions = open_sessions(self.engine)
        self.read_sessions = open_read_sessions(self.engine)

    @cached_property
    def polymarket(self) -> "PolymarketClient":
        """Polymarket's APIs."""
        from service.polymarket.client import PolymarketClient  # only jobs need it

        settings = self.settings
        return PolymarketClient(
            settings.gamma_url, settings.clob_url, settings.data_url, clock=self.clock
        )

    @cached_property
    def quotes(self) -> "QuoteClient":
        """Prices from outside Polymarket, of the sources that are configured."""
        from service.quotes.asset_sources import read_names  # only jobs need them
        from service.quotes.client import QuoteClient
        from service.quotes.link_file import read_links

        settings = self.settings
        urls = read_names(settings.uma_price_sources)
        links = read_links(settings.sibling_markets) if settings.sibling_markets else ()
        if links:
            urls[KALSHI] = settings.kalshi_url
        return QuoteClient(urls, links, clock=self.clock)

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """The chains that are configured."""
        configured = (
            (POLYGON_RPC, POLYGON, self.settings.polygon_rpc_urls),
            (ETHEREUM_RPC, ETHEREUM, self.settings.ethereum_rpc_urls),
        )
        return tuple(
            Node(source, chain, urls, Circuit(source, self.clock, CircuitPolicy(), Random()))  # noqa: S311  # spreads pauses, guards nothing
            for source, chain, urls in configured
            if urls
        )

    @cached_property
    def recipes(self) -> "tuple[Recipe, ...]":
        """How Polymarket's wallets follow from accounts, by the book's factories."""
        from service.chain.wallet_code import shipped_wallet_code  # only two jobs need it
        from service.protocol.wallets import list_recipes

        return tuple(list_recipes(self.book, shipped_wallet_code()))

    @cached_property
    def parameters(self) -> "RiskParameters":
        """The risk model's parameters, as far as audits had measured them when they are read."""
        from service.risk.parameters import load_parameters  # only scoring needs it
        from service.store.truth.audit_estimates import measured_parameters

        with self.read_sessions() as session:
            return measured_parameters(session, self.clock.now(), load_parameters())

    @cached_property
    def cells(self) -> "CellCache":
        """The cells of the last counts: drawing them anew costs most of a second."""
        from jobs.cell_cache import CellCache  # only scoring needs it

        return CellCache(self.parameters)

    @cached_property
    def explainer(self) -> "Explainer":
        """Explains scores, with cells of its own: pages and jobs run in different threads."""
        from jobs.cell_cache import CellCache  # only explanations need it
        from service.store.scores.cell_counts import count_cells  # as above
        from service.store.scores.explanations import Explainer  # as above

        # Nobody should wait for a count on every page; rates move slowly.
        cache = CellCache(self.parameters, timedelta(hours=1))
        return Explainer(
            self.parameters,
            lambda session, book, at: cache.get(at, lambda: count_cells(session, book, at)),
        )

    @cached_property
    def recent_fills(self) -> "RecentFills":
        """Trades read lately, so that none is read again for a proposal learned of late."""
        from jobs.recent_fills import RecentFills  # only index_fills needs it

        return RecentFills()

    @cached_property
    def watch_memory(self) -> "WatchMemory":
        """What the watch saw last of each live proposal."""
        from jobs.watch_memory import WatchMemory  # only the watch needs it

        return WatchMemory()

    def close(self) -> None:
        """Give back connections."""
        if "polymarket" in self.__dict__:
            self.polymarket.close()
        if "quotes" in self.__dict__:
            self.quotes.close()
        self.engine.dispose()
