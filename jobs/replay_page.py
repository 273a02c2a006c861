"""A replay on a terminal, and as JSON."""

import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from jobs.demo_table import percent
from jobs.replay import Replay
from jobs.replay_reading import Alarm, Look
from service.protocol.last_chance import ChanceKind, LastChance

WIDTH = 100
CHANCE_WORDS = {
    ChanceKind.CHALLENGE: "the challenge window of the last answer ends",
    ChanceKind.SETTLEMENT: "the answer is settled, until when it could be disputed",
    ChanceKind.COMMIT: "the last votes of the deciding round are sealed",
    ChanceKind.OVERRIDE: "an administrator sets the outcome",
}


def page_of(replay: Replay) -> str:
    """The time line, the verdict, what could not be seen and what is not a fact."""
    return "\n".join(line for part in _parts(replay) for line in part) + "\n"


def document_of(replay: Replay) -> dict[str, object]:
    """The same for machines; hours are negative where something came too late."""
    chance = replay.chance
    return {
        "case": replay.case.id,
        "incident": replay.case.incident,
        "until": _iso(replay.until),
        "looks": [_look_document(replay, look) for look in replay.looks],
        "last_chance": None if chance is None else {"kind": chance.kind, "at": _iso(chance.at)},
        "paid_at": None if replay.paid_at is None else _iso(replay.paid_at),
        "verdict": replay.outcome,
        "first_alert": _alarm_document(replay, replay.first_alarm),
        "first_alert_beyond_a_change_of_state": _alarm_document(replay, replay.first_judgement),
        "first_alert_about_the_last_answer": _alarm_document(replay, replay.first_of_answer),
        "not_visible": [{"what": one.what, "why": one.why} for one in replay.case.unseen],
        "not_facts": list(replay.case.invented),
    }


def verdict_lines(replay: Replay) -> list[str]:
    """The verdict in words: when, why, how long before."""
    lines = []
    if replay.chance is not None:
        words = CHANCE_WORDS[replay.chance.kind]
        lines.append(f"Last point to act: {_minute(replay.chance.at)}, {words}.")
    if replay.paid_at is not None:
        lines.append(f"Paid: {_minute(replay.paid_at)}.")
    first, judged, latest = replay.first_alarm, replay.first_judgement, replay.first_of_answer
    lines.append(f"Verdict: {replay.outcome}{_lead(replay, first)}.")
    if first is not None and judged is None:
        lines.append("No alert said more than that the question's state had changed.")
    elif judged is not None and judged != first:
        lines.append(f"The first alert to say more than that: {_told(replay, judged)}.")
    if latest is not None and latest != first:
        lines.append(f"The first alert about the last answer: {_told(replay, latest)}.")
    return lines


def scored_by(replays: Sequence[Replay]) -> str:
    """Which models and priors made the scores, and what these rest on."""
    scores = [look.score for r in replays for look in r.looks if look.score is not None]
    if not scores:
        return "No score was made."
    made = dict.fromkeys(f"{s.model_version} with priors {s.priors_version}" for s in scores)
    support = dict.fromkeys(s.support for s in scores)
    return f"Scores are of {', '.join(made)}; support: {', '.join(support)}."


def _parts(replay: Replay) -> Iterator[list[str]]:
    case = replay.case
    yield [f"{case.id}: {case.market.title} ({case.incident})"]
    yield [*_wrapped(case.summary, ""), scored_by([replay]), ""]
    for look in replay.looks:
        yield [*_look_lines(replay, look), ""]
    yield verdict_lines(replay)
    yield ["", "Could not have been seen:"]
    for one in case.unseen:
        yield _wrapped(f"{one.what.rstrip('.')}: {one.why}", "- ")
    if not case.unseen:
        yield ["- nothing that is known of"]
    yield ["", "Reconstruction from public reports, not a record. Not facts:"]
    for line in case.invented:
        yield _wrapped(line, "- ")


