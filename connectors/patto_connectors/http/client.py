"""Make a request to a partner: politely, within limits, as who we are; whatever goes wrong has one of four names."""

from __future__ import annotations

import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from patto_connectors.errors import Malformed, Refused, Unreachable
from patto_connectors.http.auth import fixed_headers, token
from patto_connectors.http.body import ENCODINGS, pieces
from patto_connectors.http.line import Line, line_of, place
from patto_connectors.http.repeat import repeat
from patto_connectors.http.settings import ClientCredentials, HttpSettings, Pdnd
from patto_connectors.http.signing import signed_headers
from patto_connectors.http.trouble import FAILURES, name_failure, name_status
from patto_connectors.http.waits import pause_after
from patto_connectors.modi.pdnd import rest_after
from patto_connectors.modi.selfcheck import refusal
from patto_connectors.ports import WORLD, World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from patto_connectors.http.line import Token
    from patto_connectors.http.settings import Signing, Tls

T = TypeVar("T")

_UNAUTHORISED = 401
_NO_TOKEN = frozenset({400, 401, 403})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request."""

    method: str = "GET"
    path: str = ""
    """Below `base_url`; or a whole address of the same origin, as a partner's own `next` link."""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    accept: str = "application/json"
    harmless: bool = True
    """A repeat does no harm: GET, PUT, or a POST with an idempotency key."""
    statuses: frozenset[int] = frozenset()
    """Statuses besides 2xx whose answers the caller reads itself."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a partner answered, decoded, within the caps."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    host: str

    @property
    def delimited(self) -> bool:
        """Say whether the answer told its own end; without that, a cut-off answer looks like a whole one."""
        return "Content-Length" in self.headers or "chunked" in self.headers.get("Transfer-Encoding", "").lower()


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer whose body is still to be read."""

    status: int
    headers: Mapping[str, str]
    pieces: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class HttpClient:
    """Calls one partner; made by `open_client`."""

    settings: HttpSettings
    world: World
    line: Line
    session: aiohttp.ClientSession

    async def ask(self, call: Call) -> Answer:
        """Make a request and read the whole answer; repeated where that may help.

        Raises:
            Trouble: one of the four errors.
        """
        return await self.fetch(call, lambda answer: answer)

    async def fetch(self, call: Call, understand: Callable[[Answer], T]) -> T:
        """Make a request and give what the answer means.

        Args:
            call: the request.
            understand: reads the answer; when it raises `Unreachable`, that counts as a failed attempt.

        Raises:
            Trouble: one of the four errors.
        """

        async def once() -> T:
            async with self.open(call) as reply:
                body = b"".join([piece async for piece in reply.pieces])
            return understand(Answer(reply.status, reply.headers, body, self.address(call).host or ""))

        return await repeat(once, self.settings.repeats, self.world, harmless=call.harmless)

    @asynccontextmanager
    async def open(self, call: Call) -> AsyncIterator[Reply]:
        """Make a request once and give its answer to be read in pieces; for what is too large to hold.

        Raises:
            Trouble: one of the four errors, also while the pieces are read.
        """
        url = self.address(call)
        async with place(self.line, self.settings.budget, self.world, self.settings.repeats.longest):
            response = await self._authorised(call, url)
            async with response:
                await self._expect(response, call.statuses)
                cap = self.settings.repeats.cap
                pause = pause_after(response.headers, self.world.now(), cap)
                self.line.rest_until = max(self.line.rest_until, self.world.monotonic() + pause if pause else 0.0)
                yield Reply(response.status, response.headers, self._read(response))

    async def _authorised(self, call: Call, url: URL) -> aiohttp.ClientResponse:
        """Send with our credentials; a refused token is renewed once, by one of all who use it."""
        auth, signing = self.settings.auth, self.settings.signing
        if not isinstance(auth, ClientCredentials | Pdnd):
            return await self._send(call, url, fixed_headers(auth), signing)
        current = await token(self.settings, self.line, self.world, self._ask_token, "")
        response = await self._show(call, url, current)
        if response.status != _UNAUTHORISED:
            return response
        response.close()
        current = await token(self.settings, self.line, self.world, self._ask_token, current.value)
        return await self._show(call, url, current)

    async def _show(self, call: Call, url: URL, current: Token) -> aiohttp.ClientResponse:
        credentials = {"Authorization": f"Bearer {current.value}"}
        return await self._send(call, url, credentials, self.settings.signing, current.evidence)

    async def _ask_token(self, address: str, headers: dict[str, str], body: bytes) -> bytes:
        if not isinstance(self.settings.auth, Pdnd):
            return await self._token_from(address, headers, body)
        try:
            return await self._token_from(address, headers, body)
        except Unreachable as trouble:
            code = "pdnd.rate" if trouble.code == "http.rate" else "pdnd.down"
            raise Unreachable(code, trouble.detail, retry_after=trouble.retry_after) from None

    async def _token_from(self, address: str, headers: dict[str, str], body: bytes) -> bytes:
        url = URL(address)
        async with await self._send(Call(method="POST", headers=headers, body=body), url, {}) as response:
            if isinstance(self.settings.auth, Pdnd):
                await self._note_pdnd(self.settings.auth, response)
            elif response.status in _NO_TOKEN:
                hint = "renew client_id and client_secret in `auth`"
                raise Refused("oauth.refused", f"{url.host} gives us no token ({response.status})", hint=hint)
            await self._expect(response, frozenset())
            return b"".join([piece async for piece in self._read(response)])

    async def _note_pdnd(self, auth: Pdnd, response: aiohttp.ClientResponse) -> None:
        """Note how long PDND wants to be left alone, for all who share the line, and why it gives no voucher."""
        rest = rest_after(response.status, response.headers, self.world.now(), self.settings.repeats.cap)
        self.line.token_rest_until = self.world.monotonic() + rest if rest else 0.0
        if response.status in _NO_TOKEN:
            content = b"".join([piece async for piece in self._read(response)])
            raise refusal(auth, response.status, response.headers, content, self.world.now())

    async def _send(
        self,
        call: Call,
        url: URL,
        credentials: Mapping[str, str],
        signing: Signing | None = None,
        evidence: str = "",
    ) -> aiohttp.ClientResponse:
        headers = CIMultiDict({"Accept": call.accept, "Accept-Encoding": ENCODINGS, **call.headers, **credentials})
        if signing is not None:
            headers.update(signed_headers(signing, call.method, headers, call.body, evidence))
        try:
            return await self.session.request(
                call.method, url, headers=headers, data=call.body or None, allow_redirects=False
            )
        except FAILURES as error:
            raise name_failure(error, url.host or "") from None  # aiohttp's own errors quote addresses and headers

    async def _read(self, response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        encoding = response.headers.get("Content-Encoding", "")
        settings = self.settings
        try:
            async for piece in pieces(
                response.content, encoding, settings.caps, settings.timeouts, self.world.monotonic
            ):
                yield piece
        except FAILURES as error:
            raise name_failure(error, response.url.host or "") from None

    async def _expect(self, response: aiohttp.ClientResponse, statuses: frozenset[int]) -> None:
        if 200 <= response.status < 300 or response.status in statuses:  # noqa: PLR2004 - RFC 9110 section 15.3
            return
        cap, now = self.settings.repeats.cap, self.world.now()
        raise name_status(response.status, response.headers, response.url.host or "", now=now, cap=cap)

    def address(self, call: Call) -> URL:
        """Give the whole address of a request.

        Raises:
            Refused: the partner's own link leads to another host.
            Malformed: its link is no address.
        """
        base = URL(self.settings.base_url)
        try:
            url = (
                URL(call.path)
                if "://" in call.path
                else (base.joinpath(*call.path.strip("/").split("/")) if call.path else base)
            )
            if url.origin() == base.origin() and not url.user:
                return url.update_query(call.query) if call.query else url
        except ValueError:
            raise Malformed("http.address", f"{base.host} gives a link that is no address") from None
        raise Refused("http.elsewhere", f"{base.host} gives a link to {url.host}", hint="the partner mends its links")


@asynccontextmanager
async def open_client(settings: HttpSettings) -> AsyncIterator[HttpClient]:
    """Open a session with a partner; closed at the end of the block.

    Raises:
        Refused: our certificate files cannot be used.
    """
    world = WORLD.get()
    patience = settings.timeouts
    timeout = aiohttp.ClientTimeout(total=patience.total, sock_connect=patience.connect, sock_read=patience.read)
    connector = world.dial() if world.dial else aiohttp.TCPConnector(ssl=tls_context(settings.tls, settings.base_url))
    async with aiohttp.ClientSession(
        connector=connector,
        timeout=timeout,
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        headers={"User-Agent": "patto"},
    ) as session:
        yield HttpClient(settings, world, line_of(settings, world), session)


def tls_context(tls: Tls, address: str) -> ssl.SSLContext | bool:
    """Give what a connection checks certificates with; always verifying.

    Raises:
        Refused: a certificate file is missing or broken.
    """
    if not address.startswith("https:"):
        return True
    try:
        context = ssl.create_default_context(cafile=tls.ca_file)
        if tls.certificate is not None:
            password = tls.key_password.get_secret_value() if tls.key_password else None
            context.load_cert_chain(tls.certificate, tls.key, password=password)
    except (OSError, ssl.SSLError):
        hint = "check tls.ca_file, tls.certificate, tls.key"
        raise Refused("tls.files", "our certificate files cannot be used", hint=hint) from None
    return context
