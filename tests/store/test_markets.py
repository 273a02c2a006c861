from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from models.oracle import Condition
from service.protocol.ids import to_hex
from service.store.links import polymarket_link, transaction_link
from service.store.markets.markets import get_current_rules, get_market
from tests.store.chain_scenes import Chain
from tests.store.scenes import NOW, add_market, add_rules, question_id_of, ref_of


@pytest.mark.parametrize(
    "ref",
    [
        ref_of(1),
        ref_of(1).upper().replace("0X", "0x"),
        "market-1",
        "500001",
        to_hex(question_id_of(1)),
    ],
)
def test_a_market_is_found_by_each_of_its_names(session: Session, ref: str) -> None:
    market = add_market(session, 1)
    add_market(session, 2)
    found = get_market(session, ref)
    assert found is not None
    assert found.id == market.id


@pytest.mark.parametrize(
    "ref", ["", "nope", "0x12", "0x" + "zz" * 32, "0x" + "  " * 32, "a\x00b", "9" * 300, "\u0661"]
)
def test_what_names_no_market_finds_none(session: Session, ref: str) -> None:
    add_market(session, 1)
    assert get_market(session, ref) is None


def test_a_slug_used_twice_names_the_market_seen_last(session: Session) -> None:
    add_market(session, 1, slug="same")
    later = add_market(session, 2, slug="same")
    found = get_market(session, "same")
    assert found is not None
    assert found.id == later.id


def test_a_slug_of_digits_gives_way_to_a_catalogue_number(session: Session) -> None:
    by_number = add_market(session, 1, gamma_id="77", slug="x")
    by_slug = add_market(session, 2, slug="77")
    assert getattr(get_market(session, "77"), "id", None) == by_number.id
    session.delete(by_number)
    session.flush()
    assert getattr(get_market(session, "77"), "id", None) == by_slug.id


def test_the_question_id_of_a_neg_risk_market_leads_to_it_through_the_chain(
    session: Session,
) -> None:
    market = add_market(session, 1)
    neg_risk_question = bytes([0x99] * 32)
    chain = Chain(session, 1)
    chain.add(
        chain.block(NOW),
        Condition,
        bytes(20),
        condition_id=market.condition_id,
        oracle=bytes(20),
        question_id=neg_risk_question,
        outcome_slots=2,
    )
    found = get_market(session, to_hex(neg_risk_question))
    assert found is not None
    assert found.id == market.id


def test_the_current_rules_are_the_newest_version(session: Session) -> None:
    market = add_market(session, 1)
    assert get_current_rules(session, market.id) is None
    add_rules(session, market, 1, "old", NOW - timedelta(days=2))
    add_rules(session, market, 2, "new", NOW)
    rules = get_current_rules(session, market.id)
    assert rules is not None
    assert (rules.version, rules.text, rules.known_at) == (2, "new", NOW)


def test_links_hold_hostile_slugs_in_one_path_segment() -> None:
    assert polymarket_link("a/../b?c", "g#h") == "https://polymarket.com/event/g%23h/a%2F..%2Fb%3Fc"
    assert polymarket_link(None, None) is None


def test_a_chain_without_a_public_explorer_has_no_links() -> None:
    assert transaction_link(31337, bytes(32)) is None
    assert transaction_link(137, bytes(32)) == "https://polygonscan.com/tx/0x" + "00" * 32
