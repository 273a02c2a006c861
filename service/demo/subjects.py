"""From a case to the question its logs are about."""

from datetime import datetime, timedelta
from decimal import Decimal

from eth_hash.auto import keccak

from models.enums import ContractKind
from service.demo.case import Case
from service.demo.case_files import World
from service.demo.logs import Places, Subject
from service.demo.parts import SECONDS_PER_BLOCK
from service.errors import UsageError
from service.protocol.contracts import ContractBook, ContractEntry
from service.protocol.finality import POLYGON
from service.protocol.ids import ADDRESS_BYTES, parse_address, to_checksum

MICRO = Decimal(1_000_000)
V4 = "4"

_ORACLES = {
    "oov2": ContractKind.OPTIMISTIC_ORACLE_V2,
    "managed": ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2,
}


def block_at(world: World, at: datetime) -> int:
    """The newest block mined by an instant."""
    pace = timedelta(seconds=SECONDS_PER_BLOCK)
    return world.pace.anchor_block + (at - world.pace.anchor_at) // pace


def mined_at(world: World, number: int) -> datetime:
    """When a block was mined."""
    blocks = number - world.pace.anchor_block
    return world.pace.anchor_at + timedelta(seconds=SECONDS_PER_BLOCK * blocks)


def to_subject(case: Case, world: World, book: ContractBook) -> Subject:
    """The question of a case, with the contracts of its time from the contract book."""
    block = block_at(world, case.opened_at)
    version = (world.managed if case.oracle == "managed" else world.oov2).adapter_version
    oracle_kind = _ORACLES[case.oracle]
    adapter = _entry(case, book, ContractKind.UMA_CTF_ADAPTER, block, version)
    places = Places(
        adapter=adapter.address,
        oracle=_entry(case, book, oracle_kind, block).address,
        oracle_kind=oracle_kind,
        tunnel=_tunnel(case, world),
        conditional_tokens=_entry(case, book, ContractKind.CONDITIONAL_TOKENS, block).address,
        currency=parse_address(world.currency),
        is_v4=version == V4,
    )
    creator = parse_address(world.creator)
    return Subject(
        places=places,
        creator=creator,
        ancillary=ancillary_of(case, places.adapter, creator),
        outcomes=case.market.outcomes,
        bond=to_micro(case.terms.bond_usdc.value),
        reward=to_micro(case.terms.reward_usdc.value),
        final_fee=to_micro(case.terms.final_fee_usdc.value),
        liveness=case.liveness,
        address_of=lambda handle: address_of(case.cast, handle),
        block_of=lambda at: block_at(world, at),
    )


def ancillary_of(case: Case, adapter: bytes, creator: bytes) -> bytes:
    """The question's text in Polymarket's template; the wording of the rules is our own."""
    yes, no = case.market.outcomes
    return (
        f"q: title: {case.market.title}, description: {rules_of(case)} "
        f"res_data: p1: 0, p2: 1, p3: 0.5. Where p1 corresponds to {no}, p2 to {yes}, "
        "p3 to unknown/50-50. Updates made by the question creator via the bulletin board at "
        f"{to_checksum(adapter)} should be considered.,initializer:{creator.hex()}"
    ).encode()


def rules_of(case: Case) -> str:
    """The rules as shown everywhere: a paraphrase, and saying so."""
    return f"[Reconstruction; the rules in other words] {case.rules_paraphrase.strip()}"


def address_of(case_id: str, handle: str) -> bytes:
    """An invented address that stands for a person of a case; nobody holds its key."""
    return keccak(f"settlewatch reconstruction/{case_id}/{handle}".encode())[-ADDRESS_BYTES:]


def to_micro(usdc: Decimal) -> int:
    """USD in the token's micro-units."""
    return int(usdc * MICRO)


def _tunnel(case: Case, world: World) -> bytes:
    last = case.steps[-1].at
    in_use = [tunnel for tunnel in world.tunnels if tunnel.from_at <= last]
    if not in_use:
        message = f"{case.id}: no tunnel of world.toml is in use by {last.isoformat()}."
        raise UsageError(message)
    return parse_address(in_use[-1].address)


def _entry(
    case: Case, book: ContractBook, kind: ContractKind, block: int, version: str | None = None
) -> ContractEntry:
    for entry in book.entries:
        if (
            entry.chain_id == POLYGON
            and entry.kind is kind
            and entry.holds_at(block)
            and version in (None, entry.version)
        ):
            return entry
    message = (
        f"{case.id}: the contract book has no {kind} {version or ''} at block {block}; "
        "check 'oracle' and the date of steps[0]."
    )
    raise UsageError(message)
