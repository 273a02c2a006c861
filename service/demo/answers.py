"""What Polymarket's APIs would have said of a case at an instant, in their own shapes.

The shapes are today's (docs/data-dictionary.md); some routes did not exist at the time. What
nobody knows is left out of an answer, never sent as a zero.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from eth_hash.auto import keccak

from service.demo.case import Case, MoneyPoint, PricePoint
from service.demo.case_files import Depth
from service.demo.logs import Subject
from service.demo.story import Story
from service.demo.subjects import rules_of
from service.demo.tokens import position_id
from service.protocol.ids import to_checksum, to_hex

# The feed's word for "no price yet".
UNSET = "69"
DEFAULT_LIVENESS = timedelta(hours=2)
ROUND = timedelta(days=2)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ONE = Decimal(1)

Point = TypeVar("Point", MoneyPoint, PricePoint)


@dataclass(frozen=True, slots=True)
class Listed:
    """A case together with what its question became on chain."""

    case: Case
    subject: Subject

    @property
    def condition(self) -> str:
        """The condition id as the APIs print it."""
        return to_hex(self.subject.condition)

    @property
    def tokens(self) -> tuple[str, str]:
        """The two outcome tokens, in the order of the outcomes."""
        currency, condition = self.subject.places.currency, self.subject.condition
        return str(position_id(currency, condition, 0)), str(position_id(currency, condition, 1))

    @property
    def gamma_id(self) -> str:
        """An invented catalogue number, the same on every run."""
        return str(int.from_bytes(keccak(self.case.id.encode())[:5], "big"))


def latest(points: Sequence[Point], at: datetime) -> Point | None:
    """The newest point known at an instant."""
    return max((p for p in points if p.at <= at), key=lambda p: p.at, default=None)


def to_market(listed: Listed, at: datetime, *, has_tags: bool) -> dict[str, Any] | None:
    """Gamma's record of the market; ``None`` before it opens."""
    case, subject = listed.case, listed.subject
    if at < case.opened_at:
        return None
    story = case.story_at(at)
    market = case.market
    record: dict[str, Any] = {
        "id": listed.gamma_id,
        "question": market.title,
        "conditionId": listed.condition,
        "slug": market.slug,
        "description": rules_of(case),
        "resolutionSource": "",
        "createdAt": _rfc3339(case.opened_at),
        "startDate": _rfc3339(case.opened_at),
        "endDate": _rfc3339(case.deadline.at),
        "updatedAt": _rfc3339(_updated_at(case, at)),
        "outcomes": json.dumps(list(market.outcomes)),
        "active": True,
        "closed": story.payouts is not None,
        "archived": False,
        "acceptingOrders": story.payouts is None,
        "enableOrderBook": True,
        "resolvedBy": to_checksum(subject.places.adapter),
        "submitted_by": to_checksum(subject.creator),
        "questionID": to_hex(subject.question),
        "negRisk": False,
        "negRiskRequestID": "",
        "clobTokenIds": json.dumps(listed.tokens),
        "umaBond": _plain(case.terms.bond_usdc.value),
        "umaReward": _plain(case.terms.reward_usdc.value),
        "customLiveness": _custom_liveness(case),
        "umaResolutionStatuses": json.dumps(list(story.history)),
        "events": [
            {"id": listed.gamma_id, "slug": market.slug, "title": market.title, "negRisk": False}
        ],
    }
    if has_tags:
        record["tags"] = [{"slug": tag, "label": tag} for tag in market.tags]
    return record | _status(story) | _activity(case, story, at)


