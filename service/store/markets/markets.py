"""Finding one market by any of its names, and what the catalogue says of it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from models.market import Market, MarketGroup, RulesText, RulesVersion
from models.oracle import Condition
from service.protocol.ids import parse_hex32

_HEX32_LENGTH = 66


@dataclass(frozen=True, slots=True)
class CurrentRules:
    """The newest version of a market's rules as we saw them."""

    version: int
    text_hash: bytes
    text: str
    known_at: datetime


def get_market(session: Session, ref: str) -> Market | None:
    """The market a condition id, slug, Gamma id or question id names; ``None`` if unknown.

    A slug that was used twice names the market seen last.
    """
    if not ref or not _is_storable(ref):
        return None
    if len(ref) == _HEX32_LENGTH and ref[:2].lower() == "0x":
        return _by_hash(session, ref)
    if ref.isascii() and ref.isdigit():
        return _newest(session, Market.gamma_id == ref) or _newest(session, Market.slug == ref)
    return _newest(session, Market.slug == ref)


def get_group(session: Session, market: Market) -> MarketGroup | None:
    """The group (Polymarket's "event") a market belongs to."""
    return None if market.group_id is None else session.get(MarketGroup, market.group_id)


def get_current_rules(session: Session, market_id: int) -> CurrentRules | None:
    """The rules as last seen; ``None`` where the catalogue gave none."""
    row = session.execute(
        select(RulesVersion.version, RulesVersion.text_hash, RulesText.text, RulesVersion.known_at)
        .join(RulesText, RulesText.hash == RulesVersion.text_hash)
        .where(RulesVersion.market_id == market_id)
        .order_by(RulesVersion.version.desc())
        .limit(1)
    ).first()
    return None if row is None else CurrentRules(*row)


def _is_storable(text: str) -> bool:
    """Whether a database could hold it: no NUL, and no byte of a command line that is no text."""
    return "\x00" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


def _by_hash(session: Session, ref: str) -> Market | None:
    try:
        value = parse_hex32(ref)
    except ValueError:
        return None
    # The question id of a neg-risk market's tokens is known from the chain only.
    prepared = select(Condition.condition_id).where(Condition.question_id == value)
    return (
        _newest(session, Market.condition_id == value)
        or _newest(session, Market.uma_question_id == value)
        or _newest(session, Market.condition_id.in_(prepared))
    )


def _newest(session: Session, condition: ColumnElement[bool]) -> Market | None:
    return session.scalar(select(Market).where(condition).order_by(Market.id.desc()).limit(1))
