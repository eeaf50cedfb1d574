"""The hub's door: a partner hands in what it has, gets a receipt at once, and asks later what became of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from patto_connectors.contract import Pushed
from patto_connectors.errors import Malformed
from patto_hub.feeds.spec import PUSH
from patto_hub.ledger import job_state, pushed, runs
from patto_hub.web import idempotency, receiving
from patto_hub.web.endpoints import Access, Call, Nothing, endpoint
from patto_hub.web.problems import Problem
from patto_hub.web.receipts import ReceiptBody, caller_of, named, receipt_body
from patto_schemas.catalogue import explain
from patto_schemas.issues import Issue

if TYPE_CHECKING:
    from patto_connectors.contract import Door
    from patto_hub.jobs import Job
    from patto_hub.ledger.store import Connection

ANSWER_S: Final = 10.0
"""Seconds that a plugin may take to compose the partner's own answer."""
AT_REST_S: Final = 600
"""Seconds after which to send again to a stream whose plugin or settings are being mended."""
PROBLEMS: Final = ("params-invalid", "push-not-granted", "not-found", "not-ready", *receiving.PROBLEMS)
"""What a route that takes a body for a stream can answer, besides its own."""


class StreamParams(BaseModel):
    """Which stream."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    stream: str = Field(max_length=60, examples=["notifications"])
    """The stream's name, as the partner's page lists it."""


@endpoint(
    "POST",
    "/streams/{stream}",
    access=Access.PARTNER,
    params=StreamParams,
    takes=receiving.TAKES,
    idempotent=True,
    answers={202: ReceiptBody, 200: ReceiptBody},
    problems=(*PROBLEMS, "content-malformed", *idempotency.PROBLEMS),
)
async def hand_in(call: Call[StreamParams, Nothing]) -> web.StreamResponse:
    """Keep what a partner hands in for one of its streams, then answer; the rows are read right after.

    The body is the data itself, or a form (`multipart/form-data`) with one file. 202 says that it is on disk, and
    `Location` where to ask what became of its rows; 200 that this Idempotency-Key had come before with the same body.
    """
    job, door = stream_of(call)
    try:
        async with call.site.pushes.of(job.partner):
            came = await receiving.received(call.site, call.request, door.media_types)
            name = call.site.world.token(16)
            body = Pushed(number=0, name=name, content=came.content, media_type=came.media_type)
            answer = await _answer(door, body)
            kept, fresh = await _keep(call, job, body)
            if answer is not None and not fresh:  # in the words of the first time
                answer = await _answer(door, replace(body, name=kept.receipt))
    except Malformed as wrong:
        return await _refused(door, wrong)
    if fresh:
        call.site.wake()
    if answer is not None:
        content, answered_as = answer
        return web.Response(body=content, content_type=answered_as, charset="utf-8", headers=named(kept.receipt))
    told = receipt_body(kept, repeated=not fresh)
    return web.json_response(
        told.model_dump(mode="json", exclude_none=True), status=202 if fresh else 200, headers=named(kept.receipt)
    )


ENDPOINTS: Final = (hand_in,)


def stream_of(call: Call[Any, Nothing]) -> tuple[Job, Door]:
    """Find the caller's stream and its door; a right that only the key has, or only the settings, is none.

    Raises:
        Problem: the caller may not hand in, or has no such stream, or it cannot be used now.
    """
    caller = caller_of(call)
    reason = call.site.refuse_feed(caller.partner, PUSH)
    if PUSH not in caller.scopes or reason is not None:
        words = ("La chiave non comprende il diritto «push».", "The key's scopes lack the right `push`.")
        raise Problem("push-not-granted", reason or words)
    name = f"{caller.partner}/{call.params.stream}"
    if any(each.job == name for each in call.site.unusable):
        raise at_rest()
    job = call.site.jobs.get(name)
    if job is None or job.connector.door is None:
        raise Problem(
            "not-found",
            (
                "Non c'è un flusso con questo nome che accetti invii.",
                "There is no stream of this name that takes what is handed in.",
            ),
        )
    return job, job.connector.door(job.settings)


def at_rest() -> Problem:
    """Say that a stream cannot be used until whoever runs the hub mends it."""
    return Problem(
        "not-ready",
        (
            "Il flusso è fermo: chi gestisce l'hub deve intervenire. Inviare di nuovo più tardi.",
            "The stream is at rest until whoever runs the hub mends it. Send again later.",
        ),
        headers={"Retry-After": str(AT_REST_S)},
    )


async def _answer(door: Door, body: Pushed) -> tuple[bytes, str] | None:
    """Let the plugin compose the partner's own answer.

    Raises:
        Malformed: the body is not the agreed format at all.
    """
    if door.answer is None:
        return None
    async with asyncio.timeout(ANSWER_S):
        return await asyncio.to_thread(door.answer, body)


async def _refused(door: Door, wrong: Malformed) -> web.StreamResponse:
    """Say that a body is not the agreed format, in the partner's own one where it has one for that."""
    if door.refuse is None:
        where = f" ({wrong.position})" if wrong.position else ""
        why = explain(Issue(wrong.code, wrong.position))
        raise Problem(
            "content-malformed",
            (
                f"Il contenuto non è nel formato concordato{where}: {why}",
                f"The content is not in the agreed format{where}: {wrong.detail}",
            ),
            record=wrong.position or None,
        ) from None
    async with asyncio.timeout(ANSWER_S):
        content, answered_as, status = await asyncio.to_thread(door.refuse, wrong)
    return web.Response(body=content, status=status, content_type=answered_as, charset="utf-8")


async def _keep(call: Call[StreamParams, Nothing], job: Job, body: Pushed) -> tuple[pushed.Receipt, bool]:
    now = call.site.world.milliseconds()
    key = idempotency.idempotency_key(call.request)
    try:
        return await call.site.ledger.write(take, job.name, body, key, now)
    except pushed.OtherContent:
        raise idempotency.reused("per un altro contenuto", "for another content") from None


def take(connection: Connection, job: str, body: Pushed, key: str | None, now: int) -> tuple[pushed.Receipt, bool]:
    """Keep a body and ask for the run that reads it, in one transaction: no kill leaves one without the other."""
    kept, fresh = pushed.take(
        connection,
        job=job,
        receipt=body.name,
        idempotency_key=key,
        content=body.content,
        media_type=body.media_type,
        now=now,
    )
    if fresh and job_state.get(connection, job).requested_at is None:  # a person's request goes past what holds ours
        job_state.request_run(connection, job, by=runs.PUSHED, now=now)
    return kept, fresh
