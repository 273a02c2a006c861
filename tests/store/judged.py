"""A market that adjudicators have judged, through the store's own door."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from models.adjudication_enums import RulesTrack, Verdict
from models.market import Market
from service.store.adjudications import Evidence, NewVerdict, add_verdicts
from service.store.truth_labels import refresh_labels
from tests.store.scenes import NOW

THREE = tuple((name, Verdict.NO, True) for name in ("ada", "bo", "cy"))


def judge(
    session: Session, market: Market, verdicts: Sequence[tuple[str, Verdict, bool]] = THREE
) -> None:
    """Verdicts (pseudonym, verdict, blind) known at ``NOW``, and the label they make."""
    made = [
        NewVerdict(
            market_id=market.id,
            adjudicator=name,
            track=RulesTrack.ORIGINAL,
            verdict=verdict,
            confidence=None,
            is_blind=is_blind,
            evidence=(Evidence("https://example.org/a", None),),
            packet_id=None,
            made_at=NOW - timedelta(hours=1),
        )
        for name, verdict, is_blind in verdicts
    ]
    add_verdicts(session, made, "round.csv", NOW)
    refresh_labels(session, NOW)