def to_resolution(listed: Listed, at: datetime) -> dict[str, Any] | None:
    """The resolution feed's row; ``None`` before the market opens."""
    case = listed.case
    if at < case.opened_at:
        return None
    story = case.story_at(at)
    first, last = story.asks[0], story.asks[-1]
    row: dict[str, Any] = {
        "question_id": to_hex(listed.subject.question),
        "condition_id": listed.condition,
        "status": story.status,
        "extended_review": _is_extended(case, story, at),
        "was_disputed": story.disputes > 0,
        "new_version_q": story.has_clarification,
        "proposed_price": _price(first.proposed_price),
        "reproposed_price": _price(last.proposed_price if last is not first else None),
        "price": _price(last.settled_price if story.payouts is not None else None),
        "transaction_hash": "",
        "log_index": "",
    }
    changed = story.changed_at or case.opened_at
    if story.payouts is None:
        row["last_update_timestamp"] = str(int(changed.timestamp()))
        return row | _expected(case, story, at)
    total = sum(story.payouts)
    row["last_update_timestamp"] = _rfc3339(changed)
    row["payouts"] = [1_000_000 * part // total for part in story.payouts]
    row["resolution_source"] = "reported"
    row["resolved_at"] = _rfc3339(story.resolved_at or changed)
    return row


def to_open_interest(listed: Listed, at: datetime) -> dict[str, Any] | None:
    """The open-interest row; ``None`` where no figure is known by then."""
    point = latest(listed.case.open_interest, at)
    if point is None:
        return None
    return {"condition_id": listed.condition, "value": _number(point.usdc)}


def to_book(listed: Listed, token: str, depth: Depth, at: datetime) -> dict[str, Any] | None:
    """One token's book, worst price first; ``None`` where no price is known or it is closed."""
    case = listed.case
    point = latest(case.price, at)
    if point is None or at < case.opened_at or case.story_at(at).payouts is not None:
        return None
    middle = point.yes if token == listed.tokens[0] else ONE - point.yes
    offsets = [depth.half_spread + depth.step * level for level in range(depth.levels)]
    return {
        "market": listed.condition,
        "asset_id": token,
        "timestamp": str(int(at.timestamp() * 1000)),
        "hash": keccak(f"{token}/{middle}/{depth}".encode())[:20].hex(),
        "bids": _levels([middle - offset for offset in offsets], depth),
        "asks": _levels([middle + offset for offset in offsets], depth),
        "min_order_size": "5",
        "tick_size": "0.001",
        "neg_risk": False,
        "last_trade_price": _plain(middle),
    }


def _levels(prices: Sequence[Decimal], depth: Depth) -> list[dict[str, str]]:
    size = _plain(depth.shares)
    return [{"price": _plain(p), "size": size} for p in reversed(prices) if 0 < p < 1]


def _status(story: Story) -> dict[str, Any]:
    match story.status:
        case "posed":
            return {}
        case "proposed" | "reproposed":
            return {"umaResolutionStatus": "proposed"}
        case "challenged" | "disputed":
            return {"umaResolutionStatus": "disputed"}
        case "resolved":
            closed = (story.resolved_at or EPOCH).strftime("%Y-%m-%d %H:%M:%S+00")
            return {"umaResolutionStatus": "resolved", "closedTime": closed}


def _activity(case: Case, story: Story, at: datetime) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    volume = latest(case.volume, at)
    if volume is not None:
        fields |= {"volume": _plain(volume.usdc), "volumeNum": _number(volume.usdc)}
    price = latest(case.price, at)
    if story.payouts is not None:
        shares = [Decimal(part) / sum(story.payouts) for part in story.payouts]
        fields["outcomePrices"] = json.dumps([_plain(share) for share in shares])
    elif price is not None:
        fields["outcomePrices"] = json.dumps([_plain(price.yes), _plain(ONE - price.yes)])
    return fields


def _custom_liveness(case: Case) -> int:
    """Gamma's field: 0 stands for the adapter's default of two hours."""
    return 0 if case.liveness == DEFAULT_LIVENESS else int(case.terms.liveness_seconds.value)


def _is_extended(case: Case, story: Story, at: datetime) -> bool:
    expires = story.current.expires_at
    is_open = story.status in ("proposed", "reproposed")
    return case.oracle == "managed" and is_open and expires is not None and expires <= at


def _expected(case: Case, story: Story, at: datetime) -> dict[str, Any]:
    ask = story.current
    if story.status in ("proposed", "reproposed") and ask.expires_at and at < ask.expires_at:
        basis = "managed_proposal_expiration" if case.oracle == "managed" else "proposal_expiration"
        return {
            "expected_settlement_time": _rfc3339(ask.expires_at),
            "settlement_time_basis": basis,
        }
    if story.status == "disputed" and ask.disputed_at:
        ends_at = vote_ends_at(ask.disputed_at)
        if at < ends_at:
            return {
                "expected_settlement_time": _rfc3339(ends_at),
                "settlement_time_basis": "dvm_round_estimate",
            }
    return {}


def vote_ends_at(disputed_at: datetime) -> datetime:
    """The end of the first voting round after a dispute (VotingV2: rounds of two days)."""
    return EPOCH + ((disputed_at - EPOCH) // ROUND + 2) * ROUND


def _updated_at(case: Case, at: datetime) -> datetime:
    instants = [step.at for step in case.steps]
    for points in (case.volume, case.open_interest, case.price):
        instants += [point.at for point in points]
    return max((i for i in instants if i <= at), default=case.opened_at)


def _price(price: int | None) -> str:
    return UNSET if price is None else str(price)


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _rfc3339(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
