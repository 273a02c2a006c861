"""Which vote a dispute became, by each of the three ways, and which it did not."""

from datetime import timedelta

import pytest
from eth_hash.auto import keccak
from sqlalchemy import delete, event, select, update
from sqlalchemy.orm import Session, sessionmaker

from models.enums import LinkMethod
from models.oracle import AncillaryText, BridgedRequest, Dispute, PushedPrice
from models.voting import DvmRequest, DvmRequestChange, Reveal
from service.protocol.dvm_text import stamp, with_tunnel_stamp
from service.store.oracle.contracts import load_book
from service.store.oracle.questions import iterate_statuses
from service.store.votes.votes import link_votes
from tests.store.voted import add_captures, linked_votes


@pytest.fixture
def voted(sessions: sessionmaker[Session], session: Session) -> Session:
    """Three questions, each disputed and voted on twice."""
    add_captures(sessions, "c-dvm-vote")
    return session


def test_the_bridges_id_joins_every_dispute(voted: Session) -> None:
    votes = linked_votes(voted)
    assert [vote.method for vote in votes] == [LinkMethod.PARENT_ID] * 6
    for vote in votes:
        assert vote.history is not None
        assert vote.history.key.request_id == vote.sent.parent_request_id


def test_the_bridged_text_joins_the_same_votes_where_the_id_leads_nowhere(
    voted: Session,
) -> None:
    by_id = [vote.history for vote in linked_votes(voted)]
    voted.execute(update(BridgedRequest).values(parent_request_id=b"\x11" * 32))
    votes = linked_votes(voted)
    assert [vote.method for vote in votes] == [LinkMethod.BRIDGED_TEXT] * 6
    assert [vote.history for vote in votes] == by_id


def test_the_disputes_own_text_joins_the_same_votes_where_the_bridge_logged_nothing(
    voted: Session,
) -> None:
    by_id = {vote.history for vote in linked_votes(voted)}
    voted.execute(delete(BridgedRequest))
    votes = linked_votes(voted)
    assert [vote.method for vote in votes] == [LinkMethod.DISPUTE_TEXT] * 6
    assert {vote.history for vote in votes} == by_id
    assert {vote.pushed_price for vote in votes} == {0, 10**18}


def test_a_request_with_the_same_text_at_another_time_joins_nothing(voted: Session) -> None:
    voted.execute(delete(BridgedRequest))
    voted.execute(update(DvmRequest).values(dvm_time=DvmRequest.dvm_time + 1))
    assert {vote.method for vote in linked_votes(voted)} == {LinkMethod.NONE}


def test_a_request_that_no_tunnel_brought_joins_nothing_by_its_text(voted: Session) -> None:
    voted.execute(delete(BridgedRequest))
    voted.execute(update(DvmRequest).values(requester=b"\x22" * 20))
    assert {vote.method for vote in linked_votes(voted)} == {LinkMethod.NONE}


def test_two_requests_that_could_both_be_it_join_nothing(voted: Session) -> None:
    voted.execute(delete(BridgedRequest))
    first, second = voted.scalars(select(DvmRequest).limit(2))
    for name in ("dvm_time", "ancillary_hash"):
        setattr(second, name, getattr(first, name))
    voted.flush()
    methods = [vote.method for vote in linked_votes(voted)]
    assert methods.count(LinkMethod.NONE) == 2
    assert methods.count(LinkMethod.DISPUTE_TEXT) == 4


def test_reveals_join_by_the_bridges_id_without_the_requests_own_entry(voted: Session) -> None:
    voted.execute(delete(DvmRequest))
    for vote in linked_votes(voted):
        assert vote.method is LinkMethod.PARENT_ID
        assert vote.history is not None
        assert vote.history.first_round is None
        assert vote.history.last_round == 10072


def test_a_vote_is_read_only_as_far_as_it_was_known(voted: Session) -> None:
    resolved = voted.scalars(
        select(DvmRequestChange.known_at).order_by(DvmRequestChange.known_at)
    ).first()
    opened = voted.scalars(select(Reveal.known_at).order_by(Reveal.known_at)).first()
    assert resolved is not None
    assert opened is not None
    book = load_book(voted)
    moment = timedelta(seconds=1)
    for as_of, reveals, is_resolved in (
        (opened - moment, 0, False),
        (resolved - moment, 36, False),
        (resolved, 36, True),
    ):
        statuses = list(iterate_statuses(voted, book, as_of))
        sent = [request for status in statuses for request in status.dvm_requests]
        votes = link_votes(voted, sent, book, as_of)
        histories = [vote.history for vote in votes if vote.history is not None]
        assert sum(len(history.reveals) for history in histories) == reveals
        assert {history.resolution is not None for history in histories} == {is_resolved}


