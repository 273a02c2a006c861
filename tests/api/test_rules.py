"""``/v1/markets/{ref}/rules``: versions, additions of all channels, the chain's own text."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from models.market import Market, TradingActivity
from models.oracle import AncillaryText
from service.polymarket.clarifications import to_clarification
from service.protocol.listed_clarifications import ClarificationListing
from service.store.markets.listed_clarifications import add_clarifications
from tests.loopback.polymarket_clarifications import a_clarification
from tests.store.chain_scenes import Chain
from tests.store.scenes import (
    CREATOR,
    NOW,
    STRANGER,
    add_contracts,
    add_market,
    add_rules,
    question_id_of,
    ref_of,
)

HOUR = timedelta(hours=1)
START = NOW - 48 * HOUR
RULES = "It resolves to \u201cYes\u201d if the bridge opens by August 31."
PATH = f"/v1/markets/{ref_of(1)}/rules"
SECRET = "<script>alert(1)</script>\u202e"


def listing(number: int, **changes: Any) -> ClarificationListing:
    made = to_clarification(a_clarification(number, **changes))
    assert isinstance(made, ClarificationListing)
    return made


@pytest.fixture
def market(sessions: sessionmaker[Session]) -> None:
    """Rules in three versions, a proposal, a dispute, four additions."""
    with sessions.begin() as session:
        add_contracts(session)
        market = add_market(session, 1)
        asked = f"q: title: {market.title}, description: {RULES} res_data: p1: 0, p2: 1, p3: 0.5."
        session.add(AncillaryText(hash=question_id_of(1), data=asked.encode()))
        chain = Chain(session, 1)
        chain.initialize(START)
        chain.propose(START, START + 10 * HOUR, 10**18)
        chain.clarify(START + 11 * HOUR, CREATOR, b"Noon is local.")
        chain.clarify(START + 11 * HOUR, STRANGER, SECRET.encode())
        chain.dispute(START, START + 12 * HOUR, 10**18)
        add_rules(session, market, 1, RULES, START)
        add_rules(
            session, market, 2, RULES.replace("\u201c", '"').replace("\u201d", '"'), START + HOUR
        )
        later = RULES.replace("31", "30") + "\n\nUpdate: Walking counts."
        add_rules(session, market, 3, later, START + 13 * HOUR)
        session.add(TradingActivity(market_id=market.id, volume=0, known_at=START))
        session.add(TradingActivity(market_id=market.id, volume=5, known_at=START + 2 * HOUR))
        posted = (START + 11 * HOUR).isoformat()
        rows = [
            listing(1, content="Noon  is local.", txTimestamp=posted),
            listing(
                2,
                content="Trains count.",
                state="pending",
                txTimestamp=None,
                txHash=None,
                createdAt=(START + 14 * HOUR).isoformat(),
            ),
        ]
        add_clarifications(session, rows, START + 15 * HOUR)


def read(client: TestClient, as_of: datetime | None = None) -> dict[str, Any]:
    params = {} if as_of is None else {"as_of": as_of.isoformat()}
    answer = client.get(PATH, params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.usefixtures("market")
def test_versions_tell_what_changed_and_how_they_go_with_the_chain(client: TestClient) -> None:
    body = read(client)
    told = [(v["version"], v["change"], v["chain_agreement"]) for v in body["versions"]]
    assert told == [
        (1, "first", "equal"),
        (2, "typographic", "equal"),
        (3, "wording", "differs"),
    ]
    newest = body["versions"][-1]
    assert newest["updates"] == ["Walking counts."]
    [hunk] = [h for h in newest["hunks"] if "31." in h["removed"]]
    assert hunk["before"].endswith("opens by August")
    assert body["on_chain"]["agreement"] == "differs"
    assert body["on_chain"]["is_same_title"] is True
    assert body["on_chain"]["text"] == RULES
    assert body["missing"] == []


@pytest.mark.usefixtures("market")
def test_readings_of_the_newest_text_quote_the_words_that_drove_them(client: TestClient) -> None:
    answer = client.get(PATH).json()
    text = answer["versions"][-1]["text"]
    readings = {reading["name"]: reading for reading in answer["readings"]}
    assert readings["no_named_source"]["value"] == 1
    # Nobody has written a timezone: the day that says so is quoted.
    (span,) = readings["deadline_without_timezone"]["spans"]
    assert span["field"] == "rules"
    assert text[span["start"] : span["end"]] == span["words"] == "August 30"
    assert not readings["deadline_without_timezone"]["moves_score"]


@pytest.mark.usefixtures("market")
def test_additions_of_all_channels_are_one_list_in_order_with_their_places(
    client: TestClient,
) -> None:
    added = read(client)["clarifications"]
    told = [
        (a["text"][:15], a["is_official"], a["is_in_force"], a["position"], len(a["sources"]))
        for a in added
    ]
    assert told == [
        ("<script>alert(1", False, False, "after_proposal", 1),
        ("Noon is local.", True, True, "after_proposal", 2),
        ("Walking counts.", True, True, "after_dispute", 1),
        ("Trains count.", True, False, "after_dispute", 1),
    ]
    assert all(a["after_first_trade"] for a in added)
    noon = added[1]
    assert [s["source"] for s in noon["sources"]] == ["bulletin_board", "catalogue"]
    assert noon["sources"][0]["owner"] is not None
    assert noon["sources"][1]["states"][0]["state"] == "success"
    # What reverses the writing is gone; the rest is the reader's to escape.
    assert added[0]["text"] == "<script>alert(1)</script>"


@pytest.mark.usefixtures("market")
def test_what_was_not_known_by_then_is_left_out(client: TestClient) -> None:
    body = read(client, START + 12 * HOUR)
    assert [v["version"] for v in body["versions"]] == [1, 2]
    assert [len(a["sources"]) for a in body["clarifications"]] == [1, 1]
    assert body["on_chain"]["agreement"] == "equal"
    before = read(client, START - HOUR)
    assert (before["versions"], before["clarifications"]) == ([], [])
    assert before["on_chain"]["agreement"] == "not_comparable"
    assert len(before["missing"]) == 3


@pytest.mark.usefixtures("market")
def test_the_question_s_logs_may_be_missing_and_nothing_is_placed_then(
    client: TestClient, sessions: sessionmaker[Session]
) -> None:
    with sessions.begin() as session:
        [row] = session.scalars(select(Market))
        other = b"\x09" * 32
        session.execute(update(Market).values(condition_id=other, uma_question_id=other))
        reference = row.slug
    body = client.get(f"/v1/markets/{reference}/rules").json()
    assert [a["position"] for a in body["clarifications"]] == [None, None, None]
    assert "positions: the question's logs are not stored" in body["missing"]
    assert body["on_chain"]["reason"] == "the question's text on the chain is not stored"


@pytest.mark.usefixtures("market")
def test_an_instant_without_a_zone_is_refused_and_an_unchanged_answer_costs_nothing(
    client: TestClient,
) -> None:
    for instant in (
        "2026-03-01T00:00:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        # Seconds since 1970, which nobody means by a time.
        "1772323200",
    ):
        assert client.get(PATH, params={"as_of": instant}).status_code == 422
    etag = client.get(PATH).headers["etag"]
    assert client.get(PATH, headers={"If-None-Match": etag}).status_code == 304
    assert client.get("/v1/markets/nobody/rules").status_code == 404
