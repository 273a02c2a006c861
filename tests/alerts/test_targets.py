import contextvars
import socket
import threading
from ipaddress import ip_address

import pytest

from service.alerts.targets import PrivateTarget, is_public, private_address_of, public_only


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104  # an address to refuse, not to bind
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "172.31.255.255",
        "192.0.0.192",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "2001::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_an_address_that_is_not_public_is_known_as_such(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "93.184.215.14",
        "172.32.0.1",
        "2606:4700::1111",
        "::ffff:1.1.1.1",
        "64:ff9b::101:101",
    ],
)
def test_a_public_address_is_known_as_such(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "host", ["localhost", "127.1", "0177.0.0.1", "2130706433", "0x7f.1", "[::1]"]
)
def test_a_host_is_refused_in_whatever_spelling_the_resolver_understands(host: str) -> None:
    assert private_address_of(host, 80) is not None


@pytest.mark.parametrize("host", ["1.1.1.1", "name.invalid", "a" * 300, "\u2026"])
def test_public_and_unknown_hosts_are_left_to_the_connection(host: str) -> None:
    assert private_address_of(host, 80) is None


@pytest.fixture
def listener() -> socket.socket:
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    return server


def test_a_guarded_context_cannot_connect_to_the_loopback(listener: socket.socket) -> None:
    with listener, public_only() as refused:
        with pytest.raises(PrivateTarget):
            socket.create_connection(listener.getsockname(), timeout=2)
        with socket.socket() as plain, pytest.raises(PrivateTarget):
            plain.connect_ex(("localhost", listener.getsockname()[1]))
        with socket.socket(type=socket.SOCK_DGRAM) as datagrams:
            with pytest.raises(PrivateTarget):
                datagrams.sendto(b"x", ("127.0.0.1", 9))
            with pytest.raises(PrivateTarget):
                datagrams.sendmsg([b"x"], [], 0, ("127.0.0.1", 9))
        with socket.socket(socket.AF_UNIX) as local, pytest.raises(PrivateTarget):
            local.connect("/dev/log")
    assert refused == ["127.0.0.1", "localhost", "127.0.0.1", "127.0.0.1", "a local socket"]


def test_outside_the_guard_nothing_is_refused(listener: socket.socket) -> None:
    with public_only():
        pass
    with listener, socket.create_connection(listener.getsockname(), timeout=2) as connection:
        assert connection.getpeername() == listener.getsockname()


def test_the_guard_follows_a_copied_context_and_leaves_other_threads_alone(
    listener: socket.socket,
) -> None:
    outcomes: dict[str, bool] = {}

    def connect(name: str) -> None:
        try:
            socket.create_connection(listener.getsockname(), timeout=2).close()
        except PrivateTarget:
            outcomes[name] = False
        else:
            outcomes[name] = True

    with listener, public_only():
        copied = contextvars.copy_context()
        threads = [
            threading.Thread(target=copied.run, args=(connect, "copied")),
            threading.Thread(target=connect, args=("other",)),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert outcomes == {"copied": False, "other": True}
