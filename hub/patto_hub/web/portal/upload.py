"""Handing in a file through the portal: first it is tried and shown what it would come to, then handed in as it is.

Between the two steps the bytes stay here, for a quarter of an hour and for this session alone: what is handed in is
exactly what was shown, and nobody has to choose the file twice.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import structlog
from aiohttp import web

from patto_connectors.contract import Pushed
from patto_connectors.errors import Malformed, Trouble
from patto_hub.balance import CLASSES
from patto_hub.feeds.spec import PUSH
from patto_hub.ledger import portal, portal_sessions
from patto_hub.road.read import PluginFault
from patto_hub.road.troubles import Stopped
from patto_hub.web.portal import comparing
from patto_hub.web.portal.labels import label, path_of
from patto_hub.web.portal.overview import jobs_of, stream_title
from patto_hub.web.portal.visits import HOME
from patto_hub.web.receiving import BY_ENDING
from patto_hub.web.rendering import HEADERS
from patto_hub.web.validating import validate
from patto_hub.web.visits import Turned, check_ticket
from patto_schemas.catalogue import CATALOGUE, explain
from patto_schemas.issues import Issue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from patto_hub.jobs import Job
    from patto_hub.ledger.portal_sessions import Tried
    from patto_hub.road.validate import Trial
    from patto_hub.web.portal.visits import PartnerVisit

PATH: Final = HOME + "/upload"
TAKEN: Final = ("new", "changed", "unchanged", "duplicate", "parked")
"""Classes of rows that are taken as they are."""
log = structlog.get_logger(__name__)


async def show_upload(visit: PartnerVisit) -> web.StreamResponse:
    """Show the form: which stream, which file."""
    return await _form(visit)


async def try_file(visit: PartnerVisit) -> web.StreamResponse:
    """Try a file and keep its bytes for the sender's word; nothing is written of what stands in it."""
    check_ticket(visit)
    job = streams(visit).get(visit.form.get("stream", ""))
    if job is None:
        return await _form(visit, error=("stream", visit.words("portal.upload.no_stream")))
    if visit.file is None or not visit.file.content:
        return await _form(visit, error=("file", visit.words("portal.upload.no_file")))
    media_type = media_type_of(job, visit.file.ending)
    if media_type is None:
        known = ", ".join(f".{ending}" for ending in endings(job))
        return await _form(visit, error=("file", visit.words("portal.upload.wrong_kind", endings=known)))
    body = Pushed(number=0, name="", content=visit.file.content, media_type=media_type)
    comparison = comparing.Comparison(job.partner_id)
    try:
        trial = await validate(visit.site, job, body, comparison.look)
    except Stopped as stopped:
        it, _, en = stopped.detail.partition(" | ")
        return await _form(visit, error=("file", en if en and visit.language == "en" else it))
    except Malformed as wrong:
        return await _form(visit, error=("file", _said(wrong, visit)))
    except (Trouble, PluginFault) as fault:
        log.warning("validation.failed", job=job.name, error=type(fault.__cause__ or fault).__name__)
        return await _form(visit, error=("file", visit.words("portal.upload.our_fault")))
    number = visit.site.world.token(16)
    await visit.site.ledger.write(
        portal_sessions.keep_tried,
        visit.token,
        number=number,
        job=job.name,
        media_type=media_type,
        content=visit.file.content,
        verdict={
            **verdict_of(trial),
            "changes": comparison.kept(),
            "left": await visit.site.ledger.read(comparing.left_out, trial.left),
        },
        now=visit.words.now,
    )
    raise web.HTTPSeeOther(f"{PATH}/{number}")


async def show_trial(visit: PartnerVisit) -> web.StreamResponse:
    """Show what the file that was tried would come to, and ask for the word."""
    return await _trial(visit, await _tried(visit))


async def show_values(visit: PartnerVisit) -> web.StreamResponse:
    """Show it with the values that would change, the old ones and the new ones; that look is noted in the audit."""
    check_ticket(visit)
    tried = await _tried(visit)
    count = len(tried.verdict["changes"]) + len(tried.verdict["left"])
    await visit.site.ledger.write(portal.note_values, visit.caller, tried.job, count=count, now=visit.words.now)
    return await _trial(visit, tried, values=True)


async def blank(visit: PartnerVisit) -> web.StreamResponse:
    """Give an empty file of a stream, to be filled in."""
    name, _, ending = visit.request.match_info["blank"].rpartition(".")
    job = streams(visit).get(name)
    make = None if job is None else blanks(job).get(ending)
    if make is None:
        raise Turned("portal.error.no_blank", HTTPStatus.NOT_FOUND)
    return web.Response(
        body=await asyncio.to_thread(make),
        content_type=BY_ENDING[ending][0],
        headers={**HEADERS, "Content-Disposition": f'attachment; filename="{name}.{ending}"'},
    )


async def _tried(visit: PartnerVisit) -> Tried:
    number = visit.request.match_info["trial"]
    try:
        return await visit.site.ledger.read(portal_sessions.tried, visit.token, number, visit.words.now)
    except KeyError:
        raise Turned("portal.error.no_trial", HTTPStatus.NOT_FOUND) from None


