"""The portal's pages on what the partner has sent: receipts, and the rows that wait to be mended."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import web

from patto_hub.ledger import acknowledgements, portal, pushed, runs
from patto_hub.web.portal import standing
from patto_hub.web.portal.overview import ROWS, before, feed_title, jobs_of, stream_title
from patto_hub.web.receipts import receipt_body
from patto_hub.web.rendering import HEADERS
from patto_hub.web.visits import Turned
from patto_schemas.catalogue import checks_follow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patto_hub.jobs import Job
    from patto_hub.ledger.acknowledgements import OpenRefusal
    from patto_hub.ledger.runs import RunReport
    from patto_hub.ledger.status import SetAside
    from patto_hub.web.portal.visits import PartnerVisit
    from patto_hub.web.receipts import RowTold

LOOKS: Final = {
    "received": "rest",
    "accepted": "good",
    "waiting": "rest",
    "parked": "rest",
    "empty": "doubt",
    "partial": "doubt",
    "refused": "bad",
}
"""How a receipt looks, by what it says; the API knows the three that its body lists."""
RUNS: Final = 5
"""Latest readings of a stream that the hub fetches itself."""


async def receipts(visit: PartnerVisit) -> web.StreamResponse:
    """Show what the partner has handed in, and what the hub has fetched from it."""
    words = visit.words
    rows = await visit.site.ledger.read(portal.handed_in, visit.partner, before=before(visit), limit=ROWS + 1)
    fetched = [job for job in jobs_of(visit).values() if job.connector.door is None and job.connector.reads]
    return visit.page(
        "receipts.html",
        rows=[
            (
                row,
                stream_title(visit, row.job),
                state_of(row.told_at, row.unwell, row.counts),
                standing.tally(row.counts, words),
            )
            for row in rows[:ROWS]
        ],
        looks=LOOKS,
        older=rows[ROWS - 1].id if len(rows) > ROWS else None,
        fetched=[(stream_title(visit, job.name), await _readings(visit, job)) for job in fetched],
    )


async def receipt(visit: PartnerVisit) -> web.StreamResponse:
    """Show one receipt, to be printed too."""
    kept = await _kept(visit)
    told = receipt_body(kept)
    return visit.page(
        "receipt.html",
        title=await visit.site.ledger.read(portal.title, visit.partner),
        stream=stream_title(visit, kept.job),
        kept=kept,
        told=told,
        state=state_of(kept.told_at, len(told.rows), told.counts),
        look=LOOKS[state_of(kept.told_at, len(told.rows), told.counts)],
        rows=[(row, _sentence(row, visit)) for row in told.rows],
        repeated=visit.request.query.get("notice") == "repeated",
        fresh=visit.request.query.get("notice") == "kept",
    )


async def receipt_file(visit: PartnerVisit) -> web.StreamResponse:
    """Give one receipt as a file, as the API gives it to programs."""
    kept = await _kept(visit)
    return web.json_response(
        receipt_body(kept).model_dump(mode="json", exclude_none=True),
        headers={**HEADERS, "Content-Disposition": f'attachment; filename="ricevuta-{kept.receipt}.json"'},
    )


async def _kept(visit: PartnerVisit) -> pushed.Receipt:
    try:
        return await visit.site.ledger.read(pushed.get, visit.partner, visit.request.match_info["receipt"])
    except KeyError:
        raise Turned("portal.error.no_receipt", HTTPStatus.NOT_FOUND) from None


async def refusals(visit: PartnerVisit) -> web.StreamResponse:
    """Show the rows that wait to be mended: where, what, an example, who; never what stands in them."""
    rows = await visit.site.ledger.read(portal.refusals, visit.partner, before=before(visit), limit=ROWS + 1)
    return visit.page(
        "refusals.html",
        counts=await visit.site.ledger.read(portal.count_refusals, visit.partner),
        rows=[(each.row, stream_title(visit, each.job), _fixes(each.row, visit)) for each in rows[:ROWS]],
        checks_follow=checks_follow,
        theirs=[
            (each, standing.kind(each.kind, visit.words))
            for each in await visit.site.ledger.read(acknowledgements.open_refusals, source=visit.partner, limit=ROWS)
        ],
        ours=[
            (each, feed_title(visit, each.feed), public_id(visit, each))
            for each in await visit.site.ledger.read(acknowledgements.open_refusals, reader=visit.partner, limit=ROWS)
        ],
        older=rows[ROWS - 1].row.id if len(rows) > ROWS else None,
    )


def _fixes(row: SetAside, visit: PartnerVisit) -> list[tuple[str, str, str, str, str]]:
    return [standing.fixes(issue, row.kind or "", visit.words) for issue in row.issues]


def public_id(visit: PartnerVisit, refusal: OpenRefusal) -> str:
    """Give the id by which the partner knows a record; empty for a feed that it no longer reads."""
    given = visit.site.subscriptions.get((visit.partner, refusal.feed))
    return "" if given is None else given.item_id(refusal.kind, refusal.head_id)


def state_of(told_at: int | None, unwell: int, counts: Mapping[str, int]) -> str:
    """Give what a receipt says in a word: a key of `LOOKS`."""
    if told_at is None:
        return "received"
    taken = sum(counts.get(name, 0) for name in ("new", "changed", "unchanged", "duplicate"))
    if unwell:
        return "partial" if taken or counts.get("parked") else "refused"
    if counts.get("parked"):
        return "waiting" if taken else "parked"
    return "accepted" if taken else "empty"


async def _readings(visit: PartnerVisit, job: Job) -> list[tuple[RunReport, str]]:
    found = await visit.site.ledger.read(runs.newest, job=job.name, limit=RUNS)
    return [(run, standing.tally(asdict(run.balance), visit.words)) for run in found]


def _sentence(row: RowTold, visit: PartnerVisit) -> str:
    """Say what is wrong with a row, with what the row's rule names."""
    return row.message_en if visit.language == "en" else row.message
