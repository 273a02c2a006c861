"""Wallets and links folded from stored facts: who is in them, as of when, and again the same."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.ingest import remove_from
from jobs.link_wallets import link_wallets
from models.wallet import Wallet, WalletLink
from models.wallet_enums import LinkBasis, LinkKind, WalletKind, WalletRole
from service.protocol.wallet_ladder import Reading
from service.store.wallets.wallet_links import find_linked, list_links
from service.store.wallets.wallet_readings import add_readings
from tests.jobs.encoded_store import store
from tests.store.wallet_scenes import (
    BOOK,
    DELEGATE,
    DISPUTER,
    INSTANCE,
    LATE,
    OWNER,
    PROPOSER,
    PROXY,
    RECIPES,
    START,
    STRANGER,
    VOTER,
    a_votes_chain,
    a_wallets_chain,
    wallet_of,
)

LATER = START + timedelta(days=1)


def fold(sessions: sessionmaker[Session]) -> dict[str, Any]:
    return dict(link_wallets(sessions, BOOK, RECIPES).counts)


def test_links_are_folded_from_what_the_chains_say(sessions: sessionmaker[Session]) -> None:
    store(sessions, a_votes_chain(), BOOK)
    store(sessions, a_wallets_chain(), BOOK)
    fold(sessions)
    with sessions() as session:
        wallets = {row.address: row for row in session.scalars(select(Wallet))}
        of_disputer = list_links(session, [DISPUTER], LATER)
        of_voter = list_links(session, [VOTER], LATER)
        of_instance = list_links(session, [INSTANCE], LATER)
    accounts = {a: w.roles for a, w in wallets.items() if w.kind == WalletKind.ACCOUNT}
    assert accounts == {
        VOTER: [WalletRole.VOTER],
        DELEGATE: [WalletRole.CALLER, WalletRole.DELEGATE],
        OWNER: [WalletRole.DESIGNATED_OWNER],
        PROPOSER: [WalletRole.PROPOSER],
        DISPUTER: [WalletRole.DISPUTER],
    }
    assert wallets[INSTANCE].kind == WalletKind.DESIGNATED_VOTING
    assert STRANGER not in wallets
    # Four derived wallets an account, and one that only its log names.
    assert len(wallets) == 6 + 4 * 5 + 1
    created = {x.target for x in of_disputer if x.basis is LinkBasis.CREATED}
    assert created == {wallet_of(DISPUTER), wallet_of(DISPUTER, PROXY), b"\xaa" * 20}
    assert {x.basis for x in of_voter if x.source == DELEGATE} == {
        LinkBasis.DELEGATION,
        LinkBasis.VOTED_FOR,
    }
    assert {(x.source, x.kind) for x in of_instance} == {
        (OWNER, LinkKind.OWN),
        (DELEGATE, LinkKind.VOTE),
    }


def test_a_failed_relayed_call_made_no_proxy(sessions: sessionmaker[Session]) -> None:
    store(sessions, a_wallets_chain(), BOOK)
    fold(sessions)
    with sessions() as session:
        [link] = list_links(session, [wallet_of(PROPOSER, PROXY)], LATER)
    assert (link.basis, link.confidence) == (LinkBasis.DERIVED, Decimal("0.700"))


def test_a_second_fold_of_the_same_facts_writes_nothing(sessions: sessionmaker[Session]) -> None:
    store(sessions, a_wallets_chain(), BOOK)
    store(sessions, a_votes_chain(), BOOK)
    first = fold(sessions)
    with sessions() as session:
        before = session.scalars(select(WalletLink.id).order_by(WalletLink.id)).all()
    second = fold(sessions)
    assert first["versions_added"] == len(before) == second["links"]
    assert (second["versions_added"], second["versions_removed"]) == (0, 0)
    with sessions() as session:
        assert session.scalars(select(WalletLink.id).order_by(WalletLink.id)).all() == before


def test_what_a_reorg_takes_takes_its_links(sessions: sessionmaker[Session]) -> None:
    store(sessions, a_wallets_chain(), BOOK)
    fold(sessions)
    with sessions.begin() as session:
        remove_from(session, 137, LATE + 2, LATER)
    fold(sessions)
    with sessions() as session:
        assert {row.address for row in session.scalars(select(Wallet))} == {
            PROPOSER,
            *(wallet_of(PROPOSER, recipe) for recipe in RECIPES),
        }
        assert list_links(session, [DISPUTER], LATER) == []


def test_links_are_read_as_they_were_known(sessions: sessionmaker[Session]) -> None:
    chain = a_wallets_chain()
    store(sessions, chain, BOOK)
    safe, read_at = wallet_of(PROPOSER), chain.now + timedelta(hours=2)
    with sessions.begin() as session:
        said = Reading(
            chain_id=137,
            address=safe,
            has_code=True,
            owners=(PROPOSER,),
            threshold=1,
            block=LATE + 50,
            known_at=read_at,
        )
        assert add_readings(session, [said]) == 1
        assert add_readings(session, [said]) == 0
    fold(sessions)
    with sessions() as session:
        known = {
            at: [x.confidence for x in list_links(session, [safe], at)]
            for at in (START, chain.now + timedelta(hours=1), read_at)
        }
        assert list(known.values()) == [[], [Decimal("0.700")], [Decimal("0.990")]]
        sure, is_cut = find_linked(session, safe, read_at)
    # Over the account to its other wallets.
    assert sure[PROPOSER] == Decimal("0.99")
    assert sure[wallet_of(PROPOSER, PROXY)] == Decimal("0.99") * Decimal("0.70")
    assert not is_cut
    assert DISPUTER not in sure
