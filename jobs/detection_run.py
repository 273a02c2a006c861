"""One simulation through the real jobs: import, sync, score, detect, fuse, alert; look by look.

The truth stays in its file until the last job has run. docs/methodology.md, "What the detectors see
of simulated attacks".
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson
from pydantic import SecretStr
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jobs.import_logs import import_logs
from jobs.job_table import JOBS
from jobs.wiring import House, begin_service, open_house, run_job
from models.alert import Alert
from models.assessment import MarketAssessment
from models.attack_enums import SignalSubject
from models.dvm_request_state import DvmRequestState
from models.enums import JobOutcome
from models.market import Market
from service.alerts.decide import SCORE_REASONS
from service.clock import SetClock
from service.demo.server import VenueServer
from service.errors import SettlewatchError
from service.polymarket.client import PolymarketClient
from service.polymarket.routes import LIMITS
from service.protocol.ids import parse_address, to_hex
from service.settings import load_settings
from service.simulation.archive import TRUTH, ArchiveFile, read_venue, write_simulation
from service.simulation.calendar import STARTS_AT, instant
from service.simulation.measures import WEEK, RunMeasure, ScoreTold, Told, measure
from service.simulation.run import Simulation
from service.simulation.venue import SimulatedVenue
from service.store.attacks.blocs import standing_blocs
from service.store.markets.due_reads import mark_all_due
from service.store.votes.entity_stakes import entities_of

# A look, in seconds: once in each phase of a round, late enough that most has happened.
LOOK = 12 * 3_600
# Before it no score of a market may page, for its threshold has no weeks to rest on; of rounds and
# rings that takes four weeks.
WARM_UP = 2 * WEEK
# The venue is asked once a round, after what has happened is imported; for what people hold, which
# is a request a wallet, only where a request came into the vote since. The search for blocs, which
# needs many votes and two processes, takes longest.
_ASK = ("sync_markets", "sync_resolutions", "sync_liquidity", "link_wallets")
_WITH_NEWS = ("sync_positions", "score_rounds", "detect_conflicts")
_A_ROUND, _TWO_WEEKS = 4, 28
_PERIODS = {**dict.fromkeys((*_ASK, *_WITH_NEWS), _A_ROUND), "find_blocs": _TWO_WEEKS}
# What the venue thought before an answer was proposed, and the score of each market, in every look.
_SCORE = ("sync_price_history", "score_markets")
DETECTORS = (
    "score_rounds",
    "find_blocs",
    "detect_rings",
    "detect_conflicts",
    "watch_rounds",
    "fuse_attacks",
    "send_alerts",
)
_ADDRESS = re.compile(r"0x[0-9a-f]{40}(?![0-9a-f])")
# Nobody limits us here: the venue is this process.
_UNLIMITED = dict.fromkeys(LIMITS, 1_000_000)


@dataclass(frozen=True, slots=True)
class Looks:
    """When a run looks, and with which jobs; a test looks less."""

    every: int = LOOK
    warm_up: int = WARM_UP


def missing_detectors() -> tuple[str, ...]:
    """Detectors that this version does not have."""
    return tuple(name for name in DETECTORS if name not in JOBS)


def run_detection(run: Simulation, folder: Path, looks: Looks | None = None) -> RunMeasure:
    """Write a simulation into a folder, let the jobs see it in time, and judge what they paged."""
    used = looks or Looks()
    files = write_simulation(run, folder, used.every)
    venue = SimulatedVenue(read_venue(folder))
    clock = SetClock(instant(files[0].first))
    with VenueServer(venue, clock) as server:
        settings = load_settings(
            database_url=SecretStr(f"sqlite:///{folder / 'simulated.db'}"),
            gamma_url=server.url,
            clob_url=server.url,
            data_url=server.url,
            polygon_rpc_urls=(),
            ethereum_rpc_urls=(),
            alert_urls=(),
            contracts=None,
            min_volume_usdc=0,
        )
        house = open_house(settings, clock)
        # Where the property would put it.
        house.__dict__["polymarket"] = PolymarketClient(
            server.url, server.url, server.url, clock=clock, limits=_UNLIMITED
        )
        try:
            begin_service(house)
            _look_on(house, clock, files, run.ends_at)
            return _judge(house, folder, clock.now(), used)
        finally:
            house.close()


def _look_on(house: House, clock: SetClock, files: Sequence[ArchiveFile], until: int) -> None:
    by_end: dict[int, list[Path]] = {}
    for file in files:
        # Stakes of the week before are there when the first look is taken.
        by_end.setdefault(max(file.last, STARTS_AT), []).append(file.path)
    asked = 0
    for look, end in enumerate(sorted(by_end)):
        if end > until:
            break
        clock.set(instant(end))
        result = import_logs(house.sessions, by_end[end], house.book, clock)
        if result.refused:
            raise SettlewatchError(f"detection: {result.refused[0]}")
        if look == 0:
            continue
        with house.sessions.begin() as session:
            mark_all_due(session, clock.now())
            requests = session.scalar(select(func.count()).select_from(DvmRequestState)) or 0
        names = list(_due(look - 1, has_news=requests > asked))
        if names[0] in _ASK:
            asked = requests
        for name in names:
            done = run_job(house, name)
            if done.outcome is not JobOutcome.OK:
                message = f"detection: {name} at {instant(end):%Y-%m-%d %H:%M} UTC: {done.error}"
                raise SettlewatchError(message)


def _due(look: int, *, has_news: bool) -> Iterator[str]:
    """The jobs of a look, in the order facts flow; ``has_news``: a request came into the vote."""
    for name in (*_ASK, "sync_positions", *_SCORE, *DETECTORS):
        is_due = look % _PERIODS.get(name, 1) == 0
        if name in JOBS and is_due and (has_news or name not in _WITH_NEWS):
            yield name


def _judge(house: House, folder: Path, now: datetime, looks: Looks) -> RunMeasure:
    truth = orjson.loads((folder / TRUTH).read_bytes())
    attack = truth["attack"]
    with house.read_sessions() as session:
        told = [_told(session, row) for row in session.scalars(select(Alert).order_by(Alert.id))]
        scored = _scored(session, house.settings.alert_probability)
        addresses = [parse_address(a) for a in ([] if attack is None else attack["addresses"])]
        members = {to_hex(e) for e in entities_of(session, addresses, now).values()}
    return measure(
        truth,
        [one for one in told if one is not None],
        members | {to_hex(address) for address in addresses},
        STARTS_AT + looks.warm_up,
        scored,
    )


def _scored(session: Session, level: float) -> list[ScoreTold]:
    """The alerts about one market whose score had reached the level of the rule."""
    query = (
        select(Alert.raised_at, Market.condition_id)
        .join(Market, Market.id == Alert.market_id)
        .join(MarketAssessment, MarketAssessment.id == Alert.assessment_id)
        .where(Alert.reason.in_(SCORE_REASONS), MarketAssessment.p_mean >= level)
    )
    return [ScoreTold(int(at.timestamp()), to_hex(name)) for at, name in session.execute(query)]


def _told(session: Session, row: Alert) -> Told | None:
    """An alert about an attack; None for those about one market's score or the data."""
    facts = row.facts
    tier, kind = facts.get("tier"), facts.get("subject_kind")
    if not isinstance(tier, str) or not isinstance(kind, str):
        return None
    round_id = facts.get("round_id")
    return Told(
        at=int(row.raised_at.timestamp()),
        tier=tier,
        reason=str(row.reason),
        kind=kind,
        subject=str(facts.get("subject", "")),
        round_id=round_id if isinstance(round_id, int) else None,
        markets=_strings(facts.get("markets")),
        requests=_strings(facts.get("requests")),
        named=_named(session, row) if kind == SignalSubject.GROUP else (),
    )


def _strings(found: object) -> tuple[str, ...]:
    return tuple(map(str, found)) if isinstance(found, list) else ()


def _named(session: Session, row: Alert) -> tuple[str, ...]:
    """The addresses of a group: a standing bloc's, else those that the alert's words name."""
    subject = str(row.facts.get("subject", ""))
    for bloc in standing_blocs(session, row.raised_at):
        if bloc.bloc_id == subject:
            return bloc.addresses
    words = f"{subject} {orjson.dumps(row.facts.get('signs')).decode()}"
    return tuple(dict.fromkeys(_ADDRESS.findall(words.lower())))
