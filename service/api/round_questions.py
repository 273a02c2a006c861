"""The inputs that what-ifs are answered from, unpacked once an assessment."""

from collections import OrderedDict
from http import HTTPStatus
from threading import Lock

from sqlalchemy.orm import Session

from models.round_assessment import RoundQuestion
from service.api.problems import Problem
from service.risk.attack.attack_inputs import RoundInputs
from service.risk.attack.round_packing import UNREADABLE, unpack_round
from service.store.scores.round_assessments import get_question

# Unpacked rounds kept, some MB each at 200 requests and 600 voters.
_KEPT = 3


def _unpack(question: RoundQuestion) -> RoundInputs:
    try:
        return unpack_round(question.inputs)
    except UNREADABLE as error:
        detail = (
            f"The inputs of round {question.round_id} were stored by another release and cannot be "
            "read; score_rounds packs such rounds anew, five a minute, newest first."
        )
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail) from error


class RoundShelf:
    """Keeps the newest asked-about rounds; routes run in several threads."""

    def __init__(self) -> None:
        """Empty."""
        self._lock = Lock()
        self._kept: OrderedDict[int, RoundInputs] = OrderedDict()

    def get(self, session: Session, round_id: int) -> RoundInputs | None:
        """The inputs of the round's newest assessment; ``None`` where it has none.

        A problem where another release packed them.
        """
        question = get_question(session, round_id)
        if question is None:
            return None
        key = question.assessment_id
        with self._lock:
            found = self._kept.get(key)
        if found is None:
            found = _unpack(question)
            with self._lock:
                self._kept[key] = found
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
        return found
