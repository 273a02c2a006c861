"""Trades from Polymarket's Data API, where the exchanges' logs are not read or not far enough."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session, sessionmaker

from models.data_enums import DataIssueKind
from service.clock import Clock
from service.errors import SourceError
from service.polymarket.client import PolymarketClient
from service.polymarket.trades import CONDITIONS_PER_ANSWER, TradeList
from service.protocol.ids import to_hex
from service.protocol.listings import Refused
from service.protocol.sources import DATA_API
from service.store.checks.issues import add_issues
from service.store.money.fill_watches import OVERLAP, Watch, list_watches, mark_reported, owners_of
from service.store.money.fills import add_reported_fills
from service.store.operations.sources import record_health
from service.store.upserts import chunks

# Answers are cached by Polymarket for so long: asking more often brings the same ones.
PERIOD = timedelta(minutes=5)


def report_fills(
    sessions: sessionmaker[Session],
    client: PolymarketClient,
    clock: Clock,
    counts: Counter[str],
    *,
    alone: bool,
) -> list[str]:
    """Ask for what is due: all watched markets if ``alone``, else what the logs leave out.

    That is asked for at once, and once more when the answer surely reaches the first block read.

    Returns what is wrong with the source, a line each.
    """
    with sessions() as session:
        watches = list_watches(session)
    due = [watch for watch in watches if _is_due(watch, clock.now(), alone=alone)]
    # Markets that want as far back share a batch.
    due.sort(key=_since)
    lines: list[str] = []
    if not due:
        return lines
    try:
        for part in chunks(due, CONDITIONS_PER_ANSWER):
            _report(sessions, client, clock, counts, part)
    except SourceError as error:
        lines.append(str(error))
    finally:
        with sessions.begin() as session:
            record_health(session, client.health(), clock.now())
    return lines


def _report(
    sessions: sessionmaker[Session],
    client: PolymarketClient,
    clock: Clock,
    counts: Counter[str],
    watches: Sequence[Watch],
) -> None:
    by_condition = {watch.condition_id: watch for watch in watches}
    asked_at = clock.now()
    for found in client.fetch_trades(list(by_condition), min(map(_since, watches))):
        answered = [by_condition[condition] for condition in found.condition_ids]
        with sessions.begin() as session:
            counts["fills_reported"] += _store(session, found, answered, clock.now())
            for watch in answered:
                reached = max(found.reached, _since(watch))
                _mark(session, watch, reached, asked_at)
            counts["refused"] += add_issues(session, found.refused, asked_at)
        counts["combinations"] += found.combinations


def _store(session: Session, found: TradeList, watches: Sequence[Watch], known_at: datetime) -> int:
    owners = owners_of(watches)
    kept = [trade for trade in found.rows if trade.token_id in owners]
    strange = {trade.condition_id for trade in found.rows if trade.token_id not in owners}
    reason = "a trade of a token that is none of the market's"
    issues = [
        Refused(DataIssueKind.REFUSED_FILL, DATA_API, to_hex(condition), reason)
        for condition in sorted(strange)
    ]
    add_issues(session, issues, known_at)
    return add_reported_fills(session, kept, owners, known_at)


def _mark(session: Session, watch: Watch, reached: datetime, to: datetime) -> None:
    """What was read now, and with it what was read before, if there is no hole between."""
    begin = reached
    if watch.reported_to is not None and watch.reported_from is not None:
        has_hole = reached > watch.reported_to
        begin = reached if has_hole else min(reached, watch.reported_from)
    mark_reported(session, [watch.market_id], min(begin, to), to)


def _is_due(watch: Watch, now: datetime, *, alone: bool) -> bool:
    if alone:
        return watch.reported_to is None or watch.reported_to <= now - PERIOD
    is_whole = (
        watch.from_block is not None
        and watch.read_from_block is not None
        and watch.read_from_block <= watch.from_block
    )
    if is_whole or watch.reported_to is None:
        return not is_whole
    reaches = watch.chain_from is not None and watch.chain_from <= now - OVERLAP
    return reaches and not watch.is_joined


def _since(watch: Watch) -> datetime:
    """From when on a market's trades are asked for: its beginning, or what is new."""
    if watch.reported_to is None:
        return watch.since
    return max(watch.since, watch.reported_to - OVERLAP)
