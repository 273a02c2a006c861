"""Ancillary text as people write it: commas, colons, bad bytes."""

from hypothesis import given
from hypothesis import strategies as st

from service.protocol.ancillary import read_ancillary, without_oracle_stamp

TEXT = (
    b"q: title: Will it, as said: rain?, description: Yes, if: rain. market_id: 42 "
    b"res_data: p1: 0, p2: 1, p3: 0.5. Where p1 corresponds to No,initializer:" + b"ab" * 20
)


def test_title_and_description_may_hold_commas_and_colons() -> None:
    read = read_ancillary(TEXT)
    assert read.title == "Will it, as said: rain?"
    assert read.description == "Yes, if: rain. market_id: 42"
    assert read.market_id == "42"
    assert read.initializer == bytes.fromhex("ab" * 20)


def test_the_oracles_stamp_is_removed_and_nothing_else() -> None:
    stamp = b",ooRequester:" + b"cd" * 20
    assert without_oracle_stamp(TEXT + stamp) == TEXT
    assert without_oracle_stamp(TEXT) == TEXT
    # A stamp inside the text was written by somebody, not by the oracle.
    inside = TEXT + stamp + b" "
    assert without_oracle_stamp(inside) == inside


@given(st.binary(max_size=300))
def test_any_bytes_are_read_and_hold_no_null(data: bytes) -> None:
    read = read_ancillary(data)
    assert "\x00" not in read.title + read.description
