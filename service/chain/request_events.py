"""Events of price requests: the three optimistic oracles, their terms, and the sports oracle."""

from models.enums import ContractKind, RequestTermKind
from models.lifecycle_enums import GameChangeKind, SportsMarketChangeKind
from service.chain.event import Build, line
from service.chain.words import request_key, text_hash, timestamp
from service.protocol import facts, sports_facts
from service.protocol.dvm_text import stamp
from service.protocol.facts import Fact
from service.protocol.ids import managed_request_id
from service.protocol.log_position import LogPosition

MANAGED = ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2
# Version 1 has the same four events.
ORACLES = (ContractKind.OPTIMISTIC_ORACLE, ContractKind.OPTIMISTIC_ORACLE_V2, MANAGED)
SPORTS = ContractKind.UMA_SPORTS_ORACLE


def _requested(  # the event's own words
    at: LogPosition,
    requester: bytes,
    identifier: bytes,
    time: int,
    data: bytes,
    currency: bytes,
    reward: int,
    fee: int,
) -> Fact:
    key = request_key(requester, identifier, time, data)
    return facts.PriceRequested(at, key, data, currency, reward, fee)


def _proposed(  # noqa: PLR0913, PLR0917  # the event's own words
    at: LogPosition,
    requester: bytes,
    proposer: bytes,
    identifier: bytes,
    time: int,
    data: bytes,
    price: int,
    expiration: int,
    currency: bytes,
) -> Fact:
    key = request_key(requester, identifier, time, data)
    return facts.PriceProposed(at, key, data, proposer, price, expiration, currency)


def _disputed(  # the event's own words
    at: LogPosition,
    requester: bytes,
    proposer: bytes,
    disputer: bytes,
    identifier: bytes,
    time: int,
    data: bytes,
    price: int,
) -> Fact:
    key = request_key(requester, identifier, time, data)
    stamped = text_hash(stamp(data, requester))
    return facts.PriceDisputed(at, key, data, proposer, disputer, price, stamped)


def _settled(  # noqa: PLR0913, PLR0917  # the event's own words
    at: LogPosition,
    requester: bytes,
    proposer: bytes,
    disputer: bytes,
    identifier: bytes,
    time: int,
    data: bytes,
    price: int,
    payout: int,
) -> Fact:
    key = request_key(requester, identifier, time, data)
    return facts.PriceSettled(at, key, data, proposer, disputer, price, payout)


def _custom_term(kind: RequestTermKind) -> Build:
    def build(  # the events' own words
        at: LogPosition,
        managed_id: bytes,
        requester: bytes,
        identifier: bytes,
        data: bytes,
        *values: int | bytes,
    ) -> Fact:
        currency: bytes | None = None
        whitelist: bytes | None = None
        value: int | None = None
        match values:
            case (bytes() as currency, int() as value):
                pass
            case (int() as value,):
                pass
            case (bytes() as whitelist,):
                pass
        return facts.RequestTermsChanged(
            at, kind, managed_id, requester, identifier, text_hash(data), data,
            currency=currency, value=value, whitelist=whitelist,
        )  # fmt: skip

    return build


def _term_of_request(kind: RequestTermKind) -> Build:
    def build(  # the events' own words
        at: LogPosition,
        requester: bytes,
        identifier: bytes,
        time: int,
        data: bytes,
        *values: int | bytes,
    ) -> Fact:
        # RewardUpdated names who did it before the two amounts.
        old, new = (value for value in values if isinstance(value, int))
        managed = managed_request_id(requester, identifier, data)
        return facts.RequestTermsChanged(
            at, kind, managed, requester, identifier, text_hash(data), data,
            request_timestamp=timestamp(time), value=new, old_value=old,
        )  # fmt: skip

    return build


def _rules_updated(
    at: LogPosition, managed: bytes, requester: bytes, identifier: bytes, data: bytes, rules: bytes
) -> Fact:
    return facts.RulesUpdated(at, managed, requester, identifier, text_hash(data), data, rules)


def _game_created(at: LogPosition, game: bytes, ordering: int, data: bytes, time: int) -> Fact:
    return sports_facts.GameCreated(at, game, ordering, text_hash(data), data, timestamp(time))


