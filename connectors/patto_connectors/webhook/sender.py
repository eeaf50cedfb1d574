"""Send a message to one receiver and say what came of it; when to send, and when again, is the hub's business."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import aiohttp
from multidict import CIMultiDict

from patto_connectors.errors import Refused, Trouble, Unreachable
from patto_connectors.http.client import tls_context
from patto_connectors.http.guard import PUBLIC, Barred, guarded, judged
from patto_connectors.http.settings import Tls
from patto_connectors.http.trouble import FAILURES, name_failure
from patto_connectors.http.waits import retry_after
from patto_connectors.webhook.sign import signed

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator

    from aiohttp.abc import AbstractResolver
    from multidict import CIMultiDictProxy

    from patto_connectors.http.guard import Judged, Rules
    from patto_connectors.ports import World
    from patto_connectors.webhook.keys import SecretKey
    from patto_connectors.webhook.message import Message

PATIENCE = 15.0
"""Seconds for one attempt, answer included (Standard Webhooks recommends 15 to 30)."""
_READ = 16 * 1024
"""Bytes of an answer's body that are read, and dropped; a connection with more is not used again."""
_WAIT_CAP = 86_400.0
"""The longest `Retry-After` that is believed: a day, the longest step of the schedule."""
_CONNECTIONS = 4
"""To one receiver at a time."""


class Outcome(StrEnum):
    """What came of one attempt."""

    DELIVERED = "delivered"
    """The receiver has it (2xx)."""
    WAIT = "wait"
    """Not now: try again later."""
    FAILED = "failed"
    """A person must act, for instance mend the address; trying again rarely helps."""
    GONE = "gone"
    """The receiver wants no more (410): send nothing any more."""


@dataclass(frozen=True, slots=True)
class Target:
    """One receiver."""

    name: str
    """Ours for it; targets of one name share their connections."""
    url: str
    keys: tuple[SecretKey, ...] = field(repr=False)
    """Every key that is alive: two while one is changed."""
    tls: Tls = field(default_factory=Tls)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one attempt; nothing of the answer's text is kept."""

    outcome: Outcome
    code: str = ""
    """Of the message catalogue; empty when delivered."""
    detail: str = ""
    """What happened, in one sentence, without personal data."""
    hint: str = ""
    status: int | None = None
    """None when no answer came."""
    retry_after: float | None = None
    """Seconds that the receiver asks us to wait."""


