"""Recordings joined to study rows: one a question, whichever files it is in."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path

from models.enums import Category
from service.calibration.cell_texts import amount, instant, outcome, price, soft_truth, truth
from service.calibration.groups import join_groups, rules_template, title_stem
from service.calibration.recordings import Recorded, Recording, find_files, read_recording
from service.calibration.rows import Labels, StudyRow, TimeBasis
from service.errors import UsageError

Cells = Mapping[str, str]
_KEY_DIGITS = 8
# Identity and time are the row's own; a later file only fills what is absent.
_OWN = frozenset({"market_key", "group", "score_time", "time_basis", "recorded_as"})
_CATEGORIES = {str(category): category for category in Category}


@dataclass(frozen=True, slots=True)
class Study:
    """The rows in order of time and key, and what is to be said of the files."""

    rows: tuple[StudyRow, ...]
    notices: tuple[str, ...]


@dataclass(slots=True)
class _Draft:
    """A row in the making, and the events that group it."""

    row: StudyRow
    file: str
    events: tuple[str, ...]
    # Whether the very proposal that is scored was disputed; `labels.disputed` is of any round.
    disputed_here: bool | None = None


def read_study(paths: list[Path]) -> Study:
    """Read every recording of the arguments.

    Raises UsageError for a file that cannot be read, and where no file holds a question.
    """
    notices: list[str] = []
    recordings: list[Recorded] = []
    for path in find_files(paths):
        found = read_recording(path)
        if isinstance(found, str):
            notices.append(found)
        else:
            recordings.append(found)
    study = build_study(recordings)
    if not study.rows:
        names = ", ".join(str(path) for path in paths)
        raise UsageError(f"{names}: no question in it. Give proposals or markets recordings.")
    return Study(study.rows, (*notices, *study.notices))


def build_study(recordings: Iterable[Recorded]) -> Study:
    """Join recordings: proposals before markets, labels of the others after."""
    held = list(recordings)
    drafts: dict[str, _Draft] = {}
    notices = [
        line
        for kind, to_draft in ((Recording.PROPOSALS, _proposal), (Recording.MARKETS, _market))
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
    drafts: dict[str, _Draft],
    recorded: Recorded,
    to_draft: Callable[[str, Cells, str], _Draft | None],
) -> Iterator[str]:
    name, new, known, useless = recorded.path.name, 0, 0, 0
    found = []
    for cells in recorded.rows:
        key = _market_key(cells)
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
            before.row = _merged(before.row, draft.row, name if name != before.file else None)
            before.events = tuple(dict.fromkeys((*before.events, *draft.events)))
            known += 1
    line = f"{name}: {recorded.kind}, {new} questions"
    line += f", {known} rows joined to questions already read" if known else ""
    yield line + (f", {useless} rows without a key or a time left out" if useless else "")


def _market_key(cells: Cells) -> str | None:
    key, condition = cells.get("market_key"), cells.get("condition_id")
    if key is None and condition is not None:
        return hashlib.sha256(condition.encode()).hexdigest()[:_KEY_DIGITS]
    return key


def _proposal(key: str, cells: Cells, file: str) -> _Draft | None:
    at = instant(cells.get("proposal_ts"))
    if at is None:
        return None
    # A dispute of any round is a dispute of the question.
    own, any_round = truth(cells.get("disputed")), truth(cells.get("disputed_any"))
    disputed = True if own or any_round else any_round if any_round is not None else own
    labels = Labels(
        disputed=disputed,
        flipped=_flipped(truth(cells.get("flipped")), disputed),
        misresolved=soft_truth(cells.get("misresolved")),
        source=f"{Recording.PROPOSALS}:{cells.get('label_basis', 'recorded')}",
    )
    liveness = amount(cells.get("liveness_s"))
    expires = instant(cells.get("expiration_ts"))
    if liveness is None and expires is not None and expires > at:
        liveness = (expires - at).total_seconds()
    row = StudyRow(
        market_key=key,
        group="",
        score_time=at,
        time_basis=TimeBasis.PROPOSAL,
        recorded_as=Recording.PROPOSALS,
        title=cells.get("title"),
        rules=cells.get("description", cells.get("ancillary_text")),
        category=_category(cells),
        tags=_tags(cells.get("tags")),
        requested_at=instant(cells.get("request_ts")),
        scheduled_end=instant(cells.get("end_date")),
        game_start=instant(cells.get("game_start_time")),
        proposed_outcome=outcome(cells.get("proposed_outcome"), cells.get("proposed_price")),
        proposer=_address(cells.get("proposer")),
        creator=_address(cells.get("creator")),
        bond_usd=amount(cells.get("bond_usdc")),
        reward_usd=amount(cells.get("reward_usdc")),
        liveness_seconds=None if liveness is None else int(liveness),
        oracle=cells.get("oracle"),
        is_neg_risk=True if "neg_risk_market_id" in cells else None,
        price_of_proposed=price(cells.get("price_of_proposed")),
        token0_price=price(cells.get("token0_price")),
        token1_price=price(cells.get("token1_price")),
        labels=labels,
    )
    return _Draft(row, file, _events(cells), own)


def _market(key: str, cells: Cells, file: str) -> _Draft | None:
    resolved = instant(cells.get("uma_end_ts")) or instant(cells.get("closed_ts"))
    at = resolved or instant(cells.get("end_ts"))
    if at is None:
        return None
    disputed = truth(cells.get("disputed"))
    labels = Labels(
        disputed=disputed,
        flipped=_flipped(truth(cells.get("flipped")), disputed),
        misresolved=soft_truth(cells.get("misresolved")),
        source=f"{Recording.MARKETS}:{cells.get('label_basis', 'recorded')}",
        settled_at=resolved,
        weight_usd=amount(cells.get("volume")),
    )
    liveness = amount(cells.get("custom_liveness"))
    row = StudyRow(
        market_key=key,
        group="",
        score_time=at,
        time_basis=TimeBasis.SETTLEMENT,
        recorded_as=Recording.MARKETS,
        title=cells.get("question"),
        rules=cells.get("description"),
        category=_category(cells),
        tags=_tags(cells.get("tags")),
        scheduled_end=instant(cells.get("end_ts")),
        game_start=instant(cells.get("game_start_time")),
        bond_usd=amount(cells.get("uma_bond")),
        reward_usd=amount(cells.get("uma_reward")),
        # Zero is the listing's word for "not set".
        liveness_seconds=int(liveness) if liveness else None,
        is_neg_risk=truth(cells.get("neg_risk")),
        labels=labels,
    )
    return _Draft(row, file, _events(cells))


def _add_contract_labels(drafts: dict[str, _Draft], recorded: Recorded) -> str:
    """Disputed contracts alone: they label questions, but are no sample to score."""
    met = late = 0
    for cells in recorded.rows:
        draft = drafts.get(_market_key(cells) or "")
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
            source = f"{recorded.path.name}: disputed before the recorded proposal"
            draft.row = replace(draft.row, labels=Labels(source=source))
            continue
        draft.row = _merged(draft.row, replace(draft.row, labels=labels), recorded.path.name)
    line = f"{recorded.path.name}: {recorded.kind}, labels of {met - late} questions"
    line += f"; {late} were disputed before the recorded proposal and lose theirs" if late else ""
    return line + "; the rest is a list of disputed ones only, no sample to score"


def _came_late(draft: _Draft, first_proposal: datetime | None) -> bool:
    """Whether what is predicted had happened when the recorded proposal was made."""
    return (
        draft.row.time_basis is TimeBasis.PROPOSAL
        and first_proposal is not None
        and first_proposal < draft.row.score_time
        and not draft.disputed_here
    )


def _add_vote_labels(drafts: dict[str, _Draft], recorded: Recorded) -> str:
    """A vote was held, so the question was disputed: taken only where nothing else is known."""
    given = contradicted = 0
    keys = {cells.get("contract_market_key_by_title", "") for cells in recorded.rows}
    for key in sorted(keys & drafts.keys()):
        draft = drafts[key]
        if draft.row.labels.disputed is None:
            vote = Labels(disputed=True, source=f"{Recording.DVM_VOTES}:by title")
            other = replace(draft.row, labels=vote)
            draft.row = _merged(draft.row, other, recorded.path.name)
            given += 1
        contradicted += draft.row.labels.disputed is False
    line = f"{recorded.path.name}: {recorded.kind}, labels of {given} questions (matched by title)"
    return line + (f", {contradicted} contradict a recorded label and lose" if contradicted else "")


def _merged(row: StudyRow, other: StudyRow, file: str | None) -> StudyRow:
    """The row with what it lacks from the other; ``file`` names the other where it is another."""
    taken: list[str] = []
    changes: dict[str, object] = {}
    for field in fields(StudyRow):
        if field.name in _OWN or field.name in {"labels", "borrowed"}:
            continue
        mine, others = getattr(row, field.name), getattr(other, field.name)
        if mine in (None, (), Category.OTHER) and others not in (None, (), Category.OTHER):
            changes[field.name] = others
            taken.append(field.name)
    labels, fresh = _merged_labels(row.labels, other.labels)
    taken += fresh
    borrowed = row.borrowed + tuple((name, file) for name in taken if file is not None)
    return replace(row, **changes, labels=labels, borrowed=borrowed)  # type: ignore[arg-type]


def _merged_labels(mine: Labels, others: Labels) -> tuple[Labels, list[str]]:
    """What is known of either; a dispute that only one of them saw has happened."""
    changes = {
        field.name: getattr(others, field.name)
        for field in fields(Labels)
        if getattr(mine, field.name) is None and getattr(others, field.name) is not None
    }
    changes.pop("source", None)
    if others.disputed and mine.disputed is False:
        # An undisputed question's "did not flip" was inferred, and falls with it.
        changes |= {"disputed": True, "flipped": others.flipped}
    if {"disputed", "flipped", "misresolved"} & changes.keys():
        sources = (s for s in (mine.source, others.source) if s)
        changes["source"] = " + ".join(dict.fromkeys(sources)) or None
    return replace(mine, **changes), [name for name in changes if name != "source"]


def _flipped(recorded: bool | None, disputed: bool | None) -> bool | None:  # noqa: FBT001  # a label
    """What nobody disputed settles as proposed."""
    return False if recorded is None and disputed is False else recorded


def _category(cells: Cells) -> Category:
    return _CATEGORIES.get(cells.get("category", "").strip().casefold(), Category.OTHER)


def _tags(text: str | None) -> tuple[str, ...]:
    try:
        found = json.loads(text or "[]")
    except ValueError:
        return ()
    return tuple(sorted({str(tag) for tag in found})) if isinstance(found, list) else ()


def _address(text: str | None) -> str | None:
    return None if text is None else text.strip().lower()


def _events(cells: Cells) -> tuple[str, ...]:
    return tuple(
        f"{name}:{cells[name]}" for name in ("event_id", "neg_risk_market_id") if name in cells
    )


def _grouped(drafts: list[_Draft]) -> tuple[StudyRow, ...]:
    numbers = join_groups([tuple(_sibling_keys(draft)) for draft in drafts])
    first: dict[int, str] = {}
    for draft, number in zip(drafts, numbers, strict=True):
        first[number] = min(first.get(number, draft.row.market_key), draft.row.market_key)
    rows = (replace(d.row, group=first[n]) for d, n in zip(drafts, numbers, strict=True))
    return tuple(sorted(rows, key=lambda row: (row.score_time, row.market_key)))


def _sibling_keys(draft: _Draft) -> Iterator[tuple[object, ...]]:
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
