"""Entities over several links, and rings by who paid, on both databases."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

from sqlalchemy.orm import Session

from models.wallet import WalletLink
from models.wallet_enums import LinkBasis, LinkKind
from service.protocol.entity_groups import MOST_MEMBERS
from service.protocol.ids import to_hex
from service.risk.signs.ring_parameters import load_ring_parameters
from service.risk.signs.ring_signs import detect
from service.store.attacks.ring_inputs import load_ring_inputs
from service.store.votes.entity_stakes import entities_of
from service.store.wallets.linked_wallets import entity_members
from tests.jobs.test_detect_rings import add_dispute, fold
from tests.store.scenes import NOW

HOUR = timedelta(hours=1)
PROPOSER, DISPUTER, OWNER, MIDDLE, PAYER = (bytes([n]) * 20 for n in (7, 9, 3, 4, 5))


def add_link(
    session: Session,
    source: bytes,
    target: bytes,
    confidence: str = "0.95",
    kind: LinkKind = LinkKind.OWN,
    basis: LinkBasis = LinkBasis.SINGLE_SIGNER,
) -> None:
    session.add(
        WalletLink(
            from_address=source,
            to_address=target,
            kind=kind,
            basis=basis,
            confidence=Decimal(confidence),
            evidence=[],
            known_at=NOW,
        )
    )
    session.flush()


def test_two_are_one_over_four_links_and_not_over_more(session: Session) -> None:
    way = [bytes([n]) * 20 for n in range(10, 16)]
    for one, other in pairwise(way[:5]):
        add_link(session, one, other)
    assert set(entities_of(session, [way[0], way[4]], NOW).values()) == {way[0]}
    assert entity_members(session, way[4], NOW) == frozenset(way[:5])
    # A time before the links were known.
    assert len(set(entities_of(session, [way[0], way[4]], NOW - HOUR).values())) == 2
    add_link(session, way[4], way[5])
    assert entities_of(session, [way[0], way[5]], NOW)[way[5]] != way[0]


def test_a_signer_for_very_many_merges_none_of_them(session: Session) -> None:
    served = [(1_000 + n).to_bytes(20, "big") for n in range(MOST_MEMBERS + 1)]
    for one in served:
        add_link(session, OWNER, one)
    assert entities_of(session, served[:2], NOW) == {one: one for one in served[:2]}
    assert entity_members(session, served[0], NOW) == {served[0]}


def ring_words(session: Session) -> list[str]:
    parameters = load_ring_parameters()
    inputs = load_ring_inputs(session, NOW + HOUR, parameters)
    assert inputs is not None
    found = detect(inputs.seen, inputs.paid, inputs.first, inputs.as_of, parameters)
    return [sign.words for sign in found.signs if sign.signal == "ring"]


def test_a_ring_is_joined_by_whoever_first_paid_for_both(session: Session) -> None:
    add_dispute(session, 1, NOW, proposer=7, disputer=9)
    fold(session)
    assert ring_words(session) == []
    first = LinkKind.FUND, LinkBasis.FIRST_FUNDED
    add_link(session, PAYER, PROPOSER, "0.633", *first)
    # Paid to the disputer's owner, two links away.
    add_link(session, OWNER, MIDDLE)
    add_link(session, MIDDLE, DISPUTER)
    add_link(session, PAYER, OWNER, "0.633", *first)
    [words] = ring_words(session)
    assert f"{to_hex(PAYER)} first funded both" in words


def test_who_may_sign_for_a_contract_joins_no_ring(session: Session) -> None:
    """One of several signers has sent it nothing."""
    add_dispute(session, 1, NOW, proposer=7, disputer=9)
    fold(session)
    add_link(session, PROPOSER, DISPUTER, "0.40", LinkKind.FUND, LinkBasis.SIGNER)
    assert ring_words(session) == []
    add_link(session, PROPOSER, DISPUTER, "0.40", LinkKind.FUND, LinkBasis.TRANSFERS)
    [words] = ring_words(session)
    assert f"{to_hex(PROPOSER)} sent tokens to {to_hex(DISPUTER)}, whom it met" in words


def test_votes_sealed_together_join_no_ring(session: Session) -> None:
    add_dispute(session, 1, NOW, proposer=7, disputer=9)
    fold(session)
    add_link(session, PROPOSER, DISPUTER, "0.15", LinkKind.VOTE, LinkBasis.SEALED_TOGETHER)
    assert ring_words(session) == []
    assert set(entities_of(session, [PROPOSER, DISPUTER], NOW).values()) == {PROPOSER, DISPUTER}
