"""Every event we index, by the kind of contract that emits it and its topic0.

Two kinds may share a topic0 with different meaning, so an event is always looked up by both.
"""

from collections.abc import Mapping

from models.enums import ContractKind
from service.chain import (
    contract_events,
    question_events,
    request_events,
    vote_events,
    wallet_events,
)
from service.chain.event import Event, to_events

EVENTS: Mapping[tuple[ContractKind, bytes], Event] = dict(
    to_events(
        (
            *question_events.LINES,
            *request_events.LINES,
            *vote_events.LINES,
            *contract_events.LINES,
            *wallet_events.LINES,
        )
    )
)
