"""Facts above the final head, on both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from models.enums import ContractKind
from service.chain.archive import read_archive
from service.chain.book import read_book
from service.chain.decode import decode_logs
from service.protocol.contract_facts import ContractChanged
from service.protocol.facts import Fact
from service.store.oracle.provisional import (
    list_provisional,
    remove_final,
    replace_provisional,
)
from tests.replays import CONTRACTS, SCENARIOS, path_of

NOW = datetime(2026, 3, 1, tzinfo=UTC)
VOTE, DISPUTES = 1, 137


def captured(chain_id: int) -> Iterator[Fact]:
    for name in SCENARIOS:
        for capture in read_archive(path_of(name)):
            if capture.chain_id == chain_id:
                found = decode_logs(capture.logs, read_book(CONTRACTS)).facts
                yield from (fact for fact in found if not isinstance(fact, ContractChanged))


def once(facts: Iterator[Fact]) -> list[Fact]:
    """One fact at each place: views of a reorg repeat block numbers."""
    return list({(f.at.block_number, f.at.log_index): f for f in facts}.values())


@pytest.mark.parametrize("chain_id", [VOTE, DISPUTES])
def test_every_kind_of_fact_is_read_back_as_it_was(session: Session, chain_id: int) -> None:
    facts = once(captured(chain_id))
    stored = replace_provisional(session, chain_id, facts, lambda _: NOW, NOW)
    assert stored == len(facts) > 100
    ordered = sorted(facts, key=lambda f: (f.at.block_number, f.at.log_index))
    assert [dated.fact for dated in list_provisional(session, chain_id)] == ordered


def test_what_is_read_anew_replaces_everything_of_its_chain_and_nothing_else(
    session: Session,
) -> None:
    votes, disputes = once(captured(VOTE))[:5], once(captured(DISPUTES))[:7]
    replace_provisional(session, VOTE, votes, lambda _: NOW, NOW)
    replace_provisional(session, DISPUTES, disputes, lambda _: NOW, NOW)
    later = NOW + timedelta(seconds=12)
    replace_provisional(session, VOTE, votes[:2], lambda _: later, later)
    assert [len(list_provisional(session, chain)) for chain in (VOTE, DISPUTES)] == [2, 7]
    assert {dated.mined_at for dated in list_provisional(session, VOTE)} == {later}


def test_facts_whose_block_has_become_final_go(session: Session) -> None:
    facts = once(captured(VOTE))
    middle = sorted(f.at.block_number for f in facts)[len(facts) // 2]
    replace_provisional(session, VOTE, facts, lambda _: NOW, NOW)
    remove_final(session, VOTE, middle)
    left = [dated.fact.at.block_number for dated in list_provisional(session, VOTE)]
    assert left
    assert min(left) > middle


def test_the_book_of_the_captures_names_the_vote() -> None:
    # Without it the first test would compare nothing of the vote.
    assert read_book(CONTRACTS).addresses(VOTE, [ContractKind.VOTING_V2])
