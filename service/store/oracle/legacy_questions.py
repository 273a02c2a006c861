"""Adapter v1's questions by their texts: their ids are no hashes of them, as all later ones are."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.oracle import Question, ResolutionAsked
from service.store.upserts import IN_CHUNK, chunks


def find_legacy_questions(session: Session, text_hashes: Collection[bytes]) -> set[bytes]:
    """The ids of adapter v1's questions that entered with, or asked about, these texts."""
    found: set[bytes] = set()
    for part in chunks(sorted(text_hashes), IN_CHUNK):
        entered = select(Question.question_id).where(
            Question.ancillary_hash.in_(part), Question.resolution_time.is_not(None)
        )
        asked = select(ResolutionAsked.question_id).where(ResolutionAsked.ancillary_hash.in_(part))
        found.update(session.scalars(entered), session.scalars(asked))
    return found
