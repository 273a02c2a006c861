"""From facts and readings to versions of links: which evidence makes which link. Pure.

docs/methodology.md, "Links between wallets".
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from models.enums import DelegationKind, StakeChangeKind
from models.wallet_enums import LinkBasis, LinkKind
from service.protocol import wallet_links as ladder
from service.protocol.log_position import LogPosition
from service.protocol.vote_facts import DelegationChanged, StakeChanged
from service.protocol.wallet_links import Evidence, Link, LinkKey

# Who paid less than this does not frame a voter: UMA in wei.
STAKE_FLOOR = 1_000 * 10**18


@dataclass(frozen=True, slots=True)
class Reading:
    """What a chain said of an address at a block: whether it has code, and who may act for it."""

    chain_id: int
    address: bytes
    has_code: bool
    # None where it has no code, or does not say.
    owners: tuple[bytes, ...] | None
    threshold: int | None
    block: int
    known_at: datetime
    # Whether an account had sent more transactions than a person's; None where it was not asked.
    is_busy: bool | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A fact with the time of its block and the time it was known."""

    fact: DelegationChanged | StakeChanged
    mined_at: datetime
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Creation:
    """A log that names a wallet and its owner."""

    owner: bytes
    wallet: bytes
    at: LogPosition
    mined_at: datetime
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Designated:
    """A contract that stakes for an owner; anybody may have named both."""

    voter: bytes
    owner: bytes
    instance: bytes
    at: LogPosition
    mined_at: datetime
    known_at: datetime


@dataclass(frozen=True, slots=True)
class SentVotes:
    """Votes that ``caller`` sent for ``voter``: the contract let it."""

    caller: bytes
    voter: bytes
    first_at: datetime
    first_known_at: datetime
    last_at: datetime
    last_known_at: datetime


def evidence_of(at: LogPosition, ground: str) -> Evidence:
    """A log as evidence."""
    return Evidence(ground, at.chain_id, at.block_number, at.transaction_hash, at.log_index)


def link_derived(
    owner: bytes,
    wallet: bytes,
    ground: str,
    known_at: datetime,
    readings: Iterable[Reading],
    of_owner: Iterable[Reading] = (),
) -> list[Link]:
    """A wallet that follows from an account, and what readings of both added.

    An account that turns out to be a contract signs nothing, so no factory made a wallet for it.
    """
    own = LinkKind.OWN
    first = Link(
        owner,
        wallet,
        own,
        LinkBasis.DERIVED,
        ladder.NO_CODE,
        known_at,
        evidence=(Evidence(f"{ground}; whether it has code is not known"),),
    )
    versions = _with_readings(first, owner, ground, readings)
    contract = min((r for r in of_owner if r.has_code), key=lambda r: r.known_at, default=None)
    if contract is None:
        return versions
    known = max(contract.known_at, known_at)
    seen = Evidence("the account is a contract", contract.chain_id, contract.block)
    kept = [version for version in versions if version.known_at < known]
    return [*kept, replace(first, confidence=Decimal(0), known_at=known, evidence=(seen,))]


def link_created(creation: Creation, known_at: datetime, readings: Iterable[Reading]) -> list[Link]:
    """A wallet that a factory made for an account; ``known_at`` is when the account was."""
    ground = "the factory's log names the owner"
    first = Link(
        creation.owner,
        creation.wallet,
        LinkKind.OWN,
        LinkBasis.CREATED,
        ladder.CODE_SEEN,
        max(creation.known_at, known_at),
        valid_from=creation.mined_at,
        evidence=(evidence_of(creation.at, ground),),
    )
    # Without code the wallet would contradict its own log: such a reading is older, or wrong.
    told = [reading for reading in readings if reading.has_code]
    return _with_readings(first, creation.owner, ground, told)


def _with_readings(
    first: Link, owner: bytes, ground: str, readings: Iterable[Reading]
) -> list[Link]:
    """The first version, and one for each reading that changed how sure it is."""
    versions = [first]
    for reading in sorted(readings, key=lambda r: (r.known_at, r.block)):
        confidence, said = _judge(reading, owner)
        before = versions[-1]
        known = max(reading.known_at, first.known_at)
        seen = Evidence(f"{ground}; {said}", reading.chain_id, reading.block)
        kept = tuple(e for e in first.evidence if e.transaction is not None)
        new = replace(before, confidence=confidence, known_at=known, evidence=(*kept, seen))
        if before.known_at == known:
            versions.pop()
        if (confidence, new.evidence) != (before.confidence, before.evidence):
            versions.append(new)
    return versions


