"""``settlewatch fit``: from recordings or stored facts to a model file and its card."""

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from jobs.fit_rows import Rows
from jobs.instants import parse_instant
from service.calibration.ablation import Ablation, ablate
from service.calibration.baselines import fit_baselines
from service.calibration.fitting import Fit, Recipe, fit_dispute
from service.calibration.model_card import to_card
from service.calibration.model_file import Provenance, to_document, to_text
from service.calibration.rows import StudyRow, Target
from service.errors import UsageError


def fit_command(
    found: Rows,
    target: Target,
    out: Path,
    *,
    until: datetime | None = None,
    source: str = "",
    card: Path | None = None,
    as_json: bool = False,
) -> None:
    """Fit, write the file and its card, and print what was found."""
    kept, cutoff = _until(found.rows, until)
    if not any(row.labels.of(target) is not None for row in kept):
        raise UsageError(f"--target {target}: no row says whether it was {target}. Give labels.")
    ablation = ablate(kept, target)
    fit = fit_dispute(kept, target, _recipe(ablation))
    left_out = len(found.rows) - len(kept)
    provenance = Provenance(found.files, found.notices, source, cutoff, left_out, store=found.store)
    document = to_document(fit, ablation, fit_baselines(kept, target), provenance)
    text = to_text(document)
    card = out.with_suffix(".md") if card is None else card
    for path, content in ((out, text), (card, to_card(document))):
        _write(path, content)
    sys.stdout.write(text if as_json else _summary(fit, ablation, out, card))


def parse_target(name: str) -> Target:
    """What is to be predicted."""
    try:
        return Target(name)
    except ValueError as error:
        known = ", ".join(Target)
        raise UsageError(f"--target: {name!r} is not known. Choose one of: {known}.") from error


def parse_day(option: str, text: str | None) -> datetime | None:
    """A day or an instant, UTC unless it says otherwise; ``None`` where none was given."""
    return None if text is None else parse_instant(option, text)


def _until(
    rows: Sequence[StudyRow], until: datetime | None
) -> tuple[tuple[StudyRow, ...], datetime | None]:
    """The rows before ``until``; by default up to the last proposal.

    Later questions without a proposal would only push the training range over rows that could
    have tested the model.
    """
    proposed = [row.score_time for row in rows if row.proposed_at is not None]
    if until is None:
        last = max(proposed, default=None)
        return tuple(row for row in rows if last is None or row.score_time <= last), last
    return tuple(row for row in rows if row.score_time < until), until


def _recipe(ablation: Ablation | None) -> Recipe:
    """The parts that earned a place; untried ones stay, except those that read texts."""
    return Recipe() if ablation is None else ablation.recipe


def _write(path: Path, content: str) -> None:
    try:
        path.write_text(content, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"--out {path}: cannot be written ({error.strerror}).") from error


def _summary(fit: Fit, ablation: Ablation | None, out: Path, card: Path) -> str:
    rows, positives = fit.at_proposal
    lines = [f"{fit.model.model_id}: {positives} of {rows:,} proposals positive."]
    if ablation is None:
        lines.append("No part was tried out of time: too few positives before any month.")
    elif not ablation.decides:
        lines.append("Too few held-out positives to choose parts: the usual ones are on.")
    else:
        kept = [trial.name for trial in ablation.trials if trial.kept]
        lines.append(f"Kept, out of time: {', '.join(kept) or 'nothing'}.")
    defaults = [term.name for term in fit.model.terms if term.source == "default"]
    if defaults:
        lines.append(f"Kept as default: {', '.join(defaults)}.")
    lines.append(f"Written: {out} and {card}.")
    return "\n".join(lines) + "\n"
