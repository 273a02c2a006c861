"""Finished votes by entity, as known at a time, on both databases."""

from datetime import timedelta
from decimal import Decimal

import numpy as np
from sqlalchemy import update
from sqlalchemy.orm import Session

from models.voting import Reveal
from models.wallet import WalletLink
from models.wallet_enums import LinkBasis, LinkKind
from service.detection.voting_worlds import World, draw_world
from service.protocol.ids import parse_address
from service.store.votes.vote_matrix import load_vote_record, reveal_evidence
from tests.store.voting_rows import FIRST_ROUND, add_votes, end_of

SMALL = draw_world(World(voters=12, requests=16, error=0.2, round_size=4), np.random.default_rng(1))


def test_the_record_is_read_back_as_it_was_voted(session: Session) -> None:
    add_votes(session, SMALL)
    found = load_vote_record(session, end_of(SMALL)).matrix
    assert found.entities == SMALL.entities
    order = [SMALL.requests.index(request) for request in found.requests]
    expected = SMALL.answers[:, order]
    np.testing.assert_array_equal(found.answers == -1, expected == -1)
    # Answers are numbered in the order they come; who agrees with whom is what counts.
    for column in range(16):
        mine, theirs = found.answers[:, column], expected[:, column]
        np.testing.assert_array_equal(mine[:, None] == mine, theirs[:, None] == theirs)
    np.testing.assert_allclose(found.sealed_at, np.floor(SMALL.sealed_at))
    np.testing.assert_allclose(found.opened_at, SMALL.opened_at)


def test_what_one_key_sent_for_several_in_a_round_says_nothing_of_their_times(
    session: Session,
) -> None:
    add_votes(session, SMALL)
    one, two = (parse_address(SMALL.entities[row]) for row in (3, 7))
    both = (Reveal.voter.in_([one, two]), Reveal.round_id == FIRST_ROUND)
    session.execute(update(Reveal).where(*both).values(caller=b"\x99" * 20))
    found = load_vote_record(session, end_of(SMALL)).matrix
    # Fewer rounds than make them one entity, and the votes themselves count.
    assert found.entities == SMALL.entities
    changed = found.opened_at.copy()
    changed[[3, 7], 0] = SMALL.opened_at[[3, 7], 0]
    assert np.isnan(found.opened_at[[3, 7], 0]).all()
    np.testing.assert_allclose(changed, SMALL.opened_at)
    np.testing.assert_allclose(found.sealed_at, np.floor(SMALL.sealed_at))


def test_a_round_under_way_is_left_out_and_who_seals_in_it_is_told(session: Session) -> None:
    add_votes(session, SMALL)
    as_of = end_of(SMALL, 2) - timedelta(hours=2)
    found = load_vote_record(session, as_of)
    assert found.current_round == FIRST_ROUND + 2
    assert found.matrix.rounds.tolist() == [FIRST_ROUND, FIRST_ROUND + 1]
    assert len(found.sealing) > 6


def test_addresses_of_one_owner_are_one_entity(session: Session) -> None:
    add_votes(session, SMALL)
    one, two = (parse_address(SMALL.entities[row]) for row in (3, 7))
    at = end_of(SMALL)
    session.add(
        WalletLink(
            from_address=one,
            to_address=two,
            kind=LinkKind.OWN,
            basis=LinkBasis.DESIGNATED_OWNER,
            confidence=Decimal("0.95"),
            evidence=[],
            known_at=at,
        )
    )
    session.flush()
    found = load_vote_record(session, at)
    assert len(found.matrix.entities) == 11
    assert found.entities[SMALL.entities[3]].voters == (one, two)
    assert len(load_vote_record(session, at - timedelta(minutes=1)).matrix.entities) == 12


def test_a_vote_s_logs_are_its_evidence(session: Session) -> None:
    add_votes(session, SMALL)
    voters = [parse_address(entity) for entity in SMALL.entities]
    logs = reveal_evidence(session, SMALL.requests[0], FIRST_ROUND, voters, end_of(SMALL))
    assert len(logs) == (SMALL.answers[:, 0] != -1).sum()
    assert {log.transaction for log in logs} == {SMALL.requests[0]}
