"""Long-running processes: the web server, the jobs, or both."""

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import structlog
import uvicorn
from fastapi import FastAPI

from jobs.follow_stream import StreamFollower
from jobs.schedule import Schedule
from jobs.wiring import House, begin_service, close_cut_off_runs, make_app
from service.errors import UsageError
from service.polymarket.stream import MarketStream

log = structlog.get_logger()
# Open connections get this long to finish after a stop signal.
GRACE_SECONDS = 3
# Then running jobs get this long; one that is cut off leaves whole transactions behind.
JOB_GRACE_SECONDS = 2.0
BACKLOG = 2048
_MOST_PORT = 65_535


def serve_all(house: House) -> None:
    """API, dashboard and jobs until a stop signal."""
    # Before anything starts: a port that is taken must not cost a round of requests.
    with _listening(house.settings.host, house.settings.port) as listener:
        begin_service(house)
        close_cut_off_runs(house)
        app = make_app(house)
        schedule = Schedule(house)
        schedule.start()
        follower = _follow_stream(house)
        try:
            _serve(app, listener)
        finally:
            _leave_stream(follower)
            _stop(schedule, house)


def serve_api(house: House) -> None:
    """API and dashboard until a stop signal."""
    serve_app(make_app(house), house.settings.host, house.settings.port)


def work(house: House) -> None:
    """Jobs until a stop signal."""
    begin_service(house)
    close_cut_off_runs(house)
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    schedule = Schedule(house)
    schedule.start()
    follower = _follow_stream(house)
    stop.wait()
    _leave_stream(follower)
    _stop(schedule, house)


def _follow_stream(house: House) -> StreamFollower | None:
    """Begin to follow the market stream; ``None`` where that is switched off."""
    if not house.settings.ws_url:
        return None
    follower = StreamFollower(house.sessions, MarketStream(house.settings.ws_url), house.clock)
    follower.start()
    return follower


def _leave_stream(follower: StreamFollower | None) -> None:
    if follower is not None:
        follower.stop()


def serve_app(app: FastAPI, host: str, port: int) -> None:
    """Serve an application until a stop signal; a port that is taken is a :class:`UsageError`."""
    with _listening(host, port) as listener:
        _serve(app, listener)


def check_port(host: str, port: int) -> None:
    """Raise a :class:`UsageError` where nothing could listen."""
    with _listening(host, port):
        pass


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    if not 0 <= port <= _MOST_PORT:
        # The resolver would take it, less what is too much.
        message = f"--port (SETTLEWATCH_PORT): {port} is no port. Give a number in 0..{_MOST_PORT}."
        raise UsageError(message)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        message = f"SETTLEWATCH_HOST: {host} is no address of this machine ({error.strerror})."
        raise UsageError(message) from error
    with listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
        except OSError as error:
            message = (
                f"cannot listen on {host}:{port} ({error.strerror}). "
                "Choose another --port (SETTLEWATCH_PORT), or stop what listens there."
            )
            raise UsageError(message) from error
        yield listener


def _serve(app: FastAPI, listener: socket.socket) -> None:
    host, port = listener.getsockname()[:2]
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        server_header=False,
        backlog=BACKLOG,
    )
    log.info("serving", url=f"http://{host}:{port}")
    # The server raises the signal that stopped it once more, for whoever had it before: a stop
    # that was asked for is no failure.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop_was_asked_for)
    uvicorn.Server(config).run(sockets=[listener])


def _stop_was_asked_for(_number: int, _frame: FrameType | None) -> None:
    return


def _stop(schedule: Schedule, house: House) -> None:
    """Let running jobs finish for a moment, then end the process whatever they do."""
    if schedule.stop(JOB_GRACE_SECONDS):
        return
    log.warning("stopped while jobs were running; their last transactions are undone")
    house.engine.dispose(close=False)
    # The interpreter would wait for the jobs' threads, and a job may wait for a source.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
