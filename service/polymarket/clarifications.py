"""Gamma's clarifications: what is asked, page by page, and what a row becomes.

The route pages by offset, clamps ``limit`` to 100, and documents no names for ``order``: what it
refuses is tried again by id, then without an order.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from models.data_enums import DataIssueKind
from service.clock import Clock
from service.errors import SourceError
from service.polymarket.batches import Batch, list_of, to_batch
from service.polymarket.payloads import ClarificationPayload
from service.polymarket.refusals import named, translate, within
from service.polymarket.scalars import to_address, to_id, to_time
from service.protocol.listed_clarifications import ClarificationListing
from service.protocol.listings import Refused
from service.protocol.sources import GAMMA
from service.transport.answers import RequestRefused
from service.transport.client import Params

# Newest first, by the first of these the source takes.
ORDERS: tuple[Params, ...] = (
    (("order", "createdAt"), ("ascending", "false")),
    (("order", "id"), ("ascending", "false")),
    (),
)
PAGE_LIMIT = 100
# 100,000 rows: a walk that goes on beyond this is no walk.
MAX_PAGES = 1_000
# Column widths, and more than any transaction could carry for its price.
GAMMA_ID_LENGTH = 40
STATE_LENGTH = 20
LONGEST_TEXT = 50_000
LONGEST_NUMBER = 18


@dataclass(frozen=True, slots=True)
class ClarificationPage:
    """One page, newest first where ``is_ordered`` says so."""

    batch: Batch[ClarificationListing]
    is_ordered: bool


def to_clarification(record: object) -> ClarificationListing | Refused:
    """One row of the catalogue's clarifications."""
    kind = DataIssueKind.REFUSED_CLARIFICATION
    return translate(record, ClarificationPayload, _clarification, kind, GAMMA)


def walk_clarifications(
    ask: Callable[[Params], object], clock: Clock
) -> Iterator[ClarificationPage]:
    """All pages the source gives, to the first empty one; a short page is not the end.

    Rows move between pages while one walks: the same one may come twice. Raises
    :class:`SourceError`, after the pages before, where the source refuses to page any deeper.
    """
    order, records = _begin(ask)
    offset = 0
    for _ in range(MAX_PAGES):
        if not records:
            return
        batch = to_batch(records, to_clarification, clock.now())
        yield ClarificationPage(batch, is_ordered=bool(order) and _is_newest_first(batch.rows))
        offset += len(records)
        try:
            records = _read_page(ask(_params(order, offset)))
        except RequestRefused as refusal:
            reason = f"clarifications beyond the newest {offset} cannot be read: {refusal.reason}"
            raise SourceError(GAMMA, reason) from refusal
    raise SourceError(GAMMA, f"no last page of clarifications after {MAX_PAGES} pages")


def _begin(ask: Callable[[Params], object]) -> tuple[Params, Sequence[object]]:
    """The first page, and the order the source took."""
    for order in ORDERS[:-1]:
        try:
            return order, _read_page(ask(_params(order, 0)))
        except RequestRefused:
            continue
    return ORDERS[-1], _read_page(ask(_params(ORDERS[-1], 0)))


def _params(order: Params, offset: int) -> Params:
    return (*order, ("limit", str(PAGE_LIMIT)), ("offset", str(offset)))


def _read_page(answer: object) -> Sequence[object]:
    return list_of(GAMMA, answer, None)


def _is_newest_first(rows: Sequence[ClarificationListing]) -> bool:
    """Whether the source did as it was asked: an order it does not know may be ignored."""
    numbers = [row.gamma_id for row in rows]
    times = [row.created_at for row in rows if row.created_at is not None]
    by_number = numbers == sorted(numbers, reverse=True)
    return by_number or (len(times) == len(rows) and times == sorted(times, reverse=True))


def _clarification(sent: ClarificationPayload) -> ClarificationListing:
    number = sent.id or ""
    if not (number.isascii() and number.isdigit() and len(number) <= LONGEST_NUMBER):
        message = f"id is no number: {number[:40]!r}"
        raise ValueError(message)
    text = within(sent.content, LONGEST_TEXT, "content")
    state = within(sent.state, STATE_LENGTH, "state")
    if text is None or state is None:
        message = f"{'content' if text is None else 'state'} is absent"
        raise ValueError(message)
    return ClarificationListing(
        gamma_id=int(number),
        market_gamma_id=within(sent.market_id, GAMMA_ID_LENGTH, "marketId"),
        event_gamma_id=within(sent.event_id, GAMMA_ID_LENGTH, "eventId"),
        question_id=named("questionId", to_id, sent.question_id),
        neg_risk_request_id=named("negRiskRequestId", to_id, sent.neg_risk_request_id),
        adapter=named("adapterAddress", to_address, sent.adapter_address),
        text=text,
        state=state,
        clears_book=sent.clear_book,
        notifies_discord=sent.notify_discord,
        is_shown=sent.show_in_frontend,
        transaction_hash=named("txHash", to_id, sent.tx_hash),
        created_at=named("createdAt", to_time, sent.created_at),
        queued_at=named("queuedAt", to_time, sent.queued_at),
        scheduled_for=named("scheduledFor", to_time, sent.scheduled_for),
        posted_at=named("txTimestamp", to_time, sent.tx_timestamp),
    )
