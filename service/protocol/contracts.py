"""The contract book: which address plays which role, in which blocks. Data, never constants."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from models.enums import ContractKind, OracleVersion

# The oracle each generation of adapters asks; the newest one from version 4 on.
_ORACLES = {
    "1": ContractKind.OPTIMISTIC_ORACLE,
    "2": ContractKind.OPTIMISTIC_ORACLE_V2,
    "3": ContractKind.OPTIMISTIC_ORACLE_V2,
}
_NEWEST_ORACLE = ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2


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

    def meets(self, other: "ContractEntry") -> bool:
        """Whether both entries are in force at some block."""
        starts_later = max(self.from_block, other.from_block)
        return self.holds_at(starts_later) and other.holds_at(starts_later)


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

    def kinds_at(
        self, chain_id: int, address: bytes, block_number: int
    ) -> tuple[ContractKind, ...]:
        """The roles an address plays at a block; empty if the book does not know it there."""
        return tuple(
            entry.kind
            for entry in self._by_address.get((chain_id, address), ())
            if entry.holds_at(block_number)
        )

    def version_at(self, chain_id: int, address: bytes, block_number: int) -> str | None:
        """The version an address has at a block; ``None`` where the book does not say."""
        return next(
            (
                entry.version
                for entry in self._by_address.get((chain_id, address), ())
                if entry.version is not None and entry.holds_at(block_number)
            ),
            None,
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

    def oracle_version(self, chain_id: int, oracle: bytes, at: datetime) -> OracleVersion | None:
        """Whose rules an oracle works by at an instant; ``None`` where the address is no oracle."""
        entries = self._by_address.get((chain_id, oracle), ())
        version: OracleVersion | None = None
        for entry in entries:
            if entry.from_time is not None and entry.from_time > at:
                continue
            if entry.kind is ContractKind.OPTIMISTIC_ORACLE_V2:
                version = OracleVersion.OOV2
            elif entry.kind is ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2:
                # Version 2 of the managed oracle settles only by its resolver role.
                is_gated = (entry.version or "1").startswith("2")
                version = OracleVersion.MANAGED_RESOLVER if is_gated else OracleVersion.MANAGED
        return version

    def oracle_of_adapter(self, chain_id: int, adapter: bytes | None) -> bytes | None:
        """The oracle an adapter asks, by its version; the managed one where none is named."""
        entries = self._by_address.get((chain_id, adapter), ()) if adapter is not None else ()
        version = entries[0].version if entries else None
        kind = _ORACLES.get((version or "").partition(".")[0], _NEWEST_ORACLE)
        oracles = self.addresses(chain_id, [kind])
        return oracles[0] if oracles else None

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
