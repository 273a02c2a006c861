"""Where it all happens: the contracts of the day, blocks by time, and the texts of questions."""

from datetime import datetime, timedelta
from functools import cached_property

from models.enums import ContractKind
from service.chain.book import mainnet_book
from service.demo.encoder import request_ids
from service.demo.logs import Places, Subject
from service.protocol.dvm_text import compress, stamp
from service.protocol.finality import ETHEREUM, POLYGON
from service.protocol.ids import YES_OR_NO_QUERY, parse_address, to_checksum
from service.simulation.calendar import STARTS_AT
from service.simulation.course import Course, Question
from service.simulation.markets import Clarity, Market
from service.simulation.voting_contract import VoteRequest

CURRENCY = parse_address("0x2791Bca1f2de4661ED88A30C99A7a9449Aa84174")
CREATOR = parse_address("0x91430CaD2d3975766499717fA0D66A78D814E5c5")
# A block of each chain at the simulation's start, invented but of the time, and seconds a block.
PACE = {POLYGON: (94_780_000, 2), ETHEREUM: (23_900_000, 12)}
BOND = 750 * 10**6
REWARD = 5 * 10**6
FINAL_FEE = 500 * 10**6

_RULES = {
    Clarity.CLEAR: "This market resolves to Yes if the official final result published by the "
    "organiser for item {n} before 31 March 2027, 12:00 PM ET is above the stated mark.",
    Clarity.MODERATE: "This market resolves to Yes if item {n} is announced by 31 March 2027. The "
    "resolution source is a consensus of credible reporting.",
    Clarity.CONTESTED: "This market resolves to Yes if a significant deal on item {n} is agreed or "
    "announced. Credible reporting or official statements will be used.",
}


def block_at(chain_id: int, at: int) -> int:
    """The newest block mined by a second."""
    first, pace = PACE[chain_id]
    return first + (at - STARTS_AT) // pace


def mined_at(chain_id: int, number: int) -> int:
    """When a block was mined."""
    first, pace = PACE[chain_id]
    return STARTS_AT + (number - first) * pace


def rules_of(market: Market) -> str:
    """Invented rules, as plain as the market's class."""
    return _RULES[market.clarity].format(n=market.number)


def title_of(market: Market) -> str:
    """An invented title."""
    return f"Simulated {market.topic} market {market.number}?"


class Texts:
    """The questions' texts and ids, and the addresses they need."""

    def __init__(self, salt: str) -> None:
        """``salt`` keeps the questions of two simulations apart."""
        self._salt = salt
        self._subjects: dict[int, Subject] = {}
        self.texts: dict[bytes, VoteRequest] = {}

    @cached_property
    def places(self) -> Places:
        """The contracts of the managed oracle's questions."""
        return Places(
            adapter=address_of(ContractKind.UMA_CTF_ADAPTER, POLYGON, "4"),
            oracle=address_of(ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2, POLYGON),
            oracle_kind=ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2,
            tunnel=address_of(ContractKind.ORACLE_CHILD_TUNNEL, POLYGON),
            conditional_tokens=address_of(ContractKind.CONDITIONAL_TOKENS, POLYGON),
            currency=CURRENCY,
            is_v4=True,
        )

    @cached_property
    def root_tunnel(self) -> bytes:
        """Who asks the vote."""
        return address_of(ContractKind.ORACLE_ROOT_TUNNEL, ETHEREUM)

    def subject(self, market: Market) -> Subject:
        """A market's question, ready to be written."""
        found = self._subjects.get(market.number)
        if found is None:
            found = self._subjects[market.number] = Subject(
                places=self.places,
                creator=CREATOR,
                ancillary=self._text(market),
                outcomes=("Yes", "No"),
                bond=BOND,
                reward=REWARD,
                final_fee=FINAL_FEE,
                liveness=timedelta(seconds=market.liveness),
                address_of=bytes.fromhex,
                block_of=polygon_block,
            )
        return found

    def request(self, course: Course, question: Question) -> VoteRequest:
        """A disputed request as the vote gets it."""
        subject = self.subject(course.market)
        ask = course.story().asks[question.request - 1]
        if ask.proposed_at is None or ask.disputed_at is None:
            message = f"market {question.market}: request {question.request} is not disputed"
            raise ValueError(message)
        _, parent = request_ids(subject, ask)
        text = compress(
            stamp(subject.ancillary, self.places.adapter),
            block_number=polygon_block(ask.disputed_at),
            tunnel=self.places.tunnel,
            oracle=self.places.oracle,
            chain_id=POLYGON,
        )
        proposed = int(ask.proposed_at.timestamp())
        request = VoteRequest(YES_OR_NO_QUERY, proposed, text, parent, 0)
        # One question may be proposed and disputed twice, never in one block.
        self.texts[text] = request
        return request

    def _text(self, market: Market) -> bytes:
        adapter = to_checksum(self.places.adapter)
        return (
            f"q: title: {title_of(market)}, description: {rules_of(market)} [{self._salt}] "
            "res_data: p1: 0, p2: 1, p3: 0.5. Where p1 corresponds to No, p2 to Yes, "
            "p3 to unknown/50-50. Updates made by the question creator via the bulletin board at "
            f"{adapter} should be considered.,initializer:{CREATOR.hex()}"
        ).encode()


def address_of(kind: ContractKind, chain_id: int, version: str = "") -> bytes:
    """The book's address of a kind of contract at the simulation's start, the first that fits."""
    block = PACE[chain_id][0]
    return next(
        entry.address
        for entry in mainnet_book().entries
        if entry.chain_id == chain_id
        and entry.kind is kind
        and entry.holds_at(block)
        and version in ("", entry.version)
    )


def polygon_block(at: datetime) -> int:
    """The newest block of Polygon mined by an instant."""
    return block_at(POLYGON, int(at.timestamp()))
