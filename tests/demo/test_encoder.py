"""The encoder against logs of the real contracts, and against our own decoder."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from eth_abi import encode as abi_encode

from models.enums import QuestionChangeKind
from service.chain.book import mainnet_book
from service.chain.decode import decode_logs
from service.chain.events import EVENTS
from service.chain.raw import parse_log
from service.demo import steps as taken
from service.demo.case import Case
from service.demo.case_files import bundled_cases, load_cases, load_world
from service.demo.catalogue import Catalogue
from service.demo.encoder import encode_steps
from service.demo.logs import encode_log
from service.demo.subjects import address_of, to_subject
from service.protocol import facts
from service.protocol.finality import POLYGON
from service.protocol.prices import NO, YES
from tests.demo import captured
from tests.demo.captured import Seen

NAMES = sorted(p.name for p in captured.CAPTURES.glob("[a-i]-*.json.gz"))
WORLD = load_world(bundled_cases())
CASES = {case.id: case for case in load_cases(bundled_cases())}


@pytest.mark.parametrize("name", NAMES)
def test_a_captured_log_encoded_again_from_its_words_has_the_same_bytes(name: str) -> None:
    seen = list(captured.seen_logs(name))

    assert seen
    for log in seen:
        assert encode_log(log.draft.address, log.event, log.words) == log.draft


def test_words_are_encoded_as_the_abi_library_does() -> None:
    compared = 0
    for event in EVENTS.values():
        if event.is_opaque or any(kind.startswith("(") for kind in event.types):
            continue
        for size in (0, 1, 32, 45):
            values = tuple(_some(kind, size) for kind in event.types)
            words = [_hexed(kind, value) for kind, value in zip(event.types, values, strict=True)]
            draft = encode_log(bytes(20), event, values)
            data: list[tuple[str, object]] = []
            topics: list[tuple[str, object]] = []
            for kind, is_indexed, word in zip(event.types, event.indexed, words, strict=True):
                (topics if is_indexed else data).append((kind, word))
            assert draft.data == abi_encode([k for k, _ in data], [w for _, w in data])
            assert draft.topics[1:] == tuple(abi_encode([k], [w]) for k, w in topics)
            compared += 1
    assert compared > 400


def _some(kind: str, size: int) -> object:
    """A value of an ABI type; ``size`` chooses among short, long and negative ones."""
    if kind == "address":
        return bytes([size]) * 20
    if kind.endswith("[]"):
        return [2**200 + n for n in range(size % 4)]
    if kind == "bytes":
        return b"x" * size
    if kind.startswith("bytes"):
        return bytes([size]) * int(kind.removeprefix("bytes"))
    if kind == "bool":
        return size % 2 == 1
    return -size if kind.startswith("int") else size


def _hexed(kind: str, value: object) -> object:
    return "0x" + value.hex() if kind == "address" and isinstance(value, bytes) else value


def test_a_first_dispute_and_its_late_vote_are_written_as_the_contracts_wrote_them() -> None:
    name = "b-first-dispute.json.gz"
    logs = list(captured.seen_logs(name))
    steps = (
        _step(name, 77, taken.Open, kind="open"),
        _step(name, 78, taken.Propose, kind="propose", outcome="No", by="proposer-78"),
        _step(name, 79, taken.Dispute, kind="dispute", by="disputer-79"),
        _step(name, 80, taken.Propose, kind="propose", outcome="Yes", by="proposer-80"),
        _step(name, 81, taken.Resolve, kind="resolve"),
        _step(name, 82, taken.Vote, kind="vote", request=1, outcome="Yes"),
        _step(name, 83, taken.Settle, kind="settle", request=1),
    )

    assert _written(logs, name, steps) == [log.draft for log in logs]


def test_a_second_dispute_and_a_half_half_vote_are_written_as_the_contracts_wrote_them() -> None:
    name = "e-fifty-fifty.json.gz"
    every = list(captured.seen_logs(name))
    opened = [log for log in every if log.event.name == "QuestionInitialized"]
    question, text = opened[1].words[0], opened[1].words[3]
    bridged = [log for log in every if log.event.name == "PriceRequestBridged"]
    parents = {log.words[5] for log in bridged if _holds(log.words[3], text)}
    mine = [
        log
        for log in every
        if any(word == question or word in parents or _holds(word, text) for word in log.words)
        or log.event.name == "PushedPrice"
    ]
    kinds = {"QuestionInitialized": "open", "ProposePrice": "propose", "DisputePrice": "dispute"}
    kinds |= {"PushedPrice": "vote", "QuestionResolved": "resolve"}
    steps = [
        _to_step(name, log, kinds[log.event.name], mine) for log in mine if log.event.name in kinds
    ]
    settled_alone = [
        taken.Settle.model_construct(kind="settle", at=captured.instant(log.block, name), request=1)
        for log in mine
        if log.event.name == "Settle"
        and not any(o.block == log.block and o.event.name == "QuestionResolved" for o in mine)
    ]
    ordered = tuple(sorted([*steps, *settled_alone], key=lambda step: step.at))

    assert _written(mine, name, ordered) == [log.draft for log in mine]


def test_a_first_dispute_bridges_disputes_asks_again_and_resets_in_one_transaction() -> None:
    case = CASES["ufo-files-2025"]
    subject = to_subject(case, WORLD, mainnet_book())

    [dispute] = [t for t in encode_steps(subject, case.steps) if t.at == case.steps[2].at]

    assert _names(dispute.logs, case) == [
        "RequestBridged",
        "TunnelRequestAdded",
        "PriceDisputed",
        "PriceRequested",
        "QuestionChanged",
    ]


def test_a_second_dispute_neither_asks_again_nor_resets() -> None:
    case = CASES["barron-djt-2024"]
    subject = to_subject(case, WORLD, mainnet_book())
    second = [step for step in case.steps if isinstance(step, taken.Dispute)][1]

    [dispute] = [t for t in encode_steps(subject, case.steps) if t.at == second.at]

    assert _names(dispute.logs, case) == ["RequestBridged", "TunnelRequestAdded", "PriceDisputed"]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_log_of_a_case_decodes_with_the_book_that_ships(case: Case) -> None:
    logs = Catalogue([case], WORLD, mainnet_book()).ledger.logs(0, 10**9)

    decoded = decode_logs([parse_log(POLYGON, log) for log in logs], mainnet_book())

    assert len(decoded.facts) == len(logs) > 0
    assert not decoded.undecodable


def test_the_decoder_reads_a_case_back_as_it_was_told() -> None:
    case = CASES["ukraine-mineral-deal-2025"]
    logs = Catalogue([case], WORLD, mainnet_book()).ledger.logs(0, 10**9)
    read = decode_logs([parse_log(POLYGON, log) for log in logs], mainnet_book()).facts

    proposals = [fact for fact in read if isinstance(fact, facts.PriceProposed)]
    disputes = [fact for fact in read if isinstance(fact, facts.PriceDisputed)]
    [payout] = [fact for fact in read if isinstance(fact, facts.ConditionResolved)]
    [pushed] = [fact for fact in read if isinstance(fact, facts.PricePushed)]
    bridged = [fact for fact in read if isinstance(fact, facts.RequestBridged)]
    clarified = [fact for fact in read if isinstance(fact, facts.ClarificationPosted)]
    assert [fact.proposed_price for fact in proposals] == [YES, YES]
    assert proposals[0].proposer == address_of(case.id, "proposer-1")
    assert [fact.disputer for fact in disputes] == [
        address_of(case.id, "disputer-1"),
        address_of(case.id, "disputer-2"),
    ]
    assert payout.numerators == (1, 0)
    assert (pushed.price, pushed.request_hash) == (YES, bridged[1].child_request_id)
    assert bridged[1].dvm_time == int(case.steps[3].at.timestamp())
    assert all(fact.owner == bytes.fromhex(WORLD.creator[2:]) for fact in clarified)


def test_an_override_pays_by_hand_and_the_oracles_later_word_changes_nothing() -> None:
    case = CASES["harbour-bridge-2025"]
    logs = Catalogue([case], WORLD, mainnet_book()).ledger.logs(0, 10**9)
    read = decode_logs([parse_log(POLYGON, log) for log in logs], mainnet_book()).facts

    [override] = [fact for fact in read if isinstance(fact, facts.OutcomeOverridden)]
    [settled] = [fact for fact in read if isinstance(fact, facts.PriceSettled)]
    changes = [fact.kind for fact in read if isinstance(fact, facts.QuestionChanged)]
    assert override.payouts == (0, 1)
    assert settled.price == YES != NO
    assert changes == [QuestionChangeKind.FLAGGED]


def _written(logs: Sequence[Seen], name: str, steps: tuple[taken.Step, ...]) -> list[Any]:
    subject = captured.to_subject(logs, name)
    return [draft for transaction in encode_steps(subject, steps) for draft in transaction.logs]


def _step(name: str, block: int, shape: type[Any], **fields: object) -> Any:  # any kind of step
    # Captured times do not lie on the reconstruction's grid, so they bypass its check.
    return shape.model_construct(at=captured.instant(block, name), **fields)


def _to_step(name: str, log: Seen, kind: str, mine: Sequence[Seen]) -> Any:  # any kind of step
    words = {YES: "Yes", NO: "No", 5 * 10**17: "50-50"}
    at: datetime = captured.instant(log.block, name)
    match kind:
        case "open":
            return taken.Open.model_construct(kind="open", at=at)
        case "propose":
            by = f"proposer-{log.block}"
            outcome = words[log.words[5]]
            return taken.Propose.model_construct(kind="propose", at=at, outcome=outcome, by=by)
        case "dispute":
            by = f"disputer-{log.block}"
            return taken.Dispute.model_construct(kind="dispute", at=at, by=by)
        case "vote":
            children = [o.words[4] for o in mine if o.event.name == "PriceRequestBridged"]
            number = children.index(log.words[4]) + 1
            outcome = words[log.words[3]]
            return taken.Vote.model_construct(kind="vote", at=at, request=number, outcome=outcome)
        case _:
            return taken.Resolve.model_construct(kind="resolve", at=at)


def _holds(word: object, text: bytes) -> bool:
    return isinstance(word, bytes) and text in word


def _names(drafts: Sequence[Any], case: Case) -> list[str]:
    ledger = Catalogue([case], WORLD, mainnet_book()).ledger
    wanted = {draft.data for draft in drafts}
    logs = [log for log in ledger.logs(0, 10**9) if bytes.fromhex(log["data"][2:]) in wanted]
    raw = [parse_log(POLYGON, log) for log in logs]
    transaction = next(r.at.transaction_hash for r in raw if r.data == drafts[0].data)
    own = [r for r in raw if r.at.transaction_hash == transaction]
    return [type(fact).__name__ for fact in decode_logs(own, mainnet_book()).facts]
