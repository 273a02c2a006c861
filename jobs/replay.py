"""``settlewatch replay``: one case, instant by instant, and what was raised when.

The case becomes logs and API answers, the service's own jobs read them into an empty database, and
everything told here is read back from it: assessments, signs and alerts as of their time. Only the
words about what nobody could see come from the case.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from jobs.job_table import JOBS
from jobs.reconstruction import Progress, run_cases
from jobs.replay_assumptions import Assumed, list_assumptions
from jobs.replay_reading import Alarm, Look, list_alarms, list_looks
from jobs.wiring import House
from models.operation import JobRun
from service.demo.case import Case
from service.demo.case_files import bundled_cases, incident_cases, load_cases, load_world
from service.demo.instants import AFTER, step_instants
from service.errors import UsageError
from service.protocol.last_chance import LastChance, last_chance
from service.store.markets.markets import get_market
from service.store.timeline.last_answers import find_last_answer, find_paid_at

# What a replay leaves out, and why. Every other job runs, those that are still to be written too.
LEFT_OUT = {
    "sync_live_markets": "each look lists every market",
    "sync_groups": "a case has no group",
    "sync_clarifications": "the case's clarifications are read from the chain",
    "recheck_clarifications": "the case's clarifications are read from the chain",
    "sync_holders": "nobody published who held the tokens",
    "sync_positions": "nobody published who held the tokens",
    "sync_price_history": "the published prices stand in the order books",
    "sync_prices": "no source outside Polymarket is rebuilt",
    "index_fills": "nobody published the single trades",
    "index_votes": "Ethereum is not rebuilt: a vote is its answer landing on Polygon",
    "check_reorgs": "the rebuilt chain has none",
    "look_up_disputed": "Ethereum is not rebuilt",
    "read_parameters": "Ethereum is not rebuilt",
    "read_wallets": "the wallets are invented",
    "check_data": "it checks the database, not the market",
    "score_base_rates": "a rate among one case chosen for what happened to it says nothing",
    "check_drift": "as above",
    "prune": "nothing is old",
    "backfill_closed_markets": "nothing was missed",
}
# Nothing comes after a case's end; blocks are made up to the last look.
MOST_AFTER = timedelta(days=365)
# First what is followed and what happened, last who is told.
FIRST = ("sync_markets", "index_oracle", "fold_facts")
LAST = ("send_alerts",)


@dataclass(frozen=True, slots=True)
class Replay:
    """A case and what the jobs made of it."""

    case: Case
    until: datetime
    looks: tuple[Look, ...]
    alarms: tuple[Alarm, ...]
    # The last point at which somebody could act, and the payout, by the stored logs.
    chance: LastChance | None
    paid_at: datetime | None
    # When the answer was proposed that the last chance is about.
    answered_at: datetime | None

    @property
    def _pages(self) -> tuple[Alarm, ...]:
        return tuple(alarm for alarm in self.alarms if not alarm.is_digest)

    @property
    def first_alarm(self) -> Alarm | None:
        """The first alert about the market, whatever its reason."""
        return next(iter(self._pages), None)

    @property
    def first_judgement(self) -> Alarm | None:
        """The first alert that says more than that the question's state has changed."""
        return next((alarm for alarm in self._pages if not alarm.is_state_change), None)

    @property
    def first_of_answer(self) -> Alarm | None:
        """The first alert since the last answer was proposed; earlier ones told of others."""
        start = self.answered_at
        return next((a for a in self._pages if start is not None and a.raised_at >= start), None)

    def warning_hours(self, alarm: Alarm | None) -> float | None:
        """Hours from an alert to the last point to act; negative where it came after."""
        if alarm is None or self.chance is None:
            return None
        return (self.chance.at - alarm.raised_at) / timedelta(hours=1)

    @property
    def verdict(self) -> str:
        """Whether an alert was raised while somebody could still act, and what it said."""
        if self.first_alarm is None:
            return "not caught"
        if not self._is_in_time(self.first_alarm):
            return "too late"
        if not self._is_in_time(self.first_judgement):
            return "caught in time, by its dispute only"
        return "caught in time"

    @property
    def outcome(self) -> str:
        """The verdict in the words of what the case is: for a control an alert is a false one."""
        if self.case.incident != "control":
            return self.verdict
        if self.first_alarm is None:
            return "quiet, rightly"
        by_dispute = ", by its dispute only" if self.first_judgement is None else ""
        return f"raised in vain{by_dispute}"

    def assumptions(self, alarm: Alarm) -> tuple[Assumed, ...]:
        """What an alert rests on that nobody published; the heaviest first."""
        return tuple(list_assumptions(self.case, alarm))

    def _is_in_time(self, alarm: Alarm | None) -> bool:
        hours = self.warning_hours(alarm)
        # Where nothing is known to end the chance, it has not ended.
        return alarm is not None and (hours is None or hours > 0)


