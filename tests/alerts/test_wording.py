from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from models.enums import AlertReason, MarketState, Support
from service.alerts.decide import Decision, Measure
from service.alerts.links import market_page, polymarket_page, transaction_page
from service.alerts.plain import money, one_line, percent, points
from service.alerts.wording import AlertSubject, DriverLine, compose

AS_OF = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FIRST = Decision(AlertReason.FIRST, "k")
SUBJECT = AlertSubject(
    title="Will it rain in Paris?",
    state=MarketState.REPROPOSED,
    previous_state=MarketState.DISPUTED_ONCE,
    p_mean=0.1234,
    p_low=0.04,
    p_high=0.31,
    expected_loss=54_321_000_000,
    open_interest=450_000_000_000,
    challenge_open=True,
    challenge_ends_at=AS_OF + timedelta(hours=2),
    is_managed=False,
    drivers=(
        DriverLine("cell_rate", 0.02, 0.001),
        DriverLine("price_before_proposal", 0.16, 0.1),
        DriverLine("undisputed_time", "2 h", -0.03),
        DriverLine("disputes", 1, 0.05),
    ),
    support=Support.ASSUMED,
    as_of=AS_OF,
    model_version="0.1.0",
    links=("/markets/0xab", "https://polymarket.com/market/rain"),
)
BEFORE = "disputed once, waiting for a new proposal"
DRIVERS = "price before proposal 0.16 +10 pp; disputes 1 +5 pp; undisputed time 2 h \u22123 pp"


def body(**changes: object) -> str:
    return compose(replace(SUBJECT, **changes), FIRST).body  # type: ignore[arg-type]  # test shorthand


def test_an_alert_says_all_that_is_needed_to_act() -> None:
    words = compose(SUBJECT, FIRST)
    assert words.title == "Risk of a wrong payout: Will it rain in Paris?"
    assert words.body.splitlines() == [
        "P(paid out wrong): 12 % (90 % interval 4 % to 31 %).",
        "Expected loss: 54,321 USD of 450,000 USD open interest.",
        f"State: answer proposed again after a dispute (before: {BEFORE}).",
        "A challenge is possible until 2026-03-01 14:00 UTC.",
        f"Why: {DRIVERS}.",
        "Support: assumed (no data of its own behind the main numbers).",
        "As of 2026-03-01 12:00 UTC, model 0.1.0.",
        "/markets/0xab",
        "https://polymarket.com/market/rain",
    ]


def test_the_managed_oracle_stays_open_until_settled() -> None:
    line = body(is_managed=True)
    assert "at least until 2026-03-01 14:00 UTC, then until settled" in line
    past = "open past its minimum window until settled"
    assert past in body(is_managed=True, challenge_ends_at=None)
    assert past in body(is_managed=True, challenge_ends_at=AS_OF)


def test_an_unknown_end_and_a_closed_window_are_said_plainly() -> None:
    assert "its end is not known" in body(challenge_ends_at=None)
    assert "not possible at this moment" in body(challenge_open=False)


def test_missing_money_is_said_and_never_zero() -> None:
    assert "Expected loss: unknown" in body(expected_loss=None, open_interest=None)
    assert "assumed open interest" in body(open_interest=None)


def test_what_has_risen_is_compared_with_what_was_told() -> None:
    risen = Decision(AlertReason.WORSENED, "k", Measure.PROBABILITY, 0.06)
    words = compose(SUBJECT, risen)
    assert words.title.startswith("Risk of a wrong payout has risen")
    assert "last told 6 %." in words.body
    loss = Decision(AlertReason.WORSENED, "k", Measure.EXPECTED_LOSS, 20_000_000_000)
    assert "54,321 USD (last told 20,000 USD) of" in compose(SUBJECT, loss).body
    unknown = Decision(AlertReason.WORSENED, "k", Measure.EXPECTED_LOSS, None)
    assert "last told" not in compose(SUBJECT, unknown).body


