import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from models.enums import Category, MarketState, Remedy, SourceState
from models.operation import Source
from service.protocol.prices import YES
from service.store.oracle.contracts import load_book
from service.store.oracle.question_states import fold_questions
from service.store.scores.assessments import add_assessment
from tests.dashboard.conftest import OpenClient
from tests.store.chain_scenes import Chain, add_long_story
from tests.store.judged import judge
from tests.store.scenes import (
    NOW,
    SCORED,
    add_contracts,
    add_market,
    add_rules,
    add_scored,
    document,
    question_id_of,
    ref_of,
)

HOSTILE = "<script>alert('x')</script><img src=x onerror=alert(1)>\"'&"
EVERY_PAGE = [
    *("/", f"/markets/{ref_of(1)}", "/proposals", "/sources", "/base-rates", "/rounds"),
    *("/rounds/7", "/docs", "/markets/none"),
]
VOID = {"meta", "link", "input", "img", "br"}


class Outline(HTMLParser):
    """Collects what the page tests ask about, and checks that tags close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def outline(html: str) -> Outline:
    parsed = Outline()
    parsed.feed(html)
    parsed.close()
    assert parsed.open == []
    return parsed


@pytest.fixture
def hostile(sessions: sessionmaker[Session]) -> None:
    """Everything a stranger can write, written badly."""
    with sessions.begin() as session:
        add_contracts(session)
        market = add_long_story(
            session, 1, title=HOSTILE, outcomes=[HOSTILE, "No"], slug="a/../<b>", tags=[HOSTILE]
        )
        add_rules(session, market, 3, HOSTILE, NOW)
        bad = {**document(), "warnings": [HOSTILE], "drivers": [{"feature": HOSTILE,
               "value": HOSTILE, "unit": HOSTILE, "contribution_logit": 1.0,
               "evidence": [HOSTILE]}]}  # fmt: skip
        add_assessment(session, market.id, replace(SCORED, document=bad))
        chain = Chain(session, 2)
        chain.initialize(NOW - timedelta(hours=3), HOSTILE)
        chain.propose(NOW - timedelta(hours=3), NOW - timedelta(hours=1), YES)
        session.add(
            Source(
                name="clob",
                state=SourceState.DOWN,
                since=NOW,
                reason=HOSTILE,
                failures_in_a_row=1,
            )
        )


@pytest.mark.usefixtures("hostile")
def test_what_strangers_wrote_is_shown_and_never_run(client: TestClient) -> None:
    for path in EVERY_PAGE:
        html = client.get(path).text
        page = outline(html)
        assert page.all("script") == []
        assert "<img src=x" not in html
        for tag, attributes in page.tags:
            assert not [name for name in attributes if name.startswith("on")], (path, tag)
            assert "style" not in attributes, (path, tag)
            link = attributes.get("href", "/") or ""
            assert link.startswith(("/", "#", "https://")), (path, tag, link)
    assert "&lt;script&gt;" in client.get("/").text


@pytest.mark.usefixtures("hostile")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_page_can_be_walked_without_eyes(client: TestClient) -> None:
    for path in EVERY_PAGE:
        page = outline(client.get(path).text)
        assert len(page.all("main")) == len(page.all("h1")) == len(page.all("footer")) == 1
        assert page.all("html")[0]["lang"] == "en"
        assert page.all("nav")[0]["aria-label"]
        assert all(header.get("scope") for header in page.all("th"))
        assert all("alt" in picture for picture in page.all("img"))
        ids = [a["id"] for _, a in page.tags if a.get("id")]
        assert len(ids) == len(set(ids))
        labelled = [a["aria-labelledby"] for _, a in page.tags if a.get("aria-labelledby")]
        assert set(labelled) <= set(ids)
        for drawing in page.all("svg"):
            assert drawing.get("aria-label") or drawing.get("aria-hidden") == "true"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_pages_load_nothing_from_elsewhere(client: TestClient) -> None:
    page = outline(client.get("/").text)
    loaded = [a["href"] for a in page.all("link")] + [a["src"] for a in page.all("img")]
    for path in loaded:
        assert path is not None
        answer = client.get(path)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert "url(" not in answer.text
        assert "@import" not in answer.text


def test_the_list_shows_the_most_money_at_risk_first(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    with sessions.begin() as session:
        add_scored(session, 1, expected_loss=5_000_000)
        add_scored(session, 2, expected_loss=7_000_000_000_000, open_interest=9_000_000_000_000)
        add_scored(session, 3, expected_loss=None, open_interest=None)
        add_scored(session, 4, expected_loss=1_000_000, open_interest=None)
    html = client.get("/").text
    titles = re.findall(r"Will market (\d) resolve", html)
    assert titles == ["2", "1", "4", "3"]
    assert "~$1.00" in html
    assert "money at risk assumed" in html
    assert "$7 million" in html
    assert "$5.00" in html
    assert "3 in 10,000" in html
    assert "90&nbsp;%: 1 to 8 in 10,000" in html
    assert "money at risk unknown" in html


def test_filters_are_kept_over_the_pages(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    with sessions.begin() as session:
        for number in range(120):
            category = Category.SPORTS if number % 2 else Category.CRYPTO
            add_scored(session, number, category=category)
    first = client.get("/?state=&category=sports&min_open_interest=&sort=probability").text
    assert '<option value="sports" selected>' in first
    [following] = [a["href"] for a in outline(first).all("a") if "cursor=" in (a.get("href") or "")]
    assert following is not None
    second = client.get(following).text
    shown = re.findall(r"Will market (\d+) resolve", first + second)
    assert len(shown) == len(set(shown)) == 60
    assert all(int(number) % 2 for number in shown)
    assert "cursor=" not in second


@pytest.mark.parametrize(
    "query", ["state=x", "category=x", "sort=x", "min_open_interest=-1", "cursor=x", "odd=1"]
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_filter_that_cannot_be_used_is_named_on_a_page(client: TestClient, query: str) -> None:
    answer = client.get(f"/?{query}")
    assert answer.status_code == 422
    assert query.split("=", maxsplit=1)[0] in answer.text
    assert "<h1>This cannot be shown</h1>" in answer.text


@pytest.mark.usefixtures("hostile")
def test_a_market_page_links_all_that_is_served_of_the_market(client: TestClient) -> None:
    html = client.get(f"/markets/{ref_of(1)}").text
    paths = client.get("/openapi.json").json()["paths"]
    served = [path for path in paths if path.startswith("/v1/markets/{ref}")]
    assert "/v1/markets/{ref}/attack" in served
    for path in served:
        assert f'href="{path.replace("{ref}", ref_of(1))}"' in html


@pytest.mark.usefixtures("hostile")
def test_a_market_page_tells_the_score_the_reasons_and_the_story(client: TestClient) -> None:
    html = client.get(f"/markets/{ref_of(1)}").text
    for words in (
        "3 in 10,000",
        "of $400,000 at risk",
        "odds \u00d7 2.7",
        "First dispute:",
        "Second dispute:",
        "The question&#39;s creator posted a clarification",
        "does not speak for the question&#39;s creator",
        "both sides were paid half",
        "https://polygonscan.com/tx/0x",
        "ethereum_rpc: not configured",
        "Partly measured",
        "Version 3",
        # The panel about the rules.
        "What changed in 3 versions",
        "<del>happens.</del> <ins>happens in time.</ins>",
        "<strong>Clarification</strong>, after an answer was disputed",
        "A stranger&#39;s note",
        "Not held against the oracle&#39;s own text",
        "&lt;script&gt;alert(1)&lt;/script&gt; resolve to YES",
    ):
        assert words in html, words


def test_a_market_page_tells_how_much_time_is_left_to_dispute(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    with sessions.begin() as session:
        add_scored(
            session,
            1,
            state=MarketState.PROPOSED,
            challenge_open=True,
            challenge_ends_at=NOW + timedelta(minutes=80),
        )
        add_scored(
            session,
            2,
            state=MarketState.PROPOSED,
            challenge_open=True,
            challenge_ends_at=NOW - timedelta(minutes=1),
        )
        add_scored(session, 3, state=MarketState.RESOLVED, remedy=Remedy.REFUND)
    assert "1 h 20 min left" in client.get("/markets/market-1").text
    assert "Past its minimum window, still open to dispute" in client.get("/markets/market-2").text
    paid = client.get("/markets/market-3").text
    assert "Probability that it was paid out wrong" in paid
    assert "Refund announced off chain" in paid


def test_a_market_page_tells_what_adjudicators_said(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    with sessions.begin() as session:
        add_contracts(session)
        market = add_long_story(session, 1)
        add_scored(session, 1, market)
        fold_questions(session, [question_id_of(1)], load_book(session))
        add_scored(session, 2)
        judge(session, market)
    page = client.get(f"/markets/{ref_of(1)}").text
    assert "On the verdicts of 3 blind adjudicators the oracle\u2019s answer contradicts" in page
    assert "90 % interval" in page
    assert "this label is settled." in page
    assert "No blind adjudicator has judged" in client.get(f"/markets/{ref_of(2)}").text


def test_a_market_not_scored_yet_has_a_page_that_says_so(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    with sessions.begin() as session:
        add_market(session, 1)
    answer = client.get("/markets/market-1")
    assert answer.status_code == 200
    assert "has not been scored yet" in answer.text


def test_a_score_that_moved_is_drawn(sessions: sessionmaker[Session], client: TestClient) -> None:
    with sessions.begin() as session:
        market_id = add_scored(session, 1).id
    assert "polyline" not in client.get("/markets/market-1").text
    with sessions.begin() as session:
        later = replace(SCORED, as_of=SCORED.as_of + timedelta(hours=1), p_mean=0.01, p_high=0.1)
        add_assessment(session, market_id, later)
    assert client.get("/markets/market-1").text.count("<polyline") == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_unknown_market_is_a_page_for_people_and_a_problem_for_programs(
    client: TestClient,
) -> None:
    page = client.get("/markets/nope")
    assert page.status_code == 404
    assert "“nope”" in page.text
    lost = client.get("/nowhere")
    assert (lost.status_code, "<h1>Not found</h1>" in lost.text) == (404, True)
    data = client.get("/v1/markets/nope")
    assert data.headers["content-type"] == "application/problem+json"
    program = client.get("/nowhere", headers={"Accept": "application/json"})
    assert program.headers["content-type"] == "application/problem+json"


@pytest.mark.usefixtures("hostile")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_reconstruction_says_so_on_every_page_and_links_to_no_transaction(
    open_client: OpenClient,
) -> None:
    with open_client(banner="Reconstruction: <parts> invented") as client:
        for path in EVERY_PAGE:
            html = client.get(path).text
            assert "Reconstruction: &lt;parts&gt; invented" in html
            assert "polygonscan" not in html


def test_the_queue_and_the_sources_have_their_pages(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    assert "No proposed answer is open to dispute" in client.get("/proposals").text
    assert "No source has been asked yet" in client.get("/sources").text
    assert "No market has been scored yet" in client.get("/").text
    with sessions.begin() as session:
        add_contracts(session)
        chain = Chain(session, 1)
        chain.initialize(NOW - timedelta(hours=3), "Known from the chain only")
        chain.propose(NOW - timedelta(hours=3), NOW - timedelta(hours=3), YES)
        session.add(
            Source(
                name="polygon_rpc",
                state=SourceState.NOT_CONFIGURED,
                since=NOW,
                reason="no URL is set",
                failures_in_a_row=0,
            )
        )
    queue = client.get("/proposals").text
    assert "Known from the chain only" in queue
    assert "Past its minimum window" in queue
    sources = client.get("/sources").text
    assert "Not configured" in sources
    assert "no URL is set" in sources


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_reference_describes_every_route_and_every_kind_of_problem(
    client: TestClient,
) -> None:
    html = client.get("/docs").text
    for path in client.get("/openapi.json").json()["paths"]:
        assert f"<code>{path}</code>" in html
    for status in (404, 405, 414, 422, 500, 503):
        assert f'id="problem-{status}"' in html
    targets = {a["id"] for _, a in outline(html).tags if a.get("id")}
    for link in outline(html).all("a"):
        href = link.get("href") or ""
        assert not href.startswith("#") or href[1:] in targets