async def _trial(visit: PartnerVisit, tried: Tried, *, values: bool = False) -> web.Response:
    before = await visit.site.ledger.read(portal.same_before, tried.job, tried.digest)
    return visit.page(
        "trial.html",
        home=f"{PATH}/{tried.id}",
        tried=tried,
        stream=stream_title(visit, tried.job),
        counts=[(name, tried.verdict["counts"].get(name, 0)) for name in CLASSES],
        problems=[_problem(each, visit) for each in tried.verdict["problems"]],
        changes=comparing.shown(tried.verdict, visit, values=values),
        missing=comparing.missing(tried.verdict, visit),
        values=values,
        held=_held(tried, visit),
        before=before,
        useless=not any(tried.verdict["counts"].get(name, 0) for name in TAKEN),
    )


async def hand_in(visit: PartnerVisit) -> web.StreamResponse:
    """Hand in exactly the bytes that were shown; the same form sent twice hands in once."""
    check_ticket(visit)
    try:
        receipt, fresh = await visit.site.ledger.write(
            portal_sessions.hand_in,
            visit.token,
            visit.request.match_info["trial"],
            receipt=visit.site.world.token(16),
            by=visit.caller,
            now=visit.words.now,
        )
    except KeyError:
        raise Turned("portal.error.no_trial", HTTPStatus.NOT_FOUND) from None
    if fresh:
        visit.site.wake()
    raise web.HTTPSeeOther(f"{HOME}/receipts/{receipt}?notice={'kept' if fresh else 'repeated'}")


def streams(visit: PartnerVisit) -> Mapping[str, Job]:
    """Give the partner's streams that take files, by their own names; none without the right to hand in.

    A stream whose door answers in a protocol of its own (SOAP) is for machines.
    """
    if PUSH not in visit.caller.scopes or visit.site.refuse_feed(visit.partner, PUSH) is not None:
        return {}
    return {name.partition("/")[2]: job for name, job in jobs_of(visit).items() if endings(job)}


def endings(job: Job) -> list[str]:
    """Give what the name of a file for a stream may end in."""
    return [ending for ending in BY_ENDING if media_type_of(job, ending) is not None]


def blanks(job: Job) -> Mapping[str, Callable[[], bytes]]:
    """Give what makes the empty files of a stream, by what their names end in."""
    make = job.connector.door
    made = {} if make is None else make(job.settings).blanks
    return {ending: made[each] for ending, (each, *_) in BY_ENDING.items() if each in made and ending != "txt"}


def media_type_of(job: Job, ending: str) -> str | None:
    """Give as what a file is handed in; None if the stream takes none whose name ends so."""
    make = job.connector.door
    if make is None:
        return None
    door = make(job.settings)
    if door.answer is not None:
        return None
    return next((each for each in BY_ENDING.get(ending, ()) if each in door.media_types), None)


def verdict_of(trial: Trial) -> dict[str, Any]:
    """Give what is kept of a trial itself: counts and problems, no value of a row."""
    return {
        "counts": dict(trial.counts),
        "problems": [asdict(each) for each in trial.problems],
        "problem_count": trial.problem_count,
        "removed": trial.removed,
        "held": trial.held,
    }


async def _form(visit: PartnerVisit, *, error: tuple[str, str] = ("", "")) -> web.Response:
    found = streams(visit)
    return visit.page(
        "upload.html",
        home=PATH,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if error[0] else HTTPStatus.OK,
        error=error,
        chosen=visit.form.get("stream", ""),
        streams=[(name, stream_title(visit, job.name), endings(job)) for name, job in found.items()],
        blanks=[
            (f"{name}.{ending}", stream_title(visit, job.name), ending)
            for name, job in found.items()
            for ending in blanks(job)
        ],
        largest=visit.site.settings.largest_push // 2**20,
        minutes=portal_sessions.UPLOAD_MS // 60_000,
    )


def _problem(problem: Mapping[str, Any], visit: PartnerVisit) -> dict[str, str]:
    suffix = "_en" if visit.language == "en" else ""
    waits = problem["verdict"] == "parked"
    return {
        "position": problem["position"],
        "column": path_of(problem["field"]),
        "label": label(problem["kind"] or "", path_of(problem["field"]), visit.language),
        "verdict": problem["verdict"],
        "message": problem[f"message{suffix}"],
        "example": problem["example"],
        "what_to_do": visit.words("portal.trial.waits") if waits else problem[f"what_to_do{suffix}"],
        "owner": visit.words("portal.trial.nobody" if waits else f"portal.owner.{problem['owner']}"),
        "code": problem["code"],
    }


def _held(tried: Tried, visit: PartnerVisit) -> str:
    held: Sequence[str] | None = tried.verdict["held"]
    return "" if held is None else held[1 if visit.language == "en" else 0]


def _said(wrong: Malformed, visit: PartnerVisit) -> str:
    """Say why a file cannot be read at all: what, where, what to do; never what stands in it."""
    words = visit.words("portal.upload.malformed")
    entry = CATALOGUE.get(wrong.code)
    if entry is None:
        return words
    fix = entry.fix_en if visit.language == "en" else entry.fix_it
    said = [words, explain(Issue(wrong.code, wrong.position), visit.language)]
    return " ".join(
        [*said, visit.words("portal.upload.where", where=wrong.position) if wrong.position else "", fix]
    ).strip()