def test_the_number_of_queries_does_not_grow_with_the_page(
    voted: Session, sessions: sessionmaker[Session]
) -> None:
    add_captures(sessions, "h-bloc")
    book = load_book(voted)
    voted.execute(delete(BridgedRequest))
    sent = [r for status in iterate_statuses(voted, book) for r in status.dvm_requests]
    seen: list[str] = []
    event.listen(
        voted.connection(), "before_cursor_execute", lambda *args: seen.append(str(args[2]))
    )
    link_votes(voted, sent[:1], book)
    for_one = len(seen)
    link_votes(voted, sent, book)
    assert len(sent) == 18
    assert len(seen) == 2 * for_one


def test_the_price_that_left_is_told_where_only_the_text_joins(voted: Session) -> None:
    voted.execute(delete(BridgedRequest))
    voted.execute(delete(PushedPrice))
    assert {vote.pushed_price for vote in linked_votes(voted)} == {None}


def test_a_spoofed_request_beside_the_true_one_changes_nothing(voted: Session) -> None:
    voted.execute(delete(BridgedRequest))
    before = {vote.history for vote in linked_votes(voted)}
    for row in voted.scalars(select(DvmRequest)).all():
        spoof = {c.name: getattr(row, c.name) for c in DvmRequest.__table__.columns}
        # The same text at another time, and at the same time by somebody on Ethereum.
        spoofs: list[dict[str, object]] = [
            {"dvm_time": row.dvm_time + 60},
            {"requester": b"\x22" * 20},
        ]
        for index, changes in enumerate(spoofs, start=1):
            key = {"log_index": 900 + index, "request_id": bytes([index]) * 32}
            voted.add(DvmRequest(**{**spoof, **key, **changes}))
    voted.flush()
    votes = linked_votes(voted)
    assert {vote.method for vote in votes} == {LinkMethod.DISPUTE_TEXT}
    assert {vote.history for vote in votes} == before


def send_whole_texts(session: Session) -> None:
    """Have the votes be asked as before April 2025: by whole texts, with no ids of the bridge."""
    for dispute in session.scalars(select(Dispute)).all():
        text = session.get_one(AncillaryText, dispute.ancillary_hash).data
        whole = with_tunnel_stamp(
            stamp(text, dispute.requester), oracle=dispute.address, chain_id=137
        )
        session.merge(AncillaryText(hash=keccak(whole), data=whole))
        sent = session.scalars(
            select(BridgedRequest.dvm_time).where(
                BridgedRequest.transaction_hash == dispute.transaction_hash
            )
        ).one()
        session.execute(
            update(DvmRequest)
            .where(DvmRequest.dvm_time == sent)
            .values(ancillary_hash=keccak(whole))
        )
    session.execute(delete(BridgedRequest))


def test_a_vote_from_before_the_text_was_compressed_joins_by_its_whole_text(
    voted: Session,
) -> None:
    by_id = {vote.history for vote in linked_votes(voted)}
    send_whole_texts(voted)
    votes = linked_votes(voted)
    assert {vote.method for vote in votes} == {LinkMethod.DISPUTE_TEXT}
    assert {h.resolution for vote in votes if (h := vote.history)} == {
        h.resolution for h in by_id if h
    }


def test_a_whole_text_joins_whoever_asked_first(voted: Session) -> None:
    """Anybody may bring it to Ethereum ahead of the tunnel, whose own request is then ignored."""
    send_whole_texts(voted)
    voted.execute(update(DvmRequest).values(requester=b"\x22" * 20))
    votes = linked_votes(voted)
    assert {vote.method for vote in votes} == {LinkMethod.DISPUTE_TEXT}
    assert all(vote.history is not None for vote in votes)


def test_a_request_that_was_asked_again_still_joins_by_its_text(voted: Session) -> None:
    voted.execute(delete(BridgedRequest))
    for row in voted.scalars(select(DvmRequest)).all():
        again = {c.name: getattr(row, c.name) for c in DvmRequest.__table__.columns}
        voted.add(DvmRequest(**{**again, "log_index": row.log_index + 900}))
    voted.flush()
    assert {vote.method for vote in linked_votes(voted)} == {LinkMethod.DISPUTE_TEXT}
