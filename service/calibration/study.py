"""Recordings joined to study rows: one a question, whichever files it is in."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from service.calibration.cell_texts import amount, instant, soft_truth, truth
from service.calibration.drafts import (
    Cells,
    Draft,
    draft_market,
    draft_proposal,
    market_key_of,
)
from service.calibration.groups import join_groups, rules_template, title_stem
from service.calibration.merging import merged
from service.calibration.recordings import Recorded, Recording, find_files, read_recording
from service.calibration.rows import Labels, StudyRow, TimeBasis
from service.errors import UsageError

# Of a question disputed in an earlier round than the recorded one: no label of what is scored.
CAME_LATE = "disputed before the recorded proposal"


@dataclass(frozen=True, slots=True)
class Study:
    """The rows in order of time and key, and what is to be said of the files."""

    rows: tuple[StudyRow, ...]
    notices: tuple[str, ...]
    # One line a file that could not be read; the others count all the same.
    unreadable: tuple[str, ...] = ()

    def demand_all_read(self) -> None:
        """Raise UsageError that names the files which could not be read."""
        if self.unreadable:
            raise UsageError(" ".join(self.unreadable) + " The other files were used.")


def read_study(paths: list[Path]) -> Study:
    """Read every recording of the arguments.

    Raises UsageError where no file holds a question. A file that cannot be read is named in the
    result, which the caller turns into an exit code.
    """
    notices: list[str] = []
    unreadable: list[str] = []
    recordings: list[Recorded] = []
    for path in find_files(paths):
        try:
            found = read_recording(path)
        except UsageError as error:
            unreadable.append(str(error))
            continue
        if isinstance(found, str):
            notices.append(found)
        else:
            recordings.append(found)
    study = build_study(recordings)
    if not study.rows:
        names = ", ".join(str(path) for path in paths)
        if unreadable:
            raise UsageError(" ".join(unreadable))
        raise UsageError(f"{names}: no question in it. Give proposals or markets recordings.")
    named = (*notices, *unreadable, *study.notices)
    return Study(study.rows, named, tuple(unreadable))


def build_study(recordings: Iterable[Recorded]) -> Study:
    """Join recordings: proposals before markets, labels of the others after."""
    held = list(recordings)
    drafts: dict[str, Draft] = {}
    notices = [
        line
        for kind, to_draft in (
            (Recording.PROPOSALS, draft_proposal),
            (Recording.MARKETS, draft_market),
        )
        for recorded in held
        if recorded.kind is kind
        for line in _add_questions(drafts, recorded, to_draft)
    ]
    notices += [
        add_labels(drafts, recorded)
        for kind, add_labels in (
            (Recording.DISPUTED_CONTRACTS, _add_contract_labels),
            (Recording.DVM_VOTES, _add_vote_labels),
        )
        for recorded in held
        if recorded.kind is kind
    ]
    return Study(_grouped(list(drafts.values())), tuple(notices))


def _add_questions(
    drafts: dict[str, Draft],
    recorded: Recorded,
    to_draft: Callable[[str, Cells, str], Draft | None],
) -> Iterator[str]:
    name, new, known, useless = recorded.path.name, 0, 0, 0
    found = []
    for cells in recorded.rows:
        key = market_key_of(cells)
        draft = to_draft(key, cells, name) if key else None
        if draft is None:
            useless += 1
        else:
            found.append(draft)
    # Of two proposals of one question the first is the one that is scored.
    for draft in sorted(found, key=lambda d: (d.row.score_time, d.row.market_key)):
        before = drafts.get(draft.row.market_key)
        if before is None:
            drafts[draft.row.market_key] = draft
            new += 1
        else:
            before.row = merged(before.row, draft.row, name if name != before.file else None)
            before.events = tuple(dict.fromkeys((*before.events, *draft.events)))
            known += 1
    line = f"{name}: {recorded.kind}, {new} questions"
    line += f", {known} rows joined to questions already read" if known else ""
    yield line + (f", {useless} rows without a key or a time left out" if useless else "")


def _add_contract_labels(drafts: dict[str, Draft], recorded: Recorded) -> str:
    """Disputed contracts alone: they label questions, but are no sample to score."""
    met = late = 0
    for cells in recorded.rows:
        draft = drafts.get(market_key_of(cells) or "")
        if draft is None:
            continue
        met += 1
        labels = Labels(
            disputed=truth(cells.get("disputed")),
            flipped=truth(cells.get("flipped")),
            misresolved=soft_truth(cells.get("misresolved")),
            source=str(Recording.DISPUTED_CONTRACTS),
            settled_at=instant(cells.get("final_settlement_ts")),
            weight_usd=amount(cells.get("volume")),
        )
        if labels.disputed and _came_late(draft, instant(cells.get("first_proposal_ts"))):
            late += 1
            source = f"{recorded.path.name}: {CAME_LATE}"
            draft.row = replace(draft.row, labels=Labels(source=source))
            continue
        draft.row = merged(draft.row, replace(draft.row, labels=labels), recorded.path.name)
    line = f"{recorded.path.name}: {recorded.kind}, labels of {met - late} questions"
    line += f"; {late} were disputed before the recorded proposal and lose theirs" if late else ""
    return line + "; the rest is a list of disputed ones only, no sample to score"


def _came_late(draft: Draft, first_proposal: datetime | None) -> bool:
    """Whether what is predicted had happened when the recorded proposal was made."""
    return (
        draft.row.time_basis is TimeBasis.PROPOSAL
        and first_proposal is not None
        and first_proposal < draft.row.score_time
        and not draft.disputed_here
    )


def _add_vote_labels(drafts: dict[str, Draft], recorded: Recorded) -> str:
    """A vote was held, so the question was disputed: taken only where nothing else is known."""
    given = contradicted = 0
    keys = {cells.get("contract_market_key_by_title", "") for cells in recorded.rows}
    for key in sorted(keys & drafts.keys()):
        draft = drafts[key]
        if draft.row.labels.disputed is None:
            vote = Labels(disputed=True, source=f"{Recording.DVM_VOTES}:by title")
            other = replace(draft.row, labels=vote)
            draft.row = merged(draft.row, other, recorded.path.name)
            given += 1
        contradicted += draft.row.labels.disputed is False
    line = f"{recorded.path.name}: {recorded.kind}, labels of {given} questions (matched by title)"
    return line + (f", {contradicted} contradict a recorded label and lose" if contradicted else "")


def _grouped(drafts: list[Draft]) -> tuple[StudyRow, ...]:
    numbers = join_groups([tuple(_sibling_keys(draft)) for draft in drafts])
    first: dict[int, str] = {}
    for draft, number in zip(drafts, numbers, strict=True):
        first[number] = min(first.get(number, draft.row.market_key), draft.row.market_key)
    rows = (replace(d.row, group=first[n]) for d, n in zip(drafts, numbers, strict=True))
    return tuple(sorted(rows, key=lambda row: (row.score_time, row.market_key)))


def _sibling_keys(draft: Draft) -> Iterator[tuple[object, ...]]:
    row = draft.row
    yield from (("event", event) for event in draft.events)
    # An event's id says who the siblings are; the texts would only join events to a series.
    if draft.events and row.time_basis is TimeBasis.SETTLEMENT:
        return
    stem, template = title_stem(row.title), rules_template(row.rules)
    if stem is not None:
        yield ("title", stem)
    if template is not None and row.tags and row.scheduled_end is not None:
        yield ("rules", template, row.tags, row.scheduled_end.date())
