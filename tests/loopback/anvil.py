"""A real EVM node on loopback: anvil, from the npm package that ``make setup`` installs."""

import atexit
import http.client
import json
import os
import platform
import re
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Self

import pytest

PACKAGES = Path(__file__).resolve().parents[2] / "node_modules" / "@foundry-rs"
ANNOUNCEMENT = re.compile(r"Listening on 127\.0\.0\.1:(\d+)")
START_SECONDS = 20.0
OPTIONS = (
    "--no-mining",
    # The finalized head is two blocks behind the newest one, the safe head one.
    *("--slots-in-an-epoch", "1"),
    # Transactions are mined in the order they came, from any sender, for free.
    *("--order", "fifo"),
    "--auto-impersonate",
    *("--base-fee", "0"),
    *("--gas-price", "0"),
    *("--gas-limit", "1000000000"),
    *("--accounts", "1"),
)


def anvil_binary() -> Path:
    """The node's program; without it the test is skipped, and fails in the CI."""
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    name = f"anvil-{platform.system().lower()}-{machine}"
    binary = PACKAGES / name / "bin" / "anvil"
    if binary.exists():
        return binary
    reason = f"no EVM node: `make setup` did not install @foundry-rs/{name}"
    if os.environ.get("CI"):  # noqa: TID251  # the CI's word for itself
        pytest.fail(reason)
    pytest.skip(reason)


class Anvil:
    """One node; ``with Anvil(137, genesis_time) as node: node.ask("eth_blockNumber")``."""

    def __init__(self, chain_id: int, genesis_time: int) -> None:
        self.chain_id = chain_id
        self.genesis_time = genesis_time

    def __enter__(self) -> Self:
        """Start it on a free port of its own choice, its output in a file: a pipe would fill."""
        with tempfile.NamedTemporaryFile("w+b") as output:
            self._process = subprocess.Popen(
                [
                    anvil_binary(),
                    *("--port", "0"),
                    *("--chain-id", str(self.chain_id)),
                    *("--timestamp", str(self.genesis_time)),
                    *OPTIONS,
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            atexit.register(self._process.kill)
            self.port = self._await_port(Path(output.name))
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        return self

    def __exit__(self, *_: object) -> None:
        """Kill it: nothing of it is kept."""
        self._connection.close()
        self._process.kill()
        self._process.wait()
        atexit.unregister(self._process.kill)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method: str, *params: Any) -> Any:
        """One call's result; an error in the answer fails the test."""
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        self._connection.request(
            "POST", "/", json.dumps(call), {"content-type": "application/json"}
        )
        answer = json.loads(self._connection.getresponse().read())
        assert "error" not in answer, (method, answer["error"])
        return answer["result"]

    def _await_port(self, output: Path) -> int:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            found = ANNOUNCEMENT.search(output.read_text(encoding="utf-8"))
            if found:
                return int(found[1])
            time.sleep(0.005)
        self._process.kill()
        pytest.fail(f"the EVM node did not start: {output.read_text(encoding='utf-8')[-400:]}")