def job_order() -> tuple[str, ...]:
    """The jobs of a look, in the order facts flow."""
    fixed = {*FIRST, *LAST, *LEFT_OUT}
    return (*FIRST, *(name for name in JOBS if name not in fixed), *LAST)


def list_cases() -> tuple[Case, ...]:
    """Every bundled case that has an end to be warned of, by name."""
    bundled = (*load_cases(bundled_cases()), *load_cases(incident_cases()))
    return tuple(sorted((c for c in bundled if c.incident is not None), key=lambda c: c.id))


def find_case(name: str) -> Case:
    """A case by its name; a wrong one is a :class:`UsageError` that lists them."""
    cases = list_cases()
    for case in cases:
        if case.id == name:
            return case
    names = ", ".join(case.id for case in cases)
    raise UsageError(f"CASE: {name!r} is not one. Choose one of: {names}.")


@contextmanager
def run_replay(
    case: Case,
    *,
    until: datetime | None = None,
    database_url: str | None = None,
    on_progress: Progress | None = None,
) -> Iterator[tuple[Replay, House]]:
    """Replay a case up to ``until`` (default: its end); the database is open in the block."""
    world = load_world(bundled_cases())
    instants = _instants(case, until)
    with run_cases(
        case.with_twins(),
        world,
        instants,
        job_order(),
        database_url=database_url,
        on_progress=on_progress,
        on_opening=_refuse_used,
    ) as house:
        yield _read(house, case, instants), house


def _instants(case: Case, until: datetime | None) -> list[datetime]:
    instants = step_instants(case)
    if until is None:
        return instants
    wanted = [instant for instant in instants if instant <= until]
    if not wanted:
        first = f"{instants[0]:%Y-%m-%dT%H:%MZ}"
        raise UsageError(f"--until: the case begins at {first}, name a later time.")
    if until - instants[-1] > MOST_AFTER:
        last = f"{instants[-1]:%Y-%m-%dT%H:%MZ}"
        raise UsageError(f"--until: the case ends at {last}, name a time within a year of it.")
    return wanted if until - wanted[-1] < AFTER else [*wanted, until]


def _refuse_used(house: House) -> None:
    with house.read_sessions() as session:
        if session.scalar(select(func.count()).select_from(JobRun)):
            raise UsageError(
                "--database: it has been used. A replay sets the clock back and reads everything "
                "it finds: give it an empty database."
            )


def _read(house: House, case: Case, instants: Sequence[datetime]) -> Replay:
    with house.read_sessions() as session:
        market = get_market(session, case.market.slug)
        if market is None:
            raise UsageError(f"{case.id}: no market was found by {instants[-1]:%Y-%m-%dT%H:%MZ}.")
        answer = find_last_answer(session, market)
        alarms = list_alarms(session, market)
        return Replay(
            case=case,
            until=instants[-1],
            looks=list_looks(session, market, case, instants, alarms),
            alarms=alarms,
            chance=None if answer is None else last_chance(answer),
            paid_at=find_paid_at(session, market),
            answered_at=None if answer is None else answer.proposed_at,
        )
