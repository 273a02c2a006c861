"""An entity's record on the oracle, on both databases."""

from datetime import timedelta

from sqlalchemy.orm import Session

from service.protocol.prices import NO
from service.store.attacks.oracle_actors import get_oracle_actor
from tests.jobs.test_detect_rings import add_dispute, fold
from tests.store.chain_scenes import Chain
from tests.store.scenes import NOW

BAIT = bytes([7] * 20)


def test_record_counts_what_was_known(session: Session) -> None:
    add_dispute(session, 1, NOW, proposer=7, disputer=9)
    chain = Chain(session, 1)
    chain.height += 500
    chain.propose(NOW, NOW + timedelta(hours=1), NO, proposer=BAIT)
    chain.settle(NOW - timedelta(hours=3), NOW + timedelta(days=3), NO)
    fold(session)

    later = get_oracle_actor(session, BAIT, NOW + timedelta(days=4), 50)
    before = get_oracle_actor(session, BAIT, NOW + timedelta(seconds=30), 50)
    unknown = get_oracle_actor(session, BAIT, NOW - timedelta(days=9), 50)

    assert (later.proposals, later.disputed.won, later.disputed.open) == (1, 1, 0)
    assert (before.proposals, before.disputed.open) == (0, 1)
    assert before.is_known
    assert not unknown.is_known
    assert later.recent[0].settled_price == NO
