"""All replays in one table, as docs/replays.md holds it."""

from collections.abc import Iterator, Sequence

from jobs.demo_table import percent
from jobs.replay import Replay
from jobs.replay_reading import Alarm

HEAD = (
    "| case | ended | verdict | hours of warning, first alert | hours, first alert beyond a change "
    "of state | hours before payment | P(paid wrong) at the first alert, 90 % | signs |\n"
    "|---|---|---|---:|---:|---:|---|---|"
)


def table_of(replays: Sequence[Replay]) -> str:
    """A markdown table, incidents first, and below it what could not be seen, case by case."""
    ordered = sorted(replays, key=lambda r: (r.case.incident == "control", r.case.id))
    lines = [HEAD, *(_row(replay) for replay in ordered), ""]
    for replay in ordered:
        lines += [*_unseen(replay)]
    return "\n".join(lines).rstrip() + "\n"


def _row(replay: Replay) -> str:
    first, judged = replay.first_alarm, replay.first_judgement
    paid = "" if first is None or replay.paid_at is None else _to_payment(replay, first)
    signs = sorted({sign.signal for look in replay.looks for sign in look.signs})
    cells = (
        f"`{replay.case.id}`",
        str(replay.case.incident),
        replay.verdict,
        _cell(replay, first),
        _cell(replay, judged),
        paid,
        _probability(replay, first),
        ", ".join(f"`{name}`" for name in signs) or "none",
    )
    return f"| {' | '.join(cells)} |"


def _cell(replay: Replay, alarm: Alarm | None) -> str:
    hours = replay.warning_hours(alarm)
    if alarm is None:
        return "none"
    words = alarm.reason.replace("_", " ")
    return words if hours is None else f"{hours:.1f} ({words})"


def _to_payment(replay: Replay, alarm: Alarm) -> str:
    assert replay.paid_at is not None  # noqa: S101  # its caller asked
    return f"{(replay.paid_at - alarm.raised_at).total_seconds() / 3600:.1f}"


def _probability(replay: Replay, alarm: Alarm | None) -> str:
    look = next((one for one in replay.looks if alarm in one.alarms), None)
    if look is None or look.score is None:
        return ""
    score = look.score
    return f"{percent(score.mean)} ({percent(score.low)} to {percent(score.high)})"


def _unseen(replay: Replay) -> Iterator[str]:
    if not replay.case.unseen:
        return
    yield f"**`{replay.case.id}`** could not have been seen:"
    for one in replay.case.unseen:
        yield f"- {one.what.rstrip('.')}: {' '.join(one.why.split())}"
    yield ""
