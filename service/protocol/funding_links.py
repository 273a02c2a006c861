"""Links out of transfers of the vote's token, and out of votes sealed at the same time. Pure.

Hypotheses: none merges addresses into one entity. docs/methodology.md, "Links between wallets".
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from models.wallet_enums import LinkBasis, LinkKind
from service.protocol import wallet_links as ladder
from service.protocol.log_position import LogPosition
from service.protocol.wallet_ladder import STAKE_FLOOR, Reading, evidence_of
from service.protocol.wallet_links import Evidence, Link

# Less sent to somebody says nothing, for anybody can send it: UMA in wei.
DUST = 100 * 10**18
# Transfers between two, one each way among them, from which on they are to and fro.
LEAST_BOTH_WAYS = 3
# Who first paid for more voters than this is taken for an exchange: transfers to others are not
# read, so how many it pays in all is not known.
MOST_FIRST_FUNDED = 20
# Logs named beside a link.
MOST_EVIDENCE = 5
_NO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Moved:
    """A ``Transfer`` of the vote's token; amount in wei."""

    sender: bytes
    recipient: bytes
    amount: int
    at: LogPosition
    mined_at: datetime
    known_at: datetime


def first_funders(
    moved: Iterable[Moved],
    searched: Mapping[bytes, int],
    voters: Mapping[bytes, datetime],
    never: Collection[bytes],
) -> dict[bytes, list[Moved]]:
    """By sender, the transfers by which accounts got their first tokens, in the order known.

    ``voters``: since when it is known that they vote; what they got before that is known as of
    then, for nobody had looked at it. Only of accounts whose transfers were read from the token's
    first block on, up to the block given. Senders of one account alone are left out, and those in
    ``never``, which link nobody.
    """
    first: dict[bytes, Moved] = {}
    for one in moved:
        if one.amount >= DUST and one.at.block_number < searched.get(one.recipient, 0):
            first.setdefault(one.recipient, one)
    by_sender: dict[bytes, list[Moved]] = defaultdict(list)
    for one in first.values():
        if one.sender not in never and one.sender != one.recipient:
            known = max(one.known_at, voters.get(one.recipient, one.known_at))
            by_sender[one.sender].append(replace(one, known_at=known))
    return {
        sender: sorted(paid, key=lambda one: (one.known_at, one.recipient))
        for sender, paid in sorted(by_sender.items())
        if len(paid) > 1
    }


def link_first_funders(
    funded: Mapping[bytes, Sequence[Moved]], readings: Mapping[bytes, Sequence[Reading]]
) -> list[Link]:
    """Who paid the first tokens of several, if it is an account that sends little.

    An account that never sent more than so many transactions cannot pay for more accounts; one that
    did, a contract, and one never asked for may be an exchange or a bridge, and link nobody.
    """
    versions: list[Link] = []
    for sender, paid in funded.items():
        seen = min(
            (r for r in readings.get(sender, ()) if r.is_busy is False and not r.has_code),
            key=lambda r: r.known_at,
            default=None,
        )
        if seen is None:
            continue
        ends = [r.known_at for r in readings[sender] if r.is_busy or r.has_code]
        ends += [one.known_at for one in paid[MOST_FIRST_FUNDED : MOST_FIRST_FUNDED + 1]]
        end = min(ends, default=None)
        second = paid[1].known_at
        quiet = Evidence(
            f"its sender had sent no more than {ladder.HUB_DEGREE} transactions",
            seen.chain_id,
            seen.block,
        )
        for one in paid:
            known = max(one.known_at, second, seen.known_at)
            if end is not None and end <= known:
                continue
            said = f"its first tokens, {one.amount} wei, came from there"
            link = Link(
                sender,
                one.recipient,
                LinkKind.FUND,
                LinkBasis.FIRST_FUNDED,
                ladder.FIRST_FUNDED,
                known,
                valid_from=one.mined_at,
                evidence=(evidence_of(one.at, said), quiet),
            )
            versions.append(link)
            if end is not None:
                gone = Evidence("its sender pays for many, or may: no link")
                versions.append(
                    replace(link, confidence=_NO, known_at=end, evidence=(*link.evidence, gone))
                )
    return versions


@dataclass(slots=True)
class _Between:
    """What went from one address to another so far, and the surest that was said of it."""

    moved: list[Moved] = field(default_factory=list)
    # In wei, of all of them.
    total: int = 0
    said: Decimal = _NO


def link_transfers(
    moved: Iterable[Moved], voters: Mapping[bytes, datetime], never: Collection[bytes]
) -> list[Link]:
    """Voters who send each other tokens to and fro, and who sent another much; in chain order.

    ``voters``: since when it is known that they vote; a link is known when both are.
    """
    between: dict[tuple[bytes, bytes], _Between] = defaultdict(_Between)
    versions: list[Link] = []
    able = voters.keys() - set(never)
    for one in moved:
        pair = one.sender, one.recipient
        if one.amount < DUST or pair[0] == pair[1] or not able >= set(pair):
            continue
        between[pair].moved.append(one)
        between[pair].total += one.amount
        back = between.get((pair[1], pair[0]))
        is_mutual = back is not None and bool(back.moved)
        count = len(between[pair].moved) + (len(back.moved) if back is not None else 0)
        if is_mutual and count >= LEAST_BOTH_WAYS:
            for way in (pair, (pair[1], pair[0])):
                versions += _say(way, between, ladder.SENT_BOTH_WAYS, one)
        elif between[pair].total >= STAKE_FLOOR:
            versions += _say(pair, between, ladder.SENT_ONE_WAY, one)
    known = (
        replace(link, known_at=max(link.known_at, voters[link.source], voters[link.target]))
        for link in versions
    )
    # Of two versions that became known together the later, surer one was all there ever was.
    return list({(link.key, link.known_at): link for link in known}.values())


def _say(
    way: tuple[bytes, bytes],
    between: Mapping[tuple[bytes, bytes], _Between],
    confidence: Decimal,
    last: Moved,
) -> list[Link]:
    """The link of one way, if it is surer than what was said of it before."""
    mine = between[way]
    if confidence <= mine.said:
        return []
    mine.said = confidence
    logs = sorted(
        [*mine.moved, *(between[way[1], way[0]].moved if confidence > ladder.SENT_ONE_WAY else ())],
        key=lambda one: one.at.place,
    )
    return [
        Link(
            *way,
            LinkKind.FUND,
            LinkBasis.TRANSFERS,
            confidence,
            last.known_at,
            valid_from=logs[0].mined_at,
            evidence=tuple(
                evidence_of(one.at, f"a transfer of {one.amount} wei")
                for one in logs[-MOST_EVIDENCE:]
            ),
        )
    ]
