"""The model, as OpenAPI describes it; ``service.store.checks.model_document`` writes it."""

from datetime import datetime

from pydantic import BaseModel, Field


class PriorLine(BaseModel):
    """One number of the priors with where it comes from."""

    section: str
    name: str
    value: float | list[float]
    n: float | None = Field(description="Strength in pseudo-observations of a Beta.")
    tag: str | None = Field(
        description="C contract code, D public document, T third-party count, N news, "
        "A assumption; null where the file does not tag it."
    )
    assumed: bool | None
    source: str | None


class FittedModel(BaseModel):
    """A fitted model that ships: of disputes or flips, never of wrong payouts."""

    file: dict[str, object] = Field(description="The model file: coefficients, counts, data.")
    card: str | None = Field(description="The model card (Markdown), weaknesses first.")


class ModelCheckLine(BaseModel):
    """One of the last daily checks."""

    kind: str = Field(examples=["feature", "calibration", "contracts"])
    name: str
    statistic: float | None
    threshold: float
    n: int
    state: str = Field(examples=["ok", "drifted", "too_few"])
    detail: str
    model_version: str
    priors_version: str


class DriftDocument(BaseModel):
    """Whether the world is still as the model was made for."""

    state: str = Field(examples=["ok", "stale", "drifted", "too_few", "not_checked"])
    as_of: datetime | None
    warnings: list[str] = Field(description="What every score made now carries.")
    checks: list[ModelCheckLine]


class DisputedShareLine(BaseModel):
    """d1w, P(disputed | the first proposal is wrong), as scores use it."""

    mean: float
    n: float
    assumed: bool
    source: str


class AdjudicationDocument(BaseModel):
    """What audits of undisputed markets have measured."""

    audit_n: int = Field(
        description="Undisputed markets adjudicated to a settled label; the largest plan's number."
    )
    d1w: DisputedShareLine
    audits: list[dict[str, object]] = Field(
        description="Each plan with its strata, P(wrong | undisputed) with 90 % interval, with and "
        "without contested labels, and where the width comes from."
    )
    reason: str | None = Field(description="Why nothing is measured; null where something is.")


class ModelDocument(BaseModel):
    """The model behind every score."""

    model_version: str
    priors_version: str
    priors_as_of: datetime
    digest: str
    draws: int
    seed: int
    priors: list[PriorLine]
    fitted: dict[str, FittedModel] | None
    fitted_reason: str | None
    held_out: dict[str, dict[str, object]] | None = Field(
        description="Figures of the months on which each fitted model's parts were chosen, with "
        "their embargo: not the backtest, whose result is in docs/methodology.md."
    )
    held_out_reason: str | None
    adjudication: AdjudicationDocument
    drift: DriftDocument
    notice: str | None
