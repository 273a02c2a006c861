"""The contract book: which address plays which role, in which blocks. Data, never constants."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from models.enums import ContractKind


@dataclass(frozen=True, slots=True)
class ContractEntry:
    """One line of a contract book."""

    chain_id: int
    address: bytes
    kind: ContractKind
    from_block: int
    to_block: int | None = None
    version: str | None = None
    # Posts clarifications for this creator, from this time on.
    posts_for: bytes | None = None
    from_time: datetime | None = None

    def holds_at(self, block_number: int) -> bool:
        """Whether the entry is in force at a block."""
        return self.from_block <= block_number and (
            self.to_block is None or block_number <= self.to_block
        )


@dataclass(frozen=True, slots=True)
class ContractBook:
    """A set of entries with the look-ups decoding and folding need."""

    entries: tuple[ContractEntry, ...]
    _by_address: dict[tuple[int, bytes], tuple[ContractEntry, ...]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        """Index the entries by address."""
        for entry in self.entries:
            key = (entry.chain_id, entry.address)
            self._by_address[key] = (*self._by_address.get(key, ()), entry)

    def kinds_at(self, chain_id: int, address: bytes, block_number: int) -> tuple[ContractKind, ...]:
        """The roles an address plays at a block; empty if the book does not know it there."""
        return tuple(
            entry.kind
            for entry in self._by_address.get((chain_id, address), ())
            if entry.holds_at(block_number)
        )

    def addresses(self, chain_id: int, kinds: Iterable[ContractKind]) -> tuple[bytes, ...]:
        """Every address of these kinds on a chain, each once, in book order."""
        wanted = set(kinds)
        return tuple(
            dict.fromkeys(
                e.address for e in self.entries if e.chain_id == chain_id and e.kind in wanted
            )
        )

    def kind_of(self, chain_id: int, address: bytes) -> ContractKind | None:
        """The role an address was first listed with."""
        entries = self._by_address.get((chain_id, address), ())
        return entries[0].kind if entries else None

    def is_trusted_creator(self, chain_id: int, creator: bytes) -> bool:
        """Whether an address's questions count as Polymarket's."""
        return any(
            e.kind is ContractKind.QUESTION_CREATOR
            for e in self._by_address.get((chain_id, creator), ())
        )

    def may_clarify(self, chain_id: int, owner: bytes, creator: bytes, at: datetime) -> bool:
        """Whether a post by ``owner`` speaks for a question of ``creator`` at an instant.

        The creator speaks for itself until the book names another key that posts for it.
        """
        successors = [
            e
            for e in self.entries
            if e.chain_id == chain_id
            and e.posts_for == creator
            and (e.from_time is None or e.from_time <= at)
        ]
        if successors:
            return any(e.address == owner for e in successors)
        return owner == creator
