"""One question's logs on any adapter and oracle, as its transactions leave them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from eth_hash.auto import keccak

from models.enums import ContractKind
from service.protocol.ids import YES_OR_NO_QUERY, condition_id
from tests.replays.encoded import EncodedChain, Words, event_of

NOBODY = bytes(20)
USDC = bytes([0x27] * 20)
TOKENS = bytes([0x4D] * 20)
TUNNEL = bytes([0xAC] * 20)
ADAPTER = bytes([0xA1] * 20)
ORACLE = bytes([0x0A] * 20)
CREATOR = bytes([0xC0] * 20)
PROPOSER = bytes([0xD0] * 20)
DISPUTER = bytes([0xD1] * 20)
FEE = 250_000_000
BOND = 500_000_000
START = datetime(2026, 3, 1, tzinfo=UTC)
TWO_HOURS = timedelta(hours=2)
TEXT = b"q: title: Will it?, description: It will or not. res_data: p1: 0, p2: 1, p3: 0.5."


@dataclass(slots=True)
class Question:
    """A question's transactions, each a block of ``chain``."""

    chain: EncodedChain = field(default_factory=lambda: EncodedChain(START))
    adapter: bytes = ADAPTER
    adapter_kind: ContractKind = ContractKind.UMA_CTF_ADAPTER
    oracle: bytes = ORACLE
    oracle_kind: ContractKind = ContractKind.OPTIMISTIC_ORACLE_V2
    text: bytes = TEXT + b",initializer:" + CREATOR.hex().encode()
    identifier: bytes = YES_OR_NO_QUERY
    # Whose events the adapter has: "v1" for the first adapters.
    era: str = ""
    asked: int = 0

    @property
    def question_id(self) -> bytes:
        """The adapter's id."""
        return keccak(self.text)

    def on_adapter(self, name: str, *words: object) -> Words:
        """A log of the adapter."""
        event = event_of(self.adapter_kind, name, len(words), self.era)
        return self.adapter, event, words

    def on_oracle(self, name: str, *words: object) -> Words:
        """A log of the oracle."""
        return self.oracle, event_of(self.oracle_kind, name), words

    def change(self, name: str, *words: object) -> None:
        """A transaction that leaves one log of the adapter."""
        self.chain.send(self.on_adapter(name, self.question_id, *words))

    def request(self) -> Words:
        """The log that asks the oracle in the block about to come."""
        self.asked = self.chain.time + 1
        return self.on_oracle(
            "RequestPrice", self.adapter, self.identifier, self.asked, self.text, USDC, 5, FEE
        )

    def initialize(self, bond: int = BOND) -> None:
        """The question enters the adapter, which asks the oracle at once."""
        asked = self.request()
        entered = self.on_adapter(
            "QuestionInitialized",
            self.question_id, self.asked, CREATOR, self.text, USDC, 5, bond,
        )  # fmt: skip
        self.chain.send(asked, entered)

    def propose(
        self, price: int, liveness: timedelta = TWO_HOURS, asked: int | None = None
    ) -> None:
        """Somebody answers."""
        self.chain.send(self.proposed(price, asked, liveness))

    def proposed(
        self, price: int, asked: int | None = None, liveness: timedelta = TWO_HOURS
    ) -> Words:
        """The log of an answer in the block about to come."""
        expires = self.chain.time + 1 + int(liveness.total_seconds())
        return self.on_oracle(
            "ProposePrice",
            self.adapter, PROPOSER, self.identifier, asked or self.asked, self.text, price,
            expires, USDC,
        )  # fmt: skip

    def disputed(self, price: int, asked: int | None = None, by: bytes = DISPUTER) -> Words:
        """The log of a dispute."""
        return self.on_oracle(
            "DisputePrice",
            self.adapter, PROPOSER, by, self.identifier, asked or self.asked, self.text, price,
        )  # fmt: skip

    def dispute(self, price: int, asked: int | None = None) -> None:
        """A dispute that only goes to the vote."""
        self.chain.send(self.disputed(price, asked))

    def first_dispute(self, price: int, by: bytes = DISPUTER) -> None:
        """A dispute whose own transaction asks again."""
        dispute = self.disputed(price, by=by)
        self.chain.send(dispute, self.request(), self.on_adapter("QuestionReset", self.question_id))

    def settled(self, price: int, asked: int | None = None, disputer: bytes = NOBODY) -> Words:
        """The log of a settlement."""
        return self.on_oracle(
            "Settle",
            self.adapter, PROPOSER, disputer, self.identifier, asked or self.asked, self.text,
            price, 0,
        )  # fmt: skip

    def settle(self, price: int, asked: int | None = None) -> None:
        """The oracle's price is final."""
        self.chain.send(self.settled(price, asked))

    def paid(self, *payouts: int) -> Words:
        """The log of a payout."""
        event = event_of(ContractKind.CONDITIONAL_TOKENS, "ConditionResolution")
        condition = condition_id(self.adapter, self.question_id)
        return TOKENS, event, (condition, self.adapter, self.question_id, 2, payouts)

    def resolve(self, price: int, *payouts: int) -> None:
        """The adapter resolves by the oracle's price and the tokens pay."""
        resolved = self.on_adapter("QuestionResolved", self.question_id, price, payouts)
        self.chain.send(self.paid(*payouts), resolved)

    def reset(self) -> None:
        """The adapter asks again, by an administrator or because it was too early."""
        self.chain.send(self.request(), self.on_adapter("QuestionReset", self.question_id))
