"""Markets as Gamma might send them, and what becomes of each."""

from datetime import UTC, datetime

import pytest

from models.enums import Category
from service.polymarket.categories import to_category
from service.polymarket.kinds import NOT_UMA
from service.polymarket.translate import to_listing
from service.protocol.ids import parse_address, parse_hex32
from service.protocol.listings import MarketListing, Refused
from tests.loopback.records import ADAPTER, a_market, condition_of


def taken(**changes: object) -> MarketListing:
    made = to_listing(a_market(1, **changes))
    assert isinstance(made, MarketListing), made
    return made


def reason(record: object) -> str:
    made = to_listing(record)
    assert isinstance(made, Refused), made
    return made.reason


def test_a_market_is_read_with_money_in_micro_usdc_and_times_in_utc() -> None:
    made = taken(tags=[{"slug": "nba"}, {"slug": "awards"}])
    assert made.condition_id == parse_hex32(condition_of(1))
    assert made.adapter == parse_address(ADAPTER)
    assert made.volume == 25_000_123_456
    assert made.uma_bond == 500_000_000
    assert made.end_at == datetime(2026, 12, 31, 12, tzinfo=UTC)
    assert made.outcomes == ("Yes", "No")
    assert made.category is Category.SPORTS
    assert made.group is not None
    assert made.group.gamma_id == "900001"


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_absent_null_and_blank_are_all_unknown(blank: object) -> None:
    made = taken(volume=blank, volumeNum=blank, umaBond=blank, endDate=blank, questionID=blank)
    assert (made.volume, made.uma_bond, made.end_at, made.question_id) == (None, None, None, None)


def test_a_number_comes_as_string_float_or_int() -> None:
    assert taken(umaBond="500.0").uma_bond == taken(umaBond=500).uma_bond == 500_000_000
    assert taken(volume=None, volumeNum=0.1).volume == 100_000


def test_lists_come_as_json_text_or_as_lists() -> None:
    assert taken(outcomes=["Chiefs", "49ers"]).outcomes == ("Chiefs", "49ers")


def test_a_market_may_be_listed_before_its_tokens() -> None:
    assert taken(clobTokenIds="").token_ids == ()
    assert taken(clobTokenIds='["", ""]').token_ids == ()


def test_neg_risk_is_known_to_uma_by_its_request_id_only() -> None:
    request = "0x" + "77" * 32
    assert taken(negRisk=True, negRiskRequestID=request).uma_question_id == parse_hex32(request)
    assert taken(negRisk=True, negRiskRequestID="").uma_question_id is None


def test_a_slug_longer_than_any_does_not_cost_the_market() -> None:
    assert taken(slug="x" * 301).slug is None


def test_text_that_no_database_holds_is_mended() -> None:
    made = taken(question="a\x00b\ud800c", description="\x00")
    assert (made.title, made.rules) == ("ab?c", "")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"conditionId": None}, "no condition id"),
        ({"conditionId": "0x12"}, "expected 0x and 64 hex digits, got '0x12'"),
        ({"conditionId": "0x" + "zz" * 32}, "non-hexadecimal number found"),
        ({"conditionId": "0x" + "ab" * 20 + "00" * 12}, "not a condition id"),
        ({"resolvedBy": None, "umaBond": None, "umaReward": ""}, NOT_UMA),
        ({"resolvedBy": "0x12"}, "resolvedBy: expected 0x and 40 hex digits"),
        ({"version": "v2"}, "position system v2"),
        ({"marketType": "scalar"}, "scalar market"),
        ({"outcomes": '["A","B","C"]'}, "not binary: 3 outcomes"),
        ({"outcomes": "[not json"}, "outcomes: Value error, not a JSON list"),
        ({"outcomes": None}, "not binary: 0 outcomes"),
        ({"clobTokenIds": '["1"]'}, "1 tokens for 2 outcomes"),
        ({"clobTokenIds": '["1","1"]'}, "clobTokenIds: not distinct token numbers"),
        ({"clobTokenIds": '["1","x"]'}, "clobTokenIds: not distinct token numbers"),
        ({"closed": None}, "closed is absent"),
        ({"endDate": "January 20, 2021"}, "endDate: not a time: 'January 20, 2021'"),
        ({"endDate": "NOW()"}, "endDate: not a time"),
        ({"volume": "1e999999999"}, "volume: money out of range"),
        ({"volume": "-5"}, "volume: money out of range"),
        ({"volume": "99999999999999"}, "volume: money out of range"),
        ({"volume": "abc"}, "volume: Value error, not a number: 'abc'"),
        ({"volume": "Infinity"}, "volume: Value error, not a finite number"),
        ({"volume": True}, "volume: Value error, not a number"),
        ({"customLiveness": 2**40}, "customLiveness: out of range"),
        ({"umaResolutionStatus": "x" * 21}, "umaResolutionStatus is longer than 20 characters"),
        ({"events": "none"}, "events:"),
    ],
)
def test_a_market_of_another_kind_is_refused_with_its_reason(
    changes: dict[str, object], expected: str
) -> None:
    assert expected in reason(a_market(1, **changes))


@pytest.mark.parametrize("record", [None, 7, "text", [], [a_market(1)]])
def test_what_is_no_record_is_refused(record: object) -> None:
    made = to_listing(record)
    assert isinstance(made, Refused)
    assert made.key.startswith("sha256:")


def test_a_refusal_is_keyed_by_what_identifies_the_record() -> None:
    made = to_listing(a_market(1, closed=None))
    assert isinstance(made, Refused)
    assert made.key == condition_of(1)


@pytest.mark.parametrize(
    ("tags", "title", "expected"),
    [
        (["politics", "mentions"], "What will Trump say?", Category.MENTIONS),
        (["awards", "NBA"], "NBA MVP", Category.SPORTS),
        (["politics", "geopolitics"], "x", Category.GEOPOLITICS),
        (["Pop Culture"], "x", Category.CULTURE),
        ([], "Will Bitcoin reach $200k?", Category.CRYPTO),
        ([], "Highest temperature in Dallas between 100-101°F?", Category.WEATHER),
        ([], "Will the US invade Venezuela?", Category.GEOPOLITICS),
        (["earn-4"], "Will the bridge open?", Category.OTHER),
        # A word inside another is no word: "beth" is not "eth", "warm" is not "war".
        ([], "Will Beth keep warm?", Category.OTHER),
    ],
)
def test_the_narrow_subject_wins(tags: list[str], title: str, expected: Category) -> None:
    assert to_category(tags, [title]) is expected