def _look_lines(replay: Replay, look: Look) -> Iterator[str]:
    left = _left(replay.chance, look.at)
    yield f"{_minute(look.at)}{f'   {left}' if left else ''}"
    for known in look.known:
        mark = f" [{known.assumed}]" if known.assumed else ""
        yield from _wrapped(f"{_minute(known.at)}: {known.words}{mark}", "    . ")
    if look.score is not None:
        score = look.score
        yield (
            f"    P(paid wrong) {percent(score.mean)} (90 %: {percent(score.low)} to "
            f"{percent(score.high)}), {score.state}"
        )
    for sign in look.signs:
        yield from _wrapped(f"sign {sign.signal} ({sign.log_lr:+.1f}): {sign.words}", "    ~ ")
    for alarm in look.alarms:
        marks = "".join(f" [{mark}]" for mark in replay.assumptions(alarm))
        yield from _wrapped(f"ALERT {_reason(alarm)}: {alarm.title}{marks}", "    ! ")


def _look_document(replay: Replay, look: Look) -> dict[str, object]:
    score = look.score
    chance, paid = replay.chance, replay.paid_at
    return {
        "at": _iso(look.at),
        "hours_to_last_chance": None if chance is None else _hours(chance.at - look.at),
        "hours_to_payment": None if paid is None else _hours(paid - look.at),
        "known": [
            {"at": _iso(one.at), "words": one.words, "assumed": one.assumed or None}
            for one in look.known
        ],
        "p": None
        if score is None
        else {
            "mean": score.mean,
            "p05": score.low,
            "p95": score.high,
            "state": score.state,
            "support": score.support,
            "model_version": score.model_version,
            "priors_version": score.priors_version,
        },
        "alerts": [_alarm_document(replay, alarm) for alarm in look.alarms],
        "signs": [
            {"signal": s.signal, "family": s.family, "log_lr": s.log_lr, "words": s.words}
            for s in look.signs
        ],
    }


def _alarm_document(replay: Replay, alarm: Alarm | None) -> dict[str, object] | None:
    if alarm is None:
        return None
    hours, paid = replay.warning_hours(alarm), replay.paid_at
    return {
        "raised_at": _iso(alarm.raised_at),
        "reason": alarm.reason,
        "reason_key": alarm.reason_key,
        "title": alarm.title,
        "assumed": list(replay.assumptions(alarm)),
        "hours_to_last_chance": None if hours is None else round(hours, 2),
        "hours_to_payment": None if paid is None else _hours(paid - alarm.raised_at),
    }


def _lead(replay: Replay, alarm: Alarm | None) -> str:
    return "" if alarm is None else f", first alert {_told(replay, alarm)}"


def _told(replay: Replay, alarm: Alarm) -> str:
    told = f"{_minute(alarm.raised_at)} ({reason_words(replay, alarm)})"
    hours = replay.warning_hours(alarm)
    if hours is None:
        return told
    side = "of warning" if hours > 0 else "after the last point to act"
    return f"{told}, {abs(hours):.1f} h {side}"


def reason_words(replay: Replay, alarm: Alarm) -> str:
    """Why an alert was raised, and what of that nobody published."""
    marks = ", ".join(replay.assumptions(alarm))
    return f"{_reason(alarm)}; {marks}" if marks else _reason(alarm)


def _reason(alarm: Alarm) -> str:
    return alarm.reason.replace("_", " ")


def _left(chance: LastChance | None, at: datetime) -> str:
    if chance is None:
        return ""
    hours = (chance.at - at) / timedelta(hours=1)
    if hours > 0:
        return f"{hours:.1f} h before the last point to act"
    return f"{-hours:.1f} h after the last point to act"


def _wrapped(text: str, lead: str) -> list[str]:
    words = " ".join(text.split())
    return textwrap.wrap(words, WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead)) or [
        lead
    ]


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _hours(span: timedelta) -> float:
    return round(span / timedelta(hours=1), 2)
