"""One list of what was added to a market's rules, from all channels."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from models.lifecycle_enums import ClarificationChannel, ClarificationPosition
from service.protocol.clarification_list import (
    ListedState,
    ListedText,
    RulesUpdate,
    TextSource,
    merge_clarifications,
)
from service.protocol.clarifications import Clarification, Milestone
from service.protocol.listed_clarifications import ClarificationListing
from service.protocol.log_position import LogPosition

AT = datetime(2026, 3, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
BEFORE, PROPOSED, DISPUTED, SEALED, PAID = ClarificationPosition
BOARD, REQUEST, REPORTER, CATALOGUE, RULES = TextSource


def log(number: int) -> LogPosition:
    return LogPosition(137, number, bytes(32), 0, number.to_bytes(32, "big"), bytes(20))


MILESTONES = (
    Milestone(PROPOSED, log(10), int(AT.timestamp())),
    Milestone(DISPUTED, log(20), int((AT + HOUR).timestamp())),
    Milestone(SEALED, None, int((AT + 24 * HOUR).timestamp())),
)


def post(text: str = "Noon is local.", number: int = 15, **changes: object) -> Clarification:
    made = Clarification(
        at=log(number),
        posted_at=AT + timedelta(minutes=number),
        channel=ClarificationChannel.BULLETIN_BOARD,
        owner=bytes(20),
        data=text.encode(),
        is_official=True,
        position=PROPOSED,
        proposals_before=1,
        disputes_before=0,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # any field


def listed(
    text: str = "Noon is local.", transaction: int | None = None, **changes: object
) -> tuple[ListedState, ...]:
    row = ClarificationListing(
        gamma_id=7,
        market_gamma_id="1",
        event_gamma_id=None,
        question_id=None,
        neg_risk_request_id=None,
        adapter=None,
        text=text,
        state="success",
        clears_book=None,
        notifies_discord=None,
        is_shown=True,
        transaction_hash=None if transaction is None else transaction.to_bytes(32, "big"),
        created_at=AT + timedelta(minutes=5),
        queued_at=None,
        scheduled_for=None,
        posted_at=None,
    )
    row = replace(row, **changes)  # type: ignore[arg-type]  # any field
    return (ListedState(row, AT + timedelta(minutes=6)),)


def merged(
    *posts: Clarification,
    rows: tuple[tuple[ListedState, ...], ...] = (),
    updates: tuple[RulesUpdate, ...] = (),
    milestones: tuple[Milestone, ...] | None = MILESTONES,
) -> tuple[ListedText, ...]:
    return merge_clarifications([(p, False) for p in posts], rows, updates, milestones)


def sources(entry: ListedText) -> list[TextSource]:
    return [sighting.source for sighting in entry.sightings]


def test_one_text_on_every_channel_is_one_entry_with_all_times() -> None:
    again = post(number=16, channel=ClarificationChannel.REQUEST_RULES)
    update = RulesUpdate("Noon\u00a0is local.", AT + HOUR, is_older=False)
    [entry] = merged(post(), again, rows=(listed(),), updates=(update,))
    assert sources(entry) == [BOARD, REQUEST, CATALOGUE, RULES]
    assert len({sighting.at for sighting in entry.sightings}) == 4
    # The chain's place is by its logs, whatever the others' times say.
    assert entry.place is not None
    assert entry.place.position is PROPOSED
    assert entry.at == AT + timedelta(minutes=5)


def test_one_transaction_is_one_entry_whatever_the_words() -> None:
    [entry] = merged(post(), rows=(listed("Noon is local time.", 15),))
    assert sources(entry) == [BOARD, CATALOGUE]
    assert entry.text == "Noon is local."


def test_of_two_posts_in_one_transaction_the_one_of_the_same_words_is_meant() -> None:
    first, second = post("A."), replace(post("B."), posted_at=AT + HOUR)
    entries = merged(first, second, rows=(listed("B.", 15),))
    assert [(e.text, sources(e)) for e in entries] == [
        ("B.", [BOARD, CATALOGUE]),
        ("A.", [BOARD]),
    ]


def test_the_same_text_posted_twice_on_one_channel_is_two_entries_and_the_nearest_is_meant() -> (
    None
):
    entries = merged(
        post(number=15),
        post(number=600, position=DISPUTED),
        rows=(listed(created_at=AT + timedelta(minutes=590)),),
    )
    assert [sources(entry) for entry in entries] == [[BOARD], [BOARD, CATALOGUE]]


def test_a_stranger_s_copy_stays_a_stranger_s() -> None:
    stranger = post(is_official=False)
    entries = merged(stranger, rows=(listed(transaction=15),))
    assert [(e.is_official, sources(e)) for e in entries] == [(True, [CATALOGUE]), (False, [BOARD])]
    assert [e.is_in_force for e in entries] == [True, False]


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(-1, (BEFORE, 0, 0)), (30, (PROPOSED, 1, 0)), (90, (DISPUTED, 1, 1)), (1500, (SEALED, 1, 1))],
)
def test_what_only_the_catalogue_knows_is_placed_by_its_time(
    minutes: int, expected: tuple[ClarificationPosition, int, int]
) -> None:
    [entry] = merged(rows=(listed(posted_at=AT + timedelta(minutes=minutes)),))
    place = entry.place
    assert place is not None
    assert (place.position, place.proposals_before, place.disputes_before) == expected


def test_without_the_question_s_logs_or_a_time_a_place_is_not_known() -> None:
    assert merged(rows=(listed(),), milestones=None)[0].place is None
    [old] = merged(updates=(RulesUpdate("Noon.", AT, is_older=True),))
    assert (old.place, old.sightings[0].at, old.at) == (None, None, AT)


@pytest.mark.parametrize(
    ("state", "in_force"),
    [("success", True), ("pending", False), ("queued", False), ("failed", False), ("odd", False)],
)
def test_what_is_planned_failed_or_taken_back_is_not_in_force(state: str, in_force: bool) -> None:  # noqa: FBT001
    [entry] = merged(rows=(listed(state=state),))
    assert entry.is_in_force is in_force
    [posted] = merged(post(), rows=(listed(state=state),))
    assert posted.is_in_force
