"""Drivers in plain words: what is known, its value, which way it moves the score, and how far.

docs/methodology.md, "Drivers".
"""

from collections.abc import Callable, Mapping
from math import exp

from service.risk.result import Driver

BASE_RATE = "base_rate"
Value = str | float | int | None
_STATES = {
    "pre_proposal": "no answer is proposed yet",
    "proposed": "an answer is proposed and can be disputed",
    "disputed_once": "the first answer was disputed and the question is asked again",
    "reproposed": "an answer is proposed for the second time",
    "voting": "the answer was disputed twice and UMA's holders vote",
    "answered": "the oracle has answered, nothing is paid yet",
    "flagged": "it is flagged for resolution by hand",
    "resolved": "it is paid",
}
_NO_EFFECT = 1e-12
_MOST = 40.0


def state_words(state: str) -> str:
    """A market's state as a clause; an unknown one is named as it stands."""
    return _STATES.get(state, f"its state is {state.replace('_', ' ')}")


def _share(value: Value) -> str:
    return per_cent(value) if isinstance(value, int | float) else "unknown"


def _plain(value: Value) -> str:
    match value:
        case None:
            return "unknown"
        case float():
            return f"{value:.4g}"
        case _:
            return str(value)


def _counted(value: Value, one: str, many: str) -> str:
    return f"{_plain(value)} {one if value == 1 else many}"


def _flagged(value: Value, sentence_: str, yes: str, no: str) -> str:
    return sentence_.format(yes if value else no)


# What is known, for each feature a driver can have; the effect follows it.
SENTENCES: Mapping[str, Callable[[Value], str]] = {
    BASE_RATE: lambda v: f"the average market of this kind is paid out wrong with {_share(v)}",
    "state": lambda v: state_words(str(v)),
    "price_before_proposal": lambda v: (
        f"before the first proposal a share of the proposed answer cost {_plain(v)} USD"
    ),
    "vague_verb": lambda v: f"its wording has vague words of {_plain(v)} kinds",
    "no_named_source": lambda v: _flagged(v, "the rules name {} source that settles it", "no", "a"),
    "deadline_without_timezone": lambda v: _flagged(
        v, "its deadline comes {} time zone", "without a", "with a"
    ),
    "event_or_disclosure_date": lambda v: _flagged(
        v, "whether the event or its disclosure counts is {}", "open", "said"
    ),
    "subjective_adjective": lambda v: _flagged(
        v, "its wording has {} words that are a matter of opinion", "some", "no"
    ),
    "alternative_sources": lambda v: _flagged(
        v, "the rules name {} that may settle it", "two or more sources", "no second source"
    ),
    "too_early_possible": lambda v: _flagged(
        v, "it {} be asked before it is decided", "can", "can hardly"
    ),
    "rules_edited_after_first_trade": lambda v: (
        f"the rules were edited {_counted(v, 'time', 'times')} after the first trade"
    ),
    "clarification_near_proposal": lambda v: (
        f"{_counted(v, 'clarification', 'clarifications')} came within a day of a proposal or vote"
    ),
    "unfamiliar_proposer": lambda v: _flagged(
        v, "who proposed the answer has {} before", "rarely answered", "often answered"
    ),
    "before_its_time": lambda v: _flagged(
        v, "the answer came {} it could be known", "before", "when"
    ),
    "candle_open": lambda v: _flagged(
        v, "the price named in the rules {} when the answer came", "did not exist", "existed"
    ),
    "unreadable_question": lambda v: _flagged(v, "its question {} be read", "cannot", "can"),
    "rule_words": lambda v: f"{_plain(v)} words of its rules are known from disputed ones",
    "fragile_source": lambda v: f"it hangs on one source that can be made to err: {_plain(v)}",
    "liveness": lambda v: f"the answer can be disputed for only {_plain(v)} minutes",
    "other_venue_price": lambda v: f"on another venue the proposed answer cost {_plain(v)}",
    "authoritative_feed": lambda v: f"an authoritative feed {_plain(v)} the proposed answer",
    "settlement_late": lambda v: f"{_plain(v)} minutes past its expiry nobody has settled it",
    "earlier_vote": lambda v: f"a vote on an earlier request answered {_plain(v)}",
    "adjudicators": lambda v: f"blind adjudicators add {_plain(v)} to the answer's log-odds",
    "siblings": lambda v: f"other outcomes of its event are Yes with {_plain(v)} in all",
    "time_undisputed": lambda v: f"nobody disputed the answer for {_plain(v)} minutes",
    "vote_stake": lambda v: f"the stake that votes on it is known ({_plain(v)})",
    "votes_sealed": lambda v: f"{_plain(v)} UMA of sealed votes are still to be opened",
    "votes_opened": lambda v: f"the leading answer has {_share(v)} of the votes opened so far",
    "vote_attack": lambda v: (
        f"that one group's votes decide its vote is given {_share(v)}, assumed and never calibrated"
    ),
    "answer": lambda v: f"the oracle's answer is {_plain(v)}",
    "announced_refund": lambda _: "a refund was announced",
    "stale_inputs": lambda _: "some inputs are older than they may be",
    "flagged": lambda _: "it is flagged for resolution by hand",
    "payout_set_by_hand": lambda _: "an administrator set the payout by hand",
}


def say(driver: Driver) -> str:
    """One driver as a sentence."""
    return sentence(
        driver.feature,
        driver.value,
        driver.unit,
        driver.contribution_p,
        driver.contribution_logit,
    )


def sentence(
    feature: str, value: Value, unit: str, contribution_p: float, contribution_logit: float
) -> str:
    """A feature, its value and its signed effect; an unknown feature is named as it stands."""
    known = SENTENCES.get(feature)
    if known is None:
        what = f"{feature.replace('_', ' ')} is {_plain(value)} {unit}".rstrip()
        what += " (no words exist for this driver)"
    else:
        what = known(value)
    told = what[:1].upper() + what[1:]
    if feature == BASE_RATE:
        return f"{told}: the others start from there."
    return f"{told}: {effect(contribution_p, contribution_logit)}."


def effect(contribution_p: float, contribution_logit: float) -> str:
    """Which way and how far: "raises it by 0.12 percentage points (odds x 3.2)"."""
    if abs(contribution_p) < _NO_EFFECT and abs(contribution_logit) < _NO_EFFECT:
        return "leaves it as it is"
    factor = exp(min(abs(contribution_logit), _MOST))
    way, sign = ("raises", "x") if contribution_logit > 0 else ("lowers", "/")
    points = per_cent(abs(contribution_p)).removesuffix(" %")
    return f"{way} it by {points} percentage points (odds {sign} {factor:.3g})"


def per_cent(p: float) -> str:
    """A probability as per cent with two significant digits, never in powers of ten."""
    if p == 0:
        return "0 %"
    digits = f"{p * 100:.1e}"
    exponent = int(digits.split("e")[1])
    return f"{float(digits):.{max(0, 1 - exponent)}f} %"
