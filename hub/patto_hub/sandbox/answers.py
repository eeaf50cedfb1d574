"""The hub's own routes, which now and then answer as the real world will: late, not at all, or half."""

from __future__ import annotations

from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from patto_hub.sandbox.place import SANDBOX
from patto_hub.web.door import hand_in
from patto_hub.web.edges import API_HEADERS
from patto_hub.web.endpoints import Access
from patto_hub.web.places import path
from patto_hub.web.problems import Problem

if TYPE_CHECKING:
    from patto_hub.sandbox.faults import Fault, Order
    from patto_hub.web.endpoints import Call, Endpoint

ANY: Final[tuple[Fault, ...]] = ("unavailable", "rate", "slow", "cut")


def faulty(endpoint: Endpoint) -> Endpoint:
    """Let a route of partners have the faults that its caller has ordered; it never answers from memory."""
    if endpoint.access is not Access.PARTNER:
        return endpoint

    @wraps(endpoint.handler)
    async def handler(call: Call[Any, Any]) -> web.StreamResponse:
        sandbox, caller = call.request.app[SANDBOX], call.caller
        order = None if caller is None else sandbox.faults.take(caller.partner, _possible(endpoint, call))
        if order is None:
            return await endpoint.handler(call)
        if order.fault == "slow":
            await call.site.world.sleep(order.seconds)
        elif order.fault != "cut":
            raise _problem(order, call)
        answer = await endpoint.handler(call)
        return await _half(call.request, answer) if order.fault == "cut" else answer

    return replace(endpoint, handler=handler, repeats=False, problems=(*endpoint.problems, "not-ready"))


def _possible(endpoint: Endpoint, call: Call[Any, Any]) -> tuple[Fault, ...]:
    stale: tuple[Fault, ...] = ("stale",) if _reads_on(call) else ()
    refused: tuple[Fault, ...] = ("upload_refused",) if endpoint.name == hand_in.name else ()
    return (*ANY, *stale, *refused)


def _reads_on(call: Call[Any, Any]) -> bool:
    return getattr(call.params, "feed", None) in call.site.feeds and getattr(call.params, "cursor", None) is not None


def _problem(order: Order, call: Call[Any, Any]) -> Problem:
    it, en = "Guasto ordinato nell'ambiente di prova.", "A fault that was ordered in the sandbox."
    wait = {"Retry-After": str(order.seconds)}
    match order.fault:
        case "unavailable":
            return Problem("not-ready", (it, en), headers=wait)
        case "rate":
            return Problem("rate-exceeded", (it, en), headers=wait)
        case "stale":
            links = {"snapshot": path(call.site.feeds[call.params.feed], "snapshot")}
            return Problem("cursor-stale", (it, en), links=links)
        case _:
            return Problem("content-malformed", (it, en))


async def _half(request: web.Request, answer: web.StreamResponse) -> web.StreamResponse:
    """Send half of a body whose whole length was announced, then hang up."""
    body = answer.body if isinstance(answer, web.Response) else None
    if not isinstance(body, bytes) or not body:
        return answer
    headers = {**answer.headers, **API_HEADERS, "Content-Length": str(len(body))}
    broken = web.StreamResponse(status=answer.status, headers=headers)
    await broken.prepare(request)
    await broken.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()  # what was written still leaves
    return broken
