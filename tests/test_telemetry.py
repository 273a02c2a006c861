"""Logs hold no secrets, and a standard error that is gone stops nothing."""

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog

from service.telemetry import configure_logging, without_secrets


@pytest.fixture(autouse=True)
def configured() -> Iterator[None]:
    """A process whose logging is configured; all as before afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logging("INFO")
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("URL 1: https://rpc.example/v2/KEY?a=KEY failed", "URL 1: https://… failed"),
        ("('postgresql+psycopg://u:KEY@db/x')", "('postgresql+psycopg://…')"),
        ("host=db password=KEY dbname=x", "host=db password=… dbname=x"),
        ("SETTLEWATCH_PORT: not a number", "SETTLEWATCH_PORT: not a number"),
        ("12:30:45 a//b", "12:30:45 a//b"),
    ],
)
def test_addresses_and_passwords_are_cut_out_of_a_text(text: str, left: str) -> None:
    assert without_secrets(text) == left


def fail() -> None:
    message = "no answer from https://rpc.example/v2/KEY"
    raise RuntimeError(message)


def test_an_exception_is_logged_without_the_addresses_in_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    try:
        fail()
    except RuntimeError:
        structlog.get_logger().exception("job crashed", job="x")
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["job"] == "x"
    assert "RuntimeError: no answer from" in line
    assert "KEY" not in line


def test_logs_of_libraries_lose_their_addresses_too(capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("some.library").warning("retrying https://host/KEY")
    assert "retrying https://…" in capsys.readouterr().err


def test_a_standard_error_that_was_closed_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    log = structlog.get_logger()
    log.info("before")
    gone = io.StringIO()
    gone.close()
    monkeypatch.setattr(sys, "stderr", gone)
    log.info("after")
    logging.getLogger("some.library").warning("after")


def test_lines_below_the_level_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger().debug("too quiet")
    assert capsys.readouterr().err == ""
