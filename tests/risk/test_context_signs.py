"""What is not told: passing whitelist entries, and force whose worth is small."""

import pytest

from service.risk.attack_signs import SignEvidence
from service.risk.context_signs import ForcingBloc, RightsChange, pays_sign, rights_sign

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


def test_no_group_no_sign() -> None:
    assert pays_sign(7, []).log_lr == 0
