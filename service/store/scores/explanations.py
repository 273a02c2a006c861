"""From a market's stored assessments to their explanation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy.orm import Session

from models.assessment import MarketAssessment
from models.market import Market
from service.protocol.contracts import ContractBook
from service.risk.assess import assess
from service.risk.cells import CellPosteriors
from service.risk.explain.counterfactual import answer_what_ifs, usual_questions
from service.risk.explain.driver_words import BASE_RATE
from service.risk.explain.explanation import Explanation, driver_rows, texts_of
from service.risk.explain.movement import Movement, Scored, explain_movement
from service.risk.explain.what_if import WhatIf
from service.risk.inputs import CellCount, MarketInputs
from service.risk.parameters import RiskParameters
from service.store.oracle.contracts import load_book
from service.store.scores.assessment_history import get_as_of, get_before, get_first
from service.store.scores.inputs import load_inputs

# Without an instant to compare with, a score is compared with yesterday's.
YESTERDAY = timedelta(hours=24)
# A re-assessment this close to the stored score is as good as the same: nobody is told.
_SAME = 0.01

# Movements kept, some kB each.
_KEPT = 512

CellsAt = Callable[[Session, ContractBook, datetime], CellPosteriors]


@dataclass(frozen=True)
class Explainer:
    """Explains stored assessments; one at a time, for each takes some tens of milliseconds."""

    parameters: RiskParameters
    # The cells in force at an instant.
    cells_at: CellsAt
    _turn: Lock = field(default_factory=Lock)
    # Of pages, by the assessments compared and the cells; stored scores never change.
    _moved: dict[tuple[int, int, tuple[CellCount, ...]], Movement] = field(default_factory=dict)

    def explain(
        self,
        session: Session,
        market: Market,
        at: datetime,
        since: datetime | None = None,
        questions: Sequence[WhatIf] | None = None,
    ) -> Explanation | None:
        """The assessment in force at ``at``; ``None`` before the first.

        ``since`` is what its movement is told from, ``questions`` None asks the usual ones. Cells
        and model are today's; where the stored score differs from theirs, a note says so.
        """
        row = get_as_of(session, market.id, at)
        if row is None:
            return None
        book = load_book(session)
        with self._turn:
            cells = self.cells_at(session, book, at)
            inputs = _inputs(session, market, book, row)
            own = assess(inputs, cells, self.parameters)
            before, note = _compared(session, row, at, since)
            movement = None
            if before is not None:
                then = _scored(before, _inputs(session, market, book, before))
                movement = explain_movement(then, _scored(row, inputs), cells, self.parameters)
            asked = usual_questions(inputs) if questions is None else questions
            answers = answer_what_ifs(asked, inputs, cells, self.parameters)
        return Explanation(
            title=market.title,
            document=row.document,
            p_today=own.p_misresolved,
            movement=movement,
            movement_note=note,
            what_ifs=answers,
            notes=_notes(row, own.p_misresolved.mean, own.model_version),
        )

    def movement(self, session: Session, market: Market, at: datetime) -> Movement | None:
        """Only what moved a score since the day before, or its last move; ``None`` without one.

        ``None`` too while another explanation is worked out: a page waits for none.
        """
        row = get_as_of(session, market.id, at)
        before = None if row is None else _compared(session, row, at, None)[0]
        if row is None or before is None or not self._turn.acquire(blocking=False):
            return None
        try:
            book = load_book(session)
            cells = self.cells_at(session, book, at)
            key = (before.id, row.id, cells.counts)
            if key not in self._moved:
                if len(self._moved) >= _KEPT:
                    self._moved.clear()
                then, now = (_scored(r, _inputs(session, market, book, r)) for r in (before, row))
                self._moved[key] = explain_movement(then, now, cells, self.parameters)
            return self._moved[key]
        finally:
            self._turn.release()


def _inputs(
    session: Session, market: Market, book: ContractBook, row: MarketAssessment
) -> MarketInputs:
    """What an assessment read: the rows as they were known when it was made."""
    return load_inputs(session, [market], book, row.as_of)[0]


def _scored(row: MarketAssessment, inputs: MarketInputs) -> Scored:
    base = next((d for d in driver_rows(row.document) if d.get("feature") == BASE_RATE), {})
    value, cell = base.get("value"), texts_of(base, "evidence")[:1]
    return Scored(
        inputs,
        row.p_mean,
        row.expected_loss,
        row.model_version,
        row.priors_version,
        float(value) if isinstance(value, int | float) else None,
        cell[0] if cell else None,
        (row.p_low, row.p_high),
    )


def _compared(
    session: Session, row: MarketAssessment, at: datetime, since: datetime | None
) -> tuple[MarketAssessment | None, str | None]:
    """The assessment to compare with, and what to say where it is not the one asked for."""
    wanted = at - YESTERDAY if since is None else since
    before = get_as_of(session, row.market_id, wanted)
    if before is not None and before.id != row.id:
        return before, None
    if before is None:
        first = get_first(session, row.market_id)
        if first is None or first.id == row.id:
            return None, "This is the first assessment: there is none to compare with."
        return first, (
            f"No assessment is as old as {_told(wanted)}: compared with the first one, "
            f"of {_told(first.as_of)}."
        )
    last = get_before(session, row)
    same = f"The score has not changed since {_told(wanted)}"
    if last is None:
        return None, f"{same}: it was assessed once, at {_told(row.as_of)}."
    return last, f"{same}: this is its last move."


def _told(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _notes(row: MarketAssessment, today: float, model_version: str) -> tuple[str, ...]:
    if abs(today - row.p_mean) <= _SAME * max(row.p_mean, 1e-6):
        return ()
    cause = (
        f"the model is {model_version} now, {row.model_version} then"
        if model_version != row.model_version
        else "base rates or records changed since"
    )
    note = (
        f"Today's cells and model make {today:.3g} of the same inputs ({cause}): questions and "
        "parts of the movement are worked out with these."
    )
    return (note,)
