# the builders take any column by name
"""Rows for tests of what reads them: markets, scores, and one story on the chain."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from models.assessment import Announcement
from models.chain import Block, Contract
from models.enums import (
    Category,
    ContractKind,
    MarketState,
    OverrideLayer,
    QuestionChangeKind,
    Remedy,
    Support,
)
from models.market import Market, MarketGroup, ResolutionReport, RulesText, RulesVersion
from models.oracle import (
    BridgedRequest,
    Clarification,
    Condition,
    Dispute,
    Override,
    Payout,
    Proposal,
    PushedPrice,
    Question,
    QuestionChange,
    Settlement,
)
from service.protocol.ids import condition_id, to_hex
from service.protocol.prices import NO, YES
from service.store.assessments import NewAssessment, add_assessment

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


class Chain:
    """Adds facts block by block; every call is a block of its own unless told otherwise."""

    def __init__(self, session: Session, number: int, oracle: bytes = MANAGED) -> None:
        """Facts of the market ``number`` of these scenes."""
        self.session = session
        self.question_id = question_id_of(number)
        self.oracle = oracle
        self.height = 1_000 * (number + 1)
        self.index = 0

    def block(self, at: datetime) -> Block:
        """A new block."""
        self.height += 1
        block = Block(
            chain_id=POLYGON,
            number=self.height,
            hash=b"\xb0" * 24 + self.height.to_bytes(8, "big"),
            parent_hash=b"\xb0" * 24 + (self.height - 1).to_bytes(8, "big"),
            mined_at=at,
        )
        self.session.add(block)
        self.session.flush()
        return block

    def add(self, block: Block, model: type[Any], address: bytes, **values: Any) -> None:
        """A fact in a block."""
        self.index += 1
        self.session.add(
            model(
                block_id=block.id,
                log_index=self.index,
                transaction_hash=b"\x7a" * 24 + block.number.to_bytes(8, "big"),
                address=address,
                known_at=block.mined_at + timedelta(seconds=5),
                **values,
            )
        )
        self.session.flush()

    def initialize(self, at: datetime, title: str = "Will it?") -> None:
        """The question enters the adapter."""
        block = self.block(at)
        self.add(
            block,
            Condition,
            bytes([0x4D] * 20),
            condition_id=condition_id(ADAPTER, self.question_id),
            oracle=ADAPTER,
            question_id=self.question_id,
            outcome_slots=2,
        )
        self.add(
            block,
            Question,
            ADAPTER,
            question_id=self.question_id,
            request_timestamp=int(at.timestamp()),
            creator=CREATOR,
            ancillary_hash=self.question_id,
            title=title,
            reward_token=USDC_COIN,
            reward=5 * MICRO,
            proposal_bond=500 * MICRO,
        )

    def key(self, requested_at: datetime) -> dict[str, Any]:
        """The request key of a request made at a time."""
        return {
            "requester": ADAPTER,
            "identifier": IDENTIFIER,
            "request_timestamp": int(requested_at.timestamp()),
            "ancillary_hash": self.question_id,
        }

    def propose(
        self,
        requested_at: datetime,
        at: datetime,
        price: int,
        liveness: timedelta = timedelta(hours=2),
        **changes: Any,
    ) -> None:
        """An answer under bond."""
        self.add(
            self.block(at),
            Proposal,
            self.oracle,
            **{**self.key(requested_at), **changes},
            proposer=PROPOSER,
            proposed_price=price,
            expires_at=at + liveness,
            expiration_timestamp=int((at + liveness).timestamp()),
            currency=USDC_COIN,
        )

    def dispute(self, requested_at: datetime, at: datetime, price: int) -> Block:
        """A dispute, and its way to the vote, in one transaction."""
        block = self.block(at)
        self.add(
            block,
            BridgedRequest,
            bytes([0xB1] * 20),
            requester=self.oracle,
            identifier=IDENTIFIER,
            dvm_time=int(at.timestamp()),
            ancillary_hash=self.question_id,
            child_request_id=b"\xcc" * 24 + block.number.to_bytes(8, "big"),
            parent_request_id=b"\xdd" * 24 + block.number.to_bytes(8, "big"),
        )
        self.add(
            block,
            Dispute,
            self.oracle,
            **self.key(requested_at),
            proposer=PROPOSER,
            disputer=DISPUTER,
            proposed_price=price,
        )
        return block

    def change(self, at: datetime | Block, kind: QuestionChangeKind) -> None:
        """A change on the adapter."""
        block = at if isinstance(at, Block) else self.block(at)
        self.add(block, QuestionChange, ADAPTER, question_id=self.question_id, kind=kind)

    def push(self, disputed_in: Block, at: datetime, price: int) -> None:
        """The vote's answer lands."""
        self.add(
            self.block(at),
            PushedPrice,
            bytes([0xB1] * 20),
            identifier=IDENTIFIER,
            dvm_time=int(disputed_in.mined_at.timestamp()),
            price=price,
            request_hash=b"\xcc" * 24 + disputed_in.number.to_bytes(8, "big"),
        )

    def settle(self, requested_at: datetime, at: datetime, price: int) -> None:
        """The oracle's price is final."""
        self.add(
            self.block(at),
            Settlement,
            self.oracle,
            **self.key(requested_at),
            proposer=PROPOSER,
            disputer=NOBODY,
            price=price,
            payout=750 * MICRO,
        )

    def clarify(self, at: datetime, owner: bytes, text: bytes) -> None:
        """A note on the question."""
        self.add(
            self.block(at),
            Clarification,
            ADAPTER,
            question_id=self.question_id,
            owner=owner,
            data=text,
        )

    def override(self, at: datetime, payouts: list[str]) -> None:
        """An outcome set by hand."""
        self.add(
            self.block(at),
            Override,
            ADAPTER,
            question_id=self.question_id,
            layer=OverrideLayer.ADAPTER,
            payouts=payouts,
        )

    def pay(self, at: datetime, numerators: list[str]) -> None:
        """The tokens pay."""
        self.add(
            self.block(at),
            Payout,
            bytes([0x4D] * 20),
            condition_id=condition_id(ADAPTER, self.question_id),
            oracle=ADAPTER,
            question_id=self.question_id,
            numerators=numerators,
        )


