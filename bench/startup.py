"""Seconds until a process is ready: importing the application, and the command answering."""

import statistics
import subprocess
import sys
import tempfile

from service.clock import stopwatch

RUNS = 5
APP = """
from jobs.wiring import open_house, make_app
from service.settings import Settings
from pydantic import SecretStr
house = open_house(Settings(database_url=SecretStr("sqlite:///{url}")))
"""
CASES = {
    "python alone": "pass",
    "import the application": "import jobs.wiring, service.api.app, service.dashboard.pages",
    "open an existing database and build the app": APP + "make_app(house)",
}


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        for name, code in CASES.items():
            seconds = []
            for _ in range(RUNS + 1):
                elapsed = stopwatch()
                subprocess.run(
                    [sys.executable, "-c", code.replace("{url}", f"{folder}/x.db")], check=True
                )
                seconds.append(elapsed())
            # The first run fills the disk cache and makes the schema.
            print(f"{name:<46} {statistics.median(seconds[1:]):.2f} s")


if __name__ == "__main__":
    main()
