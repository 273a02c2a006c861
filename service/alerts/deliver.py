"""Hand one message to one destination through Apprise, the only importer of it."""

import hashlib
import re
import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import SecretStr

from service.alerts.targets import private_address_of, public_only
from service.errors import SettlewatchError

if TYPE_CHECKING:
    from apprise import AppriseResult, NotifyBase

TIMEOUT_SECONDS = 10.0
ALLOW_SETTING = "SETTLEWATCH_ALLOW_PRIVATE_ALERT_TARGETS"

# The words almost every Apprise plugin logs a refusal with; Apprise gives the status no other way.
_STATUS = re.compile(r"\berror=(\d{3})\b")
# Client errors that may pass: time-out, conflict, misdirected, too early, too many requests.
_PASSING_STATUSES = frozenset({408, 409, 421, 425, 429})


@dataclass(frozen=True, slots=True)
class Message:
    """What is handed over. ``alert_id`` lets a receiver drop a message it already has."""

    alert_id: int
    title: str
    body: str


class DeliveryError(SettlewatchError):
    """A destination did not take the message; the reason never holds its URL."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        """Say why, and whether trying again could ever help."""
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent


def fingerprint(url: SecretStr) -> str:
    """A short name for a destination that tells nothing of its URL."""
    return hashlib.sha256(url.get_secret_value().encode()).hexdigest()[:16]


def deliver(
    url: SecretStr,
    message: Message,
    *,
    allow_private: bool,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> None:
    """Deliver the message or raise :class:`DeliveryError`.

    Without ``allow_private`` only public addresses are reached (see ``service.alerts.targets``),
    and only by plugins whose every connection can be watched. Redirects are never followed.
    """
    from apprise import Apprise, AppriseAsset

    asset = AppriseAsset(
        app_id="Settlewatch",
        app_desc="Settlewatch",
        http_redirects=False,
        service_timeout=timeout_seconds,
    )
    plugin = Apprise.instantiate(url.get_secret_value(), asset=asset)
    if plugin is None:
        raise DeliveryError(
            "not a URL Apprise can use; a plain webhook begins with json: (jsons: for https)",
            permanent=True,
        )
    _restrain(plugin, timeout_seconds)
    _identify(plugin, message.alert_id)
    if not allow_private:
        _refuse_private(plugin)
    sender = Apprise(asset=asset)
    sender.add(plugin)
    guard: AbstractContextManager[list[str]] = nullcontext([]) if allow_private else public_only()
    with guard as refused:
        result = sender.notify(
            body=f"{message.body}\n\nAlert {message.alert_id}",
            title=message.title,
            body_format="text",
        )
    if not result:
        raise _failure(result, refused)


def _restrain(plugin: "NotifyBase", timeout_seconds: float) -> None:
    # A URL's own options may shorten a time-out, not lengthen it, and never bring redirects back:
    # they would carry the message and its credentials to a host nobody configured.
    plugin.redirects = False
    plugin.socket_connect_timeout = min(plugin.socket_connect_timeout, timeout_seconds)
    plugin.socket_read_timeout = min(plugin.socket_read_timeout, timeout_seconds)


def _identify(plugin: "NotifyBase", alert_id: int) -> None:
    # The generic webhooks (json, form, xml) have fields of their own; others show it in the text.
    extras, headers = getattr(plugin, "payload_extras", None), getattr(plugin, "headers", None)
    if isinstance(extras, dict) and isinstance(headers, dict):
        extras["alert_id"] = str(alert_id)
        headers["Idempotency-Key"] = f"settlewatch-alert-{alert_id}"


def _refuse_private(plugin: "NotifyBase") -> None:
    module = type(plugin).__module__
    if not (hasattr(sys.modules[module], "requests") or module.startswith("apprise.plugins.email")):
        # MQTT, XMPP and the like connect in threads of their own; desktop notices stay here.
        raise DeliveryError(
            f"this kind of destination cannot be kept to public addresses; set {ALLOW_SETTING}"
            " to use it",
            permanent=False,  # As below.
        )
    if "host" not in type(plugin).template_tokens or not plugin.host:
        return
    if private_address_of(plugin.host, plugin.port) is not None:
        raise _private_target()


def _private_target() -> DeliveryError:
    return DeliveryError(
        f"the destination is not on a public address; set {ALLOW_SETTING} to allow that",
        # Whoever mends the setting within the day still gets what was refused before.
        permanent=False,
    )


def _failure(result: "AppriseResult", refused: list[str]) -> DeliveryError:
    from apprise import AppriseResultStatus

    if refused:
        return _private_target()
    if result.status == AppriseResultStatus.TIMEOUT:
        return DeliveryError("no answer in time", permanent=False)
    status = _status_of(result)
    if status is None:
        return DeliveryError("no connection, or no usable answer", permanent=False)
    return DeliveryError(f"answered HTTP {status}", permanent=_is_permanent(status))


def _status_of(result: "AppriseResult") -> int | None:
    for entry in result.logs():
        found = _STATUS.search(entry.message)
        if found:
            return int(found.group(1))
    return None


def _is_permanent(status: int) -> bool:
    # A redirect counts: it is not followed, so its target must be configured instead.
    redirects, server_errors = 300, 500
    return redirects <= status < server_errors and status not in _PASSING_STATUSES
