"""``settlewatch demo``: replay the reconstruction, print its table, serve its pages."""

import sys
from pathlib import Path

import orjson
from rich.console import Console

from jobs.demo import run_demo
from jobs.demo_table import print_table, progress_bar
from jobs.serve import check_port, serve_app
from jobs.wiring import make_app
from service.telemetry import configure_logging


def demo_command(*, serve: bool, port: int, cases: Path | None, as_json: bool) -> None:
    """Run the demo; the pages stay up until they are stopped."""
    # The demo's own words are what a first user should see; warnings still come through.
    configure_logging("WARNING")
    if serve:
        # Told now, not after the replay.
        check_port("127.0.0.1", port)
    with progress_bar(Console(stderr=True)) as advance, run_demo(cases, None, advance) as result:
        if as_json:
            rows = {"markets": result.markets}
            sys.stdout.write(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode() + "\n")
        else:
            print_table(result, Console())
        if not serve:
            return
        sys.stdout.flush()
        sys.stderr.write(
            f"\nPages: http://127.0.0.1:{port}/   API: http://127.0.0.1:{port}/v1/markets   "
            f"Docs: http://127.0.0.1:{port}/docs   (Ctrl-C stops)\n"
        )
        serve_app(make_app(result.house, banner=result.world.notice), "127.0.0.1", port)
