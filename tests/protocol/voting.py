"""Vote facts made by hand, at places and instants a test names."""

from datetime import UTC, datetime

from models.enums import StakeChangeKind
from service.protocol.dated_fact import DatedFact
from service.protocol.log_position import LogPosition
from service.protocol.vote_facts import DvmKey, StakeChanged, VoteRevealed

UMA = 10**18
VOTING = b"\xaa" * 20
KEY = DvmKey(b"YES_OR_NO_QUERY".ljust(32, b"\0"), 1_700_000_000, b"\x01" * 32, b"\x02" * 32)


def voter(number: int) -> bytes:
    """An address by its number."""
    return number.to_bytes(20, "big")


def place(block: int, index: int = 0) -> LogPosition:
    """A log of the vote contract."""
    return LogPosition(1, block, block.to_bytes(32, "big"), index, b"\x03" * 32, VOTING)


def instant(at: int) -> datetime:
    """A unix time."""
    return datetime.fromtimestamp(at, UTC)


def reveal(
    price: int, tokens: int, *, by: int = 1, block: int = 1, round_id: int = 10_000
) -> VoteRevealed:
    """An opened vote."""
    return VoteRevealed(place(block, by), KEY, voter(by), voter(by), round_id, price, tokens)


def staked(by: int, amount: int, stake: int, total: int, *, block: int, at: int) -> DatedFact:
    """``Staked``."""
    change = StakeChanged(
        place(block), StakeChangeKind.STAKED, voter(by), amount, stake, cumulative_stake=total
    )
    return DatedFact(change, instant(at))


def changed(
    kind: StakeChangeKind, by: int, amount: int, stake: int, *, block: int, at: int
) -> DatedFact:
    """Any other change of stake."""
    return DatedFact(StakeChanged(place(block), kind, voter(by), amount, stake), instant(at))
