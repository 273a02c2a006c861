"""Rows of the catalogue's clarifications: single records."""

from datetime import UTC, datetime
from typing import Any

import pytest

from service.polymarket.clarifications import to_clarification
from service.protocol.listed_clarifications import ClarificationListing
from service.protocol.listings import Refused
from tests.loopback.polymarket_clarifications import a_clarification


def made(**changes: Any) -> ClarificationListing:
    row = to_clarification(a_clarification(7, **changes))
    assert isinstance(row, ClarificationListing), row
    return row


def test_a_market_s_number_is_the_text_the_catalogue_names_it_by() -> None:
    row = made()
    assert (row.gamma_id, row.market_gamma_id, row.event_gamma_id) == (7, "500001", "900001")
    assert row.transaction_hash == (7).to_bytes(32, "big")
    assert row.posted_at == datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert (row.clears_book, row.notifies_discord, row.is_shown) == (False, True, True)


def test_what_is_absent_null_or_blank_is_unknown() -> None:
    row = made(txHash="", txTimestamp=None, queuedAt="", clearBook=None, marketId=None)
    assert row.transaction_hash is None
    assert (row.posted_at, row.queued_at, row.clears_book) == (None, None, None)
    assert row.market_gamma_id is None


def test_an_unknown_state_is_kept_as_sent() -> None:
    assert made(state="retracted").state == "retracted"


def test_a_transaction_s_time_may_be_an_epoch() -> None:
    assert made(txTimestamp=1795000000).posted_at == datetime(2026, 11, 18, 11, 6, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"id": None}, "id is no number: ''"),
        ({"id": "7x"}, "id is no number: '7x'"),
        ({"content": " "}, "content is absent"),
        ({"content": "x" * 50_001}, "content is longer than 50000 characters"),
        ({"state": None}, "state is absent"),
        ({"txHash": "0x12"}, "txHash: "),
        ({"adapterAddress": "me"}, "adapterAddress: "),
        ({"createdAt": "soon"}, "createdAt: not a time: 'soon'"),
        ({"clearBook": "perhaps"}, "clearBook: "),
    ],
)
def test_a_bad_row_is_refused_by_name(changes: dict[str, Any], expected: str) -> None:
    row = to_clarification(a_clarification(7, **changes))
    assert isinstance(row, Refused)
    assert expected in row.reason
