"""What the APIs say follows the case's timeline, and our own parser accepts it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from models.enums import Category
from service.chain.book import mainnet_book
from service.demo.answers import (
    Listed,
    to_book,
    to_market,
    to_open_interest,
    to_resolution,
    vote_ends_at,
)
from service.demo.case_files import bundled_cases, load_cases, load_world
from service.demo.subjects import to_subject
from service.polymarket import feeds, translate
from service.protocol.listings import BookRow, MarketListing, OpenInterestRow, ResolutionRow
from service.protocol.prices import YES

WORLD = load_world(bundled_cases())
BOOK = mainnet_book()
LISTED = {c.id: Listed(c, to_subject(c, WORLD, BOOK)) for c in load_cases(bundled_cases())}
UKRAINE = LISTED["ukraine-mineral-deal-2025"]


def _listing(listed: Listed, at: datetime) -> MarketListing:
    made = translate.to_listing(to_market(listed, at, has_tags=True))
    assert isinstance(made, MarketListing)
    return made


def _report(listed: Listed, at: datetime) -> ResolutionRow:
    made = feeds.to_resolution(to_resolution(listed, at))
    assert isinstance(made, ResolutionRow)
    return made


@pytest.mark.parametrize("listed", LISTED.values(), ids=LISTED)
def test_a_market_is_listed_from_its_opening_on_and_closed_by_its_payout(listed: Listed) -> None:
    case = listed.case

    assert to_market(listed, case.opened_at - timedelta(minutes=1), has_tags=True) is None
    assert not _listing(listed, case.opened_at).closed
    paid = case.story_at(WORLD.ends_at).payouts is not None
    end = _listing(listed, WORLD.ends_at)
    assert end.closed is paid
    assert (end.closed_at is not None) is paid
    assert end.condition_id == listed.subject.condition
    assert end.uma_question_id == listed.subject.question


def test_the_feeds_words_follow_the_disputes() -> None:
    after = [step.at for step in UKRAINE.case.steps]
    words = [_report(UKRAINE, at).status for at in after]

    assert words == [
        "posed",
        "proposed",
        "challenged",
        "reproposed",
        "disputed",
        "disputed",
        "disputed",
        "disputed",
        "resolved",
    ]


def test_a_price_nobody_gave_yet_is_unset() -> None:
    opened = _report(UKRAINE, UKRAINE.case.opened_at)
    proposed = _report(UKRAINE, UKRAINE.case.steps[1].at)
    paid = _report(UKRAINE, WORLD.ends_at)

    assert (opened.proposed_price, opened.reproposed_price, opened.price) == (None, None, None)
    assert (proposed.proposed_price, proposed.reproposed_price) == (YES, None)
    assert (paid.price, paid.payouts) == (YES, (1_000_000, 0))


def test_a_half_half_payout_is_half_a_dollar_a_side() -> None:
    assert _report(LISTED["biden-senile-2024"], WORLD.ends_at).payouts == (500_000, 500_000)


def test_an_open_proposal_says_when_its_window_ends_and_nothing_once_it_has() -> None:
    listed = LISTED["ufo-files-2025"]
    open_until = listed.case.story_at(WORLD.ends_at).current.expires_at
    assert open_until is not None

    during = _report(listed, open_until - timedelta(minutes=1))
    after = _report(listed, open_until + timedelta(minutes=1))

    assert during.expected_settlement_at == open_until
    assert (during.settlement_basis, during.extended_review) == (
        "managed_proposal_expiration",
        False,
    )
    assert (after.expected_settlement_at, after.extended_review) == (None, True)


def test_a_vote_is_expected_at_the_end_of_the_next_round() -> None:
    second_dispute = UKRAINE.case.steps[4].at

    assert vote_ends_at(second_dispute) == datetime(2025, 3, 25, tzinfo=UTC)
    assert _report(UKRAINE, second_dispute).expected_settlement_at == datetime(
        2025, 3, 25, tzinfo=UTC
    )


def test_a_figure_nobody_published_is_left_out_of_the_answers() -> None:
    listed = LISTED["biden-senile-2024"]
    market = to_market(listed, WORLD.ends_at, has_tags=False)

    assert market is not None
    assert not {"volume", "volumeNum", "liquidity", "tags"} & set(market)
    assert to_open_interest(listed, WORLD.ends_at) is None


def test_open_interest_is_known_from_its_first_point_on() -> None:
    [point] = UKRAINE.case.open_interest

    assert to_open_interest(UKRAINE, point.at - timedelta(minutes=1)) is None
    row = feeds.to_open_interest(to_open_interest(UKRAINE, point.at))
    assert isinstance(row, OpenInterestRow)
    assert row.value == 500_000 * 10**6


def test_a_book_has_the_cases_price_in_its_middle_on_both_sides() -> None:
    at = datetime(2025, 3, 22, 23, 10, tzinfo=UTC)
    middles = []
    for token in UKRAINE.tokens:
        sent = to_book(UKRAINE, token, WORLD.book, at)
        assert sent is not None
        assert Decimal(sent["bids"][0]["price"]) < Decimal(sent["bids"][-1]["price"])
        assert Decimal(sent["asks"][0]["price"]) > Decimal(sent["asks"][-1]["price"])
        read = feeds.to_book(sent)
        assert isinstance(read, BookRow)
        middles.append((read.bids[0].price + read.asks[0].price) / 2)

    assert middles == [Decimal("0.15"), Decimal("0.85")]


def test_a_paid_market_has_no_book() -> None:
    assert to_book(UKRAINE, UKRAINE.tokens[0], WORLD.book, WORLD.ends_at) is None


def test_the_tags_lead_to_the_meant_category() -> None:
    read = {name: _listing(listed, WORLD.ends_at).category for name, listed in LISTED.items()}

    assert read == {
        "astros-dodgers-2025": Category.SPORTS,
        "barron-djt-2024": Category.POLITICS,
        "biden-senile-2024": Category.POLITICS,
        "harbour-bridge-2025": Category.OTHER,
        "jesus-return-2025": Category.CULTURE,
        "ufo-files-2025": Category.POLITICS,
        "ukraine-mineral-deal-2025": Category.GEOPOLITICS,
    }
