"""Long-running processes: the web server, the jobs, or both."""

import signal
import threading
from types import FrameType

import structlog
import uvicorn
from fastapi import FastAPI

from jobs.schedule import make_schedule
from jobs.wiring import House, begin_service, make_app

log = structlog.get_logger()
# Open connections get this long to finish after a stop signal.
GRACE_SECONDS = 5


def serve_all(house: House) -> None:
    """API, dashboard and jobs until a stop signal."""
    begin_service(house)
    scheduler = make_schedule(house)
    scheduler.start()
    try:
        serve_app(make_app(house), house.settings.host, house.settings.port)
    finally:
        scheduler.shutdown(wait=False)


def serve_api(house: House) -> None:
    """API and dashboard until a stop signal."""
    serve_app(make_app(house), house.settings.host, house.settings.port)


def work(house: House) -> None:
    """Jobs until a stop signal."""
    begin_service(house)
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    scheduler = make_schedule(house)
    scheduler.start()
    stop.wait()
    scheduler.shutdown(wait=False)


def serve_app(app: FastAPI, host: str, port: int) -> None:
    """Serve an application until a stop signal."""
    log.info("serving", url=f"http://{host}:{port}")
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        server_header=False,
    )
