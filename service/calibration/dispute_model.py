"""The dispute model as a backtest asks for it: fitted here, or frozen in a file."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Self

import numpy as np

from service.calibration.baselines import Baselines
from service.calibration.features import dispute_facts
from service.calibration.fitting import Recipe, fit_dispute
from service.calibration.logistic import Values
from service.calibration.rows import StudyRow, Target
from service.errors import UsageError
from service.risk.dispute_features import dispute_probability
from service.risk.text.frozen_dispute import (
    SHIPPED_TARGETS,
    FrozenDispute,
    parse_dispute_model,
    shipped_text,
)

SHIPPED = "shipped"


class FrozenDisputeModel:
    """A target's probability at the first proposal, by one frozen set of numbers."""

    def __init__(self, frozen: FrozenDispute, baselines: Baselines | None = None) -> None:
        self._frozen = frozen
        self._baselines = baselines

    @property
    def name(self) -> str:
        """The model's identity."""
        return self._frozen.model_id

    def kept_baselines(self, target: Target) -> Baselines | None:
        """The baselines that were fitted on the model's own rows, where its file has them."""
        kept = self._baselines
        return kept if kept is not None and kept.target is target else None

    @property
    def frozen(self) -> FrozenDispute:
        """The numbers."""
        return self._frozen

    @property
    def trained_from(self) -> datetime | None:
        """The first training row's score time."""
        return self._frozen.trained_from

    @property
    def trained_to(self) -> datetime | None:
        """The last training row's score time."""
        return self._frozen.trained_to

    def predict(self, rows: Sequence[StudyRow]) -> Values:
        """The probability of each row, in their order.

        Proposers' histories are counted over these rows alone, each over the earlier ones.
        """
        found = [dispute_probability(facts, self._frozen) for facts in dispute_facts(rows)]
        return np.array(found, dtype=np.float64)

    def fit(self, rows: Sequence[StudyRow], target: Target) -> Self:
        """A model with the same parts switched on, fitted on labelled rows."""
        return type(self)(fit_dispute(rows, target, recipe_of(self._frozen)).model)


def recipe_of(frozen: FrozenDispute) -> Recipe:
    """Which parts a frozen model has."""
    return Recipe(
        terms=frozenset(term.name for term in frozen.terms if term.source != "off"),
        categories=bool(frozen.categories),
        wording=frozen.reads_wording,
        words=bool(frozen.words),
    )


def load_model(name: str, target: Target = Target.DISPUTED) -> FrozenDisputeModel:
    """The shipped model of a target, or the one in a file.

    Raises UsageError for a file that is none, and for a model of another target.
    """
    try:
        text = _shipped(target) if name == SHIPPED else Path(name).read_text("utf-8")
        frozen = parse_dispute_model(text)
        document = json.loads(text).get("baselines")
        baselines = None if document is None else Baselines.from_document(document)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--model {name}: cannot be read ({error}). Name a model file.") from error
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(
            f"--model {name}: {error}. Make one with `settlewatch fit DATA --out FILE`."
        ) from error
    if frozen.target != target:
        raise UsageError(
            f"--model {name}: predicts {frozen.target}, not {target}. Fit one with `settlewatch"
            f" fit DATA --target {target} --out FILE`, or choose --target {frozen.target}."
        )
    return FrozenDisputeModel(frozen, baselines)


def load(name: str) -> FrozenDisputeModel:
    """The model of P(disputed): ``load_model`` of its target."""
    return load_model(name, Target.DISPUTED)


def _shipped(target: Target) -> str:
    if target not in SHIPPED_TARGETS:
        raise ValueError(f"no model of P({target}) is shipped: too few labels exist")
    return shipped_text(target)
