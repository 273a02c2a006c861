"""Which addresses an alert may go to: public ones, unless the operator allowed all.

Two guards, because either alone can be walked around. `private_address_of` resolves a host before
anything is sent and refuses it if any of its addresses is not public. `public_only` looks at the
address every connection is really made to, which a name that changes between check and connect
(DNS rebinding), a redirect or a plugin's second host cannot avoid.

Not guarded: what a public host does with the message, and an HTTP proxy from the environment,
behind which names are resolved by the proxy. A proxy on a private address counts as private.
"""

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_NEVER_PUBLIC = (
    # Azure's host agent answers here from inside its machines; it only looks public.
    IPv4Network("168.63.129.16/32"),
    # Protocol assignments (RFC 6890), Oracle's metadata among them; Python before 3.11.10 knows
    # an eighth of it.
    IPv4Network("192.0.0.0/24"),
)
# NAT64 (RFC 6052): the last 32 bits are the IPv4 address that is really reached.
_NAT64 = IPv6Network("64:ff9b::/96")
_CONNECTING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})

_refused: ContextVar[list[str] | None] = ContextVar("refused", default=None)
_install_lock = threading.Lock()


class PrivateTarget(OSError):
    """A connection to an address that is not public was refused before it was made."""


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether the address is reachable on, and belongs to, the public internet."""
    if isinstance(address, IPv6Address):
        embedded = _embedded(address)
        if embedded is not None:
            return is_public(embedded)
        if address.is_site_local:
            return False
    if address.is_multicast or address.is_reserved:
        return False
    return address.is_global and not any(address in network for network in _NEVER_PUBLIC)


def _embedded(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


def private_address_of(host: str, port: int | None) -> str | None:
    """The first address of ``host`` that is not public; ``None`` where all are, or none is known.

    The system's resolver decides what a name or a number in any spelling means, as it will for
    the connection.
    """
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        # A name nobody knows: the delivery will say so itself.
        return None
    for _, _, _, _, where in found:
        if not is_public(ip_address(where[0])):
            return str(where[0])
    return None


@contextmanager
def public_only() -> Iterator[list[str]]:
    """Let this context connect to public addresses only; yields the list of those refused.

    Threads share the guard if they run in a copy of the context; others are not guarded.
    """
    _install()
    refused: list[str] = []
    token = _refused.set(refused)
    try:
        yield refused
    finally:
        _refused.reset(token)


def _install() -> None:
    with _install_lock:
        _add_hook()


@lru_cache(maxsize=1)
def _add_hook() -> None:
    # Audit hooks stay for the life of the process; outside `public_only` ours does nothing.
    sys.addaudithook(_watch)


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if event not in _CONNECTING:
        return
    refused = _refused.get()
    if refused is None:
        return
    where = arguments[1]
    if event == "socket.sendmsg" and where is None:
        # A datagram on a socket that is connected already, so was looked at before.
        return
    host = str(where[0]) if isinstance(where, tuple) else "a local socket"
    if not _is_public_literal(host):
        refused.append(host)
        raise PrivateTarget(f"{host} is not a public address")


def _is_public_literal(host: str) -> bool:
    try:
        return is_public(ip_address(host))
    except ValueError:
        # A name or a local socket: what it stands for cannot be known before it is too late.
        return False
