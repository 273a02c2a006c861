"""``settlewatch doctor``: whether this installation can do its work, and what it asks of others."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import orjson

from jobs.doctor_checks import (
    Check,
    Verdict,
    check_chains,
    check_clock,
    check_database,
    check_jobs,
    check_limits,
    check_online,
    check_price_sources,
    check_settings,
    check_sources,
)
from jobs.wiring import House, open_house
from service.errors import UsageError
from service.settings import Settings
from service.store.markets.due_reads import read_plan
from service.store.operations.plan_lines import limit_lines, stretch_lines
from service.store.operations.request_minutes import measure_requests

Lines = Sequence[dict[str, object]]


@dataclass(frozen=True, slots=True)
class Report:
    """What the doctor found."""

    checks: tuple[Check, ...]
    limits: Lines = ()
    stretched: Lines = ()

    @property
    def is_broken(self) -> bool:
        """Whether anything does not work."""
        return any(check.verdict is Verdict.BROKEN for check in self.checks)


def doctor(settings: Settings, *, is_online: bool) -> Report:
    """Look at everything; a database that cannot be opened is a finding, not an error."""
    try:
        house = open_house(settings)
    except UsageError as error:
        return Report((Check("database", "database", Verdict.BROKEN, str(error)),))
    try:
        return examine(house, is_online=is_online)
    finally:
        house.close()


def examine(house: House, *, is_online: bool) -> Report:
    """The report on an open house."""
    now = house.clock.now()
    with house.read_sessions() as session:
        plan = read_plan(session)
        measured = measure_requests(session, now)
        checks = [
            *check_database(house),
            *check_settings(house),
            *check_price_sources(house),
            *check_sources(session),
            *check_chains(session, house, now),
            *check_jobs(session, now),
            *check_clock(session, now),
            *check_limits(plan, measured),
        ]
    if is_online:
        checks += check_online(house)
    return Report(tuple(checks), limit_lines(plan, measured), stretch_lines(plan))


def print_report(report: Report, *, as_json: bool) -> None:
    """To standard output, as text or JSON."""
    if as_json:
        words = {
            "status": "broken" if report.is_broken else "ok",
            "checks": [
                {
                    "subject": check.subject,
                    "name": check.name,
                    "verdict": check.verdict,
                    "detail": check.detail,
                }
                for check in report.checks
            ],
            "limits": list(report.limits),
            "stretched": list(report.stretched),
        }
        sys.stdout.write(orjson.dumps(words, option=orjson.OPT_INDENT_2).decode() + "\n")
        return
    sys.stdout.write("\n".join(_text(report)) + "\n")


def _text(report: Report) -> Iterator[str]:
    for check in report.checks:
        yield f"{check.verdict:<8} {check.subject:<9} {check.name:<32} {check.detail}"
    if report.limits:
        yield ""
        yield f"{'requests, in':<24}{'10 s':>10}{'10 s':>7}{'a minute':>30}"
        names = f"{'published':>10}{'ours':>7}{'ours':>8}{'planned':>9}{'sent':>8}{'most':>7}"
        yield f"{'limit':<24}{names}"
    for line in report.limits:
        yield (
            f"{line['name']:<24}{line['published_per_10s']:>10}{line['limit_per_10s']:>7}"
            f"{line['limit_per_minute']:>8}{line['planned_per_minute']:>9}"
            f"{line['measured_per_minute']:>8}{line['most_in_a_minute']:>7}"
        )
    for line in report.stretched:
        yield (
            f"stretched: {line['kind']} of {line['markets']} {line['state']} markets "
            f"({line['band']}): every {line['seconds']} s instead of {line['base_seconds']} s"
        )
