"""Study rows as the facts the dispute model reads: nothing from after a row's own time.

docs/methodology.md, "Dispute model".
"""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from service.calibration.rows import StudyRow
from service.risk.text.dispute_readings import DisputeFacts


def dispute_facts(rows: Sequence[StudyRow]) -> list[DisputeFacts]:
    """The facts of each row, in the rows' order.

    A proposer's history is counted over these rows alone, and only those strictly earlier: two
    proposals of one instant know nothing of each other. Rows without a proposal know no history.
    """
    facts: list[DisputeFacts | None] = [None] * len(rows)
    seen: Counter[str] = Counter()
    total = 0
    order = sorted(range(len(rows)), key=lambda i: rows[i].score_time)
    for _, instant in groupby(order, key=lambda i: rows[i].score_time):
        together = list(instant)
        for i in together:
            facts[i] = _facts(rows[i], seen, total)
        for i in together:
            proposer = rows[i].proposer
            if rows[i].proposed_at is not None and proposer is not None:
                seen[proposer] += 1
                total += 1
    return [found for found in facts if found is not None]


def _facts(row: StudyRow, seen: Counter[str], total: int) -> DisputeFacts:
    knows_proposer = row.proposed_at is not None and row.proposer is not None
    return DisputeFacts(
        title=row.title,
        rules=row.rules,
        category=row.category,
        proposed_at=row.proposed_at,
        game_start=row.game_start,
        by_proposer=seen[row.proposer] if knows_proposer and row.proposer else None,
        by_anybody=total if knows_proposer else None,
    )
