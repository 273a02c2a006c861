"""Wallets and links folded from facts and readings: worked out whole, written where they differ."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models.enums import ContractKind
from models.wallet import Wallet, WalletLink
from models.wallet_enums import LinkBasis, LinkKind, WalletKind, WalletRole
from service.protocol.contracts import ContractBook
from service.protocol.data_alerts import REQUESTERS
from service.protocol.finality import ETHEREUM, POLYGON
from service.protocol.funding_links import first_funders, link_first_funders, link_transfers
from service.protocol.ids import to_hex
from service.protocol.sealing_links import link_sealed_together
from service.protocol.wallet_ladder import (
    Creation,
    Reading,
    link_created,
    link_delegations,
    link_derived,
    link_designated,
    link_funders,
    link_sent_votes,
    link_signers,
)
from service.protocol.wallet_links import Evidence, Link, without_hubs
from service.protocol.wallets import Recipe, derive_all
from service.store.upserts import IN_CHUNK, chunks, insert_or_ignore
from service.store.wallets.wallet_facts import (
    Account,
    add_role,
    list_accounts,
    list_creations,
    list_delegations,
    list_designated,
    list_moved,
    list_relayed,
    list_sealings,
    list_sent_votes,
    list_stakes,
    list_voters,
)
from service.store.wallets.wallet_readings import list_wallet_readings
from service.store.wallets.wallet_scans import searched_until

NOBODY = bytes(20)
# The signers of one contract that are looked behind; a list longer than this is a committee.
MOST_SIGNERS = 10
# The column's.
STEP = Decimal("0.001")

Readings = Mapping[bytes, Sequence[Reading]]


@dataclass(frozen=True, slots=True)
class FoldedWallets:
    """All wallets and all versions of links, as facts and readings leave them."""

    wallets: Mapping[bytes, tuple[WalletKind, Account]]
    links: Sequence[Link]


@dataclass(frozen=True, slots=True)
class Replaced:
    """What writing a fold changed."""

    wallets: int
    links: int
    added: int
    removed: int


def fold_wallets(session: Session, book: ContractBook, recipes: Sequence[Recipe]) -> FoldedWallets:
    """Work out every wallet and link; reads only."""
    hubs = _hubs(book)
    accounts = list_accounts(session, book.addresses(POLYGON, REQUESTERS))
    readings = list_wallet_readings(session)
    links, designated = _link_votes(session, hubs)
    for link in links:
        role = _ROLES.get(link.basis)
        if role is not None:
            add_role(accounts, link.source, role, link.known_at)
    links += _link_tokens(session, accounts, readings, hubs)
    links += link_sealed_together(list_sealings(session))
    links += _link_contracts(accounts, readings)
    for hub in hubs:
        accounts.pop(hub, None)
    # A contract that stakes for somebody signs nothing: no wallet follows from it. Nor are wallets
    # of those who paid somebody first and are linked to nobody: exchanges, bridges, passers-by.
    passing = _passing(accounts, links)
    for address in passing:
        accounts[address].roles = {WalletRole.PASSER_BY}
    keys = {a: account for a, account in accounts.items() if a not in designated | passing}
    derived, kinds = _link_wallets(session, keys, recipes, readings)
    wallets = {address: (WalletKind.ACCOUNT, account) for address, account in accounts.items()}
    for address in designated:
        if address in wallets:
            wallets[address] = WalletKind.DESIGNATED_VOTING, wallets[address][1]
    for address, (kind, known_at) in kinds.items():
        wallets[address] = kind, accounts.get(address, Account(known_at))
    return FoldedWallets(wallets, without_hubs([*links, *derived], hubs))


def _passing(accounts: Mapping[bytes, Account], links: Sequence[Link]) -> set[bytes]:
    """Whose only part it is to have paid somebody, and whom nothing links to anybody."""
    linked = {address for link in links for address in (link.source, link.target)}
    only_paid = {a for a, account in accounts.items() if account.roles == {WalletRole.FUNDER}}
    return only_paid - linked


_ROLES = {
    LinkBasis.DELEGATION: WalletRole.DELEGATE,
    LinkBasis.STAKE_PAID: WalletRole.FUNDER,
    LinkBasis.DESIGNATED_OWNER: WalletRole.DESIGNATED_OWNER,
    LinkBasis.DESIGNATED_VOTER: WalletRole.CALLER,
}


def _hubs(book: ContractBook) -> frozenset[bytes]:
    """Contracts everybody meets at, and nobody: they link none of those who do."""
    creators = {e.address for e in book.entries if e.kind is ContractKind.QUESTION_CREATOR}
    return frozenset({e.address for e in book.entries} - creators) | {NOBODY}


def _link_votes(session: Session, hubs: frozenset[bytes]) -> tuple[list[Link], set[bytes]]:
    """Links of the vote, and the contracts that stake for an owner."""
    stakes = list_stakes(session)
    created = list_designated(session)
    # The vote's contract pays itself when rewards are staked again.
    never = hubs | {item.fact.at.address for item in stakes}
    links = [
        *link_delegations(list_delegations(session)),
        *link_designated(created, stakes),
        *link_funders(stakes, never),
        *link_sent_votes(list_sent_votes(session)),
    ]
    return links, {made.instance for made in created}


def _link_tokens(
    session: Session, accounts: dict[bytes, Account], readings: Readings, hubs: frozenset[bytes]
) -> list[Link]:
    """Who sent tokens to whom; who first paid for several becomes an account, to be asked for."""
    moved, voters = list_moved(session), list_voters(session)
    funded = first_funders(moved, searched_until(session, ETHEREUM), voters, hubs)
    for sender, paid in funded.items():
        add_role(accounts, sender, WalletRole.FUNDER, paid[1].known_at)
    return [*link_first_funders(funded, readings), *link_transfers(moved, voters, hubs)]


def _link_contracts(accounts: dict[bytes, Account], readings: Readings) -> list[Link]:
    """The signers behind accounts that are contracts; who signs alone becomes an account, too."""
    links: list[Link] = []
    for address in list(accounts):
        links += link_signers(readings.get(address, ()), MOST_SIGNERS)
    for link in links:
        if link.kind is LinkKind.OWN:
            add_role(accounts, link.source, WalletRole.CALLER, link.known_at)
    return links


def _link_wallets(
    session: Session,
    accounts: Mapping[bytes, Account],
    recipes: Sequence[Recipe],
    readings: Readings,
) -> tuple[list[Link], dict[bytes, tuple[WalletKind, datetime]]]:
    """The wallets of accounts: those that follow from them, and those that logs name."""
    links: list[Link] = []
    kinds: dict[bytes, tuple[WalletKind, datetime]] = {}
    proxies: dict[tuple[bytes, bytes], bytes] = {}
    for owner, account in sorted(accounts.items()):
        for wallet in derive_all(owner, recipes):
            kind, of_it = wallet.recipe.kind, readings.get(wallet.address, ())
            ground = f"follows from the account as its {kind.value}"
            links += link_derived(
                owner, wallet.address, ground, account.known_at, of_it, readings.get(owner, ())
            )
            kinds[wallet.address] = kind, account.known_at
            if kind is WalletKind.PROXY:
                proxies[owner, wallet.recipe.factory] = wallet.address
    creations = list_creations(session, accounts)
    creations += [
        Creation(call.owner, proxy, call.at, call.mined_at, call.known_at)
        for call in list_relayed(session, accounts)
        if (proxy := proxies.get((call.owner, call.factory))) is not None
    ]
    for creation in creations:
        known_at = accounts[creation.owner].known_at
        links += link_created(creation, known_at, readings.get(creation.wallet, ()))
        kinds.setdefault(
            creation.wallet, (WalletKind.DEPOSIT_BEACON, max(known_at, creation.known_at))
        )
    return links, kinds


def replace_folded(session: Session, folded: FoldedWallets) -> Replaced:
    """Make the stored rows equal to a fold, in the caller's transaction; the same stay."""
    wallets = _replace_wallets(session, folded.wallets)
    wanted: dict[tuple[Any, ...], dict[str, Any]] = {}
    for link in folded.links:
        row = _row_of(link)
        wanted[_identity(row)] = row
    stored = session.execute(select(*WalletLink.__table__.columns)).mappings()
    gone = [row["id"] for row in stored if wanted.pop(_identity(dict(row)), None) is None]
    for part in chunks(gone, IN_CHUNK):
        session.execute(delete(WalletLink).where(WalletLink.id.in_(part)))
    insert_or_ignore(session, WalletLink, list(wanted.values()))
    return Replaced(wallets, len(folded.links), len(wanted), len(gone))


