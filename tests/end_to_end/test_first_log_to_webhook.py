"""One question from its first log to the API's answer, the page and the webhook.

Everything is real but the clock and the counterparts: Polymarket's APIs, the node and the
webhook's receiver are servers on loopback.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from jobs.wiring import House, begin_service, make_app, open_house, run_job
from models.enums import JobOutcome
from service.clock import SetClock
from service.settings import Settings
from tests.alerts.webhook import Webhook, running_webhook
from tests.loopback.node import ReplayNode
from tests.loopback.polymarket import PolymarketServer
from tests.loopback.records import a_book, a_market, tokens_of
from tests.replays import CONTRACTS, read_replay

QUESTION = read_replay("b-first-dispute")["expected"]["b1"]
REF = QUESTION["conditionId"]
IN_ORDER = (
    "sync_markets",
    "index_oracle",
    "sync_resolutions",
    "sync_liquidity",
    "score_markets",
    "send_alerts",
)
# Blocks of the capture at which something happened to the question.
ASKED, PROPOSED, DISPUTED, REPROPOSED, PAID, LATE_SETTLE = 77, 78, 79, 80, 81, 83


class World:
    """The service and its counterparts, moved forward block by block."""

    def __init__(self, house: House, clock: SetClock, node: ReplayNode, hook: Webhook) -> None:
        self.house, self.clock, self.node, self.hook = house, clock, node, hook
        self.api = TestClient(make_app(house), base_url="http://127.0.0.1")

    def advance(self, block: int, later: timedelta = timedelta(minutes=10)) -> None:
        """Let the node show a block, put the clock after it, and run one cycle of every job."""
        mined = int(self.node.blocks[block]["timestamp"], 16)
        self.node.head = block
        self.clock.set(datetime.fromtimestamp(mined, UTC) + later)
        self.cycle()

    def cycle(self) -> None:
        for name in IN_ORDER:
            result = run_job(self.house, name)
            assert result.outcome is JobOutcome.OK, result

    def get(self, path: str) -> Any:
        answer = self.api.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    @property
    def line(self) -> Any:
        return self.get(f"/v1/markets/{REF}")


@pytest.fixture
def polymarket() -> Iterator[PolymarketServer]:
    with PolymarketServer() as server:
        yes, no = tokens_of(1)
        server.markets = [
            a_market(
                1,
                conditionId=REF,
                questionID=QUESTION["questionID"],
                resolvedBy=QUESTION["adapter"],
                question=QUESTION["title"],
                slug="senate-bill-june",
                volume="2500000",
                volumeNum=2500000,
            )
        ]
        server.open_interest = {REF: 400000.0}
        server.books = {
            yes: a_book(yes, [("0.80", "50"), ("0.90", "900")], [("0.99", "9"), ("0.92", "700")]),
            no: a_book(no, [("0.08", "700")], [("0.10", "900")]),
        }
        yield server


@pytest.fixture
def world(polymarket: PolymarketServer, database_url: str) -> Iterator[World]:
    clock = SetClock(datetime(2025, 2, 20, tzinfo=UTC))
    with ExitStack() as stack:
        node = stack.enter_context(ReplayNode.of("00-deployment", "a-clean", "b-first-dispute"))
        hook = stack.enter_context(running_webhook())
        settings = Settings(
            database_url=SecretStr(database_url),
            gamma_url=polymarket.url,
            clob_url=polymarket.url,
            data_url=polymarket.url,
            polygon_rpc_urls=(SecretStr(node.url),),
            alert_urls=(hook.url(),),
            allow_private_alert_targets=True,
            contracts=Path(CONTRACTS),
            alert_probability=0.02,
            alert_expected_loss_usdc=5_000,
            public_url="https://watch.example",
        )
        house = open_house(settings, clock)
        stack.callback(house.close)
        begin_service(house)
        yield World(house, clock, node, hook)


def test_one_question_from_its_first_log_to_the_webhook(world: World) -> None:
    world.advance(ASKED)
    calm = world.line
    assert calm["state"] == "pre_proposal"
    assert Decimal(calm["open_interest_usdc"]) == 400_000
    assert 0 < calm["p"]["p05"] <= calm["p"]["mean"] <= calm["p"]["p95"] < 0.01
    assert world.hook.bodies == []

    world.advance(PROPOSED)
    proposed = world.line
    assert (proposed["state"], proposed["challenge_open"]) == ("proposed", True)
    # No is proposed at a price that says Yes: the score rises and people are told, once.
    assert proposed["p"]["mean"] > 20 * calm["p"]["mean"]
    assert len(world.hook.bodies) == 1
    told = json.dumps(world.hook.bodies[0])
    assert QUESTION["title"] in told
    assert "https://watch.example/markets/" in told

    world.cycle()
    assert len(world.hook.bodies) == 1

    world.advance(DISPUTED)
    assert world.line["state"] == "disputed_once"
    assert len(world.hook.bodies) == 2

    world.advance(REPROPOSED)
    assert world.line["state"] == "reproposed"
    queue = world.get("/v1/proposals")["data"]
    assert [row["market"]["ref"] for row in queue] == [REF]

    world.advance(PAID)
    paid = world.line
    assert (paid["state"], paid["challenge_open"]) == ("resolved", False)

    # The first request's vote settles long after the payout, and must change nothing.
    world.advance(LATE_SETTLE)
    assert world.line["state"] == "resolved"
    kinds = [entry["kind"] for entry in world.get(f"/v1/markets/{REF}/timeline")["data"]]
    for kind in ("initialized", "proposal", "dispute", "reset", "settle", "pa", "alert"):
        assert any(kind in found for found in kinds), (kind, kinds)

    history = world.get(f"/v1/markets/{REF}/assessments")["data"]
    assert len(history) >= 5
    document = world.get(f"/v1/markets/{REF}/assessment")
    parts = sum(document["components"].values())
    mean = document["p_misresolved"]["mean"]
    assert abs(parts - mean) <= 1e-9 * max(mean, 1e-6)

    page = world.api.get(f"/markets/{REF}")
    assert page.status_code == 200
    assert QUESTION["title"] in page.text


def test_open_interest_moves_the_money_at_risk(world: World, polymarket: PolymarketServer) -> None:
    world.advance(PROPOSED)
    before = float(world.line["expected_loss_usdc"])
    polymarket.open_interest = {REF: 800000.0}
    world.clock.advance(timedelta(minutes=6))
    world.cycle()
    after = world.line
    assert Decimal(after["open_interest_usdc"]) == 800_000
    assert float(after["expected_loss_usdc"]) == pytest.approx(2 * before, rel=0.25)