def _judge(reading: Reading, owner: bytes) -> tuple[Decimal, str]:
    if not reading.has_code:
        return ladder.NO_CODE, "it has no code there"
    if reading.owners is None:
        return ladder.CODE_SEEN, "it has code there"
    if reading.owners == (owner,):
        return ladder.CODE_SEEN, "it has code there and the owner is the same"
    return ladder.OWNER_CHANGED, "it has code there and its owners have changed"


def link_signers(readings: Iterable[Reading], most: int) -> list[Link]:
    """A contract account's signers as readings name them: one alone owns it, several share it.

    A signer that a later reading of the same chain no longer names, or names in another way, is
    linked until then; who left in between is not known. More than ``most`` are a committee, which
    links nobody. A reading that names none says nothing.
    """
    named: dict[int, dict[LinkKey, Link]] = {}
    live: dict[LinkKey, Link] = {}
    versions: dict[tuple[LinkKey, datetime], Link] = {}
    for reading in sorted(readings, key=lambda r: (r.known_at, r.block)):
        if not reading.owners:
            continue
        found = {link.key: link for link in _signers(reading, most)}
        named[reading.chain_id] = found
        still = {key for of_chain in named.values() for key in of_chain}
        for key in [key for key in live if key not in still]:
            last = live.pop(key)
            said = f"no longer so: {len(reading.owners)} signers"
            seen = Evidence(said, reading.chain_id, reading.block)
            versions[key, reading.known_at] = replace(
                last,
                valid_to=reading.known_at,
                known_at=reading.known_at,
                evidence=(*last.evidence, seen),
            )
        ended = {key for key, _ in versions if key not in live}
        for key, link in found.items():
            began = live[key].valid_from if key in live else None
            # Who comes back is linked from then on; when a first one began is not known.
            live[key] = replace(link, valid_from=link.known_at if key in ended else began)
            versions[key, reading.known_at] = live[key]
    return list(versions.values())


def _signers(reading: Reading, most: int) -> list[Link]:
    owners = reading.owners or ()
    if len(owners) > most:
        return []
    is_single = len(owners) == 1
    said = f"{reading.threshold or '?'} of {len(owners)} signers"
    return [
        Link(
            signer,
            reading.address,
            LinkKind.OWN if is_single else LinkKind.FUND,
            LinkBasis.SINGLE_SIGNER if is_single else LinkBasis.SIGNER,
            ladder.SINGLE_SIGNER if is_single else ladder.SIGNER,
            reading.known_at,
            evidence=(Evidence(said, reading.chain_id, reading.block),),
        )
        for signer in owners
    ]


def link_delegations(told: Sequence[Told]) -> list[Link]:
    """Delegations in the order of the chain: live only while both sides name each other.

    Either half alone is a claim that anybody can make about anybody.
    """
    delegate_of: dict[bytes, bytes] = {}
    staker_of: dict[bytes, bytes] = {}
    live: dict[tuple[bytes, bytes], Link] = {}
    versions: list[Link] = []
    for item in told:
        fact = item.fact
        if not isinstance(fact, DelegationChanged):
            continue
        if fact.kind is DelegationKind.DELEGATE_SET:
            delegate_of[fact.delegator] = fact.delegate
        else:
            staker_of[fact.delegate] = fact.delegator
        seen = evidence_of(fact.at, fact.kind.value)
        touched = {fact.delegator, fact.delegate}
        for pair in [pair for pair in live if touched & set(pair)]:
            if not _is_mutual(*pair, delegate_of, staker_of):
                versions += _ended(live.pop(pair), item, seen)
        pair = fact.delegate, fact.delegator
        if pair not in live and _is_mutual(*pair, delegate_of, staker_of):
            begun = _begun(pair, item, seen)
            live[pair] = begun
            versions += [begun, _as_owner(begun)]
    return versions


def _is_mutual(
    delegate: bytes, voter: bytes, delegate_of: dict[bytes, bytes], staker_of: dict[bytes, bytes]
) -> bool:
    # A delegation is undone by naming oneself or nobody.
    if delegate == voter or not any(delegate) or not any(voter):
        return False
    return delegate_of.get(voter) == delegate and staker_of.get(delegate) == voter


