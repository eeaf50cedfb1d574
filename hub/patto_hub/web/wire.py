"""What happens on a line before there is a request: what is no HTTP is refused as every refusal, and heads are timed.

aiohttp answers what its parser cannot read with the parser's words, which quote the bytes: a key may be among them.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web
from aiohttp.http import RawRequestMessage
from aiohttp.http_exceptions import BadStatusLine, InvalidURLError, LineTooLong
from aiohttp.streams import EMPTY_PAYLOAD

from patto_hub.web.descriptors import Shortage
from patto_hub.web.edges import API_HEADERS, HSTS, LOG
from patto_hub.web.measures import MEASURES
from patto_hub.web.problems import Problem
from patto_hub.web.site import SITE

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Mapping

    from aiohttp.streams import StreamReader

    from patto_hub.web.measures import Measures
    from patto_hub.web.site import Site

    _Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

LONGEST_LINE: Final = 8190
"""Bytes of a request's first line, or of one header."""
HEAD_S: Final = 30.0
"""Seconds in which the head of a request must have come whole."""
OPTIONS: Final[Mapping[str, Any]] = {
    "access_log": None,
    "auto_decompress": False,  # `packed` sees whether what was compressed came to its end
    "max_line_size": LONGEST_LINE,
    "max_field_size": LONGEST_LINE,
}
"""How lines are read."""
_NONE: Final = "(none)"


class Line(web.RequestHandler):
    """A connection, which knows since when the head of a request is waited for."""

    __slots__ = ("_body", "_busy", "_lines", "_measures", "_shortage", "_site", "since", "spoke")

    def __init__(self, server: web.Server, site: Site, measures: Measures, shortage: Shortage, **options: Any) -> None:  # noqa: ANN401
        super().__init__(server, **options)
        self._lines = server
        self._shortage = shortage
        self._site = site
        self._measures = measures
        self._body: StreamReader = EMPTY_PAYLOAD
        self._busy = False
        self.since: float | None = site.world.monotonic()
        """Since when a head is waited for, in monotonic seconds; None in a request, and between two."""
        self.spoke = False
        """Whether some of that head has come."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or end at once if too many lines are open: the ledger and the sources need descriptors too."""
        super().connection_made(transport)
        if len(self._lines.connections) > self._shortage.most and isinstance(transport, asyncio.Transport):
            self._shortage.too_many()
            transport.abort()

    def begin(self, body: StreamReader) -> None:
        """Note that a head has come whole."""
        self._busy, self._body = True, body
        self.since, self.spoke = None, False

    def data_received(self, data: bytes) -> None:
        """Take what came; between two requests it is the beginning of a head."""
        if data and not self._busy and self._body.is_eof():
            self.spoke = True
            if self.since is None:
                self.since = self._site.world.monotonic()
        super().data_received(data)
        if self._messages and not isinstance(self._messages[-1][0], RawRequestMessage):
            self._break_off()

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send an answer; from then on the next head may come."""
        try:
            return await super().finish_response(request, resp, start_time)
        finally:
            self._busy = False

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - quotes what came
    ) -> web.StreamResponse:
        """Refuse what is no request; its bytes get neither into the answer nor into the log."""
        if request.writer.output_size > 0:
            raise ConnectionError("the answer has begun")
        number = self._site.world.token(8)
        LOG.info("http.malformed", request_id=number, status=status, error=type(exc).__name__, peer=request.remote)
        self._measures.saw(_NONE, _NONE, status, 0.0)
        answer = _problem(status, exc).response(number, self._site.settings.public_url)
        answer.headers.update(API_HEADERS)
        answer.headers["X-Request-ID"] = number
        if self._site.settings.https:
            answer.headers["Strict-Transport-Security"] = HSTS
        answer.force_close()
        return answer

    def _break_off(self) -> None:
        """Tell who reads a body that its bytes are no longer HTTP: the parser has let go of it, without a word."""
        before = self._messages[-2][1] if len(self._messages) > 1 else self._body
        if not before.is_eof():
            self._messages.pop()
            before.set_exception(web.RequestPayloadError("not chunked as it says"))
            before.feed_eof()
            self.close()


async def listen(
    runner: web.AppRunner,
    host: str | None,
    port: int,
    *,
    tls: ssl.SSLContext | None = None,
    shortage: Shortage | None = None,
) -> asyncio.Server:
    """Listen for a runner that is set up; whoever calls closes what it gets before the runner is cleaned up."""
    server, site, measures = runner.server, runner.app[SITE], runner.app[MEASURES]
    if server is None:
        raise TypeError("the runner is not set up")
    server.request_handler = _noting(server.request_handler)
    loop = asyncio.get_running_loop()

    short = shortage or Shortage(measures, site.world)

    def line() -> Line:
        return Line(server, site, measures, short, loop=loop, **OPTIONS)

    return await loop.create_server(line, host, port, ssl=tls, backlog=128)


def _noting(others: _Handler) -> _Handler:
    """Tell a request's line that its head has come, then let it be answered."""

    def handler(request: web.BaseRequest) -> Awaitable[web.StreamResponse]:
        if isinstance(request.protocol, Line):
            request.protocol.begin(request.content)
        return others(request)

    return handler


def _problem(status: int, error: BaseException | None) -> Problem:
    if status != HTTPStatus.BAD_REQUEST:
        return Problem("internal", ("L'hub non è riuscito a rispondere.", "The hub could not answer."))
    if isinstance(error, LineTooLong):
        words = (
            f"L'indirizzo o un'intestazione supera {LONGEST_LINE} byte.",
            f"The address or a header is longer than {LONGEST_LINE} bytes.",
        )
    elif isinstance(error, BadStatusLine):
        words = (
            "La prima riga non è «METODO indirizzo HTTP/1.1»; forse è TLS verso un indirizzo che non lo usa.",
            "The first line is not `METHOD address HTTP/1.1`; perhaps it is TLS to an address that does without.",
        )
    elif isinstance(error, InvalidURLError):
        words = (
            "L'indirizzo contiene caratteri non ammessi: vanno scritti in forma %XX.",
            "The address has characters that it cannot have: they are written as %XX.",
        )
    else:
        words = (
            "Un'intestazione ha un carattere non ammesso o è ripetuta, o il corpo non è diviso in parti come dichiara.",
            "A header has a character that it cannot have, or is there twice, or the body is not chunked as it says.",
        )
    return Problem("request-malformed", words)
