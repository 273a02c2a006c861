"""Polymarket's published limits, counted as its edge does: requests in a sliding window."""

from collections import Counter, deque
from dataclasses import dataclass, field

WINDOW_SECONDS = 10.0

# Requests in ten seconds, per address (published 2026-09-28).
PUBLISHED = {
    "gamma": 4_000,
    "gamma /markets": 300,
    "gamma /events": 500,
    "clob": 9_000,
    "clob /books": 500,
    "clob /prices-history": 1_000,
    "data v2": 800,
    "data v2 /positions": 200,
    "data v2 /prices-history": 200,
    "data v2 /trades": 300,
    "data v2 /status": 100,
}

# Which limits a request counts towards, by its path.
ROUTES = {
    "/markets/keyset": ("gamma", "gamma /markets"),
    "/events/keyset": ("gamma", "gamma /events"),
    "/market-clarifications": ("gamma",),
    "/status": ("gamma",),
    "/books": ("clob", "clob /books"),
    "/prices-history": ("clob", "clob /prices-history"),
    "/time": ("clob",),
    "/v2/resolutions": ("data v2",),
    "/v2/oi": ("data v2",),
    "/v2/holders": ("data v2",),
    "/v2/positions": ("data v2", "data v2 /positions"),
    "/v2/prices-history": ("data v2", "data v2 /prices-history"),
    "/v2/trades": ("data v2", "data v2 /trades"),
    "/v2/status": ("data v2", "data v2 /status"),
}


@dataclass
class Gate:
    """Counts requests and refuses those beyond a share of what is published."""

    share: float
    total: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    # The fullest window seen, by limit.
    fullest: Counter[str] = field(default_factory=Counter)
    _recent: dict[str, deque[float]] = field(default_factory=dict)

    def admit(self, path: str, now: float) -> bool:
        """Whether a request at ``now`` (simulated seconds) is inside every limit it counts to."""
        self.total[path] += 1
        is_inside = True
        for name in ROUTES.get(path, ()):
            recent = self._recent.setdefault(name, deque())
            while recent and recent[0] <= now - WINDOW_SECONDS:
                recent.popleft()
            recent.append(now)
            self.fullest[name] = max(self.fullest[name], len(recent))
            is_inside = is_inside and len(recent) <= PUBLISHED[name] * self.share
        if not is_inside:
            self.refused[path] += 1
        return is_inside