def _game_changed(kind: GameChangeKind) -> Build:
    return lambda at, game, *scores: sports_facts.GameChanged(at, game, kind, *scores)


def _sports_market_changed(kind: SportsMarketChangeKind) -> Build:
    return lambda at, market, *payouts: sports_facts.SportsMarketChanged(at, market, kind, *payouts)


LINES = (
    line(
        ORACLES,
        "RequestPrice(address*,bytes32,uint256,bytes,address,uint256,uint256)",
        _requested,
    ),
    line(
        ORACLES,
        "ProposePrice(address*,address*,bytes32,uint256,bytes,int256,uint256,address)",
        _proposed,
    ),
    line(
        ORACLES,
        "DisputePrice(address*,address*,address*,bytes32,uint256,bytes,int256)",
        _disputed,
    ),
    line(
        ORACLES,
        "Settle(address*,address*,address*,bytes32,uint256,bytes,int256,uint256)",
        _settled,
    ),
    line(
        MANAGED,
        "CustomBondSet(bytes32*,address,bytes32*,bytes,address*,uint256)",
        _custom_term(RequestTermKind.CUSTOM_BOND),
    ),
    line(
        MANAGED,
        (
            "CustomLivenessSet(bytes32*,address*,bytes32*,bytes,uint256)",
            "CustomLivenessSet(bytes32*,address,bytes32*,bytes,uint256)",
        ),
        _custom_term(RequestTermKind.CUSTOM_LIVENESS),
    ),
    line(
        MANAGED,
        "CustomProposerWhitelistSet(bytes32*,address,bytes32*,bytes,address*)",
        _custom_term(RequestTermKind.CUSTOM_WHITELIST),
    ),
    line(
        MANAGED,
        "BondUpdated(address*,bytes32,uint256,bytes,uint256,uint256)",
        _term_of_request(RequestTermKind.BOND),
    ),
    line(
        MANAGED,
        "CustomLivenessUpdated(address*,bytes32,uint256,bytes,uint256,uint256)",
        _term_of_request(RequestTermKind.LIVENESS),
    ),
    line(
        MANAGED,
        "RewardUpdated(address*,bytes32,uint256,bytes,address,uint256,uint256)",
        _term_of_request(RequestTermKind.REWARD),
    ),
    line(MANAGED, "RequestRulesUpdated(bytes32*,address,bytes32*,bytes,bytes)", _rules_updated),
    line(SPORTS, "GameCreated(bytes32*,uint8,bytes,uint256)", _game_created),
    line(
        SPORTS,
        "MarketCreated(bytes32*,bytes32*,bytes32*,uint8,uint8,uint256)",
        sports_facts.SportsMarketCreated,
    ),
    line(SPORTS, "GameReset(bytes32*)", _game_changed(GameChangeKind.RESET)),
    line(SPORTS, "GamePaused(bytes32*)", _game_changed(GameChangeKind.PAUSED)),
    line(SPORTS, "GameUnpaused(bytes32*)", _game_changed(GameChangeKind.UNPAUSED)),
    line(SPORTS, "GameCanceled(bytes32*)", _game_changed(GameChangeKind.CANCELED)),
    line(
        SPORTS,
        "GameSettled(bytes32*,uint256*,uint256*)",
        _game_changed(GameChangeKind.SETTLED),
    ),
    line(
        SPORTS,
        (
            "GameEmergencySettled(bytes32*,uint256*,uint256*)",
            "GameEmergencySettled(bytes32*,uint256,uint256*)",
        ),
        _game_changed(GameChangeKind.EMERGENCY_SETTLED),
    ),
    line(
        SPORTS,
        "MarketPaused(bytes32*)",
        _sports_market_changed(SportsMarketChangeKind.PAUSED),
    ),
    line(
        SPORTS,
        "MarketUnpaused(bytes32*)",
        _sports_market_changed(SportsMarketChangeKind.UNPAUSED),
    ),
    line(
        SPORTS,
        "MarketResolved(bytes32*,uint256[])",
        _sports_market_changed(SportsMarketChangeKind.RESOLVED),
    ),
    line(
        SPORTS,
        "MarketEmergencyResolved(bytes32*,uint256[])",
        _sports_market_changed(SportsMarketChangeKind.EMERGENCY_RESOLVED),
    ),
)
