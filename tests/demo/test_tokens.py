"""Outcome token ids against a published example of the real contracts."""

from service.demo.tokens import position_id

CURRENCY = bytes.fromhex("2791Bca1f2de4661ED88A30C99A7a9449Aa84174")
CONDITION = bytes.fromhex("b6e22fdc8409d12b8772fc341cbfebdcc1955b35478ba3315e2ab1c5b52990dd")
YES = 328464833953884676121324873602592816424211938109918181360197561615603902656
NO = 64461342201687896942471749128275594250388197511210864157372208839867459594259


def test_both_tokens_of_a_real_condition_are_reproduced() -> None:
    assert position_id(CURRENCY, CONDITION, 0) == YES
    assert position_id(CURRENCY, CONDITION, 1) == NO
