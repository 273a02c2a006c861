"""What is not told: passing whitelist entries, and force whose worth is small."""

from dataclasses import replace

import pytest

from service.risk.signs.attack_signs import SignEvidence
from service.risk.signs.context_signs import ForcingBloc, RightsChange, pays_sign, rights_sign

BURST = ("15 events with first disputes in 6 h, 3.1 expected.",)


def change(name: str, account: str, transaction: str) -> RightsChange:
    return RightsChange(name, account, SignEvidence(name, 137, transaction, 1))


def test_an_account_let_in_and_out_by_one_transaction_is_no_change() -> None:
    passing = [change("AddedToWhitelist", "a", "0x1"), change("RemovedFromWhitelist", "a", "0x1")]
    assert rights_sign(BURST, passing).log_lr == 0
    lasting = [*passing, change("AddedToWhitelist", "b", "0x2")]
    sign = rights_sign(BURST, lasting)
    assert sign.log_lr > 0
    assert [one.transaction for one in sign.evidence] == ["0x2"]


def test_without_a_burst_a_change_of_rights_is_no_sign() -> None:
    assert rights_sign((), [change("RoleGranted", "a", "0x1")]).log_lr == 0


@pytest.mark.parametrize(
    ("stake_value", "line"),
    # One percent of 20 million; of little stake the sum that is always asked for.
    [(2e7, 200_000.0), (1e6, 50_000.0), (0.0, 50_000.0)],
)
def test_force_is_told_only_above_what_small_numbers_come_to(
    stake_value: float, line: float
) -> None:
    for worth in (1.0, line, line + 1):
        bloc = ForcingBloc("b", 0.7, stake_value, worth, -1e6, 1e6, 3)
        assert (pays_sign(7, [bloc]).log_lr > 0) is (worth > line)


def test_the_stake_behind_a_force_that_pays_is_named_as_it_is_held_with_its_logs() -> None:
    logs = tuple(SignEvidence("Staked", 1, f"0x{i:064x}", 1) for i in range(30))
    one = ForcingBloc("alone:a", 0.7, 1e6, 1e6, 0.0, 2e6, 3, 1, True, logs[:1])  # noqa: FBT003  # is_alone
    said = pays_sign(7, [one])
    assert said.words.startswith("1 address holds 70.0 % of all stake, which can force round 7;")
    assert [e.transaction for e in said.evidence] == [None, logs[0].transaction]
    linked = pays_sign(7, [replace(one, addresses=30, evidence=logs)])
    assert linked.words.startswith("30 linked addresses hold")
    assert len(linked.evidence) == 20
    group = pays_sign(7, [replace(one, bloc_id="g", addresses=3, is_alone=False)])
    assert group.words.startswith("A group that was found holds")


def test_no_group_no_sign() -> None:
    assert pays_sign(7, []).log_lr == 0
