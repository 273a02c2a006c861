"""A sports game's logs and its markets', as UmaSportsOracle's transactions leave them."""

from dataclasses import dataclass, field

from models.enums import ContractKind
from service.protocol.contracts import ContractBook, ContractEntry
from service.protocol.ids import MULTIPLE_VALUES, condition_id
from service.protocol.market_ids import GameMarket, Underdog, game_market_id
from tests.replays.adapter_logs import CREATOR, ORACLE, TOKENS, Question
from tests.replays.encoded import Words, event_of

SPORTS = b"\xb2" * 20
BOOK = ContractBook(
    (
        ContractEntry(137, SPORTS, ContractKind.UMA_SPORTS_ORACLE, 0),
        ContractEntry(137, ORACLE, ContractKind.OPTIMISTIC_ORACLE_V2, 0),
        ContractEntry(137, TOKENS, ContractKind.CONDITIONAL_TOKENS, 0),
    )
)


def price_of(first: int, second: int) -> int:
    """Both scores as the oracle packs them."""
    return first | second << 32


@dataclass(slots=True)
class Game(Question):
    """A game; ``question_id`` is its game id."""

    adapter: bytes = SPORTS
    adapter_kind: ContractKind = ContractKind.UMA_SPORTS_ORACLE
    text: bytes = b"q: title: Astros vs Dodgers, description: Scores. res_data: x"
    identifier: bytes = MULTIPLE_VALUES
    markets: list["GameMarketLogs"] = field(default_factory=list)

    def create(self, ordering: int = 0) -> None:
        """The game enters the sports oracle, which asks for both scores."""
        asked = self.request()
        words = (self.question_id, ordering, self.text, self.asked)
        self.chain.send(asked, self.on_adapter("GameCreated", *words))

    def market(
        self, kind: GameMarket, line: int = 0, underdog: Underdog = Underdog.HOME
    ) -> "GameMarketLogs":
        """A market of the game."""
        market = GameMarketLogs(self, kind, line, underdog)
        words = (market.market_id, self.question_id, market.condition, kind, underdog, line)
        self.chain.send(self.on_adapter("MarketCreated", *words))
        return market

    def dispute_first(self, price: int) -> None:
        """A dispute whose callback asks again."""
        dispute = self.disputed(price)
        self.chain.send(dispute, self.request(), self.on_adapter("GameReset", self.question_id))

    def end(self, price: int, home: int, away: int) -> None:
        """The oracle settles and its callback stores the scores."""
        scores = self.on_adapter("GameSettled", self.question_id, home, away)
        self.chain.send(self.settled(price), scores)


@dataclass(slots=True)
class GameMarketLogs:
    """One market of a game."""

    game: Game
    kind: GameMarket
    line: int
    underdog: Underdog

    @property
    def market_id(self) -> bytes:
        """The sports oracle's id."""
        return game_market_id(
            self.game.question_id, self.kind, CREATOR, line=self.line, underdog=self.underdog
        )

    @property
    def condition(self) -> bytes:
        """The tokens' id."""
        return condition_id(SPORTS, self.market_id)

    def resolve(self, *payouts: int, name: str = "MarketResolved") -> None:
        """The market pays by its game, or by hand under another event's name."""
        tokens = event_of(ContractKind.CONDITIONAL_TOKENS, "ConditionResolution")
        paid: Words = (TOKENS, tokens, (self.condition, SPORTS, self.market_id, 2, payouts))
        self.game.chain.send(paid, self.game.on_adapter(name, self.market_id, payouts))
