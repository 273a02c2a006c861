"""A round of adjudication through the commands' own functions, on both databases."""

import csv
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from jobs.adjudicate_correct import correct, review
from jobs.adjudicate_export import export_packets
from jobs.adjudicate_import import import_verdicts
from jobs.adjudicate_plan import make_plan, print_plan
from jobs.adjudicate_status import print_status, status_of
from jobs.opened_house import print_json
from models.adjudication import AdjudicationVerdict, AuditItem, Correction, CorrectionStep
from models.chain import DataIssue
from models.enums import Outcome
from models.market import ResolutionReport, TradingActivity
from service.clock import SetClock
from service.errors import UsageError
from service.risk.parameters import load_parameters
from service.store.checks.model_document import read_model
from service.store.oracle.contracts import load_book
from service.store.oracle.question_states import fold_questions
from service.store.truth.adjudications import load_verdicts
from tests.store.chain_scenes import add_long_story
from tests.store.judged import add_settled
from tests.store.scenes import (
    MICRO,
    NOW,
    add_contracts,
    add_market,
    add_rules,
    question_id_of,
    ref_of,
)

CLOCK = SetClock(NOW)
MADE = (NOW - timedelta(hours=2)).isoformat()


@pytest.fixture
def disputed(sessions: sessionmaker[Session]) -> None:
    """Market 1: proposed Yes twice, disputed twice, voted No, overridden to half."""
    with sessions.begin() as session:
        add_contracts(session)
        add_long_story(session, 1)
        fold_questions(session, [question_id_of(1)], load_book(session))


def add_traded(session: Session, number: int, volume: int) -> int:
    """An undisputed market that settled a day ago, with a text and a volume."""
    market = add_settled(session, number)
    add_rules(session, market, 1, "It resolves by the named source.", NOW - timedelta(days=9))
    session.add(TradingActivity(market_id=market.id, volume=volume, known_at=NOW))
    session.flush()
    return market.id


def answer(**changes: Any) -> dict[str, Any]:
    return {
        "market": ref_of(1),
        "adjudicator": "ada",
        "track": "rules_original",
        "verdict": "No",
        "confidence": 0.8,
        "is_blind": True,
        "evidence": ["https://example.org/a", {"url": None, "quote": "It did not open."}],
        "made_at": MADE,
    } | changes


