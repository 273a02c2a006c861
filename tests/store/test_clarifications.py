"""Posted texts from rows: a captured board, a captured vote, and the reconstruction's story."""

from datetime import UTC, datetime

from sqlalchemy.orm import Session, sessionmaker

from models.lifecycle_enums import ClarificationPosition
from service.chain.book import mainnet_book
from service.chain.decode import decode_logs
from service.chain.raw import parse_log
from service.demo.case_files import bundled_cases, load_cases, load_world
from service.demo.catalogue import Catalogue
from service.protocol import facts
from service.protocol.clarifications import place_clarifications
from service.protocol.dated_fact import DatedFact
from service.protocol.ids import parse_hex32
from service.protocol.lifecycle import QuestionFacts, fold_question
from service.protocol.rounds import PHASE_SECONDS, RoundTime, round_at
from service.store.markets.clarifications import get_clarifications, get_commit_end
from service.store.oracle.questions import get_statuses
from tests.replays import read_replay
from tests.store.voted import BOOK, add_captures

BEFORE, PROPOSED, DISPUTED, SEALED, PAID = ClarificationPosition


def ids_of(capture: str) -> dict[str, bytes]:
    expected = read_replay(capture)["expected"]
    return {key: parse_hex32(question["questionID"]) for key, question in expected.items()}


def test_the_captured_board_holds_the_creator_s_texts_and_a_stranger_s(
    sessions: sessionmaker[Session],
) -> None:
    add_captures(sessions, "i-bulletin")
    ids = ids_of("i-bulletin")
    with sessions() as session:
        first = get_clarifications(session, [ids["i1"]], BOOK)
        second = get_clarifications(session, [ids["i2"]], BOOK)
    creators = [(c.is_official, c.position) for c in first if c.is_official]
    assert creators == [(True, BEFORE), (True, PROPOSED)]
    strangers = [c for c in first if not c.is_official]
    assert len(strangers) == 1
    assert [(c.is_official, c.position) for c in second] == [(True, PAID)]


def test_the_end_of_sealing_is_that_of_the_vote_s_last_round(
    sessions: sessionmaker[Session],
) -> None:
    add_captures(sessions, "g-whale-flip")
    question = ids_of("g-whale-flip")["g1"]
    with sessions() as session:
        [status] = get_statuses(session, [question], BOOK)[question]
        ends = get_commit_end(session, status, BOOK)
    assert ends is not None
    assert ends % (2 * PHASE_SECONDS) == PHASE_SECONDS
    operative = status.operative
    assert operative is not None
    assert operative.disputed_at is not None
    # It rolled once, so the round that decided came after the first one it could be voted in.
    disputed = int(operative.disputed_at.timestamp())
    assert ends >= RoundTime(round_at(disputed) + 2).reveal_starts_at


def test_a_question_no_vote_decides_has_no_end_of_sealing(
    sessions: sessionmaker[Session],
) -> None:
    add_captures(sessions, "b-first-dispute")
    question = ids_of("b-first-dispute")["b1"]
    with sessions() as session:
        [status] = get_statuses(session, [question], BOOK)[question]
        assert get_commit_end(session, status, BOOK) is None


def test_the_reconstructed_clarifications_came_after_the_dispute_and_one_after_the_seals() -> None:
    book = mainnet_book()
    [case] = [c for c in load_cases(bundled_cases()) if c.id == "ukraine-mineral-deal-2025"]
    ledger = Catalogue([case], load_world(bundled_cases()), book).ledger
    logs = ledger.logs(0, 10**9)
    times = {log["blockHash"]: int(log["blockTimestamp"], 16) for log in logs}
    decoded = decode_logs([parse_log(137, log) for log in logs], book)
    told = [
        DatedFact(fact, datetime.fromtimestamp(times["0x" + fact.at.block_hash.hex()], UTC))
        for fact in decoded.facts
    ]
    [first] = [d for d in told if isinstance(d.fact, facts.QuestionInitialized)]
    assert isinstance(first.fact, facts.QuestionInitialized)
    story = QuestionFacts(first.fact, first.mined_at, tuple(told))
    status = fold_question(story, book, case.id, max(times.values()))
    sealed = RoundTime(round_at(int(datetime(2025, 3, 24, tzinfo=UTC).timestamp())))
    texts = place_clarifications(status, book, sealed.reveal_starts_at)
    assert [(t.is_official, t.position) for t in texts] == [(True, DISPUTED), (True, SEALED)]
