"""The reading of rule texts: which words drive it, where they stand, how fast it is."""

from datetime import UTC, datetime, timedelta
from time import process_time

import pytest

from models.enums import Category
from service.risk.text.features import FEATURE_CAP, SUM_CAP, Feature, total_logit
from service.risk.text.rule_text import read_wording
from service.risk.text.wording_patterns import FRAGILE, SUBJECTIVE, VAGUE_VERBS
from service.risk.wording_features import (
    RuleTimes,
    corruption_prior,
    load_points,
    pointed_features,
    text_features,
    timing_features,
    wording_logit,
)

CLEAR = (
    "This market will resolve to Yes if the team wins the game of May 3, 7:00 PM ET. The resolution"
    " source is the league's site (https://www.nba.com/games)."
)
MINERAL = (
    "This market will resolve to Yes if Ukraine agrees to give rare earth metals by March 31,"
    " 11:59 PM. An official announcement of a deal will count. The resolution source is a consensus"
    " of credible reporting."
)
MYRNOHRAD = (
    "This market will resolve to Yes if, according to the ISW map, Russia captures the town by"
    " November 15, 11:59 PM ET."
)
PARIS = (
    "This market resolves to the highest temperature recorded at the Paris airport station, as"
    " shown by Wunderground."
)
UP_OR_DOWN = "Resolves up if the close of the Binance 1 minute candle for BTC/USDT is higher."


def by_name(title: str, rules: str) -> dict[str, Feature]:
    return {f.name: f for f in pointed_features(title, rules)}


def test_every_quoted_span_stands_in_its_text() -> None:
    title = "Will Ukraine agree to a deal before April?"
    texts = {"title": title, "rules": MINERAL}
    spans = [span for f in text_features(title, MINERAL) for span in f.spans]
    assert spans
    assert all(texts[s.field][s.start : s.end] == s.words for s in spans)


def test_a_vague_text_scores_above_a_clear_one_and_says_why() -> None:
    clear, vague = by_name("Game", CLEAR), by_name("Ukraine agrees?", MINERAL)
    assert total_logit(vague.values()) > total_logit(clear.values()) + 1
    assert {s.words.lower() for s in vague["vague_verb"].spans} >= {"agrees", "official", "deal"}
    assert vague["no_named_source"].value == 1
    assert clear["no_named_source"].value == 0
    assert vague["deadline_without_timezone"].value == 1
    assert clear["deadline_without_timezone"].value == 0


@pytest.mark.parametrize(
    ("rules", "kind"), [(MYRNOHRAD, "map"), (PARIS, "sensor"), (UP_OR_DOWN, "price_feed")]
)
def test_a_single_fragile_source_is_a_path_of_its_own(rules: str, kind: str) -> None:
    features = text_features("", rules)
    found = corruption_prior(features)
    assert found is not None
    assert found[0] == kind
    assert found[1].tag == "A"
    flagged = next(f for f in features if f.name == f"fragile_source_{kind}")
    assert flagged.value == 1
    assert flagged.spans
    assert flagged.logit == 0


def test_a_second_source_that_can_contradict_takes_the_flag_away() -> None:
    rules = MYRNOHRAD + " The map and/or a consensus of credible reporting will be used."
    assert corruption_prior(text_features("", rules)) is None
    assert corruption_prior(text_features("", CLEAR)) is None


def test_the_event_or_its_disclosure_must_be_told_apart() -> None:
    open_rules = "Resolves to Yes if the company sells coins by May 31, as the filing shows, ET."
    settled = open_rules + " A sale counts regardless of when it is disclosed."
    assert by_name("", open_rules)["event_or_disclosure_date"].value == 1
    assert by_name("", settled)["event_or_disclosure_date"].value == 0


def test_a_reading_counts_only_against_the_usual_market_of_its_category() -> None:
    usual = load_points().usual["no_named_source"]
    found = {
        category: next(f for f in pointed_features("", "Who wins?", category) if f.name == name)
        for category in (Category.SPORTS, Category.CRYPTO)
        for name in ("no_named_source",)
    }
    assert found[Category.SPORTS].logit == pytest.approx(0.6 * (1 - usual["sports"]))
    assert found[Category.SPORTS].logit < found[Category.CRYPTO].logit


def test_features_are_capped_each_and_together() -> None:
    many = [Feature("x", 1, "flag", FEATURE_CAP, "default")] * 5
    assert total_logit(many) == SUM_CAP
    assert total_logit([Feature("x", 1, "flag", -FEATURE_CAP, "default")] * 5) == -SUM_CAP
    everything = " ".join(["agrees announce invade official deal wear reported widely"] * 50)
    vague = by_name("", everything)["vague_verb"]
    assert abs(vague.logit) <= FEATURE_CAP
    # Points count up to four kinds, whatever is seen.
    most = load_points().points["vague_verb"]
    assert vague.logit <= most.points * most.most


def test_points_that_earned_no_place_are_shown_and_do_not_count() -> None:
    shown = [f for f in text_features("Ukraine agrees?", MINERAL) if f.spans]
    assert {f.coef_source for f in shown} == {"off"}
    assert total_logit(shown) == 0
    assert wording_logit("Ukraine agrees?", MINERAL) > 1


def test_dates_tell_of_edits_and_late_clarifications() -> None:
    proposed = datetime(2025, 3, 24, 12, tzinfo=UTC)
    traded = proposed - timedelta(days=30)
    times = RuleTimes(
        first_traded_at=traded,
        edited_at=(traded - timedelta(days=1), traded + timedelta(days=2)),
        clarified_at=(proposed + timedelta(hours=23), proposed + timedelta(hours=25)),
        decided_at=(proposed,),
    )
    edited, near = timing_features(times)
    assert (edited.value, near.value) == (1, 1)
    assert (edited.logit, near.logit) == pytest.approx((0.7, 1.0))
    assert edited.evidence == ("rules edited 2025-02-24 12:00 UTC",)
    assert all(f.value == 0 and f.logit == 0 for f in timing_features(RuleTimes()))


def test_a_hundred_kilobytes_of_anything_are_read_in_linear_time() -> None:
    traps = [
        "station ", "map ", "resolution source is the the ", "according to the ", "1:00 ",
        "candle ", "announced ", "1", "http://a.", "a", "May 1 ", "measured at the ", "released ",
        "and/or ", "binance ", "shaded ",
    ]  # fmt: skip
    for trap in traps:
        text = trap * (100_000 // len(trap))
        start = process_time()
        text_features("", text)
        # Seconds are reached by a quadratic pattern; a linear one takes about 0.1 s.
        assert process_time() - start < 2, trap


def test_a_pattern_is_never_skipped_for_want_of_a_stem() -> None:
    """Stems only save time: whatever a pattern finds holds one of them."""
    samples = [CLEAR, MINERAL, MYRNOHRAD, PARIS, UP_OR_DOWN]
    for pattern in (*VAGUE_VERBS.values(), SUBJECTIVE, *FRAGILE.values()):
        for text in samples:
            for match in pattern.regex.finditer(text):
                assert any(stem in match.group().lower() for stem in pattern.stems)


def test_an_empty_wording_has_readings_and_no_spans() -> None:
    readings = read_wording("", "")
    assert all(not r.spans for r in readings)
    assert {r.name for r in readings if r.value} == {"no_named_source"}
