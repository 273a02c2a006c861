"""Study rows from recordings: what is read, what is joined, and what can never be read."""

import hashlib
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.calibration.recordings import find_files, read_recording
from service.calibration.rows import FACTS, Labels, StudyRow, Target, TimeBasis
from service.calibration.study import Study, read_study
from service.errors import UsageError
from tests.calibration.recorded import SECONDS, market, proposal, write_csv

RECORDED = Path(__file__).resolve().parents[3] / "shared" / "data"


def study_of(folder: Path, **files: list[dict[str, object]]) -> Study:
    for name, rows in files.items():
        write_csv(folder / f"{name}.csv.gz", rows)
    return read_study([folder])


def rows_by_key(study: Study) -> dict[int, StudyRow]:
    return {int(row.market_key, 16): row for row in study.rows}


def test_what_looks_ahead_has_no_field_and_is_never_read(tmp_path: Path) -> None:
    forbidden = {
        "in_settlement_panel_disputed": True,
        "panel_first_proposal_ts": 1,
        "panel_final_payoff": "Yes",
        "bot_recommendation": "p1",
        "bot_rec_live": True,
        "datasets": "cherry-picked",
        "updates_text": "told later",
        "last_trade_price": 0.123456,
        "outcome_prices": '["0.123456", "1"]',
        "liquidity": 123456.0,
        "volume": 654321.0,
    }
    study = study_of(
        tmp_path, proposals=[proposal(1, **forbidden)], markets=[market(2, **forbidden)]
    )

    assert not set(FACTS) & (forbidden.keys() | {"volume_usd", "labels", "weight_usd"})
    assert {f.name for f in fields(StudyRow)} & forbidden.keys() == set()
    for row in study.rows:
        shown = repr(row.blinded())
        assert row.blinded().labels == Labels()
        assert not any(str(value) in shown for value in ("told later", "cherry", "12345", "654321"))


def test_final_volume_is_a_weight_beside_the_labels_only(tmp_path: Path) -> None:
    (row,) = study_of(tmp_path, markets=[market(1, volume=5.5)]).rows

    assert row.labels.weight_usd == 5.5
    assert row.time_basis is TimeBasis.SETTLEMENT
    assert row.proposed_at is None


def test_a_question_in_two_recordings_is_one_row_that_names_what_it_borrowed(
    tmp_path: Path,
) -> None:
    study = study_of(
        tmp_path,
        proposals=[proposal(1, label_basis="chain", disputed=None, disputed_any=None, flipped="")],
        markets=[market(1, volume=7.0, disputed=True, neg_risk=True)],
    )

    (row,) = study.rows
    assert row.recorded_as == "proposals"
    assert row.score_time == datetime.fromtimestamp(SECONDS + 3600, UTC)
    assert (row.labels.disputed, row.labels.weight_usd, row.is_neg_risk) == (True, 7.0, True)
    assert ("disputed", "markets.csv.gz") in row.borrowed
    assert ("is_neg_risk", "markets.csv.gz") in row.borrowed


def test_a_dispute_of_any_round_is_a_dispute(tmp_path: Path) -> None:
    study = study_of(
        tmp_path,
        proposals=[
            proposal(1, disputed=False, disputed_any=True),
            proposal(2, disputed=True, disputed_any=None, flipped=True),
            proposal(3, disputed=None, disputed_any=None, flipped=None),
        ],
    )

    labels = {key: row.labels for key, row in rows_by_key(study).items()}
    assert [labels[key].disputed for key in (1, 2, 3)] == [True, True, None]
    assert [labels[key].of(Target.FLIPPED) for key in (2, 3)] == [True, None]


def test_the_first_of_two_proposals_is_scored(tmp_path: Path) -> None:
    later = proposal(1, proposal_ts=SECONDS + 9000, proposer="0xLATER", disputed_any=True)
    earlier = proposal(1, proposal_ts=SECONDS, proposer="0xFIRST", disputed_any=True)

    (row,) = study_of(tmp_path, proposals=[later, earlier]).rows

    assert (row.proposer, row.score_time.timestamp()) == ("0xfirst", SECONDS)


def test_a_question_disputed_before_its_recorded_proposal_has_no_label(tmp_path: Path) -> None:
    contracts = [
        {
            "market_key": f"{number:08x}",
            "first_proposal_ts": at,
            "final_payoff": "Yes",
            "disputed": True,
            "flipped": True,
        }
        for number, at in ((1, SECONDS), (2, SECONDS + 7200), (9, SECONDS))
    ]
    proposals = [proposal(1), proposal(2)]

    study = study_of(tmp_path, proposals=proposals, contracts=contracts)

    rows = rows_by_key(study)
    assert rows.keys() == {1, 2}  # A list of disputed ones only adds no rows.
    assert rows[1].labels.disputed is None
    assert (rows[2].labels.disputed, rows[2].labels.flipped) == (True, True)


