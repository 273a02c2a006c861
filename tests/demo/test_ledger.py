"""The reconstructed chain is a chain: linked, dated, the same on every run."""

from datetime import timedelta
from itertools import pairwise

from service.chain.book import mainnet_book
from service.demo.case_files import bundled_cases, load_cases, load_world
from service.demo.catalogue import Catalogue
from service.demo.parts import SECONDS_PER_BLOCK

WORLD = load_world(bundled_cases())
CASES = load_cases(bundled_cases())


def _ledger(*left_out: str) -> Catalogue:
    kept = [case for case in CASES if case.id not in left_out]
    return Catalogue(kept, WORLD, mainnet_book())


def test_each_block_names_the_hash_of_the_one_before() -> None:
    ledger = _ledger().ledger
    last = int(ledger.logs(0, 10**9)[-1]["blockNumber"], 16)

    for before, after in pairwise(ledger.block(number) for number in range(last - 5, last + 5)):
        assert after["parentHash"] == before["hash"]
        assert int(after["timestamp"], 16) - int(before["timestamp"], 16) == SECONDS_PER_BLOCK


def test_a_log_carries_its_blocks_hash_and_time() -> None:
    ledger = _ledger().ledger

    for log in ledger.logs(0, 10**9):
        block = ledger.block(int(log["blockNumber"], 16))
        assert log["blockHash"] == block["hash"]
        assert log["blockTimestamp"] == block["timestamp"]
        assert log["transactionHash"] in block["transactions"]


def test_two_runs_make_the_same_chain() -> None:
    assert _ledger().ledger.logs(0, 10**9) == _ledger().ledger.logs(0, 10**9)


def test_leaving_a_case_out_leaves_the_other_cases_logs_alone() -> None:
    every = _ledger().ledger.logs(0, 10**9)
    fewer = _ledger("ufo-files-2025").ledger.logs(0, 10**9)

    assert len(fewer) < len(every)
    assert [log for log in every if log in fewer] == fewer


def test_logs_are_filtered_by_range_address_and_topic() -> None:
    ledger = _ledger().ledger
    every = ledger.logs(0, 10**9)
    one = every[3]
    number = int(one["blockNumber"], 16)

    assert all(log["blockNumber"] == one["blockNumber"] for log in ledger.logs(number, number))
    found = ledger.logs(0, 10**9, frozenset({one["address"]}), [frozenset({one["topics"][0]})])
    assert one in found
    assert {(log["address"], log["topics"][0]) for log in found} == {
        (one["address"], one["topics"][0])
    }
    assert ledger.logs(0, 10**9, None, [None] * 5) == []


def test_the_head_follows_the_clock() -> None:
    ledger = _ledger().ledger

    assert ledger.head(WORLD.ends_at + timedelta(minutes=3)) == ledger.head(WORLD.ends_at) + 3
