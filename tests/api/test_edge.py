import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

# One database is enough: nothing here depends on it.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

READABLE = ["/v1/markets", "/v1/proposals", "/v1/sources", "/healthz", "/readyz", "/openapi.json"]


@pytest.mark.parametrize("path", READABLE)
def test_an_unchanged_answer_is_not_sent_twice(client: TestClient, path: str) -> None:
    first = client.get(path)
    etag = first.headers["etag"]
    assert etag.startswith('W/"')
    again = client.get(path, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == etag
    assert "content-type" not in again.headers
    other = client.get(path, headers={"If-None-Match": 'W/"something-else"'})
    assert (other.status_code, other.content) == (200, first.content)


@pytest.mark.parametrize("sent", ['"{}"', 'W/"x", W/"{}"', "*"])
def test_the_etag_is_compared_weakly_and_in_lists(client: TestClient, sent: str) -> None:
    bare = client.get("/v1/markets").headers["etag"].removeprefix("W/").strip('"')
    answer = client.get("/v1/markets", headers={"If-None-Match": sent.format(bare)})
    assert answer.status_code == 304


@pytest.mark.parametrize("path", [*READABLE, "/v1/markets/none", "/v1/markets?limit=x", "/nowhere"])
def test_every_answer_carries_the_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe-inline" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_head_tells_what_get_would_without_the_body(client: TestClient) -> None:
    got, told = client.get("/v1/markets"), client.head("/v1/markets")
    assert told.status_code == 200
    assert told.content == b""
    assert told.headers["etag"] == got.headers["etag"]
    assert told.headers["content-length"] == str(len(got.content))


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_what_can_only_be_read_refuses_to_be_written(client: TestClient, method: str) -> None:
    answer = client.request(method, "/v1/markets")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET"
    assert answer.json()["title"] == "Method Not Allowed"


def test_a_path_nobody_serves_is_a_problem_document(client: TestClient) -> None:
    answer = client.get("/v1/nothing")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/docs#problem-404"


def test_a_url_beyond_the_limit_is_refused(client: TestClient) -> None:
    answer = client.get(f"/v1/markets?cursor={'x' * 5000}")
    assert answer.status_code == 414
    assert answer.json()["status"] == 414
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_defect_of_ours_shows_nothing_of_the_inside(app: FastAPI) -> None:
    def break_down() -> None:
        message = "the password is hunter2"
        raise RuntimeError(message)

    app.add_api_route("/v1/broken", break_down)
    answer = TestClient(app, raise_server_exceptions=False).get("/v1/broken")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "hunter2" not in answer.text
    assert answer.headers["content-security-policy"]
