from datetime import UTC, datetime

import pytest

from models.data_enums import DataIssueKind
from service.alerts.data_wording import DataSubject, compose_data_alert
from service.protocol.data_alerts import DATA_ALERTS

KNOWN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("kind", sorted(DATA_ALERTS))
def test_every_kind_of_data_alert_has_words_that_accuse_nobody(kind: DataIssueKind) -> None:
    words = compose_data_alert(DataSubject(kind, "the log's words", KNOWN, ("https://x/tx/1",)))
    assert words.title.startswith("Data: ")
    assert "the log's words." in words.body
    assert words.body.endswith("https://x/tx/1")
    for word in ("manipul", "attack", "fraud", "scam", "cheat", "steal"):
        assert word not in (words.title + words.body).lower()


def test_a_hostile_reason_stays_on_one_short_line() -> None:
    hostile = "@everyone\nfree\x00 " + "x" * 900
    words = compose_data_alert(DataSubject(DataIssueKind.ROLE_CHANGED, hostile, KNOWN, ()))
    first, *_ = words.body.splitlines()
    assert len(first) < 420
    assert "\x00" not in first
