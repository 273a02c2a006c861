"""Signs of attacks are kept when they say something new, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from models.attack_enums import SignalFamily, SignalSubject
from models.enums import Support
from service.risk.signs.attack_signs import AttackSign, SignEvidence
from service.store.attacks.attack_signals import add_signals, signals_of, signals_of_round

AT = datetime(2026, 11, 1, tzinfo=UTC)
SUBJECT = (SignalSubject.MARKET, "0x" + "ab" * 32)
SIGN = AttackSign(
    SignalFamily.CONFLICTS,
    "added_after_dispute",
    *SUBJECT,
    log_lr=1.6,
    support=Support.ASSUMED,
    words="a wallet linked to a voter bought 12,000 USD of the answer it votes for",
    value=12_000.0,
    unit="usd",
    round_id=10_266,
    evidence=(SignEvidence("fill", 137, "0x" + "cd" * 32, 4),),
)


def test_what_reads_the_same_is_kept_once(session: Session) -> None:
    assert add_signals(session, [SIGN], "attack-1", AT) == 1
    assert add_signals(session, [SIGN], "attack-1", AT + timedelta(hours=1)) == 0
    stronger = replace(SIGN, log_lr=2.0)
    assert add_signals(session, [stronger], "attack-1", AT + timedelta(hours=2)) == 1
    [row] = signals_of(session, [SUBJECT], AT + timedelta(hours=3))
    assert (row.log_lr, row.document["words"]) == (2.0, SIGN.words)


def test_each_time_reads_what_was_known_by_then(session: Session) -> None:
    add_signals(session, [SIGN], "attack-1", AT)
    add_signals(session, [replace(SIGN, log_lr=0.0)], "attack-1", AT + timedelta(hours=2))
    before = signals_of(session, [SUBJECT], AT - timedelta(seconds=1))
    [then] = signals_of_round(session, 10_266, AT + timedelta(hours=1))
    [gone] = signals_of_round(session, 10_266, AT + timedelta(hours=2))
    assert (before, then.log_lr, gone.log_lr) == ([], 1.6, 0.0)


def test_a_sign_that_never_was_is_not_told_to_be_gone(session: Session) -> None:
    assert add_signals(session, [replace(SIGN, log_lr=0.0)], "attack-1", AT) == 0


def test_no_sign_has_a_number_that_is_none() -> None:
    with pytest.raises(ValueError, match="added_after_dispute of 0xabab"):
        replace(SIGN, log_lr=float("inf"))
