"""What can go wrong between two machines, and what the client makes of it."""

import gzip
from dataclasses import replace
from datetime import timedelta

import pytest

from models.enums import SourceState
from service.clock import SetClock, stopwatch
from service.errors import SourceError, SourcePaused, TransientSourceError
from service.polymarket.client import PolymarketClient
from service.protocol.ids import parse_hex32
from service.protocol.sources import SourceHealth
from tests.loopback.polymarket import (
    MARKETS,
    OPEN_INTEREST,
    RESOLUTIONS,
    Answer,
    PolymarketServer,
    as_json,
    dropped,
    error_under_200,
    html_page,
    raw,
    server_error,
    too_many,
    trickled_body,
    trickled_headers,
    truncated_json,
)
from tests.loopback.polymarket_client import IMPATIENT, NOW, QUICK, STRICT, client_of
from tests.loopback.records import a_market, condition_of


def sweep(client: PolymarketClient) -> int:
    return sum(len(page.rows) for page in client.fetch_open_markets())


def health(client: PolymarketClient, name: str) -> SourceHealth:
    return next(item for item in client.health() if item.name == name)


@pytest.mark.parametrize(
    "fault",
    [
        too_many(),
        too_many("0"),
        error_under_200(),
        server_error(),
        html_page(200),
        html_page(503),
        truncated_json(),
        raw(b""),
        raw(b"[" * 100_000),
        raw(b'{"markets": [NaN]}'),
        raw(b"\xff\xfe\xff"),
        dropped(),
        Answer(200, b"not gzip", {"Content-Encoding": "gzip"}),
        as_json({"error": "restarting"}, 425),
    ],
    ids=lambda fault: f"{fault.status}-{fault.body[:12]!r}",
)
def test_a_passing_failure_is_tried_again_and_nothing_is_lost(
    server: PolymarketServer, client: PolymarketClient, fault: Answer
) -> None:
    server.markets = [a_market(number) for number in range(150)]
    server.fail(MARKETS, fault, fault)
    assert sweep(client) == 150
    assert server.requests[MARKETS] == 4
    assert health(client, "gamma").state is SourceState.OK


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (html_page(200), r"not JSON \(an HTML page\)"),
        (html_page(503), r"HTTP 503: an HTML page"),
        (truncated_json(), r"not JSON \(28 bytes starting"),
        (error_under_200(), "error body under HTTP 200: Too Many Requests"),
        (server_error(), "HTTP 500: cannot get the information"),
        (too_many(), "HTTP 429: empty body"),
        (dropped(), "RemoteProtocolError"),
    ],
)
def test_a_lasting_failure_is_named(
    server: PolymarketServer, client: PolymarketClient, fault: Answer, reason: str
) -> None:
    server.fail_always(MARKETS, fault)
    with pytest.raises(TransientSourceError, match=f"gamma: {reason}"):
        sweep(client)
    assert server.requests[MARKETS] == QUICK.attempts


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (as_json({"type": "validation error", "error": "bad order"}, 422), "HTTP 422: bad order"),
        (html_page(403), "HTTP 403: an HTML page"),
        (
            Answer(302, b"", {"Location": "http://127.0.0.1:1/"}),
            "redirected to http://127.0.0.1:1/",
        ),
        (as_json({"error": "gone", "retryable": False}), "error body under HTTP 200: gone"),
    ],
)
def test_a_failure_that_will_not_pass_is_not_tried_again(
    server: PolymarketServer, client: PolymarketClient, answer: Answer, reason: str
) -> None:
    server.fail_always(MARKETS, answer)
    with pytest.raises(SourceError, match=reason):
        sweep(client)
    assert server.requests[MARKETS] == 1


@pytest.mark.parametrize("fault", [trickled_body(), trickled_headers()], ids=["body", "headers"])
def test_a_peer_that_trickles_is_given_up_at_the_deadline(
    server: PolymarketServer, clock: SetClock, fault: Answer
) -> None:
    server.fail_always(MARKETS, fault)
    with client_of(server, clock) as client:
        elapsed = stopwatch()
        with pytest.raises(TransientSourceError):
            sweep(client)
    # Each attempt ends at 0.6 s; by its idle time-out alone it would take 200 s.
    assert elapsed() < QUICK.attempts * IMPATIENT.overall + 1.5


