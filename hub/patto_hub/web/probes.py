"""What machines ask: is the process alive, may it be sent requests, how is it doing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from aiohttp import web
from pydantic import BaseModel

from patto_hub.ledger import feed as addressed
from patto_hub.ledger import status as figures
from patto_hub.ledger import storage
from patto_hub.web.endpoints import Access, Call, Nothing, endpoint
from patto_hub.web.measures import MEASURES
from patto_hub.web.problems import Problem

if TYPE_CHECKING:
    from patto_hub.web.site import Probe

_PATIENCE_S: Final = 5.0


class Alive(BaseModel):
    """The process answers."""

    status: str


@endpoint("GET", "/livez", access=Access.EVERYBODY, answers={200: Alive})
async def livez(call: Call[Nothing, Nothing]) -> web.StreamResponse:  # noqa: ARG001 - answering is the whole test
    """Say that the process answers; it asks nothing else, so that a slow disk does not get the process killed."""
    return web.json_response({"status": "ok"})


@endpoint("GET", "/readyz", access=Access.EVERYBODY, answers={200: Alive}, problems=("not-ready",))
async def readyz(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    """Say whether the hub may be sent requests: ledger readable, migrations current, clock alive."""
    for name, probe in {"ledger": _ledger(call), **call.site.probes}.items():
        try:
            async with asyncio.timeout(_PATIENCE_S):
                wrong = await probe()
        except TimeoutError:
            wrong = f"no answer within {_PATIENCE_S:g} s"
        except Exception as error:
            trouble = storage.trouble_of(error)
            if trouble is None:
                raise
            wrong = trouble.code
        if wrong is not None:
            raise Problem("not-ready", (f"{name}: {wrong}", f"{name}: {wrong}"), headers={"Retry-After": "5"})
    return web.json_response({"status": "ok"})


@endpoint(
    "GET",
    "/metrics",
    access=Access.OPERATOR,
    answers={200: None},
    media_types=("text/plain",),
    problems=("local-only", "key-missing"),
)
async def metrics(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    """Give the hub's figures in the text format of Prometheus."""
    measured = await call.site.ledger.read(figures.gauges, call.site.ways.keys())
    text = call.request.app[MEASURES].text(measured, call.site.world.milliseconds())
    return web.Response(body=text, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})


ENDPOINTS: Final = (livez, readyz, metrics)


def _ledger(call: Call[Nothing, Nothing]) -> Probe:
    async def probe() -> str | None:
        await call.site.ledger.read(addressed.newest)
        return None

    return probe
