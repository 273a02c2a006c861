# the builders take any column by name
"""One story on the chain, fact by fact, for tests of what reads it."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from models.assessment import Announcement
from models.chain import Block
from models.enums import OverrideLayer, QuestionChangeKind, Remedy
from models.market import Market, MarketGroup, ResolutionReport
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
from service.protocol.ids import condition_id
from service.protocol.prices import NO, YES
from tests.store.scenes import (
    ADAPTER,
    CREATOR,
    DISPUTER,
    IDENTIFIER,
    MANAGED,
    MICRO,
    NOBODY,
    NOW,
    POLYGON,
    PROPOSER,
    STRANGER,
    USDC_COIN,
    add_market,
    add_rules,
    question_id_of,
)


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
            **{**self.key(requested_at), "proposer": PROPOSER, **changes},
            proposed_price=price,
            expires_at=at + liveness,
            expiration_timestamp=int((at + liveness).timestamp()),
            currency=USDC_COIN,
        )

    def dispute(self, requested_at: datetime, at: datetime, price: int, **changes: Any) -> Block:
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
            **{
                **self.key(requested_at),
                "proposer": PROPOSER,
                "disputer": DISPUTER,
                "proposed_price": price,
                **changes,
            },
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
