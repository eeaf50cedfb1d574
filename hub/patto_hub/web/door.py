"""The hub's door: a partner hands in what it has, gets a receipt at once, and asks later what became of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from patto_connectors.contract import Pushed
from patto_connectors.errors import Malformed
from patto_hub.feeds.spec import PUSH
from patto_hub.ledger import job_state, pushed, runs
from patto_hub.web.endpoints import Access, Call, Nothing, endpoint
from patto_hub.web.problems import Problem
from patto_hub.web.site import BASE

if TYPE_CHECKING:
    from patto_connectors.contract import Door
    from patto_hub.jobs import Job
    from patto_hub.ledger.keys import Key
    from patto_hub.ledger.store import Connection

KEY_LENGTH: Final = 255
"""Characters of an Idempotency-Key at most (draft-ietf-httpapi-idempotency-key-header)."""
ANSWER_S: Final = 10.0
"""Seconds that a plugin may take to compose the partner's own answer."""

AT_REST_S: Final = 600
"""Seconds after which to send again to a stream whose plugin or settings are being mended."""
BROKEN_OFF: Final = (ConnectionError, web.RequestPayloadError)
"""What reading a body raises when it does not come to its end."""


class StreamParams(BaseModel):
    """Which stream."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    stream: str = Field(max_length=60, examples=["notifications"])
    """The stream's name, as the partner's page lists it."""


class ReceiptParams(BaseModel):
    """Which receipt."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    receipt: str = Field(pattern="^[0-9a-f]{32}$", examples=["5f2b8f0c9d4e4a3db1c7a6f0e1d2c3b4"])
    """The number that the hub gave when the body came."""


class RowTold(BaseModel):
    """What became of one row that could not be taken."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    position: str
    """Where it stands."""
    verdict: Literal["quarantined", "refused"]
    code: str
    """The issue's stable code."""
    message: str
    """What is wrong and how to mend it, in Italian; no value of the row is repeated."""
    owner: str
    """Who can mend it: `partner`, `ambito`, `engineer` or `region`."""


class ReceiptBody(BaseModel):
    """A receipt: what was handed in is kept, and later what became of its rows."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    receipt: str
    """Names what was handed in; ask for it under `/receipts/{receipt}`."""
    stream: str
    state: Literal["received", "accepted", "partial"]
    """`received`: on disk, not yet read; `accepted`: every row was taken; `partial`: some were not, see `rows`."""
    size: int
    """Bytes that came."""
    received_at: datetime
    read_at: datetime | None = None
    """When the hub had taken the rows in."""
    counts: dict[str, int] = {}
    """The balance of the rows: `read` is the sum of `new`, `changed`, `unchanged`, `duplicate`, `parked`,
    `quarantined` and `refused`."""
    rows: list[RowTold] = []
    """The rows that could not be taken."""
    repeated: bool = False
    """Whether this Idempotency-Key had come before, with the same body: nothing was kept twice."""


@endpoint(
    "POST",
    "/streams/{stream}",
    access=Access.PARTNER,
    params=StreamParams,
    takes=(
        "application/json",
        "application/x-ndjson",
        "application/xml",
        "application/soap+xml",
        "text/xml",
        "text/csv",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.oasis.opendocument.spreadsheet",
    ),
    idempotent=True,
    answers={202: ReceiptBody, 200: ReceiptBody},
    problems=(
        "params-invalid",
        "push-not-granted",
        "not-found",
        "not-ready",
        "media-type-unsupported",
        "content-empty",
        "content-broken-off",
        "content-late",
        "content-malformed",
        "idempotency-key-invalid",
        "idempotency-key-reused",
        "too-large",
    ),
)
async def hand_in(call: Call[StreamParams, Nothing]) -> web.StreamResponse:
    """Keep what a partner hands in for one of its streams, then answer; the rows are read right after."""
    key = _caller(call)
    job, door = _stream(call, key)
    media_type = call.request.content_type
    if media_type not in door.media_types:
        known = ", ".join(door.media_types)
        raise Problem(
            "media-type-unsupported",
            (f"Questo flusso accetta: {known}.", f"This stream takes: {known}."),
        )
    try:
        async with call.site.pushes.of(key.partner):
            content = await _content(call)
            body = Pushed(number=0, name=call.site.world.token(16), content=content, media_type=media_type)
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
        return web.Response(body=content, content_type=answered_as, charset="utf-8", headers=_named(kept.receipt))
    told = receipt_body(kept, repeated=not fresh)
    return web.json_response(
        told.model_dump(mode="json", exclude_none=True), status=202 if fresh else 200, headers=_named(kept.receipt)
    )


@endpoint(
    "GET",
    "/receipts/{receipt}",
    access=Access.PARTNER,
    params=ReceiptParams,
    answers={200: ReceiptBody},
    problems=("params-invalid", "not-found"),
)
async def receipt_of(call: Call[ReceiptParams, Nothing]) -> web.StreamResponse:
    """Say what became of something that was handed in."""
    try:
        found = await call.site.ledger.read(pushed.get, _caller(call).partner, call.params.receipt)
    except KeyError:
        raise Problem(
            "not-found", ("Nessuna ricevuta con questo numero.", "There is no receipt of this number.")
        ) from None
    return web.json_response(receipt_body(found).model_dump(mode="json", exclude_none=True))


ENDPOINTS: Final = (hand_in, receipt_of)


def receipt_body(kept: pushed.Receipt, *, repeated: bool = False) -> ReceiptBody:
    """Give a receipt as it is shown to its partner."""
    outcome: dict[str, Any] = dict(kept.outcome or {})
    rows = [RowTold(**row) for row in outcome.get("rows", ())]
    return ReceiptBody(
        receipt=kept.receipt,
        stream=kept.job.partition("/")[2],
        state="received" if kept.told_at is None else "partial" if rows else "accepted",
        size=kept.size,
        received_at=_instant(kept.received_at),
        read_at=None if kept.told_at is None else _instant(kept.told_at),
        counts=outcome.get("counts", {}),
        rows=rows,
        repeated=repeated,
    )


def _caller(call: Call[Any, Nothing]) -> Key:
    if call.caller is None:
        raise TypeError("the route lets partners in only")
    return call.caller


def _stream(call: Call[StreamParams, Nothing], key: Key) -> tuple[Job, Door]:
    """Find the partner's stream and its door; a right that only the key has, or only the settings, is none."""
    reason = call.site.refuse_feed(key.partner, PUSH)
    if PUSH not in key.scopes or reason is not None:
        words = reason or "La chiave non comprende «push» (its scopes lack `push`)."
        raise Problem("push-not-granted", (words, words))
    name = f"{key.partner}/{call.params.stream}"
    if any(each.job == name for each in call.site.unusable):
        raise Problem(
            "not-ready",
            (
                "Il flusso è fermo: chi gestisce l'hub deve intervenire. Inviare di nuovo più tardi.",
                "The stream is at rest until whoever runs the hub mends it. Send again later.",
            ),
            headers={"Retry-After": str(AT_REST_S)},
        )
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


