"""A real WebSocket server that behaves like Polymarket's market channel, its silences included."""

import json
import threading
from typing import Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve


class StreamServer:
    """``with StreamServer() as server: server.url``; then ``send`` and ``drop``."""

    def __init__(self) -> None:
        # Tokens each open connection is subscribed to, in the order they connected.
        self.tokens: dict[ServerConnection, set[str]] = {}
        self.subscriptions: list[dict[str, Any]] = []
        self.pings = 0
        self.connects = 0
        # Answers no PING and sends nothing, while the connection stays open.
        self.is_silent = False
        self._changed = threading.Condition()

    def __enter__(self) -> Self:
        self._server: Server = serve(self._serve, "127.0.0.1", 0)
        port = self._server.socket.getsockname()[1]
        self.url = f"ws://127.0.0.1:{port}/ws/market"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()
        self._server.shutdown()
        self._thread.join()

    def wait_for(self, condition: Any, seconds: float = 20) -> None:
        """Until a condition on this server holds."""
        with self._changed:
            assert self._changed.wait_for(lambda: condition(self), timeout=seconds)

    def send(self, *frames: object) -> None:
        """To every connection: text as it is, anything else as JSON."""
        for frame in frames:
            for connection in list(self.tokens):
                connection.send(frame if isinstance(frame, str) else json.dumps(frame))

    def drop(self) -> None:
        """Close every connection."""
        for connection in list(self.tokens):
            connection.close(1001)

    def _serve(self, connection: ServerConnection) -> None:
        self._note(connection, set(), connects=1)
        try:
            for message in connection:
                if message == "PING":
                    self.pings += 1
                    if not self.is_silent:
                        connection.send("PONG")
                    self._note(connection, self.tokens[connection])
                    continue
                self._subscribe(connection, json.loads(message))
        except ConnectionClosed:
            pass
        finally:
            with self._changed:
                self.tokens.pop(connection, None)
                self._changed.notify_all()

    def _subscribe(self, connection: ServerConnection, words: dict[str, Any]) -> None:
        self.subscriptions.append(words)
        tokens = set(words["assets_ids"])
        known = self.tokens[connection]
        if words.get("operation") == "unsubscribe":
            self._note(connection, known - tokens)
        elif words.get("operation") == "subscribe":
            self._note(connection, known | tokens)
        else:
            assert words["type"] == "market"
            self._note(connection, tokens)

    def _note(self, connection: ServerConnection, tokens: set[str], *, connects: int = 0) -> None:
        with self._changed:
            self.tokens[connection] = tokens
            self.connects += connects
            self._changed.notify_all()
