"""The staff's pages: how each stream stands, one stream with what is set aside, and what staff may do about it."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

from aiohttp import web

from patto_hub.clock import watch
from patto_hub.ledger import desk, drift, job_state, runs, status
from patto_hub.web import groups, standing
from patto_hub.web.endings import AHEAD_DAYS, endings, sources_of, view
from patto_hub.web.rendering import RENDERER
from patto_hub.web.visits import Turned, check_ticket
from patto_schemas.catalogue import checks_follow, explain
from patto_schemas.issues import Issue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patto_hub.jobs import Job
    from patto_hub.web.endings import EndingView
    from patto_hub.web.standing import Sight
    from patto_hub.web.visitor import Visitor
    from patto_hub.web.visits import Visit

ROWS: Final = 50
"""Rows of quarantine on a page."""
RUNS: Final = 10
_NOTICES: Final = ("notice.run_requested", "notice.run_repeated", "notice.paused", "notice.resumed", "notice.confirmed")


async def overview(visit: Visit) -> web.StreamResponse:
    """Show how each stream stands."""
    return await _overview(visit, "status.html")


async def table(visit: Visit) -> web.StreamResponse:
    """Give the part of the first page that changes, for its refresh."""
    return await _overview(visit, "standing.html")


async def job(visit: Visit) -> web.StreamResponse:
    """Show one stream: how it stands, its runs, what is set aside and who can fix it."""
    return await _job(visit)


async def run_now(visit: Visit) -> web.StreamResponse:
    """Ask for a run now; the same form sent twice asks once."""
    wanted = _wanted(visit)
    first = await visit.site.ledger.write(
        desk.run_now, wanted.name, by=_name(visit), form=check_ticket(visit), now=visit.words.now
    )
    visit.site.wake()
    raise _back(visit, wanted, "notice.run_requested" if first else "notice.run_repeated")


async def pause(visit: Visit) -> web.StreamResponse:
    """Pause a stream, with a reason and perhaps an end."""
    wanted, ticket = _wanted(visit), check_ticket(visit)
    reason, until = visit.form.get("reason", "").strip(), visit.form.get("until", "").strip()
    if not 0 < len(reason) <= desk.LONGEST_REASON:
        return await _job(visit, error=("reason", visit.words("pause.reason_missing", n=desk.LONGEST_REASON)))
    try:
        end = _instant(visit, until)
    except ValueError:
        return await _job(visit, error=("until", visit.words("pause.until_wrong")))
    await visit.site.ledger.write(
        desk.pause, wanted.name, by=_name(visit), form=ticket, reason=reason, until=end, now=visit.words.now
    )
    raise _back(visit, wanted, "notice.paused")


async def resume(visit: Visit) -> web.StreamResponse:
    """End a stream's pause."""
    wanted = _wanted(visit)
    await visit.site.ledger.write(
        desk.resume, wanted.name, by=_name(visit), form=check_ticket(visit), now=visit.words.now
    )
    visit.site.wake()
    raise _back(visit, wanted, "notice.resumed")


async def confirm(visit: Visit) -> web.StreamResponse:
    """Let the records go that a full list left out, with a reason, and ask for the reading that does it."""
    wanted, ticket = _wanted(visit), check_ticket(visit)
    reason = visit.form.get("why", "").strip()
    if not 0 < len(reason) <= desk.LONGEST_REASON:
        return await _job(visit, error=("why", visit.words("pause.reason_missing", n=desk.LONGEST_REASON)))
    try:
        await visit.site.ledger.write(
            desk.confirm_vanished, wanted.name, by=_name(visit), form=ticket, reason=reason, now=visit.words.now
        )
    except LookupError:
        return await _job(visit, error=("gone", visit.words("vanished.nothing")))
    visit.site.wake()
    raise _back(visit, wanted, "notice.confirmed")


async def sights(visit: Visitor, jobs: Mapping[str, Job]) -> list[Sight]:
    """Look at jobs."""
    ledger, names = visit.site.ledger, list(jobs)
    fresh = await watch.look(ledger, visit.site.world, jobs, visit.site.place)
    standings = await ledger.read(status.standings, names)
    states = await ledger.read(job_state.of_jobs, names)
    titles = await ledger.read(status.titles)
    return [
        standing.Sight(
            job=each,
            title=titles.get(each.partner, ""),
            fresh=fresh[name],
            standing=standings[name],
            state=states[name],
        )
        for name, each in jobs.items()
    ]


