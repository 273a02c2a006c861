"""The stake ledger against a small model of the contract."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from models.enums import StakeChangeKind
from service.protocol.dated_fact import DatedFact
from service.protocol.parameter_readings import ParameterReading
from service.protocol.stake import fold_stake
from tests.protocol.voting import VOTING, changed, instant, staked, voter

COMMIT_AT = 10_000 * 172_800
REVEAL_AT = COMMIT_AT + 86_400
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["stake", "unstake", "slash"]), st.integers(1, 4), st.integers(1, 100)
    ),
    max_size=30,
)


@dataclass
class Contract:
    """Staker: what its logs would be, and what it holds."""

    stakes: dict[int, int] = field(default_factory=dict)
    total: int = 0
    logs: list[DatedFact] = field(default_factory=list)
    history: list[tuple[int, dict[int, int]]] = field(default_factory=list)

    def do(self, step: str, by: int, amount: int) -> None:
        block, held = len(self.logs), self.stakes.get(by, 0)
        if step == "stake":
            self.stakes[by], self.total = held + amount, self.total + amount
            log = staked(by, amount, held + amount, self.total, block=block, at=COMMIT_AT)
        elif step == "unstake":
            amount = min(amount, held)
            self.stakes[by], self.total = held - amount, self.total - amount
            kind = StakeChangeKind.UNSTAKE_REQUESTED
            log = changed(kind, by, -amount, held - amount, block=block, at=COMMIT_AT)
        else:
            self.stakes[by] = max(0, held - amount)
            kind = StakeChangeKind.SLASH_APPLIED
            log = changed(kind, by, -amount, self.stakes[by], block=block, at=COMMIT_AT)
        self.logs.append(log)
        self.history.append((self.total, dict(self.stakes)))


def run(steps: list[tuple[str, int, int]]) -> Contract:
    contract = Contract()
    for step in steps:
        contract.do(*step)
    return contract


@given(STEPS)
def test_the_ledger_holds_at_every_log_what_the_contract_held(
    steps: list[tuple[str, int, int]],
) -> None:
    contract = run([("stake", 1, 1), *steps])
    ledger = fold_stake(contract.logs)
    for block, (total, stakes) in enumerate(contract.history):
        after = (block + 1, 0)
        assert ledger.total_before(after) == total
        for by, stake in stakes.items():
            assert ledger.stake_before(voter(by), after) == stake


@given(STEPS, st.data())
def test_a_ledger_with_a_lost_log_never_tells_a_wrong_total_between_two_it_can_check(
    steps: list[tuple[str, int, int]], data: st.DataObject
) -> None:
    contract = run([("stake", 1, 1), *steps, ("stake", 1, 1)])
    lost = data.draw(st.integers(1, len(contract.logs) - 1))
    ledger = fold_stake([*contract.logs[:lost], *contract.logs[lost + 1 :]])
    last_checked = max(n for n, log in enumerate(contract.logs) if _is_staked(log) and n != lost)
    for block, (total, _) in enumerate(contract.history[: last_checked + 1]):
        told = ledger.total_before((block + 1, 0))
        if told is None or block == lost:
            continue
        assert told == total


def _is_staked(log: DatedFact) -> bool:
    kind: object = getattr(log.fact, "kind", None)
    return kind is StakeChangeKind.STAKED


def test_before_the_first_stake_nothing_is_known() -> None:
    kind = StakeChangeKind.UNSTAKE_REQUESTED
    ledger = fold_stake(
        [
            changed(kind, 1, -5, 20, block=1, at=COMMIT_AT),
            staked(2, 10, 10, 70, block=2, at=COMMIT_AT),
        ]
    )
    assert ledger.total_before((2, 0)) is None
    assert ledger.total_before((3, 0)) == 70
    assert ledger.stake_before(voter(1), (1, 0)) is None
    assert ledger.stake_before(voter(1), (2, 0)) == 20


def test_a_slash_moves_the_voters_stake_and_leaves_the_total() -> None:
    ledger = fold_stake(
        [
            staked(1, 100, 100, 100, block=1, at=COMMIT_AT),
            changed(StakeChangeKind.SLASH_APPLIED, 1, -3, 97, block=2, at=COMMIT_AT),
        ]
    )
    assert ledger.total_before((3, 0)) == 100
    assert ledger.stake_before(voter(1), (3, 0)) == 97


def test_stake_that_comes_while_votes_are_opened_does_not_weigh_in_that_round() -> None:
    ledger = fold_stake(
        [
            staked(1, 100, 100, 100, block=1, at=REVEAL_AT - 1),
            staked(1, 50, 150, 150, block=2, at=REVEAL_AT),
        ]
    )
    assert ledger.pending(voter(1), 10_000) == 50
    assert ledger.weight_before(voter(1), 10_000, (3, 0)) == 100
    assert ledger.weight_before(voter(1), 10_001, (3, 0)) == 150
    assert ledger.weight_before(voter(1), 10_000, (2, 0)) == 100


def read(block: int, total: int, *, until: int | None = None) -> ParameterReading:
    last = block if until is None else until
    return ParameterReading(1, VOTING, "cumulativeStake", str(total), block, last, instant(0))


def test_a_ledger_may_begin_with_the_total_its_contract_was_asked_for() -> None:
    kind = StakeChangeKind.UNSTAKE_REQUESTED
    ledger = fold_stake([changed(kind, 1, -5, 20, block=7, at=COMMIT_AT)], [read(5, 100)])
    assert ledger.total_before((5, 0)) is None
    assert ledger.total_before((6, 0)) == 100
    assert ledger.total_before((8, 0)) == 95


def test_a_total_that_was_read_exposes_a_lost_log_before_it() -> None:
    ledger = fold_stake(
        [
            staked(1, 100, 100, 100, block=1, at=COMMIT_AT),
            staked(1, 10, 110, 150, block=9, at=COMMIT_AT),
        ],
        [read(5, 140)],
    )
    assert ledger.total_before((3, 0)) is None
    assert ledger.total_before((7, 0)) == 140
    assert ledger.total_before((10, 0)) == 150


def test_a_total_read_with_a_stake_in_its_own_block_stands_behind_it() -> None:
    ledger = fold_stake([staked(1, 100, 100, 100, block=5, at=COMMIT_AT)], [read(5, 100, until=8)])
    assert ledger.total_before((6, 0)) == 100
    assert ledger.total_before((9, 0)) == 100
