"""``settlewatch run`` where nothing answers: it starts, says so, stays calm, and ends when told."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from service.clock import stopwatch

COMMAND = "from jobs.cli import main; main()"
# A start that waited for a source would take one's time limit, 10 s and more. How long it takes by
# itself is measured, not tested (bench/startup.py); the schema is in place beforehand.
START_SECONDS = 8.0
# A process that shares two cores with other tests may be slow for no fault of its own.
PATIENCE = 3.0


@dataclass(frozen=True, slots=True)
class Running:
    """The service as its users see it."""

    process: "subprocess.Popen[bytes]"
    url: str
    cpu_seconds_to_start: float

    def get(self, path: str) -> Any:
        answer = httpx.get(self.url + path, timeout=10)
        assert answer.status_code == 200
        return answer.json()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[Running]:
    """The service with every address pointing at a port nobody listens on."""
    dead, port = f"http://127.0.0.1:{free_port()}", free_port()
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("SETTLEWATCH_")}  # noqa: TID251  # a child's environment
    named = {
        "DATABASE_URL": f"sqlite:///{folder / 'run.db'}",
        "GAMMA_URL": dead,
        "WS_URL": "ws" + dead.removeprefix("http"),
        "CLOB_URL": dead,
        "DATA_URL": dead,
        "PORT": str(port),
        **{name: value.replace("DEAD", dead) for name, value in settings.items()},
    }
    with (folder / "errors").open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, "run"],
            cwd=folder,
            env=inherited | {f"SETTLEWATCH_{name}": value for name, value in named.items()},
            stderr=errors,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_it_listens(process, url)
        yield Running(process, url, cpu_seconds(process))
    finally:
        process.kill()
        process.wait()


def wait_until_it_listens(process: "subprocess.Popen[bytes]", url: str) -> None:
    elapsed = stopwatch()
    while elapsed() < START_SECONDS * PATIENCE:
        assert process.poll() is None
        with suppress(httpx.TransportError):
            assert httpx.get(f"{url}/healthz", timeout=1).status_code == 200
            # The limit is on the process's own work; what others do on the machine is not its.
            assert elapsed() < START_SECONDS or cpu_seconds(process) < START_SECONDS
            return
        time.sleep(0.05)
    pytest.fail(f"nothing listens after {START_SECONDS * PATIENCE} s")


def cpu_seconds(process: "subprocess.Popen[bytes]") -> float:
    times = psutil.Process(process.pid).cpu_times()
    return float(times.user + times.system)


def sources_once_gamma_is_down(service: Running) -> dict[str, Any]:
    """The health of every source; the waits between attempts grow, and are random in part."""
    found: dict[str, Any] = {}
    elapsed = stopwatch()
    while elapsed() < 20:
        found = {line["name"]: line for line in service.get("/v1/sources")["data"]}
        if found["gamma"]["state"] == "down" and found["polygon_rpc"]["state"] != "unknown":
            break
        time.sleep(0.5)
    return found


def stop(running: Running) -> float:
    """Ask it to end; the seconds that took."""
    elapsed = stopwatch()
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(timeout=20) == 0
    return elapsed()


@pytest.fixture
def folder(tmp_path: Path, sqlite_template: Path) -> Path:
    """Where the service runs; its database has the schema."""
    shutil.copy(sqlite_template, tmp_path / "run.db")
    return tmp_path


def test_without_any_network_it_starts_says_what_is_down_and_stays_calm(folder: Path) -> None:
    with running(folder, POLYGON_RPC_URLS="DEAD/key-SECRET") as service:
        time.sleep(6)
        found = sources_once_gamma_is_down(service)
        ready = service.get("/readyz")
        spent = cpu_seconds(service.process) - service.cpu_seconds_to_start
        took = stop(service)
    asked = {"gamma", "clob", "data_api", "polygon_rpc", "ethereum_rpc"}
    assert set(found) == asked | {"market_stream", "coingecko", "coinbase", "kalshi"}
    assert all(line["since"] and line["reason"] for line in found.values())
    assert found["gamma"]["state"] == "down"
    assert found["gamma"]["retry_at"] is not None
    # The circuit opened after five attempts, and a pause of at least 15 s began.
    assert found["gamma"]["failures_in_a_row"] == 5
    assert found["polygon_rpc"]["state"] == "degraded"
    assert ready["status"] == "degraded"
    assert {line["name"] for line in ready["sources"]} == set(found)
    # The first runs import what they need; after that next to nothing is done.
    assert spent < 5, spent
    assert took < 6 * PATIENCE
    errors = (folder / "errors").read_text()
    assert "Traceback" not in errors
    assert "SECRET" not in errors


def test_without_rpc_urls_the_chain_is_not_configured_and_what_is_lost_is_said(
    folder: Path,
) -> None:
    with running(folder) as service:
        found = {line["name"]: line for line in service.get("/v1/sources")["data"]}
        stop(service)
    assert found["polygon_rpc"]["state"] == "not_configured"
    assert "SETTLEWATCH_POLYGON_RPC_URLS" in found["polygon_rpc"]["reason"]
    assert "proposers" in found["polygon_rpc"]["reason"]
    assert found["ethereum_rpc"]["state"] == "not_configured"


def test_a_job_that_waits_for_a_silent_source_does_not_hold_up_the_end(folder: Path) -> None:
    with socket.socket() as silent:
        # It takes the connection and never answers.
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with running(folder, GAMMA_URL=address) as service:
            time.sleep(2)
            assert stop(service) < 6 * PATIENCE
            assert "jobs were running" in (folder / "errors").read_text()


def test_a_port_that_is_taken_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = subprocess.run(
            [sys.executable, "-c", COMMAND, "run", "--port", str(taken.getsockname()[1])],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "cannot listen on" in done.stderr
