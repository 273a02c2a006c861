"""An explanation on a terminal: a page people can read, 100 columns wide at most."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from textwrap import wrap

from service.risk.explain.counterfactual import Counterfactual
from service.risk.explain.driver_words import BASE_RATE, effect, per_cent, state_words
from service.risk.explain.explanation import (
    Explanation,
    driver_rows,
    instant_of,
    moved_words,
    number_of,
    texts_of,
)
from service.risk.explain.movement import Ends, Moved, Movement

WIDTH = 100
# The same order and words as the paths of the model.
COMPONENTS = {
    "undisputed": "a wrong first answer nobody disputes",
    "second_undisputed": "a wrong second answer nobody disputes",
    "vote_honest": "the vote answers wrong without being forced",
    "vote_attack": "the vote is forced by concentrated stake",
    "deleted_admin": "the vote fails, an administrator then decides wrong",
    "source_corrupted": "the only source says something untrue, and everybody reads it there",
    "override": "corrected by an administrator in time",
    "wrong_override": "a right answer replaced by an administrator",
}
_SUPPORT = {
    "measured": "measured: it rests on counts of past markets",
    "mixed": "mixed: it rests on counts of past markets and on stated assumptions",
    "assumed": "assumed: it rests on stated assumptions; too little has been measured",
}
_SMALL = 10


def page_of(explanation: Explanation) -> str:
    """The whole page, ending in a line break."""
    lines = [
        *_head(explanation),
        *_section("Components", _components(explanation.document)),
        *_section("Drivers", _drivers(explanation.document)),
        *_section("What moved it", _movement(explanation)),
        *_section("What if", _what_ifs(explanation)),
        *_section("What it rests on", _rests_on(explanation)),
    ]
    return "\n".join(lines) + "\n"


def _head(explanation: Explanation) -> Iterator[str]:
    document = explanation.document
    p, money = _table(document, "p_misresolved"), _table(document, "money")
    state = str(_table(document, "chain_state").get("state", "unknown"))
    at, support = instant_of(document), str(document.get("support", "unknown"))
    yield from _lines(explanation.title, "")
    yield ""
    mean, low, high = (number_of(p, name) for name in ("mean", "p05", "p95"))
    yield (
        f"P(paid out wrong)  {per_cent(mean)}   90 % interval {per_cent(low)} to {per_cent(high)}"
    )
    yield f"Expected loss      {_usd(money.get('expected_loss_usdc'))} of {_at_risk(money)}"
    yield f"State              {state_words(state)}"
    yield f"Support            {_SUPPORT.get(support, support)}"
    yield (
        f"As of              {'unknown' if at is None else f'{at:%Y-%m-%d %H:%M} UTC'}, model "
        f"{document.get('model_version')}, priors {document.get('priors_version')}"
    )


def _components(document: Mapping[str, object]) -> Iterator[str]:
    table = _table(document, "components")
    for name in table:
        value = number_of(table, name)
        if value:
            yield f"{_signed(value):>14}  {COMPONENTS.get(name, name.replace('_', ' '))}"
    total = sum(number_of(table, name) for name in table)
    yield f"{_signed(total):>14}  sum: the score"


def _drivers(document: Mapping[str, object]) -> Iterator[str]:
    """From the average market of this kind to this one; the column adds up to the score."""
    total = 0.0
    for row in driver_rows(document):
        is_base = row.get("feature") == BASE_RATE
        value = number_of(row, "value" if is_base else "contribution_p")
        total += value
        words = str(row["words"])
        evidence = [text for text in texts_of(row, "evidence") if not text.startswith("proposer")]
        yield from _lines(words, f"{_signed(value, is_plain=is_base):>14}  ")
        if evidence:
            yield from _lines(f"({'; '.join(evidence)})", " " * 16)
    yield f"{_signed(total, is_plain=True):>14}  sum: the score"


def _movement(explanation: Explanation) -> Iterator[str]:
    movement = explanation.movement
    if explanation.movement_note is not None:
        yield from _lines(explanation.movement_note, "  ")
    if movement is None:
        return
    before = _with_ends(movement.p_before, movement.ends_before)
    after = _with_ends(movement.p_after, movement.ends_after)
    words = (
        f"From {before} at {movement.since:%Y-%m-%d %H:%M} to {after} at "
        f"{movement.until:%Y-%m-%d %H:%M} UTC:"
    )
    yield from _lines(words, "  ")
    for item in movement.items:
        yield from _moved(item)
    yield f"{_signed(movement.change_p):>14}  sum: the change"
    yield from _silent(movement)


def _with_ends(p: float, ends: Ends | None) -> str:
    told = per_cent(p)
    return told if ends is None else f"{told} ({per_cent(ends[0])} to {per_cent(ends[1])})"


def _moved(item: Moved) -> Iterator[str]:
    share = "" if item.share is None else f", {item.share * 100:.0f} % of the change"
    loss = ""
    if item.contribution_loss:
        sign = "+" if item.contribution_loss > 0 else "-"
        dollars = Decimal(abs(item.contribution_loss)) / 10**6
        loss = f"; expected loss {sign}${dollars:,.2f}"
    words = (
        f"{moved_words(item.feature)} ({item.before} -> {item.after}): "
        f"{effect(item.contribution_p, item.contribution_logit)}{share}{loss}."
    )
    yield from _lines(words, f"{_signed(item.contribution_p):>14}  ")


def _silent(movement: Movement) -> Iterator[str]:
    if movement.without_effect:
        names = ", ".join(moved_words(name).lower() for name in movement.without_effect)
        yield from _lines(f"Changed without effect: {names}.", " " * 16)


def _what_ifs(explanation: Explanation) -> Iterator[str]:
    for answer in explanation.what_ifs:
        yield from _lines(_answer(answer), "  ")
    if not explanation.what_ifs:
        yield "  No question makes sense of a market in this state."


def _answer(answer: Counterfactual) -> str:
    if answer.p is None:
        return f"{answer.words}: not answered, {answer.refused}."
    p, loss = answer.p, answer.expected_loss
    lost = "unknown" if loss is None else _usd(str(Decimal(loss) / 10**6))
    return (
        f"{answer.words}: {per_cent(p.mean)} ({per_cent(p.p05)} to {per_cent(p.p95)}), "
        f"expected loss {lost} [{answer.what_if.text}]"
    )


def _rests_on(explanation: Explanation) -> Iterator[str]:
    fresh = _table(explanation.document, "freshness")
    known = (("book", "book_age_s"), ("open interest", "oi_age_s"), ("stake", "stake_age_s"))
    for name, key in known:
        age = fresh.get(key)
        shown = f"{age / 60:,.0f} min old" if isinstance(age, int | float) else "not available"
        yield f"  {name}: {shown}"
    if fresh.get("block") is not None:
        yield f"  Polygon read up to block {fresh['block']}"
    for text in texts_of(explanation.document, "freshness", "missing"):
        yield from _lines(f"missing: {text}", "  ")
    for text in texts_of(explanation.document, "warnings"):
        yield from _lines(f"note: {text}", "  ")
    for text in explanation.notes:
        yield from _lines(f"note: {text}", "  ")


def _section(title: str, lines: Iterator[str]) -> Iterator[str]:
    yield ""
    yield title
    yield from lines


def _lines(text: str, first: str) -> list[str]:
    """Text wrapped under its first line's beginning."""
    return wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        drop_whitespace=True,
        break_on_hyphens=False,
    )


def _signed(p: float, *, is_plain: bool = False) -> str:
    sign = "-" if p < 0 else "" if is_plain else "+"
    return f"{sign}{per_cent(abs(p))}"


def _usd(usdc: object) -> str:
    if not isinstance(usdc, str):
        return "unknown"
    amount = Decimal(usdc)
    return f"${amount:,.2f}" if amount < _SMALL else f"${amount:,.0f}"


def _at_risk(money: Mapping[str, object]) -> str:
    if money.get("source") == "assumed":
        return f"an amount assumed from {_usd(money.get('volume_usdc'))} traded"
    if money.get("open_interest_usdc") is None:
        return f"an unknown amount ({money.get('reason') or 'nothing known'})"
    return f"{_usd(money.get('open_interest_usdc'))} open interest"


def _table(document: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = document.get(name)
    return found if isinstance(found, dict) else {}