async def _content(call: Call[StreamParams, Nothing]) -> bytes:
    """Read the body: whole, up to the most that may come at once, in the time that it may take."""
    seconds = call.site.settings.push_s
    try:
        async with asyncio.timeout(seconds):
            content = await _pieces(call)
    except TimeoutError:
        raise Problem(
            "content-late",
            (
                f"Il contenuto non è arrivato per intero in {seconds:.0f} secondi.",
                f"The content did not come whole in {seconds:.0f} seconds.",
            ),
        ) from None
    except BROKEN_OFF:
        raise Problem(
            "content-broken-off",
            (
                "Il contenuto si è interrotto, o non è compresso come dice Content-Encoding.",
                "The content broke off, or is not compressed as Content-Encoding says.",
            ),
        ) from None
    if not content:
        raise Problem("content-empty", ("L'invio non contiene nulla.", "Nothing was handed in."))
    return content


async def _pieces(call: Call[StreamParams, Nothing]) -> bytes:
    most = call.site.settings.largest_push
    pieces, size = [], 0
    async for piece in call.request.content.iter_any():
        size += len(piece)
        if size > most:
            raise Problem(
                "too-large",
                (f"Al massimo {most} byte per invio.", f"At most {most} bytes at a time."),
            )
        pieces.append(piece)
    return b"".join(pieces)


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
        raise Problem(
            "content-malformed",
            (
                f"Il contenuto non è nel formato concordato{where}.",
                f"The content is not in the agreed format{where}: {wrong.detail}",
            ),
        ) from None
    async with asyncio.timeout(ANSWER_S):
        content, answered_as, status = await asyncio.to_thread(door.refuse, wrong)
    return web.Response(body=content, status=status, content_type=answered_as, charset="utf-8")


async def _keep(call: Call[StreamParams, Nothing], job: Job, body: Pushed) -> tuple[pushed.Receipt, bool]:
    now = call.site.world.milliseconds()
    try:
        return await call.site.ledger.write(_take, job.name, body, _idempotency_key(call), now)
    except pushed.OtherContent:
        raise Problem(
            "idempotency-key-reused",
            (
                "Questa Idempotency-Key è già stata usata per un altro contenuto.",
                "This Idempotency-Key was used before, for another content.",
            ),
        ) from None


def _take(connection: Connection, job: str, body: Pushed, key: str | None, now: int) -> tuple[pushed.Receipt, bool]:
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


def _idempotency_key(call: Call[StreamParams, Nothing]) -> str | None:
    sent = call.request.headers.getall("Idempotency-Key", [])
    if not sent:
        return None
    if len(sent) > 1 or not 0 < len(sent[0]) <= KEY_LENGTH or not sent[0].isascii() or not sent[0].isprintable():
        raise Problem(
            "idempotency-key-invalid",
            (
                f"Idempotency-Key: una volta sola, da 1 a {KEY_LENGTH} caratteri, come un UUID.",
                f"Idempotency-Key: once, 1 to {KEY_LENGTH} characters, as a UUID.",
            ),
        )
    return sent[0]


def _named(receipt: str) -> dict[str, str]:
    return {"Location": f"{BASE}/receipts/{receipt}"}


def _instant(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
