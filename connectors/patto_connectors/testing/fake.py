"""A fake partner: a real HTTP server on this machine that plugins fill with pages and tests order faults from."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from aiohttp import web

from patto_connectors.testing.faults import CONTENT, WIRE, FaultMenu
from patto_connectors.testing.pages import Page, PageOf, spoil
from patto_connectors.testing.wire import send_badly

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from patto_connectors.testing.faults import Fault

CONTROL = "/_faults"
"""Where faults are ordered over HTTP: GET tells menu and orders, POST `{"fault", "path", "times", "after", "option"}`
orders, DELETE takes all back."""


@dataclass(slots=True)
class Asked:
    """One request that arrived."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Said:
    """One answer, as it is to be sent."""

    body: bytes
    media_type: str
    """With its charset, where it is to name one."""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class TokenDesk:
    """Gives out OAuth 2.0 tokens that wear out after `uses` requests."""

    uses: int = 1_000_000
    given: int = 0
    left: dict[str, int] = field(default_factory=dict)

    def give(self) -> str:
        """Give a new token."""
        self.given += 1
        token = f"token-{self.given}"
        self.left[token] = self.uses
        return token

    def takes(self, authorization: str) -> bool:
        """Say whether a request with this header may pass, and wear its token."""
        token = authorization.removeprefix("Bearer ")
        left = self.left.get(token, 0)
        self.left[token] = left - 1
        return left > 0


class FakePartner:
    """One partner's service: listings by path, a fault menu, and what was asked of it.

    Args:
        seed: of everything that faults leave to chance.
        remember: keep the requests in `asked`; off for benchmarks.
    """

    def __init__(self, *, seed: int = 0, remember: bool = True) -> None:
        self.faults = FaultMenu()
        self.asked: list[Asked] = []
        self.desk: TokenDesk | None = None
        self.app = web.Application(client_max_size=64 * 1024 * 1024)
        self._chance = Random(seed)  # noqa: S311 - the same faults for the same seed
        self._remember = remember
        self._closed = asyncio.Event()
        self.app.router.add_get(CONTROL, self._tell)
        self.app.router.add_post(CONTROL, self._order)
        self.app.router.add_delete(CONTROL, self._clear)

    def listing(self, path: str, page_of: PageOf, shape: Page | None = None) -> None:
        """Serve a listing: a function gives the page for each query.

        Args:
            path: as `/v1/pacts`.
            page_of: gives the page that a query asks for.
            shape: the names of the answer's members, where `page_of` gives ready bytes with names of its own.
        """
        names = Page(rows=()) if shape is None else shape

        async def answer(request: web.Request) -> web.StreamResponse:
            return await self._answer(request, page_of, names)

        self.app.router.add_get(path, answer)

    def taking(self, path: str, reply: bytes = b"{}", status: int = 200) -> None:
        """Accept what is sent to a path, and answer with `reply`; what was sent stands in `asked`."""

        async def answer(request: web.Request) -> web.StreamResponse:
            return await self._answer(request, lambda _: reply, Page(rows=()), status)

        self.app.router.add_post(path, answer)
        self.app.router.add_put(path, answer)

    def answering(
        self,
        path: str,
        answer_of: Callable[[Asked, Sequence[Fault]], Said],
        menu: Mapping[str, str] | None = None,
        *,
        free: bool = False,
    ) -> None:
        """Answer what is POSTed to a path by its body; wire faults happen to the answer.

        Args:
            path: as `/services/anagrafe`.
            answer_of: gives the answer to a request, with the faults of `menu` that it meets.
            menu: faults of its own protocol, which are added to the fake partner's menu.
            free: whether no token is needed, where the fake partner wants one.
        """
        own = menu or {}
        self.faults.menu = {**self.faults.menu, **own}

        async def answer(request: web.Request) -> web.StreamResponse:
            asked = await _asked(request)
            self._note(asked)
            faults = self.faults.serve(request.path, among={*WIRE, *own})
            if not free and self.desk is not None and not self.desk.takes(request.headers.get("Authorization", "")):
                return web.json_response({"title": "token"}, status=401)
            said = answer_of(asked, [fault for fault in faults if fault.name in own])
            for fault in faults:
                if fault.name in WIRE:
                    return await send_badly(request, fault, said.body, self._closed)
            return web.Response(
                body=said.body, headers={**said.headers, "Content-Type": said.media_type}, status=said.status
            )

        self.app.router.add_post(path, answer)

    def tokens(self, path: str, uses: int) -> TokenDesk:
        """Give out tokens at a path, and let nobody read without one."""
        desk = self.desk = TokenDesk(uses)

        async def answer(request: web.Request) -> web.StreamResponse:
            self._note(await _asked(request))
            met = [fault for fault in self.faults.serve(request.path) if fault.name in WIRE]
            if met:
                return await send_badly(request, met[0], b"{}", self._closed)
            return web.json_response({"access_token": desk.give(), "token_type": "Bearer", "expires_in": 3600})

        self.app.router.add_post(path, answer)
        return desk

    @asynccontextmanager
    async def running(self, port: int = 0, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
        """Serve on the loopback address until the end of the block; gives the service's address.

        Args:
            port: 0 for any that is free.
            tls: serve encrypted, with this certificate.

        Raises:
            OSError: the port is taken.
        """
        runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls)
            await site.start()
            yield f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            self._closed.set()
            await runner.cleanup()

    async def _answer(
        self, request: web.Request, page_of: PageOf, shape: Page, status: int = 200
    ) -> web.StreamResponse:
        self._note(await _asked(request))
        faults = self.faults.serve(request.path) if self.faults.orders else []
        wire = [fault for fault in faults if fault.name in WIRE]
        if self.desk is not None and not self.desk.takes(request.headers.get("Authorization", "")):
            return web.json_response({"title": "token"}, status=401)
        content = [fault for fault in faults if fault.name in CONTENT]
        try:
            found = page_of(request.query)
        except ValueError:
            if not content:
                return web.json_response({"title": "unknown cursor"}, status=400)
            found = page_of({name: value for name, value in request.query.items() if name != shape.cursor_name})
        body = spoil(found, request.query, content, self._chance, shape)
        if wire:
            return await send_badly(request, wire[0], body, self._closed)
        return web.Response(body=body, content_type="application/json", status=status)

    def _note(self, asked: Asked) -> None:
        if self._remember:
            self.asked.append(asked)

    async def _tell(self, _request: web.Request) -> web.Response:
        orders = [{"fault": order.name, "path": order.path, "times": order.times} for order in self.faults.orders]
        return web.json_response({"menu": self.faults.menu, "orders": orders, "happened": self.faults.happened})

    async def _order(self, request: web.Request) -> web.Response:
        try:
            wish = await request.json()
            self.faults.order(
                wish["fault"],
                path=str(wish.get("path", "*")),
                times=wish.get("times", 1),
                after=int(wish.get("after", 0)),
                option=str(wish.get("option", "")),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return web.json_response({"title": f"cannot be ordered: {error}"}, status=400)
        return web.json_response({"title": "ordered"}, status=201)

    async def _clear(self, _request: web.Request) -> web.Response:
        self.faults.clear()
        return web.json_response({"title": "cleared"})


async def _asked(request: web.Request) -> Asked:
    body = await request.read() if request.can_read_body else b""
    return Asked(request.method, request.path, dict(request.query), request.headers, body)