async def _overview(visit: Visit, template: str) -> web.Response:
    seen = await sights(visit, visit.site.jobs)
    ledger, words, place = visit.site.ledger, visit.words, visit.site.place
    titles = await ledger.read(status.titles)
    public = frozenset(feed.name for feed in visit.site.feeds.values() if feed.public)
    many = len(seen) > groups.MANY
    found = groups.grouped(seen, await ledger.read(status.domains)) if many else []
    wanted, refresh = visit.request.query.get("show", ""), visit.request.query.get("refresh") != "off"
    ends = await _endings(visit) if template == "status.html" else []
    first, opened, more = groups.shown(seen, found, wanted) if many else (standing.urgent_first(seen), [], 0)
    return visit.request.app[RENDERER].page(
        visit,
        template,
        notice=_notice(visit),
        counts=standing.overview(seen, len(visit.site.unusable)),
        unusable=[standing.unusable(each, titles.get(each.partner, ""), words) for each in visit.site.unusable],
        jobs=[standing.view(each, words, place) for each in first],
        groups=found,
        opened=[standing.view(each, words, place) for each in opened],
        show=wanted if opened else "",
        more=more,
        kept="" if refresh else "&refresh=off",
        readings=await ledger.read(status.readings, public, visit.site.ways.keys()),
        feeds=visit.site.feeds,
        titles=titles,
        refresh=refresh,
        may_act=may_act(visit),
        endings=ends,
        ahead=AHEAD_DAYS,
    )


async def _endings(visit: Visit) -> list[EndingView]:
    """Give what ends within the next months, for the first page."""
    words, sources = visit.words, sources_of(visit.site)
    found = await endings(visit.site.ledger, sources, words.now)
    return [view(each, words, own=False) for each in found if each.days_left(words.now) <= AHEAD_DAYS]


async def _job(visit: Visit, *, error: tuple[str, str] = ("", "")) -> web.Response:
    wanted, ledger = _wanted(visit), visit.site.ledger
    (seen,) = await sights(visit, {wanted.name: wanted})
    rows = await ledger.read(status.set_aside, wanted.name, before=_before(visit), limit=ROWS + 1)
    return visit.request.app[RENDERER].page(
        visit,
        "job.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if error[0] else HTTPStatus.OK,
        notice=_notice(visit),
        job=wanted,
        view=standing.view(seen, visit.words, visit.site.place),
        runs=await ledger.read(runs.newest, job=wanted.name, limit=RUNS),
        balance=standing.balance,
        run_reason=standing.run_reason,
        trouble=standing.trouble,
        rows=[(row, [_sentence(each, visit) for each in row.issues]) for row in rows[:ROWS]],
        checks_follow=checks_follow,
        new_fields=standing.new_fields(await ledger.read(drift.of_job, wanted.name), visit.words),
        older=rows[ROWS - 1].id if len(rows) > ROWS else None,
        error=error,
        form=visit.form,
        longest_reason=desk.LONGEST_REASON,
        may_act=may_act(visit),
    )


def may_act(visit: Visit) -> bool:
    """Whether the visitor's role may start and pause streams."""
    return visit.person is not None and visit.person.role in ("region", "engineer")


def _sentence(issue: Mapping[str, object], visit: Visit) -> str:
    """Say an issue; of what the ledger keeps only the code, the place and the catalogue's values are used."""
    values = issue.get("values")
    said = {str(name): str(value) for name, value in values.items()} if isinstance(values, dict) else {}
    return explain(Issue(str(issue.get("code", "")), str(issue.get("where", "")), values=said), visit.language)


def _wanted(visit: Visit) -> Job:
    name = f"{visit.request.match_info['partner']}/{visit.request.match_info['stream']}"
    found = visit.site.jobs.get(name)
    if found is None:
        raise Turned("error.no_job", HTTPStatus.NOT_FOUND)
    return found


def _name(visit: Visit) -> str:
    if visit.person is None:
        raise TypeError("the route lets staff in only")
    return visit.person.name


def _notice(visit: Visit) -> str:
    wanted = visit.request.query.get("notice", "")
    return visit.words(wanted) if wanted in _NOTICES else ""


def _back(visit: Visit, job: Job, notice: str) -> web.HTTPSeeOther:
    path = f"/jobs/{quote(job.name)}" if visit.form.get("from") == "job" else "/"
    return web.HTTPSeeOther(f"{path}?{urlencode({'notice': notice})}")


def _before(visit: Visit) -> int | None:
    text = visit.request.query.get("before", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(2**63)) else None


def _instant(visit: Visit, text: str) -> int | None:
    """Give the instant of a local date and time as a browser's field sends it (`2026-12-31T08:00`); None for none.

    Raises:
        ValueError: it is neither, or not in the future.
    """
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        raise ValueError("a local time has no offset")
    instant = visit.site.place.instant(moment)
    if instant <= visit.words.now:
        raise ValueError("not in the future")
    return instant