def add_long_story(session: Session, number: int, **changes: Any) -> Market:
    """A market twice disputed, voted on, overridden, refunded: every kind of entry there is."""
    start = NOW - timedelta(days=9)
    hour = timedelta(hours=1)
    group = MarketGroup(
        gamma_id=str(9_000 + number), slug=f"group-{number}", title="A group", known_at=start
    )
    session.add(group)
    session.flush()
    market = add_market(session, number, group_id=group.id, **changes)
    add_rules(session, market, 1, "It resolves Yes if it happens.", start)
    add_rules(session, market, 2, "It resolves Yes if it happens in time.", start + 30 * hour)
    chain = Chain(session, number)
    chain.initialize(start, market.title)
    chain.propose(start, start + 20 * hour, YES)
    first = chain.dispute(start, start + 21 * hour, YES)
    chain.change(first, QuestionChangeKind.RESET)
    again = first.mined_at
    chain.clarify(start + 22 * hour, CREATOR, b"The deadline is  midnight\nUTC.")
    chain.clarify(start + 23 * hour, STRANGER, b"<script>alert(1)</script> resolve to YES")
    chain.propose(again, start + 25 * hour, YES)
    second = chain.dispute(again, start + 26 * hour, YES)
    chain.push(second, start + 120 * hour, NO)
    chain.settle(again, start + 121 * hour, NO)
    chain.change(start + 122 * hour, QuestionChangeKind.FLAGGED)
    chain.override(start + 130 * hour, ["1", "1"])
    chain.pay(start + 131 * hour, ["1", "1"])
    session.add(
        ResolutionReport(
            market_id=market.id,
            status="proposed",
            proposed_price=str(YES),
            was_disputed=False,
            extended_review=False,
            rules_updated=True,
            reported_at=start + 20 * hour,
            known_at=start + 21 * hour,
        )
    )
    session.add(
        Announcement(
            market_id=market.id,
            remedy=Remedy.REFUND,
            announced_at=start + 140 * hour,
            source="a public post",
            known_at=start + 141 * hour,
        )
    )
    session.flush()
    return market
