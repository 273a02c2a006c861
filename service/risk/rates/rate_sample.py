"""Finished questions as arrays: what base rates are made from."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.rate_enums import RateStratum, RateTarget, RateWeight
from service.risk.draws import Values
from service.risk.rates.base_rates import Labelled
from service.risk.rates.rate_clusters import Codes


@dataclass(frozen=True, slots=True, eq=False)
class Strata:
    """One way to tell questions apart: a code a question, -1 where it is in no stratum."""

    codes: npt.NDArray[np.int16]
    # The name of each code.
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class RateSample:
    """Questions, one value each in every array.

    ``labels`` are 0..1, ``nan`` where a target's label is not known; ``weights`` are ``nan`` where
    the weight is not. ``months`` counts months since year 0, -1 where the time is not known, and
    ``eras`` how many of ``breaks`` had happened.
    """

    groups: Codes
    rounds: Codes
    months: npt.NDArray[np.int32]
    eras: npt.NDArray[np.int8]
    # The changes of rules that ``eras`` counts, oldest first.
    breaks: tuple[str, ...]
    strata: Mapping[RateStratum, Strata]
    labels: Mapping[RateTarget, npt.NDArray[np.float32]]
    weights: Mapping[RateWeight, Values]

    @property
    def size(self) -> int:
        """How many questions there are."""
        return len(self.groups)

    def labelled(
        self, target: RateTarget, within: npt.NDArray[np.bool_] | None = None
    ) -> tuple[Labelled, npt.NDArray[np.int64]]:
        """The questions whose label is known, and where they stand in the sample."""
        known = ~np.isnan(self.labels[target])
        if within is not None:
            known &= within
        places = np.flatnonzero(known)
        outcomes = self.labels[target][places].astype(np.float64)
        return Labelled(outcomes, self.groups[places], self.rounds[places]), places


def month_name(month: int) -> str:
    """``YYYY-MM`` of a month counted since year 0."""
    return f"{month // 12:04d}-{month % 12 + 1:02d}"