def test_an_endless_answer_is_cut_off(server: PolymarketServer, clock: SetClock) -> None:
    server.fail_always(
        MARKETS, Answer(200, gzip.compress(b" " * 3_000_000), {"Content-Encoding": "gzip"})
    )
    with (
        PolymarketClient(
            server.url, server.url, server.url, clock=clock, retries=QUICK, most_bytes=1_000_000
        ) as client,
        pytest.raises(SourceError, match="more than 1000000 bytes"),
    ):
        sweep(client)


def test_retry_after_is_waited_out(server: PolymarketServer, client: PolymarketClient) -> None:
    server.markets = [a_market(1)]
    server.fail(MARKETS, too_many("1"))
    elapsed = stopwatch()
    assert sweep(client) == 1
    assert 0.9 < elapsed() < 5


def test_a_long_retry_after_pauses_the_source_instead(
    server: PolymarketServer, client: PolymarketClient, clock: SetClock
) -> None:
    server.markets = [a_market(1)]
    server.fail(MARKETS, too_many("120"))
    with pytest.raises(TransientSourceError):
        sweep(client)
    with pytest.raises(SourcePaused):
        sweep(client)
    assert server.requests[MARKETS] == 1
    clock.advance(timedelta(seconds=121))
    assert sweep(client) == 1


def test_a_source_that_keeps_failing_is_left_alone_and_the_others_are_not(
    server: PolymarketServer, client: PolymarketClient
) -> None:
    server.open_interest = {condition_of(1): 5}
    server.fail_always(MARKETS, server_error())
    for _ in range(4):
        with pytest.raises(SourceError):
            sweep(client)
    assert server.requests[MARKETS] == STRICT.failures_to_open
    assert health(client, "gamma") == SourceHealth(
        "gamma",
        SourceState.DOWN,
        since=NOW,
        reason="HTTP 500: cannot get the information",
        last_failure_at=NOW,
        failures_in_a_row=5,
        retry_at=NOW + timedelta(seconds=60),
    )
    (batch,) = client.fetch_open_interest([parse_hex32(condition_of(1))])
    assert len(batch.rows) == 1
    assert health(client, "data_api").state is SourceState.OK
    assert health(client, "clob").state is SourceState.UNKNOWN


def test_after_the_pause_one_probe_decides(
    server: PolymarketServer, client: PolymarketClient, clock: SetClock
) -> None:
    server.markets = [a_market(1)]
    server.fail_always(MARKETS, server_error())
    for _ in range(2):
        with pytest.raises(TransientSourceError):
            sweep(client)
    before = server.requests[MARKETS]
    clock.advance(timedelta(seconds=61))
    with pytest.raises(TransientSourceError):
        sweep(client)
    assert server.requests[MARKETS] == before + 1
    clock.advance(timedelta(seconds=61))
    with pytest.raises(SourcePaused, match="paused until"):
        sweep(client)
    clock.advance(timedelta(seconds=600))
    server.heal()
    assert sweep(client) == 1
    assert health(client, "gamma").failures_in_a_row == 0


def test_a_refused_request_says_nothing_against_the_source(
    server: PolymarketServer, client: PolymarketClient
) -> None:
    server.fail_always(RESOLUTIONS, as_json({"error": "bad id"}, 400))
    list(client.fetch_resolutions([parse_hex32(condition_of(1))]))
    assert health(client, "data_api").state is SourceState.OK


def test_no_network_at_all_is_a_named_error_at_once(clock: SetClock) -> None:
    nowhere = "http://127.0.0.1:1"
    with PolymarketClient(nowhere, nowhere, nowhere, clock=clock, retries=QUICK) as client:
        with pytest.raises(TransientSourceError, match="gamma: ConnectError"):
            sweep(client)
        assert health(client, "gamma").state is SourceState.DEGRADED


def test_requests_of_one_bucket_wait_their_turn(server: PolymarketServer, clock: SetClock) -> None:
    server.open_interest = {condition_of(number): 1 for number in range(50)}
    wanted = [parse_hex32(condition_of(number)) for number in range(50)]
    with PolymarketClient(
        server.url,
        server.url,
        server.url,
        clock=clock,
        retries=replace(QUICK, attempts=1),
        limits={"data_v2": 2},
        limit_seconds=2,
    ) as client:
        elapsed = stopwatch()
        assert sum(len(batch.rows) for batch in client.fetch_open_interest(wanted)) == 50
    assert server.requests[OPEN_INTEREST] == 3
    assert elapsed() > 1.5


def test_the_client_says_who_it_is(server: PolymarketServer, client: PolymarketClient) -> None:
    sweep(client)
    assert server.seen[0].headers["user-agent"].startswith("settlewatch/")