def test_a_vote_labels_only_what_no_recording_knows(tmp_path: Path) -> None:
    votes = [
        {"voting_round": 1, "committee_answer": "P4", "contract_market_key_by_title": f"{n:08x}"}
        for n in (1, 2)
    ]
    unknown = proposal(1, disputed=None, disputed_any=None, flipped=None)

    study = study_of(tmp_path, proposals=[unknown, proposal(2)], votes=votes)

    rows = rows_by_key(study)
    assert [rows[n].labels.disputed for n in (1, 2)] == [True, False]
    assert any("1 contradict" in line for line in study.notices)


def test_siblings_share_a_group_and_strangers_do_not(tmp_path: Path) -> None:
    listed = {"tags": '["Elections"]', "end_date": "2025-06-01T00:00:00Z"}
    rules = "This market resolves to Yes if {0} wins most votes in {0}."
    study = study_of(
        tmp_path,
        proposals=[
            proposal(1, title="Will it rain 5 mm before June?"),
            proposal(2, title="Will it rain 25 mm before July?"),
            proposal(3, title='Will he say "tariff" on May 5?'),
            proposal(4, title='Will he say "peace" on May 5?'),
            proposal(5, title="Who wins Opole?", description=rules.format("Opole"), **listed),
            proposal(6, title="Who takes Lubusz?", description=rules.format("Lubusz"), **listed),
            proposal(7, title="Something else?"),
        ],
        markets=[market(11, event_id="e"), market(12, event_id="e"), market(13, event_id="f")],
    )

    group = {key: row.group for key, row in rows_by_key(study).items()}
    for first, second in ((1, 2), (3, 4), (5, 6), (11, 12)):
        assert group[first] == group[second]
    assert len({group[key] for key in (1, 3, 5, 7, 11, 13)}) == 6


def test_other_types_null_columns_and_missing_ones_are_read(tmp_path: Path) -> None:
    (row,) = study_of(
        tmp_path,
        later=[
            {
                "condition_id": "0xabc",
                "proposal_ts": "1780000000000.0",
                "proposed_price": None,
                "proposed_outcome": "P2",
                "ancillary_text": "q: title: Later?",
                "category": "a new one",
                "oracle": "managed_oov2",
                "liveness_s": "900.0",
                "price_of_proposed": "not a price",
                "bond_usdc": None,
                "disputed": "TRUE",
                "updates_text": None,
            }
        ],
    ).rows

    assert row.market_key == hashlib.sha256(b"0xabc").hexdigest()[:8]
    assert row.score_time.timestamp() == 1_780_000_000
    assert (row.category, row.oracle, row.liveness_seconds) == ("other", "managed_oov2", 900)
    assert (row.proposed_outcome, row.price_of_proposed, row.bond_usd) == ("p2", None, None)
    assert (row.rules, row.labels.disputed) == ("q: title: Later?", True)


def test_unknown_and_empty_files_are_named_and_left_aside(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").touch()
    (tmp_path / "README.md").write_text("not data")
    write_csv(tmp_path / "weather.csv", [{"temperature": 3}])
    study = study_of(tmp_path, proposals=[proposal(1)], none=[proposal(2) | {"proposal_ts": ""}])

    told = "\n".join(study.notices)
    assert "empty.csv: empty" in told
    assert "weather.csv: none of the known recordings" in told
    assert "1 rows without a key or a time" in told
    assert len(study.rows) == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [("broken.parquet", b"PAR1 and no more"), ("broken.csv.gz", b"no gzip at all"), ("a.txt", b"")],
)
def test_a_file_that_cannot_be_read_is_refused_by_name(
    tmp_path: Path, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(UsageError, match=name) as refused:
        read_recording(path)
    assert "SELECT" not in str(refused.value)


def test_a_broken_file_is_named_and_the_others_count(tmp_path: Path) -> None:
    write_csv(tmp_path / "good.csv", [proposal(1), proposal(2)])
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")

    study = read_study([tmp_path])

    assert len(study.rows) == 2
    with pytest.raises(UsageError, match=r"broken\.parquet.*The other files were used"):
        study.demand_all_read()


def test_a_place_without_questions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no question"):
        read_study([tmp_path])
    with pytest.raises(UsageError, match="no such file"):
        list(find_files([tmp_path / "absent"]))


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded development data are not here")
def test_the_recorded_data_give_one_row_a_question() -> None:
    study = read_study([RECORDED / "proposals.parquet", RECORDED / "disputed_contracts.parquet"])

    assert len(study.rows) == 3240
    assert len({row.market_key for row in study.rows}) == 3240
    assert sum(row.labels.disputed is True for row in study.rows) == 54
