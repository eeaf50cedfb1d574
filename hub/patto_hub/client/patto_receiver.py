"""Riceve gli avvisi firmati di Patto; sta nella stessa cartella di patto_client.py, che lo usa per «receive».

Receives signed webhooks for patto_client.py. A message says that there is something to read and nothing else, so a
genuine one lets us read the feed. It is taken for genuine if a signature fits and its time is ours (five minutes), and
once only: ids are remembered for longer than that (Standard Webhooks 1.0.0).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import signal
import sqlite3
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from types import FrameType

WINDOW_S = 300
"""Seconds by which the time of a message may differ from ours."""
REMEMBERED_S = 86_400
"""Seconds for which ids are remembered: longer than a message is taken for one of now."""
LARGEST = 262_144
EVERY_S = 3_600
"""Seconds after which the feed is read without a message too: one may have been lost."""
AGAIN_S = 60
"""Seconds after which a reading that failed is tried again."""


def genuine(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: int) -> str | None:
    """Give the id of a message; None if it is not genuine or not of now.

    Args:
        headers: of the request.
        body: exactly the bytes that came.
        secrets: `whsec_...` (HMAC), `whpk_...` (ed25519, needs the package cryptography); all that are alive.
        now: seconds since 1970.
    """
    name, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not name or "." in name or not (at.isascii() and at.isdigit()):
        return None
    if len(at) > len(str(now)) + 1 or abs(now - int(at)) > WINDOW_S:
        return None
    content = f"{name}.{at}.".encode() + body
    for signature in headers.get("webhook-signature", "").split():
        kind, _, text = signature.partition(",")
        if any(_fits(kind, text, content, secret) for secret in secrets):
            return name
    return None


def _fits(kind: str, text: str, content: bytes, secret: str) -> bool:
    prefix, _, key = secret.partition("_")
    try:
        if (kind, prefix) == ("v1", "whsec"):
            made = base64.b64encode(hmac.new(base64.b64decode(key), content, hashlib.sha256).digest())
            return hmac.compare_digest(made, text.encode())
        if (kind, prefix) == ("v1a", "whpk"):
            from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415 - if it is there

            public = ed25519.Ed25519PublicKey.from_public_bytes(base64.b64decode(key))
            public.verify(base64.b64decode(text), content)
            return True
    except Exception:  # noqa: BLE001 - whatever is wrong with it, it does not fit
        return False
    return False


class Seen:
    """The ids of messages that were taken, in the file of the copy: none is taken twice."""

    def __init__(self, path: Path) -> None:
        self.turn = threading.Lock()
        self.db = sqlite3.connect(str(path), timeout=30, isolation_level=None, check_same_thread=False)
        self.db.execute("CREATE TABLE IF NOT EXISTS message (id TEXT PRIMARY KEY, at INTEGER NOT NULL)")

    def is_new(self, message: str, now: int) -> bool:
        """Remember a message, and tell whether it is new."""
        with self.turn:
            self.db.execute("DELETE FROM message WHERE at < ?", (now - REMEMBERED_S,))
            return self.db.execute("INSERT OR IGNORE INTO message VALUES (?, ?)", (message, now)).rowcount == 1


class Reading:
    """Reads at the start, when it is due, and every hour; a reading that fails is tried again."""

    def __init__(self, read: Callable[[], None], tell: Callable[[str], object]) -> None:
        self.read, self.tell = read, tell
        self.due, self.over = threading.Event(), threading.Event()
        self.due.set()
        threading.Thread(target=self._go_on, daemon=True).start()

    def _go_on(self) -> None:
        while not self.over.is_set():
            self.due.wait(EVERY_S)
            self.due.clear()
            try:
                self.read()
            except Exception as trouble:  # noqa: BLE001 - whatever it was, reading is tried again
                self.tell(str(trouble))
                self.over.wait(AGAIN_S)
                self.due.set()


def answer_for(seen: Seen, reading: Reading, secrets: Sequence[str], now: Callable[[], float]) -> type[Post]:
    """Give the class that answers requests."""
    return type("Answer", (Post,), {"seen": seen, "reading": reading, "secrets": secrets, "now": staticmethod(now)})


class Post(BaseHTTPRequestHandler):
    """Takes messages; everything else is no business of ours."""

    timeout = 10  # seconds without a byte
    seen: Seen
    reading: Reading
    secrets: Sequence[str]
    now: Callable[[], float]

    def do_POST(self) -> None:
        """Take a message: 204 for a genuine one, new or not; 401 for any other."""
        size = self.headers.get("Content-Length", "")
        if not (size.isascii() and size.isdigit()) or int(size) > LARGEST:
            self._answer(413)
            return
        now, headers = int(self.now()), {name.lower(): value for name, value in self.headers.items()}
        name = genuine(headers, self.rfile.read(int(size)), self.secrets, now)
        if name is not None and self.seen.is_new(name, now):
            self.reading.due.set()
        self._answer(401 if name is None else 204)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_said: Any) -> None:  # noqa: ANN401 - the library's protocol
        """Log nothing: what there is to say, `tell` says."""


def receive(
    listen: str, copy: Path, secrets: Sequence[str], read: Callable[[], None], tell: Callable[[str], object]
) -> int:
    """Listen until the process is told to end, and read whenever a message says that there is something."""
    host, _, port = listen.rpartition(":")
    answer = answer_for(Seen(copy), Reading(read, tell), secrets, time.time)
    with ThreadingHTTPServer((host, int(port)), answer) as server:

        def stop(_number: int, _frame: FrameType | None) -> None:
            threading.Thread(target=server.shutdown).start()  # it waits for the loop that this handler interrupts

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        tell(f"In ascolto su {host}:{server.server_port} (listening)")
        server.serve_forever()
    return 0
