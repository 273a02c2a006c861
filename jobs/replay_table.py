"""All replays on one page, as docs/replays.md holds it (`make replays`)."""

from collections.abc import Iterator, Sequence

from jobs.demo_table import percent
from jobs.replay import LEFT_OUT, Replay
from jobs.replay_assumptions import SUBSTANCE
from jobs.replay_page import reason_words, scored_by, verdict_lines
from jobs.replay_reading import Alarm

INTRO = """# Past incidents, replayed

`make replays` writes this page; do not edit it. `settlewatch replay CASE` prints one of them step
by step.

A case is a reconstruction from public reports (`service/demo/cases/README.md`): facts with their
sources, and what is assumed marked as assumed. It becomes event logs and API answers, and the
service's own jobs read them at the instants at which something became known, into an empty
database. What is told below is read back from that database: the assessments, signs and alerts
stored, by the time they were stored. No case file says what was raised.

- **Last point to act**: until when the answer that paid could still be changed, by the stored
  logs: the end of its challenge window; on the managed oracle its settlement; after a dispute the
  end of the commit phase of the round that decided, after which no vote can be sealed; where an
  outcome was set by hand, that moment.
- **Caught**: an alert about the market, of any reason the service really raises, before that
  point. An alert that says no more than that the question's state changed (disputed, proposed
  again, to the vote) is raised for every disputed market; where there was no other, the verdict
  is *by its dispute only*.
- A line of the daily digest of signs is told in the time line and counts as no alert here: it pages
  nobody.
- **Hours of warning**: from the first alert to the last point to act. Several answers may have
  been proposed one after another: the column *about the last answer* counts from its own first
  alert.
- A step or a price whose minute nobody published has an assumed one, and the hours hang on it;
  every order book is drawn around the middle price. An alert that rests on such a time, price or
  book (a book: its stored measure is the orders standing against the answer) is marked *assumed*,
  and each case lists what is assumed. The last point to act carries no mark of its own.
- The cases were chosen for what happened to them: nothing here is a rate. The *controls* look alike
  and ended right: what is raised for them is raised in vain.
"""
HEAD = (
    "| case | ended | verdict | first alert, hours of warning | first beyond a change of state | "
    "about the last answer | first alert before payment, hours | P(paid wrong) then, 90 % | "
    "signs of attack |\n"
    "|---|---|---|---|---|---|---:|---|---|"
)


def page_of_all(replays: Sequence[Replay]) -> str:
    """The page in Markdown: how to read it, the table, and case by case what was not visible."""
    ordered = sorted(replays, key=lambda r: (r.case.incident == "control", r.case.id))
    incidents = [replay for replay in ordered if replay.case.incident != "control"]
    in_time = sum(replay.verdict.startswith("caught") for replay in incidents)
    by_more = [replay for replay in incidents if replay.verdict == "caught in time"]
    summary = (
        f"Of {len(incidents)} incidents {in_time} were told of in time, {len(by_more)} of them by "
        "more than a change of state."
    )
    lines = [
        INTRO,
        f"{summary} {scored_by(ordered)}",
        "",
        *_split(by_more),
        "",
        _no_votes(ordered),
        "",
        HEAD,
        *(row_of(replay) for replay in ordered),
        "",
    ]
    for replay in ordered:
        lines += _section(replay)
    lines += ["## What a replay leaves out", ""]
    lines += [f"- `{job}`: {why}" for job, why in LEFT_OUT.items()]
    return "\n".join(lines).rstrip() + "\n"


def _split(by_more: Sequence[Replay]) -> Iterator[str]:
    """The cases told of by more than a change of state, by what that alert rests on."""
    kinds: dict[str, list[str]] = {
        "rest on a price, an order book or a step that nobody published": [],
        "rest on published prices and steps, at an hour that is assumed": [],
        "rest on nothing assumed": [],
    }
    invented, dated, known = kinds.values()
    for replay in by_more:
        alarm = replay.first_judgement
        marks = () if alarm is None else replay.assumptions(alarm)
        kind = invented if SUBSTANCE & set(marks) else dated if marks else known
        kind.append(f"`{replay.case.id}`")
    for words, names in kinds.items():
        yield f"- {len(names)} {words}{': ' if names else ''}{', '.join(names)}."


def _no_votes(replays: Sequence[Replay]) -> str:
    signs = {sign.signal for replay in replays for look in replay.looks for sign in look.signs}
    told = ", ".join(f"`{name}`" for name in sorted(signs)) or "none"
    return (
        "**No replay holds votes or stake** (Ethereum is not rebuilt), trades or holdings, so what "
        "is said here is no test of the signs that rest on them. The only signs of attack in any "
        f"case: {told}."
    )


def row_of(replay: Replay) -> str:
    """A case's line of the table."""
    first = replay.first_alarm
    signs = sorted({sign.signal for look in replay.looks for sign in look.signs})
    cells = (
        f"`{replay.case.id}`",
        str(replay.case.incident),
        replay.outcome,
        _cell(replay, first),
        _cell(replay, replay.first_judgement),
        _cell(replay, replay.first_of_answer),
        _before_payment(replay, first),
        _probability(replay, first),
        ", ".join(f"`{name}`" for name in signs) or "none",
    )
    return f"| {' | '.join(cells)} |"


def _cell(replay: Replay, alarm: Alarm | None) -> str:
    if alarm is None:
        return "none"
    hours = replay.warning_hours(alarm)
    words = reason_words(replay, alarm)
    return words if hours is None else f"{hours:.1f} ({words})"


def _before_payment(replay: Replay, alarm: Alarm | None) -> str:
    if alarm is None or replay.paid_at is None:
        return ""
    return f"{(replay.paid_at - alarm.raised_at).total_seconds() / 3600:.1f}"


def _probability(replay: Replay, alarm: Alarm | None) -> str:
    look = next((one for one in replay.looks if alarm in one.alarms), None)
    if look is None or look.score is None:
        return ""
    score = look.score
    return f"{percent(score.mean)} ({percent(score.low)} to {percent(score.high)})"


def _section(replay: Replay) -> Iterator[str]:
    case = replay.case
    yield f"## {case.id}: {case.market.title}"
    yield ""
    yield " ".join(case.summary.split())
    yield ""
    yield from (f"- {line}" for line in verdict_lines(replay))
    signs = {sign.signal: sign.words for look in replay.looks for sign in look.signs}
    yield from (f"- Sign `{name}`: {words}" for name, words in sorted(signs.items()))
    yield ""
    if case.unseen:
        yield "Could not have been seen:"
        yield ""
        for one in case.unseen:
            yield f"- *{one.what.rstrip('.')}*: {' '.join(one.why.split())}"
        yield ""
    yield "Assumed: " + "; ".join(" ".join(line.split()) for line in case.invented) + "."
    yield ""
