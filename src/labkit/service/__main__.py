"""Runs the check service: ``python -m labkit.service --root FOLDER --port PORT``.

It listens on 127.0.0.1 alone and answers only who knows the token in ``LABKIT_CHECK_TOKEN``.
"""

from __future__ import annotations

import hmac
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import click

from labkit.paths import Course
from labkit.service.verdict import answer

#: A question is a few dozen bytes.
MOST_BYTES = 10_000


class Service(ThreadingHTTPServer):
    """The service of one course folder; verdicts are given one at a time."""

    daemon_threads = True

    def __init__(self, course: Course, port: int, token: str) -> None:
        super().__init__(("127.0.0.1", port), Questions)
        self.course = course
        self.token = token
        self.turn = threading.Lock()


class Questions(BaseHTTPRequestHandler):
    """Answers ``GET /health`` and ``POST /check``."""

    server: Service

    def do_GET(self) -> None:
        """Say that the service is there."""
        if self.path == "/health":
            self._send(200, {"status": "ok"})
        else:
            self._send(404, {"problem": "there is only /health and /check"})

    def do_POST(self) -> None:
        """Give a verdict."""
        token = self.headers.get("X-Labkit-Token") or ""
        if not hmac.compare_digest(token.encode(), self.server.token.encode()):
            self._send(403, {"problem": "the token is missing or wrong"})
            return
        question = self._question()
        if self.path != "/check" or question is None:
            self._send(400, {"problem": "POST /check takes {exercise, tracking_uri}"})
            return
        uri = question.get("tracking_uri")
        with self.server.turn:
            found = answer(self.server.course, str(question["exercise"]), uri and str(uri))
        self._send(200, found)

    def _question(self) -> dict[str, Any] | None:
        try:
            length = int(self.headers.get("Content-Length", 0))
            content = json.loads(self.rfile.read(min(length, MOST_BYTES)))
        except ValueError:
            return None
        return content if isinstance(content, dict) and "exercise" in content else None

    def _send(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@click.command()
@click.option("--root", type=click.Path(path_type=Path), required=True)
@click.option("--port", type=int, required=True)
def serve(root: Path, port: int) -> None:
    """Serve verdicts on the work in ROOT until stopped."""
    with Service(Course(root.resolve()), port, os.environ["LABKIT_CHECK_TOKEN"]) as service:
        service.serve_forever()


if __name__ == "__main__":
    serve()
