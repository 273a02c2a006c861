"""Many keys in one value: the rows a plain list of them would find."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.market import Market, RulesText
from service.store.id_lists import among, among_hashes, stretches
from tests.store.scenes import NOW, add_market

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_ids_and_hashes_find_their_rows(session: Session, count: int) -> None:
    markets = [add_market(session, number) for number in range(4)]
    ids = [market.id for market in markets[:count]]
    wanted = among(session, Market.id, [*ids, 10**12])
    assert session.scalars(select(Market.id).where(wanted).order_by(Market.id)).all() == ids
    hashes = [market.condition_id for market in markets[:count]]
    found = among_hashes(session, Market.condition_id, [*hashes, b"\xff" * 32])
    assert set(session.scalars(select(Market.condition_id).where(found))) == set(hashes)
    assert not session.scalars(
        select(Market.id).where(among_hashes(session, Market.condition_id, []))
    ).all()


def test_hashes_of_several_lengths_are_not_cut_out_of_each_other(session: Session) -> None:
    known = [b"\x01" * 32, b"\x02" * 32]
    session.add_all(RulesText(hash=one, text="x") for one in known)
    session.flush()
    found = among_hashes(session, RulesText.hash, [known[0] + known[1], known[1]])
    assert session.scalars(select(RulesText.hash).where(found)).all() == [known[1]]


def test_each_id_has_its_own_stretch(session: Session) -> None:
    markets = [add_market(session, n, known_at=NOW - n * HOUR) for n in range(3)]
    given = stretches(
        session, [(market.id, NOW - HOUR, NOW - n * HOUR) for n, market in enumerate(markets)]
    )
    query = (
        select(Market.id, given.c.from_at, given.c.to_at)
        .join(given, given.c.id == Market.id)
        .where(Market.known_at.between(given.c.from_at, given.c.to_at))
        .order_by(Market.id)
    )
    # Both ends count; the last stretch ends before it begins.
    assert [tuple(row) for row in session.execute(query)] == [
        (markets[0].id, NOW - HOUR, NOW),
        (markets[1].id, NOW - HOUR, NOW - HOUR),
    ]
