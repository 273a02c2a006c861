"""``settlewatch explain``: one market's score on the terminal, and why it is what it is."""

import sys
from collections.abc import Sequence
from datetime import datetime

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobs.explain_page import page_of
from jobs.house import House
from jobs.instants import parse_instant
from models.market import Market
from service.errors import UsageError
from service.protocol.ids import to_hex
from service.risk.explain.counterfactual import MOST_QUESTIONS
from service.risk.explain.explanation import to_explanation_document
from service.risk.explain.what_if import BadWhatIf, WhatIf, parse_what_if
from service.store.markets.markets import get_market
from service.store.scores.assessment_history import get_first

# Of one slug; more would not help anybody choose.
_NAMED = 5


def explain_command(
    house: House,
    ref: str,
    *,
    at: str | None,
    since: str | None,
    what_if: Sequence[str],
    as_json: bool,
) -> None:
    """Print why a market's score is what it is; what cannot be read is a :class:`UsageError`."""
    now = house.clock.now()
    when = now if at is None else _instant("--at", at, now)
    then = None if since is None else _instant("--since", since, when)
    questions = _questions(what_if)
    with house.read_sessions() as session:
        market = find_market(session, ref)
        explanation = house.explainer.explain(session, market, when, then, questions)
        if explanation is None:
            raise UsageError(_unscored(session, market, ref, when))
    if as_json:
        document = to_explanation_document(explanation)
        sys.stdout.write(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        sys.stdout.write(page_of(explanation))


def find_market(session: Session, ref: str) -> Market:
    """The market a reference names; none, or more than one, is a :class:`UsageError`."""
    market = get_market(session, ref)
    if market is None:
        message = (
            f"{ref!r}: no market is known by this reference. Give a condition id, slug, catalogue "
            "number or question id of a market that `settlewatch job sync_markets` has read."
        )
        raise UsageError(message)
    if market.slug == ref:
        same = session.scalars(
            select(Market).where(Market.slug == ref).order_by(Market.id).limit(_NAMED)
        ).all()
        if len(same) > 1:
            names = ", ".join(to_hex(one.condition_id) for one in same)
            message = f"{ref!r}: more than one market has this slug. Give a condition id: {names}."
            raise UsageError(message)
    return market


def _unscored(session: Session, market: Market, ref: str, when: datetime) -> str:
    first = get_first(session, market.id)
    if first is None:
        return f"{ref!r}: not scored yet. Run `settlewatch job score_markets`."
    told = f"{first.as_of:%Y-%m-%dT%H:%M:%SZ}, after {when:%Y-%m-%dT%H:%M:%SZ}"
    return f"--at: {ref!r} was first scored at {told}."


def _questions(texts: Sequence[str]) -> tuple[WhatIf, ...] | None:
    if len(texts) > MOST_QUESTIONS:
        message = f"--what-if: {len(texts)} questions. Ask at most {MOST_QUESTIONS} at once."
        raise UsageError(message)
    try:
        return tuple(map(parse_what_if, texts)) or None
    except BadWhatIf as error:
        message = f"--what-if: {error}."
        raise UsageError(message) from error


def _instant(option: str, text: str, latest: datetime) -> datetime:
    at = parse_instant(option, text)
    if at > latest:
        message = f"{option}: {text} lies after {latest:%Y-%m-%dT%H:%M:%SZ}. Give an earlier time."
        raise UsageError(message)
    return at