@pytest.mark.parametrize("state", MarketState)
def test_every_state_has_a_headline(state: MarketState) -> None:
    worsened = Decision(AlertReason.STATE_WORSENED, "k")
    title = compose(replace(SUBJECT, state=state), worsened).title
    assert title.endswith(": Will it rain in Paris?")
    assert not title.startswith("Risk")


def test_no_drivers_make_no_line() -> None:
    assert "Why" not in body(drivers=())
    assert "Why" not in body(drivers=(DriverLine("cell_rate", None, 0.0),))


# Alerts about the data and about what the market says have words of their own.
OF_MARKETS = (AlertReason.FIRST, AlertReason.WORSENED, AlertReason.STATE_WORSENED)


def test_the_words_accuse_nobody() -> None:
    every = " ".join(
        compose(replace(SUBJECT, state=state), Decision(reason, "k")).title
        + compose(replace(SUBJECT, state=state), Decision(reason, "k")).body
        for state in MarketState
        for reason in OF_MARKETS
    ).lower()
    for word in ("manipul", "attack", "fraud", "scam", "cheat", "steal", "whale", "insider"):
        assert word not in every


def test_a_hostile_title_calls_nobody_and_stays_on_one_short_line() -> None:
    title = "@everyone <!channel>\nfree\u202e money\x00 " + "x" * 500
    words = compose(replace(SUBJECT, title=title), FIRST)
    assert "@everyone" not in words.title
    assert "<!channel" not in words.title
    assert "\n" not in words.title
    assert "\u202e" not in words.title
    assert len(words.title) < 160
    assert words.title.endswith("\u2026")


@pytest.mark.parametrize("text", ["@here", "<@123>", "a\r\nb", "\u200fabc"])
def test_foreign_text_inside_drivers_is_made_harmless_too(text: str) -> None:
    line = body(drivers=(DriverLine(text, text, 0.5),))
    assert text not in line


def test_a_text_is_short_enough_for_a_chat() -> None:
    long = DriverLine("feature" * 50, "value" * 50, 0.1)
    links = (market_page(b"\x11" * 32, "https://settlewatch.example"), "x" * 150, "y" * 100)
    assert len(body(drivers=(long,) * 20, links=links)) < 1_200


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (0.0, "0 %"),
        (0.000023, "0.0023 %"),
        (0.0099, "0.99 %"),
        (0.05, "5 %"),
        (0.1234, "12 %"),
        (0.996, "99.6 %"),
        (0.99995, "over 99.9 %"),
        (1.0, "100 %"),
        (1e-9, "0.0000001 %"),
    ],
)
def test_probabilities_are_shown_with_two_digits(p: float, words: str) -> None:
    assert percent(p) == words


def test_points_carry_their_sign() -> None:
    assert points(0.031) == "+3.1 pp"
    assert points(-0.0002) == "\u22120.02 pp"


def test_small_sums_show_cents() -> None:
    assert money(1_100_000) == "1.10 USD"
    assert money(54_321_600_000) == "54,322 USD"


def test_ordinary_titles_are_left_as_they_are() -> None:
    assert one_line("Élection 2026 : 50 % ? — oui", 60) == "Élection 2026 : 50 % ? — oui"


def test_links_lead_to_the_market_and_its_transaction() -> None:
    assert market_page(b"\xab" * 32) == "/markets/0x" + "ab" * 32
    assert (
        market_page(b"\xab" * 32, "https://s.example/")
        == "https://s.example/markets/0x" + "ab" * 32
    )
    assert polymarket_page(None, "group") is None
    assert polymarket_page("rain", None) == "https://polymarket.com/market/rain"
    assert polymarket_page("a/../b", "g") == "https://polymarket.com/event/g/a%2F..%2Fb"
    assert transaction_page(137, b"\x01" * 32) == "https://polygonscan.com/tx/0x" + "01" * 32
    assert transaction_page(1, b"\x01" * 32).startswith("https://etherscan.io/tx/")
    assert "chain 31337" in transaction_page(31337, b"\x01" * 32)
