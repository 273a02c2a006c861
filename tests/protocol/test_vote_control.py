"""Voters that count as one: by ownership, by a live delegation, by a key used in one round."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from models.wallet_enums import LinkBasis, LinkKind
from service.protocol.entity_groups import MOST_MEMBERS
from service.protocol.vote_control import (
    DELEGATED,
    OWNED,
    SENT,
    VotingEntity,
    find_unjoined,
    group_voters,
)
from service.protocol.wallet_links import Link

AT = datetime(2026, 3, 1, tzinfo=UTC)
A, B, C, KEY = (bytes([number]) * 20 for number in (1, 2, 3, 9))


def link(
    source: bytes,
    target: bytes,
    kind: LinkKind,
    basis: LinkBasis,
    confidence: str = "0.99",
    valid_to: datetime | None = None,
) -> Link:
    return Link(source, target, kind, basis, Decimal(confidence), AT, valid_to=valid_to)


def test_voters_of_one_owner_count_as_one() -> None:
    links = [
        link(KEY, target, LinkKind.OWN, LinkBasis.DESIGNATED_OWNER, "0.95") for target in (B, A)
    ]
    first, second = group_voters([C, B, A], links, {}, AT)
    assert (first.entity, first.voters, first.grounds) == (A, (A, B), (OWNED,))
    assert (second.voters, second.grounds) == ((C,), ())


def test_who_is_tied_to_more_than_an_entity_may_have_is_named_with_them() -> None:
    targets = [(1_000 + number).to_bytes(20, "big") for number in range(MOST_MEMBERS + 1)]
    links = [link(KEY, one, LinkKind.OWN, LinkBasis.DESIGNATED_OWNER, "0.95") for one in targets]
    # What joins nobody anyhow, and a second link between the same two, are no ties of their own.
    links.append(link(KEY, A, LinkKind.FUND, LinkBasis.STAKE_PAID))
    links.append(link(targets[0], KEY, LinkKind.VOTE, LinkBasis.DELEGATION))
    assert find_unjoined(links, AT) == {KEY: frozenset(targets)}
    assert len(group_voters(targets, links, {}, AT)) == len(targets)
    assert find_unjoined(links[1:-1], AT) == {}


@pytest.mark.parametrize(
    "weak",
    [
        link(A, B, LinkKind.OWN, LinkBasis.DERIVED, "0.94"),
        link(A, B, LinkKind.FUND, LinkBasis.STAKE_PAID),
        link(A, B, LinkKind.OWN, LinkBasis.SINGLE_SIGNER, valid_to=AT - timedelta(days=1)),
        # It sent votes for it once: the key may serve another by now.
        link(A, B, LinkKind.VOTE, LinkBasis.VOTED_FOR),
    ],
)
def test_what_is_not_sure_or_over_joins_nobody(weak: Link) -> None:
    assert len(group_voters([A, B], [weak], {}, AT)) == 2


def test_a_delegation_joins_its_key_s_own_votes_with_the_voter_s() -> None:
    delegation = link(A, B, LinkKind.VOTE, LinkBasis.DELEGATION)
    (entity,) = group_voters([A, B], [delegation], {}, AT)
    assert entity.grounds == (DELEGATED,)


def test_a_key_joins_the_voters_it_opened_votes_for_in_one_round() -> None:
    (entity,) = group_voters([A, B], [], {A: [KEY], B: [KEY]}, AT)
    assert (entity.voters, entity.grounds) == ((A, B), (SENT,))
    assert len(group_voters([A, B], [], {A: [KEY], B: [C]}, AT)) == 2


def test_an_entity_joined_over_several_links_is_as_sure_as_the_whole_chain() -> None:
    first, second, third = (
        link(*pair, LinkKind.OWN, LinkBasis.SINGLE_SIGNER, "0.95")
        for pair in ((A, KEY), (KEY, B), (B, C))
    )
    (entity,) = group_voters([A, B], [first, second], {}, AT)
    assert (entity.grounds, entity.confidence) == ((OWNED,), Decimal("0.9025"))
    (entity,) = group_voters([A, B, C], [first, second, third], {}, AT)
    assert entity.confidence == Decimal("0.95") ** 3
    # Never surer than its ground; and what one key opened, as before.
    (entity,) = group_voters([A, B], [link(A, B, LinkKind.OWN, LinkBasis.DERIVED)], {}, AT)
    assert entity.confidence == Decimal("0.95")
    (entity,) = group_voters([A, B], [], {A: [KEY], B: [KEY]}, AT)
    assert entity.confidence == Decimal("0.90")


def test_an_entity_is_as_sure_as_its_weakest_ground() -> None:
    assert VotingEntity((b"\x01" * 20,), ()).confidence == 1
    assert VotingEntity((b"\x01" * 20, b"\x02" * 20), (OWNED, SENT)).confidence == Decimal("0.90")