def _identity(row: Mapping[str, Any]) -> tuple[Any, ...]:
    plain = [row[name] for name in _COLUMNS]
    return (*plain, str(row["kind"]), str(row["basis"]), json.dumps(row["evidence"]))


_COLUMNS = ("from_address", "to_address", "confidence", "valid_from", "valid_to", "known_at")


def _row_of(link: Link) -> dict[str, Any]:
    return {
        "from_address": link.source,
        "to_address": link.target,
        "kind": link.kind.value,
        "basis": link.basis.value,
        "confidence": link.confidence.quantize(STEP),
        "valid_from": link.valid_from,
        "valid_to": link.valid_to,
        "evidence": [_evidence(item) for item in link.evidence],
        "known_at": link.known_at,
    }


def _evidence(item: Evidence) -> dict[str, object]:
    return {
        "ground": item.ground,
        "chain_id": item.chain_id,
        "block": item.block,
        "transaction": None if item.transaction is None else to_hex(item.transaction),
        "log_index": item.log_index,
    }


def _replace_wallets(session: Session, folded: Mapping[bytes, tuple[WalletKind, Account]]) -> int:
    wanted = {
        address: (kind.value, sorted(role.value for role in account.roles), account.known_at)
        for address, (kind, account) in folded.items()
    }
    gone: list[bytes] = []
    for row in session.scalars(select(Wallet)):
        said = (str(row.kind), row.roles, row.known_at)
        if wanted.get(row.address) == said:
            del wanted[row.address]
        else:
            gone.append(row.address)
    for part in chunks(gone, IN_CHUNK):
        session.execute(delete(Wallet).where(Wallet.address.in_(part)))
    insert_or_ignore(
        session,
        Wallet,
        [
            {"address": address, "kind": kind, "roles": roles, "known_at": known_at}
            for address, (kind, roles, known_at) in wanted.items()
        ],
    )
    return len(folded)