def _begun(pair: tuple[bytes, bytes], item: Told, seen: Evidence) -> Link:
    return Link(
        *pair,
        LinkKind.VOTE,
        LinkBasis.DELEGATION,
        ladder.VOTE_CONTROL,
        item.known_at,
        valid_from=item.mined_at,
        evidence=(seen,),
    )


def _ended(begun: Link, item: Told, seen: Evidence) -> list[Link]:
    ended = replace(
        begun, valid_to=item.mined_at, known_at=item.known_at, evidence=(*begun.evidence, seen)
    )
    return [ended, _as_owner(ended)]


def _as_owner(link: Link) -> Link:
    """Control of the vote says little of whose money it is."""
    return replace(link, kind=LinkKind.OWN, confidence=ladder.DELEGATE_OWNS)


def link_designated(created: Sequence[Designated], told: Sequence[Told]) -> list[Link]:
    """Contracts that stake for an owner, once the owner itself has staked through them.

    Its ``stake`` is the owner's alone; a gift shows another payer, and proves nothing.
    """
    first_stake: dict[bytes, Told] = {}
    for item in told:
        fact = item.fact
        if isinstance(fact, StakeChanged) and fact.source == fact.voter and fact.amount > 0:
            first_stake.setdefault(fact.voter, item)
    versions = []
    for made in created:
        staked = first_stake.get(made.instance)
        if staked is None:
            continue
        evidence = (
            evidence_of(made.at, "NewDesignatedVoting"),
            evidence_of(staked.fact.at, "Staked by the instance itself"),
        )
        owner = Link(
            made.owner,
            made.instance,
            LinkKind.OWN,
            LinkBasis.DESIGNATED_OWNER,
            ladder.DESIGNATED,
            max(made.known_at, staked.known_at),
            valid_from=staked.mined_at,
            evidence=evidence,
        )
        versions.append(owner)
        if made.voter != made.owner:
            versions.append(
                replace(
                    owner,
                    source=made.voter,
                    kind=LinkKind.VOTE,
                    basis=LinkBasis.DESIGNATED_VOTER,
                    confidence=ladder.VOTE_CONTROL,
                )
            )
    return versions


def link_funders(told: Sequence[Told], never: frozenset[bytes]) -> list[Link]:
    """Who else paid for most of a voter's stake, and since when; in the order of the chain.

    ``never`` pays for nobody: the vote's own contract, which restakes rewards, and hubs.
    """
    paid: dict[bytes, dict[bytes, int]] = defaultdict(lambda: defaultdict(int))
    live: dict[tuple[bytes, bytes], Link] = {}
    versions: list[Link] = []
    for item in told:
        fact = item.fact
        if not isinstance(fact, StakeChanged) or fact.kind is not StakeChangeKind.STAKED:
            continue
        if fact.source is None or fact.source in never or fact.amount <= 0:
            continue
        by_payer = paid[fact.voter]
        by_payer[fact.source] += fact.amount
        total = sum(by_payer.values())
        for payer, amount in by_payer.items():
            pair = payer, fact.voter
            is_most = 2 * amount > total and amount >= STAKE_FLOOR
            if payer == fact.voter or (pair in live) is is_most:
                continue
            seen = evidence_of(fact.at, f"paid {amount} of {total} wei of its stake")
            if is_most:
                live[pair] = replace(
                    _begun(pair, item, seen),
                    kind=LinkKind.FUND,
                    basis=LinkBasis.STAKE_PAID,
                    confidence=ladder.STAKE_PAID,
                )
                versions.append(live[pair])
            else:
                versions.append(_ended(live.pop(pair), item, seen)[0])
    return versions


def link_sent_votes(sent: Iterable[SentVotes]) -> list[Link]:
    """Votes one address sent for another: it controlled the vote then, and perhaps no longer."""
    versions = []
    for votes in sent:
        if votes.caller == votes.voter:
            continue
        first = Link(
            votes.caller,
            votes.voter,
            LinkKind.VOTE,
            LinkBasis.VOTED_FOR,
            ladder.VOTE_CONTROL,
            votes.first_known_at,
            valid_from=votes.first_at,
            valid_to=votes.first_at,
            evidence=(Evidence("the vote took its votes; the logs are in export votes"),),
        )
        versions.append(first)
        if votes.last_at > votes.first_at:
            versions.append(replace(first, valid_to=votes.last_at, known_at=votes.last_known_at))
    return versions
