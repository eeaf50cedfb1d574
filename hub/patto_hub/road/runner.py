"""One run of a job: the road from a partner's bytes to numbered changes, page by page.

Three pages are in hand at a time: the next one is read while the last is translated and the one before is written.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from patto_connectors.errors import Malformed
from patto_hub import failpoints
from patto_hub.ledger import cursors, pushed, runs, secrets
from patto_hub.ledger.runs import Fenced
from patto_hub.memory import return_large_blocks
from patto_hub.road import aside, close, tell, troubles
from patto_hub.road.deliver import Delivering, deliver
from patto_hub.road.faults import Ended, ended
from patto_hub.road.given import source_of
from patto_hub.road.going import Going
from patto_hub.road.keep import compressed, short_digest
from patto_hub.road.lanes import lane
from patto_hub.road.named import File
from patto_hub.road.read import reading
from patto_hub.road.record import Recorded, Stale, Writing, look, record
from patto_hub.road.replaced import LeftOut
from patto_hub.road.translate import Translation
from patto_hub.road.vanish import hold as hold_deletions
from patto_schemas.rules import check as all_rules

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from patto_connectors.contract import Row
    from patto_connectors.ports import World
    from patto_hub.balance import Balance
    from patto_hub.jobs import Job, Limits
    from patto_hub.ledger.runs import Outcome
    from patto_hub.ledger.store import Connection, Ledger
    from patto_hub.road.check import Rules
    from patto_hub.road.entry import Page
    from patto_hub.road.going import Progress
    from patto_hub.road.lanes import Given

log = structlog.get_logger(__name__)

ROW_KEY = "row-digest"
"""The ledger's key for the digests of rows."""


async def run(  # noqa: PLR0913 - what a run is told
    job: Job,
    *,
    ledger: Ledger,
    world: World,
    owner: str,
    reason: str,
    slot_key: str | None = None,
    attempt: int = 1,
    checks: Rules = all_rules,
    progress: Progress | None = None,
    kept: Mapping[int, int] | None = None,
) -> Outcome | None:
    """Run a job to its end and give what it came to; None if somebody else holds its lease.

    `kept` is for rows that the hub has kept and reads again: when each came, in milliseconds, by its digest. Such a run
    moves no cursor, and its rows are no newer than they were.

    Raises:
        CancelledError: it was cancelled; its lease is given back first.
    """
    started = await ledger.write(
        runs.start,
        job=job.name,
        partner_id=job.partner_id,
        owner=owner,
        reason=reason,
        now=world.milliseconds(),
        slot_key=slot_key,
        attempt=attempt,
    )
    if started is None:
        return None
    failpoints.hit("run.claimed")
    return_large_blocks()
    key = await ledger.write(secrets.get, ROW_KEY, world)
    writing = Writing(run=started, patience_ms=job.patience_ms, kept=kept, vanish_share=job.limits.vanish_share)
    going = Going(job=job, ledger=ledger, world=world, writing=writing, progress=progress)
    delivers = not job.connector.reads and job.connector.sink is not None
    end = await (_hand_over(going) if delivers else _travel(going, key, checks))
    return await close.close(going, end)


def translation(job: Job, key: bytes, checks: Rules) -> Translation:
    """Give how a job's rows become records.

    Raises:
        ValueError: its connector has no translate.
    """
    if job.connector.translate is None:
        raise ValueError(f"{job.name}: the connector {job.connector.name} has no translate")
    return Translation(
        translate=job.connector.translate,
        rules=checks,
        scope=job.scope,
        key=key,
        partner=job.partner,
        kinds=job.connector.kinds,
        key_of=job.connector.key_of,
    )


async def _travel(going: Going, key: bytes, checks: Rules) -> Ended:
    """Take the road page by page until the source ends or something ends it."""
    job, error = going.job, None
    try:
        after = await going.ledger.read(cursors.get, job.name)
        going.source = source_of(job, going.ledger)
        async with (
            lane(translation(job, key, checks), job.isolation) as going.lane,
            reading(going.source, after, limits=job.limits, world=going.world, key=key) as (pages, tasks),
        ):
            error = await _pages(going, pages)
        if tasks.leaked:
            log.warning("plugin.tasks_left", job=job.name, run=going.run.id, tasks=tasks.leaked)
        if tasks.abandoned:
            error = troubles.stuck_tasks(tasks.abandoned)
        if isinstance(error, Malformed):
            await _malformed(going, error, key)
    except BaseException as other:  # noqa: BLE001 - whatever ends a run, the run is closed with it
        error = other
    return ended(error, kept=going.balance.pages > 0)


async def _hand_over(going: Going) -> Ended:
    """Deliver what waits for the partner, where the job has a sink instead of a source."""
    job, error = going.job, None
    try:
        if job.subscription is None:
            raise ValueError(f"{job.name}: a job with a sink names its feed")  # noqa: TRY301 - the run fails with it
        await deliver(
            Delivering(
                job=job,
                subscription=job.subscription,
                ledger=going.ledger,
                world=going.world,
                run=going.run,
                balance=going.balance,
            )
        )
    except BaseException as other:  # noqa: BLE001 - whatever ends a run, the run is closed with it
        error = other
    return ended(error, kept=False)


