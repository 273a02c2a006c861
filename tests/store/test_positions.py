"""Whose turn it is, and what was known of wallets' holdings at a time; on both databases."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from models.enums import MarketState
from models.question_state import QuestionState
from models.wallet import Wallet, WalletLink
from models.wallet_enums import LinkBasis, LinkKind, WalletKind
from service.protocol.holders import HeldShares, PositionRow
from service.store.money.exposures import list_held
from service.store.wallets.position_queue import HOT_AGAIN, list_due_wallets
from service.store.wallets.positions import (
    add_positions,
    list_checks,
    list_positions,
    note_check,
    seen_by,
)
from tests.store.scenes import ADAPTER, CREATOR, NOW, add_market

A, B, C, SAFE = (bytes([n]) * 20 for n in (1, 2, 3, 4))


def add_wallet(session: Session, address: bytes) -> None:
    kind = WalletKind.SAFE if address == SAFE else WalletKind.ACCOUNT
    session.add(Wallet(address=address, kind=kind, roles=[], known_at=NOW))


def add_question(session: Session, state: MarketState, proposer: bytes) -> None:
    session.add(
        QuestionState(
            chain_id=137,
            adapter=ADAPTER,
            question_id=proposer + bytes(12),
            condition_id=bytes(32),
            creator=CREATOR,
            is_official=True,
            is_partial=False,
            is_legacy=False,
            state=state,
            resolved=False,
            paused=False,
            reset=False,
            overridden=False,
            requests=1,
            disputes=0,
            self_disputes=0,
            resets=0,
            operative_proposer=proposer,
            initialized_at=NOW,
        )
    )


def test_disputes_come_first_with_their_wallets_and_the_longest_unseen_last(
    session: Session,
) -> None:
    for address in (A, B, C, SAFE):
        add_wallet(session, address)
    add_question(session, MarketState.PROPOSED, A)
    add_question(session, MarketState.VOTING, B)
    session.add(
        WalletLink(
            from_address=B,
            to_address=SAFE,
            kind=LinkKind.OWN,
            basis=LinkBasis.DERIVED,
            confidence=Decimal("0.7"),
            evidence=[],
            known_at=NOW,
        )
    )
    session.flush()
    assert list_due_wallets(session, NOW, 10) == [B, SAFE, A, C]
    assert list_due_wallets(session, NOW, 2) == [B, SAFE]
    for address in (A, B, C, SAFE):
        note_check(session, address, NOW)
    assert list_due_wallets(session, NOW, 10) == []
    assert list_due_wallets(session, NOW + HOT_AGAIN, 10) == [B, SAFE, A]
    note_check(session, C, NOW + timedelta(hours=1), fault="refused")
    assert list_due_wallets(session, NOW + timedelta(days=1), 10) == [B, SAFE, A]


def test_a_failed_check_forgets_no_answer(session: Session) -> None:
    note_check(session, A, NOW, fault="busy")
    assert seen_by(list_checks(session, [A])[A], NOW) is None
    for hours, fault in ((1, None), (2, None), (3, "busy")):
        note_check(session, A, NOW + timedelta(hours=hours), fault=fault)
    session.expire_all()
    check = list_checks(session, [A])[A]
    answers = [seen_by(check, NOW + timedelta(hours=h)) for h in (0, 1, 2, 9)]
    assert [a and (a - NOW).seconds // 3600 for a in answers] == [None, 1, 2, 2]
    assert check.fault == "busy"


def test_holdings_are_read_as_they_were_known(session: Session) -> None:
    market = add_market(session, 1)
    yes, no = market.token_ids
    places = {yes: (market.id, 0), no: (market.id, 1)}

    def told(hours: int, *sizes: tuple[str, int]) -> None:
        rows = [PositionRow(token, HeldShares(A, size)) for token, size in sizes]
        at = NOW + timedelta(hours=hours)
        add_positions(session, A, rows, places, at, is_whole=True)
        note_check(session, A, at)
        session.expire_all()

    told(1, (yes, 500), (no, 200))
    told(2, (yes, 500))
    told(3)
    known = {
        hours: [(p.outcome_index, p.size) for p in list_positions(session, [A], NOW + hours * HOUR)]
        for hours in range(4)
    }
    assert known == {0: [], 1: [(0, 500), (1, 200)], 2: [(0, 500)], 3: []}
    [held] = list_held(session, [A], NOW + HOUR)
    assert (held.yes, held.no, held.source) == (500, 200, "positions")


HOUR = timedelta(hours=1)
