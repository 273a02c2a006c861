"""Whether the world still looks as it did when the model was made. docs/methodology.md, "Drift".

Three kinds of signs: features of markets that moved (PSI), disputes that came more or less often
than was said (an e-process on log losses), and parameters of the contracts that changed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

# Above this a feature has drifted.
PSI_THRESHOLD = 0.2
# Each window needs this many markets, and chance alone may not make half the threshold.
LEAST_MARKETS = 100
_CHANCE_SHARE = 0.5
# P(a well calibrated model is ever called drifted), over the whole life of a model version.
FALSE_ALARM = 0.01
# Disputes a test needs before it says "ok": without any, silence proves nothing.
LEAST_EXPECTED = 5.0
# What calibration is tested against: odds of a dispute so many times those that were said.
_ODDS = (0.25, 0.5, 2.0, 4.0)
# A new test begins every so often, so that a late change is not drowned by a calm past.
RESTART = timedelta(days=30)
_CLIP = 1e-9

Values = NDArray[np.float64]


class DriftState(StrEnum):
    """What a check found."""

    OK = "ok"
    DRIFTED = "drifted"
    TOO_FEW = "too_few"


@dataclass(frozen=True, slots=True)
class DriftFinding:
    """One check: its statistic beside its threshold, and on how many it rests."""

    name: str
    # None where too little is known to work it out.
    statistic: float | None
    threshold: float
    # Of the window or test that has fewer.
    n: int
    state: DriftState
    detail: str


def psi_finding(name: str, reference: Mapping[str, int], recent: Mapping[str, int]) -> DriftFinding:
    """The population stability index of a feature, by counts in bins.

    sum (recent share - reference share) ln(recent share / reference share), with half a market
    added to each bin. By chance alone about (bins - 1)(1/n + 1/n') are expected.
    """
    bins = sorted({*reference, *recent})
    n_reference, n_recent = sum(reference.values()), sum(recent.values())
    least = min(n_reference, n_recent)
    counts = f"{n_reference} markets of the reference, {n_recent} recent"
    if least < LEAST_MARKETS:
        detail = f"{counts}: each needs {LEAST_MARKETS}"
        return DriftFinding(name, None, PSI_THRESHOLD, least, DriftState.TOO_FEW, detail)
    old, new = (_shares(window, bins) for window in (reference, recent))
    parts = (new - old) * np.log(new / old)
    psi = float(parts.sum())
    chance = (len(bins) - 1) * (1 / n_reference + 1 / n_recent)
    worst = bins[int(parts.argmax())] if bins else "-"
    told = (
        f"{counts}; most by {worst}: {old[parts.argmax()]:.1%} then, {new[parts.argmax()]:.1%} now"
    )
    if chance > _CHANCE_SHARE * PSI_THRESHOLD:
        detail = f"{counts}: chance alone makes {chance:.2f} of {len(bins)} bins"
        return DriftFinding(name, psi, PSI_THRESHOLD, least, DriftState.TOO_FEW, detail)
    state = DriftState.DRIFTED if psi > PSI_THRESHOLD else DriftState.OK
    return DriftFinding(name, psi, PSI_THRESHOLD, least, state, told)


def _shares(window: Mapping[str, int], bins: Sequence[str]) -> Values:
    counts = np.array([window.get(name, 0) + 0.5 for name in bins])
    shares: Values = counts / counts.sum()
    return shares


@dataclass(frozen=True, slots=True)
class Forecast:
    """One finished question: what was said of a dispute before its proposal, and what came."""

    finished_at: datetime
    # Questions of one cluster (the same event) on one day count as one: they are not independent.
    cluster: str
    p_disputed: float
    disputed: bool


def calibration_finding(forecasts: Iterable[Forecast], name: str = "p_disputed") -> DriftFinding:
    """Whether disputes come as often as was said: an e-process, whose size is evidence.

    Ever exceeding 1/``FALSE_ALARM`` has at most that probability while the forecasts hold.
    """
    ordered = sorted(forecasts, key=lambda f: (f.finished_at, f.cluster))
    threshold = 1 / FALSE_ALARM
    expected = sum(f.p_disputed for f in ordered)
    observed = sum(f.disputed for f in ordered)
    told = f"{observed} disputed of {len(ordered)} finished questions, {expected:.2f} expected"
    if not ordered:
        return DriftFinding(name, None, threshold, 0, DriftState.TOO_FEW, told)
    evidence = e_process(ordered)
    most = float(evidence.max())
    if most >= threshold:
        state = DriftState.DRIFTED
    elif expected < LEAST_EXPECTED:
        state = DriftState.TOO_FEW
        told += f": fewer than {LEAST_EXPECTED:g} expected, silence proves nothing"
    else:
        state = DriftState.OK
    return DriftFinding(name, most, threshold, len(ordered), state, told)


def e_process(ordered: Sequence[Forecast]) -> Values:
    """The evidence against the forecasts after each cluster; starts at 1, expected 1 if they hold.

    A bet on each alternative multiplies by exp(log loss of the forecast - log loss of the
    alternative); bets of a cluster are averaged, bets on alternatives and beginnings shared out:
    the j-th beginning holds 1/(j (j+1)) of the stake, what has not begun stays as it is.
    """
    growth, begins = _growth(ordered)
    total = np.cumsum(growth, axis=1)
    evidence = np.ones(total.shape[1])
    for number, start in enumerate(begins, start=1):
        weight = 1 / (number * (number + 1))
        before = total[:, start - 1] if start else np.zeros(len(_ODDS))
        won = np.exp(np.clip(total[:, start:] - before[:, None], -700, 700)).mean(axis=0)
        evidence[start:] += weight * (won - 1)
    return evidence


def _growth(ordered: Sequence[Forecast]) -> tuple[Values, list[int]]:
    """Log of what each bet multiplies by, cluster after cluster; and where bets begin."""
    keys = [(f.finished_at.date(), f.cluster) for f in ordered]
    # A day's questions of one cluster need not be neighbours.
    index = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    which = np.array([index[key] for key in keys])
    p = np.clip([f.p_disputed for f in ordered], _CLIP, 1 - _CLIP)
    came = np.array([f.disputed for f in ordered])
    sizes = np.bincount(which, minlength=len(index))
    rows = []
    for odds in _ODDS:
        other = odds * p / (1 - p + odds * p)
        bet = np.where(came, other / p, (1 - other) / (1 - p))
        rows.append(np.log(np.bincount(which, weights=bet, minlength=len(index)) / sizes))
    return np.array(rows), _beginnings([day for day, _ in index])


def _beginnings(days: Sequence[date]) -> list[int]:
    """The first cluster, and the first one of each following span of ``RESTART``."""
    begins, last = [], -1
    for number, day in enumerate(days):
        span = (day - days[0]).days // RESTART.days
        if span > last:
            begins.append(number)
            last = span
    return begins


@dataclass(frozen=True, slots=True)
class ContractNews:
    """A parameter, implementation, whitelist or role of a contract that changed."""

    known_at: datetime
    # The log or reading behind it.
    key: str
    # One line: which contract, what changed, to what.
    words: str


def contracts_finding(
    changes: Sequence[ContractNews], made_at: datetime, name: str = "contracts"
) -> DriftFinding:
    """Whether the contracts still are those the priors were written for: any change is drift."""
    later = sorted((c for c in changes if c.known_at > made_at), key=lambda c: (c.known_at, c.key))
    since = f"since the priors of {made_at:%Y-%m-%d}"
    if not later:
        detail = f"no change known {since}"
        return DriftFinding(name, 0.0, 0.0, 0, DriftState.OK, detail)
    newest = later[-1]
    detail = f"{len(later)} changed {since}, last {newest.known_at:%Y-%m-%d}: {newest.words}"
    return DriftFinding(name, float(len(later)), 0.0, len(later), DriftState.DRIFTED, detail)