async def _pages(going: Going, pages: AsyncIterator[Page]) -> BaseException | None:
    """Translate each page while the one before is written; gives what ended the pages, all before it being written."""
    end: BaseException | None = None
    async with asyncio.TaskGroup() as group:
        writing: asyncio.Task[Recorded | BaseException] | None = None
        try:
            async for page in pages:
                ready = await _translate(going, page)
                failpoints.hit("road.page_translated")
                if writing is not None:
                    before, writing = writing, None  # taken note of once, also where that ends the run
                    await _written(going, before)
                writing = group.create_task(_write(going, ready))
        except Exception as error:  # noqa: BLE001 - given on as a value: the group would wrap it
            end = error
        try:
            if writing is not None:
                await _written(going, writing)
        except Exception as error:  # noqa: BLE001 - likewise
            end = error if end is None or isinstance(error, Fenced) else end
    return end


async def _translate(going: Going, page: Page) -> Page:
    """Look up which rows are known already, and translate the others."""
    mark, known, kept = await going.ledger.read(look, going.run.partner_id, page)
    if not kept:
        page = await asyncio.get_running_loop().run_in_executor(None, compressed, page)
    rows = [(index, page.batch.rows[index]) for index, digest in enumerate(page.digests) if digest not in known]
    said, drift = await _ask(going, rows) if rows else ({}, {})
    return replace(page, mark=mark, known=known, said=said, drift=drift)


async def _ask(going: Going, rows: Sequence[tuple[int, Row]]) -> Given:
    """Have rows translated, within the time that a page may take.

    Raises:
        Trouble: `plugin.stuck`.
    """
    seconds = going.job.limits.page_seconds
    try:
        async with asyncio.timeout(seconds):
            return await going.lane(rows)
    except TimeoutError:
        raise troubles.stuck_rows(len(rows), seconds) from None


async def _further(going: Going, page: Page, stale: Sequence[int]) -> Page:
    """Translate rows as well that were known when they were looked up and have been overtaken since."""
    said, drift = await _ask(going, [(index, page.batch.rows[index]) for index in stale])
    gone = {page.digests[index] for index in stale}
    return replace(
        page,
        known={digest: known for digest, known in page.known.items() if digest not in gone},
        said={**page.said, **said},
        drift={key: page.drift.get(key, 0) + drift.get(key, 0) for key in {*page.drift, *drift}},
    )


async def _write(going: Going, page: Page) -> Recorded | BaseException:
    """Write a page; what goes wrong is given as a value, for the road to find in its turn."""
    try:
        while True:
            try:
                return await going.ledger.write(_record, going, page, going.world.milliseconds())
            except Stale as stale:
                page = await _further(going, page, stale.rows)
            except LeftOut as left:
                await going.ledger.write(hold_deletions, going.run, left.gone)
                raise troubles.vanished(going.job.name, left.gone, left.known) from None
    except Exception as error:  # noqa: BLE001 - given on as a value
        return error


def _record(connection: Connection, going: Going, page: Page, now: int) -> Recorded:
    """Record a page, and note on the receipt of what was handed in what became of it as the cursor moves over it."""
    done = record(connection, going.writing, page, now, going.file.of(page.batch.name))
    if going.receipts and done.ends:
        pushed.tell(connection, going.job.name, going.told.outcome(done.name, done), now)
    return done


async def _written(going: Going, writing: asyncio.Task[Recorded | BaseException]) -> None:
    """Wait until a page is written and take note of what it came to.

    Raises:
        Stopped: too many rows of this run are bad.
    """
    done = await writing
    if isinstance(done, BaseException):
        raise done
    failpoints.hit("road.page_done")
    going.balance.add(done.balance)
    going.seen.heads.add(done.heads)
    going.seen.waits.add(done.waits)
    going.seen.nameless = going.seen.nameless or done.nameless
    going.seen.complete = going.seen.complete or done.complete
    going.seen.replaces = going.seen.replaces or done.replaces
    if done.replaces:
        going.file = File()  # another one may come under the same name
    else:
        going.file.add(done.name, done.heads, nameless=done.nameless, aside=done.aside, waits=done.waits)
    if done.unsure:
        going.seen.unsure += done.unsure
    going.pacts.add(done.pacts)
    if going.receipts or tell.listens(going.source):
        going.told.add(done)
    if going.receipts and done.ends and not tell.listens(going.source):
        going.told.forget(done.name)
    if going.progress is not None:
        going.progress(going.balance)
    hold(going.balance, going.job.limits)


def hold(balance: Balance, limits: Limits) -> None:
    """Stop a run of which too much is bad: the fault is in the format, not in some rows.

    Raises:
        Stopped: more than `stop_after_bad` records are in quarantine, and more than `stop_at_share` of all.
    """
    bad = balance.quarantined
    if bad > limits.stop_after_bad and bad > balance.read * limits.stop_at_share:
        raise troubles.too_many_bad(bad, balance.read)


async def _malformed(going: Going, error: Malformed, key: bytes) -> None:
    digest = short_digest(b"\0".join((error.code.encode(), error.position.encode(), error.content)), key)
    balance = await going.ledger.write(aside.whole, going.run, error, digest, going.world.milliseconds())
    going.balance.add(balance)
