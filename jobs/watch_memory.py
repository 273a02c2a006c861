"""What the watch remembers between its runs, so that nothing unchanged is read or judged again.

It is kept in the process: lost with it, everything is looked at once more and nothing told twice.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from service.store.proposals.proposal_evidence import Seen
from service.store.proposals.watched_proposals import WatchedProposal

# A market the catalogue does not show is looked up again after this, twice as long each time.
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)


@dataclass
class WatchMemory:
    """By market (row id), or by condition id."""

    # When its books were last asked for.
    asked: dict[int, datetime] = field(default_factory=dict)
    # Tokens the venue gave no book of when last asked, with that time.
    gone: dict[str, datetime] = field(default_factory=dict)
    # The verdict given last: on which proposal, from which evidence.
    seen: dict[int, Seen] = field(default_factory=dict)
    _look_ups: dict[bytes, tuple[datetime, timedelta]] = field(default_factory=dict)

    def forget_others(
        self, watched: Collection[WatchedProposal], conditions: Collection[bytes]
    ) -> None:
        """Keep what is live."""
        live, unlisted = {one.market_id for one in watched}, set(conditions)
        tokens = {token for one in watched for token in one.token_ids}
        self.asked = {key: at for key, at in self.asked.items() if key in live}
        self.gone = {key: at for key, at in self.gone.items() if key in tokens}
        self.seen = {key: seen for key, seen in self.seen.items() if key in live}
        self._look_ups = {key: at for key, at in self._look_ups.items() if key in unlisted}

    def note_gone(self, market_id: int, token: str, at: datetime) -> None:
        """Note that a token has no book any more; its market is judged anew the first time."""
        if token not in self.gone:
            self.seen.pop(market_id, None)
        self.gone[token] = at

    def note_given(self, market_id: int, token: str) -> None:
        """Note that a token has a book; where it had none its market is judged anew."""
        if self.gone.pop(token, None) is not None:
            self.seen.pop(market_id, None)

    def may_look_up(self, condition: bytes, now: datetime) -> bool:
        """Whether enough time has passed since a market was last looked up in vain."""
        at, pause = self._look_ups.get(condition, (now, timedelta(0)))
        return now >= at + pause

    def looked_up(self, condition: bytes, now: datetime) -> None:
        """Note a look-up; it is made again twice as late as the last time."""
        _, pause = self._look_ups.get(condition, (now, FIRST_PAUSE / 2))
        self._look_ups[condition] = (now, min(pause * 2, LONGEST_PAUSE))
