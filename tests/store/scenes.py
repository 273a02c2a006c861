# the builders take any column by name
"""Rows for tests of what reads them: markets, scores, and one story on the chain."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from models.chain import Contract
from models.enums import (
    Category,
    ContractKind,
    MarketState,
    Remedy,
    Support,
)
from models.market import Market, RulesText, RulesVersion
from service.protocol.ids import condition_id, to_hex
from service.store.scores.assessments import NewAssessment, add_assessment

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
POLYGON = 137
ADAPTER = bytes.fromhex("65070be91477460d8a7aeeb94ef92fe056c2f2a7")
OOV2 = bytes([0x0A] * 20)
MANAGED = bytes([0x0B] * 20)
CREATOR = bytes([0xC0] * 20)
STRANGER = bytes([0xC1] * 20)
PROPOSER = bytes([0xD0] * 20)
DISPUTER = bytes([0xD1] * 20)
NOBODY = bytes(20)
IDENTIFIER = b"YES_OR_NO_QUERY".ljust(32, b"\0")
USDC_COIN = bytes([0x27] * 20)
MICRO = 1_000_000


def question_id_of(number: int) -> bytes:
    """The question id of a market of these scenes."""
    return bytes([0x51]) * 28 + number.to_bytes(4, "big")


def ref_of(number: int) -> str:
    """The condition id of a market of these scenes."""
    return to_hex(condition_id(ADAPTER, question_id_of(number)))


def add_market(session: Session, number: int, **changes: Any) -> Market:
    """A listed market, not scored yet."""
    values: dict[str, Any] = {
        "gamma_id": str(500_000 + number),
        "condition_id": condition_id(ADAPTER, question_id_of(number)),
        "question_id": question_id_of(number),
        "uma_question_id": question_id_of(number),
        "slug": f"market-{number}",
        "title": f"Will market {number} resolve Yes?",
        "category": Category.POLITICS,
        "tags": ["politics"],
        "outcomes": ["Yes", "No"],
        "token_ids": [str(10**70 + number), str(10**70 + number + 1)],
        "adapter": ADAPTER,
        "neg_risk": False,
        "closed": False,
        "end_at": NOW + timedelta(days=3),
        "uma_statuses": [],
        "known_at": NOW - timedelta(days=10),
        "refreshed_at": NOW,
    }
    market = Market(**{**values, **changes})
    session.add(market)
    session.flush()
    return market


def document(mean: float = 0.0003, low: float = 0.0001, high: float = 0.0008) -> dict[str, object]:
    """An assessment document with the fields pages read."""
    return {
        "schema_version": 1,
        "p_misresolved": {"mean": mean, "p05": low, "p50": (low + mean) / 2, "p95": high},
        "p_disputed": 0.012,
        "components": {
            "undisputed": mean * 0.6,
            "second_undisputed": mean * 0.3,
            "vote_honest": mean * 0.18,
            "vote_attack": mean * 0.04,
            "deleted_admin": 0.0,
            "override": -mean * 0.14,
            "wrong_override": mean * 0.02,
        },
        "answer_distribution": {"Yes": 0.9, "No": 0.08, "50-50": 0.01, "none": 0.01},
        "truth_belief": {"Yes": 0.93, "No": 0.06, "50-50": 0.01, "sources": ["path model"]},
        "drivers": [
            _driver("state", "proposed", "state", 1.9, "state known from chain", "0 disputes"),
            _driver("price_before_proposal", 0.62, "USD per share proposed", 1.1),
            _driver("time_undisputed", 50, "minutes", -0.7),
            _driver("base_rate", 2.3e-5, "probability", 0.0, "politics / 100k_1m / managed"),
        ],
        "money": {
            "open_interest_usdc": "400000.000000",
            "expected_loss_usdc": "120.000000",
            "source": "open_interest",
            "reason": None,
        },
        "support": "mixed",
        "freshness": {
            "block": 81_234_567,
            "book_age_s": 75.0,
            "oi_age_s": 410.0,
            "stake_age_s": None,
            "missing": ["ethereum_rpc: not configured, so no votes are read"],
        },
        "warnings": [],
    }


def _driver(
    feature: str, value: object, unit: str, logit: float, *evidence: str
) -> dict[str, object]:
    return {
        "feature": feature,
        "value": value,
        "unit": unit,
        "contribution_logit": logit,
        "contribution_p": logit * 1e-4,
        "evidence": list(evidence),
    }


SCORED = NewAssessment(
    as_of=NOW - timedelta(minutes=5),
    model_version="path-1",
    priors_version="2026-11",
    inputs_digest=bytes(32),
    state=MarketState.PRE_PROPOSAL,
    category=Category.POLITICS,
    p_mean=0.0003,
    p_low=0.0001,
    p_high=0.0008,
    open_interest=400_000 * MICRO,
    expected_loss=120 * MICRO,
    support=Support.MIXED,
    remedy=Remedy.NONE,
    challenge_ends_at=None,
    challenge_open=False,
    document=document(),
)


def add_scored(
    session: Session, number: int, market: Market | None = None, **changes: Any
) -> Market:
    """A market with one assessment."""
    market = market or add_market(session, number, category=changes.get("category", "politics"))
    add_assessment(session, market.id, replace(SCORED, **changes))
    return market


def add_rules(session: Session, market: Market, version: int, text: str, at: datetime) -> None:
    """A version of a market's rules."""
    digest = bytes([version]) + market.condition_id[1:]
    session.add(RulesText(hash=digest, text=text))
    session.flush()
    session.add(RulesVersion(market_id=market.id, version=version, text_hash=digest, known_at=at))
    session.flush()


def add_contracts(session: Session) -> None:
    """The book of these scenes."""
    for address, kind in (
        (ADAPTER, ContractKind.UMA_CTF_ADAPTER),
        (OOV2, ContractKind.OPTIMISTIC_ORACLE_V2),
        (MANAGED, ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2),
        (CREATOR, ContractKind.QUESTION_CREATOR),
    ):
        session.add(Contract(chain_id=POLYGON, address=address, kind=kind, from_block=1))
    session.flush()
