"""The table of what simulated attacks are caught, and its place in the documentation."""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import exp
from statistics import median

from service.risk.rates.rate_intervals import clopper_pearson
from service.simulation.measures import RunMeasure, ScoreMeasure
from service.simulation.scenario import SCENARIOS

# The exact upper and lower 95 % limits of a Poisson mean, by chi-square quantiles (Garwood 1936).
_BISECTIONS = 200
_TAIL = 0.025
_ALL = "all together"


def detection_table(measures: Sequence[RunMeasure], missing: Sequence[str]) -> str:
    """Markdown: attacks by scenario, false pages, what scores told of, what was not measured."""
    parts = [_attacks(measures), _false_pages(measures), _scores(measures)]
    if missing:
        named = ", ".join(f"`{name}`" for name in missing)
        parts.append(f"Not measured, for this version does not have them: {named}.")
    return "\n\n".join(parts)


def _attacks(measures: Sequence[RunMeasure]) -> str:
    heads = (
        "scenario",
        "runs",
        "paged before the first payout",
        "paged at all",
        "in a daily digest",
        "told of by its own score before it",
        "hours of warning by the page, median (least to most)",
        "first page by",
    )
    lines = [f"| {' | '.join(heads)} |", "|---|---:|---|---|---|---|---|---|"]
    for name, scenario in SCENARIOS.items():
        runs = [one for one in measures if one.scenario == name]
        if scenario.attack is not None and runs:
            lines.append(_attack_line(name, runs))
    return "\n".join(lines)


def _false_pages(measures: Sequence[RunMeasure]) -> str:
    lines = [
        "| weeks without an attack | weeks | false pages | a week (exact 95 %) |",
        "|---|---:|---:|---|",
    ]
    quiet = {"calm": ["calm"], "ambiguous_wave": ["ambiguous_wave"]}
    quiet["before an attack"] = [n for n, s in SCENARIOS.items() if s.attack is not None]
    quiet[_ALL] = list(SCENARIOS)
    for title, names in quiet.items():
        runs = [one for one in measures if one.scenario in names]
        if runs:
            lines.append(_quiet_line(title, runs))
    return "\n".join(lines)


def _scores(measures: Sequence[RunMeasure]) -> str:
    heads = (
        "scenario",
        "markets paid",
        "told of by their score before",
        "of these paid wrong",
        "paid wrong in all",
        "of these told of before",
    )
    lines = [f"| {' | '.join(heads)} |", "|---|---:|---:|---|---:|---|"]
    titles = {f"`{name}`": [name] for name in SCENARIOS} | {_ALL: list(SCENARIOS)}
    for title, names in titles.items():
        runs = [one.scores for one in measures if one.scenario in names]
        if runs:
            lines.append(_score_line(title, runs))
    return "\n".join(lines)


def poisson_limits(events: int) -> tuple[float, float]:
    """The exact 95 % interval of the mean of a Poisson count (Garwood)."""
    low = 0.0 if events == 0 else _mean_at(events - 1, 1 - _TAIL)
    return low, _mean_at(events, _TAIL)


def put_between(text: str, begin: str, end: str, table: str) -> str:
    """A text with what stands between two markers replaced; ``ValueError`` without them."""
    head, marker, rest = text.partition(begin)
    _, closing, tail = rest.partition(end)
    if not marker or not closing:
        message = f"the markers {begin!r} and {end!r} are not there"
        raise ValueError(message)
    return f"{head}{begin}\n{table}\n{end}{tail}"


def _attack_line(name: str, runs: Sequence[RunMeasure]) -> str:
    hours = [one.hours for one in runs if one.hours is not None]
    warning = "-"
    if hours:
        warning = f"{median(hours):.0f} ({min(hours):.0f} to {max(hours):.0f})"
    reasons = Counter(one.reason for one in runs if one.reason)
    first = ", ".join(f"`{reason}`" for reason, _ in sorted(reasons.items())) or "-"
    counts: Mapping[str, int] = {
        "in time": sum(one.hours is not None and one.hours > 0 for one in runs),
        "at all": sum(one.paged_at is not None for one in runs),
        "digest": sum(one.digested_at is not None for one in runs),
        "score": sum(one.scores.attacked_at is not None for one in runs),
    }
    cells = " | ".join(_share(count, len(runs)) for count in counts.values())
    return f"| `{name}` | {len(runs)} | {cells} | {warning} | {first} |"


def _quiet_line(title: str, runs: Sequence[RunMeasure]) -> str:
    pages = sum(one.false_pages for one in runs)
    weeks = sum(one.quiet_weeks for one in runs)
    low, high = poisson_limits(pages)
    shown = f"{pages / weeks:.2f} ({low / weeks:.2f} to {high / weeks:.2f})" if weeks else "-"
    return f"| {title} | {weeks:.1f} | {pages} | {shown} |"


def _score_line(title: str, runs: Sequence[ScoreMeasure]) -> str:
    told, wrong = sum(one.told for one in runs), sum(one.wrong for one in runs)
    both, paid = sum(one.told_wrong for one in runs), sum(one.paid for one in runs)
    return f"| {title} | {paid} | {told} | {_share(both, told)} | {wrong} | {_share(both, wrong)} |"


def _share(count: int, of: int) -> str:
    if not of:
        return "-"
    span = clopper_pearson(count, of)
    return f"{count} of {of} ({span.low:.0%} to {span.high:.0%})"


def _mean_at(events: int, wanted: float) -> float:
    """The mean at which P(at most so many events) is ``wanted``."""
    low, high = 0.0, 30.0 + 4.0 * events
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(events, middle) > wanted else (low, middle)
    return (low + high) / 2


def _at_most(events: int, mean: float) -> float:
    term = total = exp(-mean)
    for count in range(1, events + 1):
        term *= mean / count
        total += term
    return total