def write(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


@pytest.mark.usefixtures("disputed")
def test_a_packet_shows_the_rules_of_its_track_and_no_answer(
    sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    out = tmp_path / "packets.json"
    done = export_packets(sessions, CLOCK, None, [ref_of(1), "market-1"], "both", str(out))
    assert (done.markets, done.packets, done.remarks) == (1, 2, [])
    original, clarified = json.loads(out.read_text("utf-8"))
    assert original["rules"] == clarified["rules"] == "It resolves Yes if it happens."
    # Posted after the first proposal, by the question's creator; the stranger's note is nobody's.
    assert original["clarifications"] == []
    assert [c["text"] for c in clarified["clarifications"]] == ["The deadline is  midnight\nUTC."]
    assert (original["yes_means"], original["no_means"]) == ("Yes", "No")
    assert set(original) == {
        *("packet_id", "market", "track", "title", "yes_means", "no_means", "judged_at", "rules"),
        *("rules_source", "clarifications", "adjudicator", "verdict", "confidence", "is_blind"),
        *("evidence_url", "evidence_quote", "made_at"),
    }
    told = json.dumps([original, clarified]).lower()
    hidden = ("dispute", "vote", "payout", "price", "50-50", "override", "refund", "usdc")
    assert [word for word in hidden if word in told] == []


def test_without_logs_the_feed_says_when_an_answer_came(
    sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    out, hour = tmp_path / "one.ndjson", timedelta(hours=1)
    with sessions.begin() as session:
        add_contracts(session)
        market = add_market(session, 1)
        add_rules(session, market, 1, "As first published.", NOW - 9 * hour)
        add_rules(session, market, 2, "As it reads now.\n\nUpdate: It is No.", NOW - hour)

    def packet() -> dict[str, Any]:
        export_packets(sessions, CLOCK, None, [ref_of(1)], "rules_original", str(out))
        found: dict[str, Any] = json.loads(out.read_text("utf-8"))
        return found

    open_market = packet()
    assert (open_market["rules"], open_market["judged_at"]) == ("As it reads now.", None)
    with sessions.begin() as session:
        session.add(
            ResolutionReport(
                market_id=market.id,
                status="proposed",
                proposed_price=str(10**18),
                was_disputed=False,
                extended_review=False,
                rules_updated=False,
                reported_at=NOW - 5 * hour,
                known_at=NOW - 4 * hour,
            )
        )
    proposed = packet()
    assert proposed["rules"] == "As first published."
    assert proposed["judged_at"] == (NOW - 5 * hour).isoformat()
    assert proposed["clarifications"] == []


@pytest.mark.usefixtures("disputed")
def test_an_answered_sheet_comes_back_as_a_label(
    sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    sheet = tmp_path / "sheet.csv"
    export_packets(sessions, CLOCK, None, [ref_of(1)], "rules_original", str(sheet))
    with sheet.open(encoding="utf-8", newline="") as opened:
        (packet,) = csv.DictReader(opened)
    with sheet.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, packet)
        writer.writeheader()
        writer.writerow(packet)
        for name in ("ada", "bo", "cy"):
            filled = {"adjudicator": name, "verdict": "no", "is_blind": "yes", "made_at": MADE}
            writer.writerow(
                packet | filled | {"evidence_url": "https://a.example/x https://b.example"}
            )
    done = import_verdicts(sessions, [sheet], CLOCK)
    assert done.faults == []
    assert (done.counts["rows"], done.counts["added"], done.counts["unanswered"]) == (4, 3, 1)
    again = import_verdicts(sessions, [sheet], CLOCK)
    assert (again.counts["added"], again.counts["already_known"]) == (0, 3)
    with sessions() as session:
        row = session.scalars(select(AdjudicationVerdict).limit(1)).one()
        assert (row.source, row.known_at, row.packet_id) == ("sheet.csv", NOW, packet["packet_id"])
        assert [item["url"] for item in row.evidence] == [
            "https://a.example/x",
            "https://b.example",
        ]
        assert row.question_id == question_id_of(1)
        label = load_verdicts(session, [row.market_id], NOW)[row.market_id]
        assert label.ln_ratio(Outcome.NO) > 3
        told = status_of(session, NOW)
    track = told["tracks"][0]  # type: ignore[index]  # JSON
    # After one verdict of each what is said of them is what is assumed of anybody.
    of_each = track["adjudicators"]
    assert [(one["verdicts"], one["support"]) for one in of_each] == [(1, "assumed")] * 3
    # The vote answered No, as all three do; the override to half and half is no answer of the vote.
    assert track["labels"] == {
        "settled": 1,
        "provisional": 0,
        "contested": 0,
        "not_answered_yet": 0,
    }
    assert track["sum_of_q"]["settled"] < 0.1
    assert [one["adjudicator"] for one in track["adjudicators"]] == ["ada", "bo", "cy"]


@pytest.mark.usefixtures("disputed")
def test_each_bad_row_is_one_line_and_the_others_count(
    sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    rows = [
        answer(),
        answer(verdict="maybe"),
        answer(adjudicator="ada@example.org"),
        answer(track="rules"),
        answer(market="unknown-market"),
        answer(made_at="yesterday"),
        answer(made_at=(NOW + timedelta(days=1)).isoformat()),
        answer(confidence=1.2),
        answer(is_blind=None),
        answer(evidence=[]),
        answer(evidence=["javascript:alert(1)"]),
        answer(evidence=["https://user:secret@example.org/"]),
        answer(evidence=[{"quote": "x" * 2001}]),
        ["no", "record"],
        answer(verdict="Yes"),
        answer(market="\ud800\x00\n", adjudicator="\ud800"),
        answer(packet_id="\x00"),
        answer(adjudicator="bo", track="both"),
    ]
    path = write(tmp_path / "round.ndjson", rows)
    with path.open("a", encoding="utf-8") as opened:
        opened.write("{broken\n")
    done = import_verdicts(sessions, [path, tmp_path / "none.csv"], CLOCK)
    assert (done.counts["added"], done.counts["refused"]) == (2, 17)
    assert done.counts["rows"] == 19
    expected = {
        2: "verdict: 'maybe' is no verdict; choose one of: YES, NO, 50-50, not determinable",
        3: "adjudicator: 'ada@example.org' is no pseudonym",
        4: "track: 'rules' is none of",
        5: "market: it names no stored market",
        6: "made_at: 'yesterday' is no time with a time zone",
        7: "lies in the future",
        8: "confidence: '1.2' is no number from 0 to 1",
        9: "is_blind: 'None' is neither true nor false",
        10: "evidence: cite between 1 and 20",
        11: "evidence: 'javascript:alert(1)' is no http or https link",
        12: "is no http or https link",
        13: "evidence: it has 2001 characters, at most 2000 are kept",
        14: "no record: give an object",
        15: "made_at: this adjudicator gave another verdict at that time",
        16: "market: it is no reference",
        17: "packet_id: '\\x00' is not the packet's",
        19: "no record: give an object",
    }
    for (number, reason), line in zip(expected.items(), done.faults, strict=False):
        assert line.startswith(f"{path}: row {number}: ")
        assert reason in line
        assert "\n" not in line
    assert len(done.faults) == len(expected) + 1
    assert "none.csv: it cannot be read" in done.faults[-1]
    with sessions() as session:
        kept = session.scalars(select(AdjudicationVerdict.adjudicator)).all()
        assert sorted(kept) == ["ada", "bo", "bo"]
        assert session.scalar(select(func.count()).select_from(DataIssue)) == 17


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.txt", "x", "must end in"),
        ("a.json", "{", "is no JSON"),
        ("a.json", '{"rows": []}', "must be a list of rows"),
        ("a.csv", "title\nx\n", "must name the columns"),
        ("a.csv", 'market,verdict\n"x,No\n', "is no CSV"),
    ],
)
def test_a_file_of_another_form_changes_nothing(
    sessions: sessionmaker[Session], tmp_path: Path, name: str, text: str, reason: str
) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    done = import_verdicts(sessions, [tmp_path / name], CLOCK)
    assert (done.counts["files"], len(done.faults)) == (0, 1)
    assert reason in done.faults[0]


@pytest.mark.usefixtures("disputed")
def test_a_correction_is_kept_once_with_its_way_and_every_step(
    sessions: sessionmaker[Session],
) -> None:
    given = {"claim": "yes", "evidence": ["https://example.org/x"], "by": "ann", "text": "See it."}
    first = correct(sessions, CLOCK, "market-1", **given)  # type: ignore[arg-type]  # by name
    again = correct(sessions, CLOCK, ref_of(1), **given)  # type: ignore[arg-type]  # by name
    assert (first["is_new"], again["is_new"], first["id"]) == (True, False, again["id"])
    number = first["id"]
    assert isinstance(number, int)
    review(sessions, CLOCK, number, status="declined", by="ops", reason="The source says No.")
    with sessions() as session:
        assert session.scalars(select(Correction.source)).all() == ["command"]
        steps = session.scalars(select(CorrectionStep).order_by(CorrectionStep.id)).all()
        assert [(s.status, s.source) for s in steps] == [
            ("received", "command"),
            ("declined", "ops"),
        ]
        told = status_of(session, NOW)
    assert told["corrections"] == {
        "received": 0,
        "in_adjudication": 0,
        "accepted": 0,
        "declined": 1,
    }


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"claim": "perhaps"}, "--claim"),
        ({"evidence": []}, "--evidence: give between 1 and 20"),
        ({"evidence": ["file:///etc/passwd"]}, "--evidence"),
        ({"text": "x" * 4001}, "--text: it has 4001 characters"),
        ({"text": " \u202e"}, "--text: it is empty"),
        ({"by": "y" * 81}, "--by"),
        ({"ref": "nowhere"}, "names no stored market"),
    ],
)
@pytest.mark.usefixtures("disputed")
def test_a_correction_beyond_the_limits_is_refused(
    sessions: sessionmaker[Session], changes: dict[str, Any], line: str
) -> None:
    given = {"ref": "market-1", "claim": "Yes", "evidence": ["https://x.example"], "by": "a"}
    with pytest.raises(UsageError, match=line):
        correct(sessions, CLOCK, **({**given, "text": "t"} | changes))


