"""Commands run in forked processes that are killed in the middle.

A fork server imports the product once; each command is then a process of its own that runs
``jobs.cli.main`` exactly as ``settlewatch …`` does, and SIGKILL ends that process.
"""

import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.end_to_end.interrupted", "tests.end_to_end.preloaded"])
LONGEST_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command's process ended."""

    was_killed: bool
    status: int
    seconds: float
    said: str

    @property
    def crashed(self) -> bool:
        """Whether an error nobody foresaw ended it."""
        return "job crashed" in self.said or "Traceback" in self.said


def run_command(
    arguments: Sequence[str],
    settings: Mapping[str, str],
    *,
    kill_after: float | None = None,
    patience: float | None = None,
) -> Ended:
    """Run ``settlewatch`` with these arguments and settings; kill -9 after so many seconds.

    ``patience`` is how long the process waits for a node's answer, where half a minute is too long.
    """
    with tempfile.NamedTemporaryFile("r+", encoding="utf-8") as output:
        began = time.perf_counter()
        process = FORKS.Process(
            target=_main, args=(tuple(arguments), dict(settings), patience, output.name)
        )
        process.start()
        limit = LONGEST_SECONDS if kill_after is None else kill_after
        ended_itself = bool(wait([process.sentinel], limit))
        if not ended_itself:
            process.kill()
        process.join()
        seconds = time.perf_counter() - began
        said = Path(output.name).read_text(encoding="utf-8", errors="replace")
    status = process.exitcode
    assert status is not None
    assert ended_itself or kill_after is not None, f"{arguments}: still running\n{said}"
    return Ended(not ended_itself and status < 0, status, seconds, said)


def _main(
    arguments: tuple[str, ...], settings: Mapping[str, str], patience: float | None, output: str
) -> None:
    """What the forked process does."""
    target = os.open(output, os.O_WRONLY | os.O_APPEND)
    os.dup2(target, 1)
    os.dup2(target, 2)
    os.environ.update(settings)  # noqa: TID251  # a child's environment
    sys.argv = ["settlewatch", *arguments]
    from jobs.cli import main  # noqa: PLC0415  # only the child needs it
    from service.chain import rpc  # noqa: PLC0415  # as above

    if patience is not None:
        rpc.TIMEOUT_SECONDS = patience
    main()
