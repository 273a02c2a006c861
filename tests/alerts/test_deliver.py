import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from service.alerts.deliver import DeliveryError, Message, deliver, fingerprint
from tests.alerts.webhook import Webhook, running_webhook

# Apprise imports it on Python 3.11 and 3.12 to offer it to others.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

MESSAGE = Message(7, "Disputed: Will it rain?", "P(paid out wrong): 12 %")


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with running_webhook() as server:
        yield server


def failure_of(url: SecretStr, *, allow_private: bool = True, timeout: float = 5) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        deliver(url, MESSAGE, allow_private=allow_private, timeout_seconds=timeout)
    return caught.value


def test_a_webhook_gets_title_body_and_the_alert_id(webhook: Webhook) -> None:
    deliver(webhook.url(), MESSAGE, allow_private=True)
    (body,) = webhook.bodies
    assert body["title"] == MESSAGE.title
    assert body["message"].startswith(MESSAGE.body)
    assert body["message"].endswith("Alert 7")
    assert body["alert_id"] == "7"
    assert webhook.headers[0]["Idempotency-Key"] == "settlewatch-alert-7"


@pytest.mark.parametrize(
    ("status", "is_permanent"),
    [
        (300, True),
        (400, True),
        (401, True),
        (404, True),
        (408, False),
        (410, True),
        (425, False),
        (429, False),
        (500, False),
        (503, False),
    ],
)
def test_a_refusal_is_permanent_where_trying_again_cannot_help(
    webhook: Webhook, status: int, *, is_permanent: bool
) -> None:
    webhook.status = status
    failure = failure_of(webhook.url())
    assert failure.permanent is is_permanent
    assert failure.reason == f"answered HTTP {status}"


def test_a_refused_connection_may_pass() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    failure = failure_of(SecretStr(f"json://127.0.0.1:{port}/hook"))
    assert not failure.permanent


def test_a_hanging_destination_is_given_up_in_time(webhook: Webhook) -> None:
    webhook.is_released.clear()
    started = time.perf_counter()
    failure = failure_of(webhook.url(), timeout=0.4)
    assert not failure.permanent
    # Far below the 20 s the receiver would take, far above what a slow machine adds.
    assert time.perf_counter() - started < 10


def test_a_url_cannot_lengthen_the_time_out(webhook: Webhook) -> None:
    webhook.is_released.clear()
    started = time.perf_counter()
    failure_of(webhook.url(query="?rto=60&cto=60&retry=5&wait=5"), timeout=0.4)
    assert time.perf_counter() - started < 10


def test_redirects_are_not_followed_even_if_the_url_asks(webhook: Webhook) -> None:
    with running_webhook() as elsewhere:
        webhook.status = 307
        webhook.location = f"http://127.0.0.1:{elsewhere.port}/"
        failure = failure_of(webhook.url(query="?redirect=yes"))
        assert failure.permanent
        assert elsewhere.bodies == []


@pytest.mark.parametrize("url", ["https://example.com/hook", "nonsense", "", "file:///etc/passwd"])
def test_a_url_apprise_does_not_know_is_a_permanent_failure(url: str) -> None:
    failure = failure_of(SecretStr(url))
    assert failure.permanent
    assert "begins with json:" in failure.reason


def test_a_failure_tells_nothing_of_the_url(webhook: Webhook) -> None:
    webhook.status = 500
    url = SecretStr(f"json://user:s3cret@127.0.0.1:{webhook.port}/t0ken?+X-Key=k3y")
    failure = failure_of(url)
    for part in ("s3cret", "t0ken", "k3y", "127.0.0.1"):
        assert part not in str(failure)


def test_a_fingerprint_is_short_stable_and_tells_nothing() -> None:
    url = SecretStr("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ")
    assert fingerprint(url) == fingerprint(SecretStr(url.get_secret_value()))
    assert fingerprint(url) != fingerprint(SecretStr("slack://T1JJ3T3L2/A1BRTD4JD/other"))
    assert len(fingerprint(url)) == 16
    assert "T1JJ3T3L2" not in fingerprint(url)


@pytest.mark.parametrize("scheme", ["json", "xml", "form"])
@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "[::1]",
        "[::ffff:7f00:1]",
        "0.0.0.0",  # noqa: S104  # an address to refuse, not to bind
        "user:pass@127.0.0.1",
    ],
)
def test_the_loopback_is_not_reached_under_any_of_its_names(
    webhook: Webhook, scheme: str, host: str
) -> None:
    failure = failure_of(SecretStr(f"{scheme}://{host}:{webhook.port}/hook"), allow_private=False)
    assert not failure.permanent
    assert "public address" in failure.reason
    assert webhook.bodies == []


@pytest.mark.parametrize(
    "host",
    [
        "10.1.2.3",
        "192.168.0.1",
        "172.16.9.9",
        "169.254.169.254",
        "100.100.100.200",
        "[fd00:ec2::254]",
        "[::ffff:127.0.0.1]",
    ],
)
def test_private_and_metadata_addresses_are_refused_before_anything_is_sent(host: str) -> None:
    failure = failure_of(SecretStr(f"json://{host}/latest/meta-data"), allow_private=False)
    assert not failure.permanent
    assert "public address" in failure.reason


def test_a_name_that_turns_private_after_the_check_is_still_refused(
    webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(["93.184.215.14", "127.0.0.1", "127.0.0.1"])

    def rebinding(host: str, port: int, *rest: object, **options: object) -> list[Any]:
        kind = socket.SOCK_STREAM
        return [(socket.AF_INET, kind, socket.IPPROTO_TCP, "", (next(answers), port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    failure = failure_of(webhook.url("rebind.example"), allow_private=False)
    assert not failure.permanent
    assert "public address" in failure.reason
    assert webhook.bodies == []


def test_a_name_with_one_private_address_among_public_ones_is_refused(
    webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def both(host: str, port: int, *rest: object, **options: object) -> list[Any]:
        found = ("93.184.215.14", "127.0.0.1")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    assert not failure_of(webhook.url("both.example"), allow_private=False).permanent
    assert webhook.bodies == []


def test_a_second_host_inside_the_url_is_watched_too(webhook: Webhook) -> None:
    # The mail server is another option than the URL's host.
    url = SecretStr(f"mailto://a:b@example.invalid:{webhook.port}?smtp=127.0.0.1&to=c@example.com")
    failure = failure_of(url, allow_private=False)
    assert not failure.permanent
    assert "public address" in failure.reason


@pytest.mark.parametrize(
    "url",
    ["mqtt://example.com/topic", "xmpp://a:b@example.com", "irc://example.com/#room", "syslog://"],
)
def test_kinds_whose_connections_cannot_be_watched_need_permission(url: str) -> None:
    with pytest.raises(DeliveryError):
        deliver(SecretStr(url), MESSAGE, allow_private=False)


@pytest.mark.parametrize(
    "url",
    [
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
        "tgram://123456789:abcdefg_hijklmnop/12315544/",
        "ntfys://example.invalid/topic",
        "pagerduty://A1BRTD4JD@TIiajkdnlazkcOXrIdevi7F",
        "gotifys://example.invalid/TIiajkdnlazkcOXrIdevi7FQ",
        "mailtos://a:b@example.invalid?smtp=smtp.example.invalid&to=c@example.com",
    ],
)
def test_usual_services_are_let_through_the_guard(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(*_: object, **__: object) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "no network in tests")

    monkeypatch.setattr(socket, "getaddrinfo", offline)
    failure = failure_of(SecretStr(url), allow_private=False)
    # It got as far as asking for the host's address, and failed only there.
    assert not failure.permanent