def test_a_plan_is_drawn_stored_and_estimated(
    sessions: sessionmaker[Session], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with sessions.begin() as session:
        add_contracts(session)
        ids = [add_traded(session, n, 500_000 * MICRO if n < 4 else 10) for n in range(1, 13)]
    plan = make_plan(sessions, CLOCK, 8, 7, first=None, last=None, allocation="default")
    assert (plan["population"], plan["drawn"]) == (12, 8)
    print_plan(plan)
    assert "8 of 12 undisputed markets" in capsys.readouterr().out
    same = make_plan(sessions, CLOCK, 8, 7, first=None, last=None, allocation="default")
    with sessions() as session:
        items = {
            number: session.scalars(
                select(AuditItem.market_id)
                .where(AuditItem.plan_id == number)
                .order_by(AuditItem.position)
            ).all()
            for number in (plan["plan"], same["plan"])
        }
    first, second = items.values()
    assert first == second
    assert set(first) < set(ids)
    out = tmp_path / "round.ndjson"
    number = plan["plan"]
    assert isinstance(number, int)
    done = export_packets(sessions, CLOCK, number, [], "rules_original", str(out))
    assert done.packets == 8
    packets = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    # One of the eight was paid Yes though three readers say No.
    verdicts = [
        answer(market=p["market"], adjudicator=name, verdict="No" if n == 0 else "Yes")
        for n, p in enumerate(packets)
        for name in ("ada", "bo", "cy")
    ]
    assert import_verdicts(sessions, [write(tmp_path / "v.ndjson", verdicts)], CLOCK).faults == []
    with sessions() as session:
        told = status_of(session, NOW)
    print_status(told)
    assert "P(wrong | undisputed)" in capsys.readouterr().out
    print_json(told)
    assert json.loads(capsys.readouterr().out) == told
    audit = told["audits"][0]  # type: ignore[index]  # JSON
    rate = audit["p_wrong_undisputed"]
    assert (audit["audit_n"], rate["n"], rate["unaudited_strata"]) == (8, 8, [])
    assert rate["p05"] < rate["weighted"] < rate["p95"]
    assert sum(s["sum_of_q"] for s in audit["strata"]) == pytest.approx(1, abs=0.2)
    assert audit["d1w"]["is_used"] is False
    with sessions() as session:
        shown = read_model(session, load_parameters(), (), NOW)["adjudication"]
    assert shown["audit_n"] == 8  # type: ignore[index]  # JSON
    assert shown["d1w"]["assumed"] is True  # type: ignore[index]  # JSON
    both = [{**found, "known_at": NOW} for found in told["audits"]]  # type: ignore[attr-defined]
    assert shown["audits"] == both  # type: ignore[index]  # JSON


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"plan": 99}, "there is no plan 99"),
        ({"refs": ["nowhere"]}, "names no stored market"),
        ({}, "give one plan, or the markets"),
        ({"plan": 1, "refs": ["x"]}, "and not both"),
        ({"refs": ["x"], "track": "mine"}, "--track"),
    ],
)
def test_an_export_says_what_it_lacks(
    sessions: sessionmaker[Session], tmp_path: Path, changes: dict[str, Any], line: str
) -> None:
    given: dict[str, Any] = {
        "plan": None,
        "refs": [],
        "track": "both",
        "out": str(tmp_path / "x.csv"),
    }
    with pytest.raises(UsageError, match=line):
        export_packets(sessions, CLOCK, **(given | changes))


def test_a_frame_without_markets_is_refused(sessions: sessionmaker[Session]) -> None:
    with pytest.raises(UsageError, match="no undisputed market"):
        make_plan(sessions, CLOCK, 5, 1, first="2026-01-01", last=None, allocation="neyman")
    with pytest.raises(UsageError, match="--from"):
        make_plan(sessions, CLOCK, 5, 1, first="soon", last=None, allocation="neyman")
