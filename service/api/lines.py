"""Stored rows as the lines answers are made of."""

from models.assessment import MarketAssessment
from models.catalogue import CatalogueCount
from models.operation import JobRun, Source
from service.api.wire import hex_or_none
from service.protocol.ids import to_hex
from service.protocol.money import to_usdc
from service.store.markets.standings import StandingLine


def market_line(line: StandingLine) -> dict[str, object]:
    """A market's current line (``MarketLine``)."""
    return {
        "ref": to_hex(line.condition_id),
        "slug": line.slug,
        "title": line.title,
        "group_title": line.group_title,
        "state": line.state,
        "category": line.category,
        "p": {"mean": line.p_mean, "p05": line.p_low, "p95": line.p_high},
        "open_interest_usdc": to_usdc(line.open_interest),
        "expected_loss_usdc": to_usdc(line.expected_loss),
        "support": line.support,
        "remedy": line.remedy,
        "challenge_open": line.challenge_open,
        "challenge_ends_at": line.challenge_ends_at,
        "as_of": line.as_of,
        "model_version": line.model_version,
    }


def assessment_line(row: MarketAssessment) -> dict[str, object]:
    """An assessment of the history (``AssessmentLine``)."""
    return {
        "id": row.id,
        "as_of": row.as_of,
        "state": row.state,
        "p": {"mean": row.p_mean, "p05": row.p_low, "p95": row.p_high},
        "expected_loss_usdc": to_usdc(row.expected_loss),
        "support": row.support,
        "model_version": row.model_version,
        "priors_version": row.priors_version,
        "inputs_sha256": hex_or_none(row.inputs_digest),
    }


def source_line(row: Source) -> dict[str, object]:
    """A source's health (``SourceLine``)."""
    return {
        "name": row.name,
        "state": row.state,
        "since": row.since,
        "reason": row.reason,
        "last_success_at": row.last_success_at,
        "last_failure_at": row.last_failure_at,
        "failures_in_a_row": row.failures_in_a_row,
        "retry_at": row.retry_at,
        "counts": row.counts or {},
        "urls": row.urls or [],
    }


def catalogue_line(row: CatalogueCount) -> dict[str, object]:
    """What a list showed on a day (``CatalogueLine``)."""
    return {
        "day": row.day,
        "name": row.name,
        "records": row.records,
        "updated_at": row.updated_at,
    }


def job_line(row: JobRun) -> dict[str, object]:
    """A job's last run (``JobLine``)."""
    return {
        "job": row.job,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        "outcome": row.outcome,
        "error": row.error,
    }
