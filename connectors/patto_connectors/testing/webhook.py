"""A fake receiver of webhooks: a real HTTP server that verifies as receivers do, counts, and has bad days.

It knows nothing of our signing: it checks as the receivers' libraries do, in lines of its own.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections import Counter
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from patto_connectors.ports import WORLD

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable, Mapping

    Check = Callable[[Mapping[str, str], bytes], bool]

PATH = "/hook"
_WINDOW = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Mood:
    """How the receiver takes what comes."""

    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    way: Literal["answer", "late", "hang", "trickle", "disconnect", "forget"] = "answer"
    """Answer at once; after `pace`; never; piece by piece without end; hang up; or answer well and keep nothing."""
    pace: float = 1.0
    """Seconds of the loop's clock before a late answer, and between two pieces that trickle."""


FINE = Mood()


@dataclass(frozen=True, slots=True)
class Arrived:
    """One request that came."""

    id: str
    headers: Mapping[str, str]
    body: bytes
    good: bool
    """Its signature was right."""


class FakeReceiver:
    """A partner's endpoint for webhooks.

    Args:
        check: says whether a request is signed rightly; see `checking`. None takes everything.
    """

    def __init__(self, check: Check | None = None) -> None:
        self.arrived: list[Arrived] = []
        """Every request, in order."""
        self.kept: dict[str, bytes] = {}
        """What the receiver has, by id, in the order in which it first came."""
        self.mood = FINE
        """How it is when no order is left."""
        self.orders: list[Mood] = []
        """How it takes the next requests, one each."""
        self.app = web.Application(client_max_size=64 * 1024 * 1024)
        self.app.router.add_post(PATH, self._take)
        self._check = check
        self._closed = asyncio.Event()

    @property
    def times(self) -> Counter[str]:
        """Say how often each id came with a right signature."""
        return Counter(each.id for each in self.arrived if each.good)

    def order(self, mood: Mood, times: int = 1) -> None:
        """Take the next requests in this mood."""
        self.orders.extend([mood] * times)

    def lose(self) -> None:
        """Lose everything that was taken and acknowledged, as after a restore from an old backup."""
        self.kept.clear()

    def release(self) -> None:
        """Let the answers that hang or trickle end."""
        self._closed.set()

    @asynccontextmanager
    async def running(self, port: int = 0, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
        """Serve on the loopback address until the end of the block; gives the webhook's address.

        Args:
            port: 0 for any that is free.
            tls: serve encrypted, with this certificate.
        """
        runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls).start()
            yield f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}{PATH}"
        finally:
            self.release()
            await runner.cleanup()

    async def _take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        good = self._check is None or self._check(request.headers, body)
        message_id = request.headers.get("webhook-id", "")
        self.arrived.append(Arrived(message_id, request.headers, body, good))
        if not good:
            return web.json_response({"title": "signature"}, status=401)
        mood = self.orders.pop(0) if self.orders else self.mood
        if mood.way == "disconnect":
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        if mood.way == "trickle":
            return await self._trickle(request, mood)
        if mood.way in ("late", "hang"):
            await self._wait(mood.pace if mood.way == "late" else None)
        if mood.way in ("answer", "late") and 200 <= mood.status < 300:  # noqa: PLR2004 - RFC 9110 section 15.3
            self.kept.setdefault(message_id, body)
        return web.Response(status=mood.status, headers=mood.headers, body=mood.body)

    async def _trickle(self, request: web.Request, mood: Mood) -> web.StreamResponse:
        response = web.StreamResponse(status=200, headers=mood.headers)
        await response.prepare(request)
        while not self._closed.is_set() and request.transport is not None:
            await response.write(mood.body or b".")
            await self._wait(mood.pace)
        return response

    async def _wait(self, seconds: float | None) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closed.wait(), seconds)


def checking(*keys: str) -> Check:
    """Check as a receiver does that has these keys: `whsec_...` and `whpk_...`."""

    def check(headers: Mapping[str, str], body: bytes) -> bool:
        message_id, seconds = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not seconds.isdigit() or abs(WORLD.get().now().timestamp() - int(seconds)) > _WINDOW:
            return False
        content = f"{message_id}.{seconds}.".encode() + body
        signatures = headers.get("webhook-signature", "").split()
        return any(_fits(key, content, signature) for key in keys for signature in signatures)

    return check


def _fits(key: str, content: bytes, signature: str) -> bool:
    prefix, _, encoded = key.partition("_")
    raw = base64.b64decode(encoded)
    if prefix == "whsec":
        digest = base64.b64encode(hmac.new(raw, content, hashlib.sha256).digest()).decode()
        return hmac.compare_digest(f"v1,{digest}", signature)
    if not signature.startswith("v1a,"):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(base64.b64decode(signature.removeprefix("v1a,")), content)
    except InvalidSignature:
        return False
    return True
