"""``OrderFilled`` of the exchanges, both generations. Pure, and apart from the oracle's events.

These are not in ``events.EVENTS``: nobody wants millions of logs a day with the oracle's. Version 1
names the two assets of an order (0 is the collateral), version 2 its side and token. The layout of
version 2 is known from a public copy of its source, not from a verified contract; so nothing that
does not fit it in every word is taken for a trade.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from models.enums import ContractKind
from models.fill_enums import FillSide
from service.chain.abi_words import ReadLog, log_reader
from service.chain.event import to_topic
from service.chain.raw import RawLog
from service.protocol.contracts import ContractBook
from service.protocol.facts import UndecodableLog
from service.protocol.fills import Fill, check_amounts, opposite
from service.protocol.log_position import LogPosition

EXCHANGES = (ContractKind.CTF_EXCHANGE, ContractKind.NEG_RISK_CTF_EXCHANGE)
COLLATERAL = 0
_WORD = 32
_SIDES = (FillSide.BUY, FillSide.SELL)


@dataclass(frozen=True, slots=True)
class _Layout:
    topic0: bytes
    topic_count: int
    data_length: int
    read: ReadLog
    build: Callable[..., Fill]


@dataclass(slots=True)
class DecodedFills:
    """What became of a batch of logs: every one of them is counted somewhere."""

    # Without summaries.
    fills: list[Fill] = field(default_factory=list)
    undecodable: list[UndecodableLog] = field(default_factory=list)
    summaries: int = 0
    outside_book: int = 0
    unknown_topic: int = 0


def decode_fills(logs: Iterable[RawLog], book: ContractBook) -> DecodedFills:
    """Decode what the book's exchanges emitted; the rest is counted, never an error."""
    result = DecodedFills()
    for log in logs:
        kinds = book.kinds_at(log.at.chain_id, log.at.address, log.at.block_number)
        if not any(kind in EXCHANGES for kind in kinds):
            result.outside_book += 1
            continue
        layout = _LAYOUTS.get(log.topics[0]) if log.topics else None
        if layout is None:
            result.unknown_topic += 1
            continue
        try:
            fill = _decode(layout, log)
        except ValueError as error:
            reason = f"OrderFilled: {str(error)[:300]}"
            result.undecodable.append(
                UndecodableLog(log.at, layout.topic0, reason, log.topics, log.data)
            )
            continue
        if fill.is_summary:
            result.summaries += 1
        else:
            result.fills.append(fill)
    return result


def token_of(log: RawLog) -> int | None:
    """The token a log of the right shape names; cheap, and no judgement of the rest."""
    layout = _LAYOUTS.get(log.topics[0]) if log.topics else None
    if layout is None or len(log.data) < 2 * _WORD:
        return None
    first, second = (int.from_bytes(log.data[n : n + _WORD], "big") for n in (0, _WORD))
    return second if layout is _V2 or first == COLLATERAL else first


def _decode(layout: _Layout, log: RawLog) -> Fill:
    if len(log.topics) != layout.topic_count:
        message = f"{len(log.topics)} topics instead of {layout.topic_count}"
        raise ValueError(message)
    if len(log.data) != layout.data_length:
        message = f"data of {len(log.data)} bytes instead of {layout.data_length}"
        raise ValueError(message)
    return layout.build(log.at, *layout.read(log.topics, log.data))


def _by_assets(
    at: LogPosition,
    _order: bytes,
    maker: bytes,
    taker: bytes,
    maker_asset: int,
    taker_asset: int,
    making: int,
    taking: int,
    _fee: int,
) -> Fill:
    """Version 1: the order gives ``making`` of one asset for ``taking`` of the other."""
    if (maker_asset == COLLATERAL) is (taker_asset == COLLATERAL):
        message = "not exactly one of the two assets is the collateral"
        raise ValueError(message)
    side = FillSide.BUY if maker_asset == COLLATERAL else FillSide.SELL
    token = taker_asset if side is FillSide.BUY else maker_asset
    return _fill(at, side, token, (making, taking), maker, taker)


def _by_side(
    at: LogPosition,
    _order: bytes,
    maker: bytes,
    taker: bytes,
    side: int,
    token_id: int,
    making: int,
    taking: int,
    *_rest: object,
) -> Fill:
    """Version 2: a buyer's order gives collateral, a seller's gives the token."""
    if side >= len(_SIDES):
        message = f"side {side} is neither buying nor selling"
        raise ValueError(message)
    if token_id == COLLATERAL:
        message = "token 0 is no outcome"
        raise ValueError(message)
    return _fill(at, _SIDES[side], token_id, (making, taking), maker, taker)


def _fill(
    at: LogPosition,
    side: FillSide,
    token_id: int,
    amounts: tuple[int, int],
    maker: bytes,
    taker: bytes,
) -> Fill:
    """A fill from an order's own side and what it gave and got."""
    usdc, shares = amounts if side is FillSide.BUY else amounts[::-1]
    check_amounts(usdc, shares)
    return Fill(at, token_id, opposite(side), shares, usdc, maker, taker)


def _layout(types: str, build: Callable[..., Fill]) -> _Layout:
    """The layout of ``OrderFilled`` with these words after the three indexed ones."""
    indexed, plain = ("bytes32", "address", "address"), tuple(types.split(","))
    flags = (True,) * len(indexed) + (False,) * len(plain)
    return _Layout(
        topic0=to_topic("OrderFilled", (*indexed, *plain)),
        topic_count=1 + len(indexed),
        data_length=_WORD * len(plain),
        read=log_reader((*indexed, *plain), flags),
        build=build,
    )


_V1 = _layout("uint256,uint256,uint256,uint256,uint256", _by_assets)
_V2 = _layout("uint8,uint256,uint256,uint256,uint256,bytes32,bytes32", _by_side)
_LAYOUTS = {layout.topic0: layout for layout in (_V1, _V2)}
TOPICS = tuple(_LAYOUTS)