@dataclass(slots=True)
class Sender:
    """Sends messages, with a pool of connections for each receiver; made by `open_sender`."""

    world: World
    rules: Rules
    patience: float
    resolver: AbstractResolver | None
    _stack: AsyncExitStack
    _pools: dict[tuple[str, bool, Tls], aiohttp.ClientSession] = field(default_factory=dict)
    _contexts: dict[tuple[bool, Tls], ssl.SSLContext | bool] = field(default_factory=dict)

    async def send(self, message: Message, target: Target) -> Answer:
        """Make one attempt; whatever the receiver does, it has an answer.

        Raises:
            ValueError: the message's id or the target's keys cannot be signed with: a fault of the caller.
        """
        headers = CIMultiDict({**message.headers, "Content-Type": message.media_type})
        headers.update(signed(message.id, self.world.now(), message.body, target.keys))
        try:
            way = judged(target.url, self.rules)
            session = await self._session(target, way)
            return await self._attempt(session, way, message.body, headers)
        except Trouble as trouble:
            return _failed(trouble)

    async def _attempt(
        self, session: aiohttp.ClientSession, way: Judged, body: bytes, headers: CIMultiDict[str]
    ) -> Answer:
        host = way.url.raw_host or ""
        try:
            async with session.post(way.url, data=body, headers=headers, allow_redirects=False) as response:
                if not await _drained(response):
                    response.close()
                return self._understood(response.status, response.headers, host)
        except FAILURES as error:
            if _was_barred(error):
                raise Refused("webhook.address", f"{host} leads to an address that may not be dialled") from None
            raise name_failure(error, host) from None  # aiohttp's own errors quote addresses and headers

    def _understood(self, status: int, headers: CIMultiDictProxy[str], host: str) -> Answer:
        """Give a status its meaning (Standard Webhooks 1.0.0, "Delivery success and failure")."""
        if 200 <= status < 300:  # noqa: PLR2004 - RFC 9110 section 15.3
            return Answer(Outcome.DELIVERED, status=status)
        if status == 410:  # noqa: PLR2004 - RFC 9110 section 15.5.11
            return Answer(Outcome.GONE, "webhook.gone", f"{host} wants no more messages (410)", status=status)
        wait = retry_after(headers, self.world.now(), _WAIT_CAP)
        if status >= 500 or status in (408, 423, 425, 429):  # noqa: PLR2004 - RFC 9110 section 15.6
            code = "http.rate" if status == 429 else "http.status"  # noqa: PLR2004 - RFC 6585 section 4
            return Answer(Outcome.WAIT, code, f"{host} answers {status}", status=status, retry_after=wait)
        code = _CODES.get(status, "webhook.redirect" if 300 <= status < 400 else "webhook.refused")  # noqa: PLR2004
        return Answer(Outcome.FAILED, code, f"{host} answers {status}", status=status, retry_after=wait)

    async def _session(self, target: Target, way: Judged) -> aiohttp.ClientSession:
        """Give the receiver's pool: a slow one fills its own places and takes nobody else's."""
        name = (target.name, way.listed, target.tls)
        if (known := self._pools.get(name)) is not None:
            return known
        session = aiohttp.ClientSession(
            connector=self._connector(target, way),
            timeout=aiohttp.ClientTimeout(total=self.patience),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,  # a proxy of the environment would dial for us, past the guard
            headers={"User-Agent": "patto", "Accept": "*/*", "Accept-Encoding": "identity"},
        )
        self._pools[name] = session
        return await self._stack.enter_async_context(session)

    def _connector(self, target: Target, way: Judged) -> aiohttp.BaseConnector:
        if self.world.dial is not None:
            return self.world.dial()
        name = (way.url.scheme == "https", target.tls)
        if (tls := self._contexts.get(name)) is None:  # reading the system's authorities takes long: once for all
            tls = self._contexts[name] = tls_context(target.tls, str(way.url.origin()))
        return guarded(self.rules, listed=way.listed, resolver=self.resolver, tls=tls, limit=_CONNECTIONS)


@asynccontextmanager
async def open_sender(
    world: World, rules: Rules = PUBLIC, *, patience: float = PATIENCE, resolver: AbstractResolver | None = None
) -> AsyncIterator[Sender]:
    """Open what sends; its connections are closed at the end of the block.

    Args:
        world: clocks, and the connections of a simulated world.
        rules: what may be dialled.
        patience: seconds for one attempt.
        resolver: asks for the addresses of names; None for the system's.
    """
    async with AsyncExitStack() as stack:
        yield Sender(world, rules, patience, resolver, stack)


_CODES = {401: "webhook.unauthorised", 403: "webhook.unauthorised", 404: "webhook.not_found"}


async def _drained(response: aiohttp.ClientResponse) -> bool:
    """Read an answer's body to its end; False when it has more than is read."""
    left = _READ
    async for chunk in response.content.iter_any():
        left -= len(chunk)
        if left < 0:
            return False
    return True


def _failed(trouble: Trouble) -> Answer:
    passing = isinstance(trouble, Unreachable)
    wait = trouble.retry_after if isinstance(trouble, Unreachable) else None
    outcome = Outcome.WAIT if passing else Outcome.FAILED
    return Answer(outcome, trouble.code, trouble.detail, trouble.hint, retry_after=wait)


def _was_barred(error: BaseException | None) -> bool:
    """Look for the guard's refusal at the socket behind a client error."""
    while error is not None:
        if isinstance(error, Barred):
            return True
        inner = getattr(error, "os_error", None) or error.__cause__
        error = inner if isinstance(inner, BaseException) and inner is not error else None
    return False
