"""``settlewatch demo``: a labelled reconstruction, replayed through the real jobs, offline.

Nothing here knows a result: the cases become logs and API answers on a loopback server, the jobs
read them as they would read the live sources, and the table is read back from the database.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import select

from jobs.reconstruction import Progress, run_cases
from jobs.wiring import House
from models.assessment import MarketAssessment, MarketStanding
from models.market import Market
from service.demo.case import Case
from service.demo.case_files import World, bundled_cases, load_cases, load_world
from service.demo.instants import replay_instants
from service.protocol.ids import to_hex

# In the order a cycle of the live service needs them: what is followed, then what is known of it.
JOB_ORDER = (
    "sync_markets",
    "index_oracle",
    "sync_resolutions",
    "sync_liquidity",
    "score_markets",
    "send_alerts",
)


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """A replayed reconstruction: its database, and what it was made from."""

    house: House
    world: World
    cases: tuple[Case, ...]
    markets: list[dict[str, Any]]


@contextmanager
def run_demo(
    cases_dir: Path | None = None,
    database_url: str | None = None,
    on_progress: Progress | None = None,
) -> Iterator[Reconstruction]:
    """Replay every case and keep the database open while the ``with`` block runs.

    Without ``database_url`` the database is a new file that goes when the block ends. A faulty
    case file is a :class:`UsageError`; a job that fails ends the replay with its error.
    """
    directory = cases_dir or bundled_cases()
    cases, world = load_cases(directory), load_world(directory)
    instants = replay_instants(cases, world.ends_at)
    with run_cases(
        cases,
        world,
        instants,
        JOB_ORDER,
        database_url=database_url,
        on_progress=on_progress,
    ) as house:
        yield Reconstruction(house, world, cases, list_rows(house))


def list_rows(house: House) -> list[dict[str, Any]]:
    """Every scored market as stored, most money at risk first; unknown sums come last."""
    query = (
        select(Market, MarketStanding, MarketAssessment.document)
        .join(MarketStanding, MarketStanding.market_id == Market.id)
        .join(MarketAssessment, MarketAssessment.id == MarketStanding.assessment_id)
    )
    with house.read_sessions() as session:
        rows = [
            _row(market, line, dict(document), house.parameters.open_interest_over_volume)
            for market, line, document in session.execute(query)
        ]
    return sorted(rows, key=lambda row: (-(row["money_at_risk_usdc"] or -1), row["title"]))


def _row(
    market: Market, line: MarketStanding, document: Mapping[str, Any], share_of_volume: float
) -> dict[str, Any]:
    money = document["money"]
    return {
        "ref": to_hex(market.condition_id),
        "slug": market.slug,
        "title": market.title,
        "state": line.state,
        "p": {"mean": line.p_mean, "p05": line.p_low, "p95": line.p_high},
        "money_at_risk_usdc": _at_risk(money, share_of_volume),
        "money_source": money["source"],
        "expected_loss_usdc": _number(money["expected_loss_usdc"]),
        "support": line.support,
        "remedy": line.remedy,
        "as_of": line.as_of.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "model_version": document["model_version"],
        "priors_version": document["priors_version"],
    }


def _at_risk(money: Mapping[str, Any], share_of_volume: float) -> int | float | None:
    """The open interest, or the share of the volume the score took in its place."""
    if money["source"] == "assumed":
        return _number(str(Decimal(money["volume_usdc"]) * Decimal(repr(share_of_volume))))
    return _number(money["open_interest_usdc"])


def _number(usdc: str | None) -> int | float | None:
    if usdc is None:
        return None
    amount = Decimal(usdc)
    return int(amount) if amount == amount.to_integral_value() else float(amount)
