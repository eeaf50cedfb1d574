"""What a partner sends, as bytes: the body as it is, or the one file of a form; whole, in time, within its size."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import BadHttpMessage

from patto_hub.web import packed
from patto_hub.web.problems import Problem

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from patto_hub.web.site import Site

FORM: Final = "multipart/form-data"
TAKES: Final = (
    "application/json",
    "application/x-ndjson",
    "application/xml",
    "application/soap+xml",
    "text/xml",
    "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.oasis.opendocument.spreadsheet",
    FORM,
)
"""The media types that any stream may take; which ones a stream takes, its plugin says."""
PROBLEMS: Final = (
    "media-type-unsupported",
    "content-empty",
    "content-broken-off",
    "content-late",
    "upload-invalid",
    "too-large",
)
"""What reading a body can be answered with."""
BY_ENDING: Final[Mapping[str, tuple[str, ...]]] = {
    "json": ("application/json",),
    "ndjson": ("application/x-ndjson",),
    "jsonl": ("application/x-ndjson",),
    "csv": ("text/csv",),
    "txt": ("text/csv",),
    "xml": ("application/xml", "text/xml"),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",),
    "ods": ("application/vnd.oasis.opendocument.spreadsheet",),
}
"""What a file is by the ending of its name: what browsers say of a file depends on the programs that are installed."""
_BROKEN_OFF: Final = (ConnectionError, web.RequestPayloadError, packed.Broken)
"""What reading a body raises when it does not come to its end."""
_NO_FORM: Final = (ValueError, AssertionError, RuntimeError, BadHttpMessage)
"""What aiohttp raises for a form that is none."""
_PIECE: Final = 64 * 1024
_AROUND: Final = 16 * 1024
"""Bytes of a form around its file; what is skipped before it takes no memory, and its time is limited."""
_PLAIN: Final = frozenset({"", "binary", "7bit", "8bit"})


@dataclass(frozen=True, slots=True)
class Received:
    """What came."""

    content: bytes
    media_type: str


async def received(site: Site, request: web.Request, media_types: Sequence[str]) -> Received:
    """Read what was sent: whole, up to the most that may come at once, in the time that it may take.

    Raises:
        Problem: it is of another media type, empty, too large, too slow, broken off, or no form with one file.
    """
    form = request.content_type == FORM
    if not form:
        _agreed((request.content_type,), media_types)
    seconds = site.settings.push_s
    try:
        async with asyncio.timeout(seconds):
            came = await _file(site, request, media_types) if form else await _body(site, request)
    except TimeoutError:
        raise Problem(
            "content-late",
            (
                f"Il contenuto non è arrivato per intero in {seconds:.0f} secondi.",
                f"The content did not come whole in {seconds:.0f} seconds.",
            ),
        ) from None
    except _BROKEN_OFF:
        raise Problem(
            "content-broken-off",
            (
                "Il contenuto si è interrotto, o non è compresso come dice Content-Encoding.",
                "The content broke off, or is not compressed as Content-Encoding says.",
            ),
        ) from None
    if not came.content:
        raise Problem("content-empty", ("L'invio non contiene nulla.", "Nothing was handed in."))
    return came


async def _body(site: Site, request: web.Request) -> Received:
    return Received(await _whole(packed.unpacked(request), site.settings.largest_push), request.content_type)


async def _file(site: Site, request: web.Request, media_types: Sequence[str]) -> Received:
    """Read a form's one file; its name, which may be of a person, is looked at for its ending and forgotten."""
    most = site.settings.largest_push
    if packed.coding_of(request):
        raise _no_upload()
    if (request.content_length or 0) > most + _AROUND:
        raise _too_large(most)
    try:
        reader = await request.multipart()
        part = await reader.next()
        if not isinstance(part, BodyPartReader) or part.filename is None:
            raise _no_upload()
        if "Content-Encoding" in part.headers or _transfer(part) not in _PLAIN:
            raise _no_upload()
        media_type = _agreed(_media_types(part), media_types)
        content = await _whole(_pieces(part), most)
        if await reader.next() is not None:
            raise _no_upload()
    except _NO_FORM:
        raise _no_upload() from None
    return Received(content, media_type)


async def _pieces(part: BodyPartReader) -> AsyncIterator[bytes]:
    while piece := await part.read_chunk(_PIECE):
        yield piece


async def _whole(pieces: AsyncIterator[bytes], most: int) -> bytes:
    taken, size = [], 0
    async for piece in pieces:
        size += len(piece)
        if size > most:
            raise _too_large(most)
        taken.append(piece)
    return b"".join(taken)


def _too_large(most: int) -> Problem:
    return Problem("too-large", (f"Al massimo {most} byte per invio.", f"At most {most} bytes at a time."))


def _transfer(part: BodyPartReader) -> str:
    return str(part.headers.get("Content-Transfer-Encoding", "")).lower()


def _media_types(part: BodyPartReader) -> tuple[str, ...]:
    """Give what a file may be: by the ending of its name, then by what was said of it."""
    ending = (part.filename or "").rpartition(".")[2].lower()
    said = str(part.headers.get("Content-Type", "")).partition(";")[0].strip().lower()
    return (*BY_ENDING.get(ending, ()), said)


def _agreed(found: Sequence[str], media_types: Sequence[str]) -> str:
    for each in found:
        if each in media_types:
            return each
    known = ", ".join(media_types)
    raise Problem("media-type-unsupported", (f"Questo flusso accetta: {known}.", f"This stream takes: {known}."))


def _no_upload() -> Problem:
    return Problem(
        "upload-invalid",
        (
            "Il modulo deve avere una sola parte: il file, con il suo nome (per l'estensione), senza codifiche.",
            "The form must have one part: the file, with its name (for its ending), not encoded.",
        ),
    )
