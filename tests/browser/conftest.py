"""A hub with streams in every state, served on loopback, and a real browser that looks at it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, Page, async_playwright
from pydantic import BaseModel
from sqlalchemy import insert

from patto_connectors.contract import Connector
from patto_connectors.ports import World
from patto_hub.clock.schedule import Schedule
from patto_hub.feeds import views
from patto_hub.feeds.spec import by_name
from patto_hub.jobs import Job
from patto_hub.ledger import tables, tables_feeds
from patto_hub.ledger.store import Ledger, open_ledger
from patto_hub.ledger.upgrade import upgrade
from patto_hub.web import signin
from patto_hub.web.app import make_app
from patto_hub.web.rates import Rates
from patto_hub.web.sightings import Sightings
from patto_hub.web.site import Site, WebSettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NOW = datetime(2026, 3, 12, 9, 30, tzinfo=UTC)
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class NoSettings(BaseModel):
    """A stream without settings."""


@dataclass
class Hub:
    """A hub that is served."""

    address: str
    ledger: Ledger
    world: World
    site: Site
    woken: list[str] = field(default_factory=list)

    async def link(self) -> str:
        """Give a link that signs in."""
        return await signin.demo_link(self.ledger, self.world, self.address)

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Ask the ledger."""
        return await self.ledger.read(lambda c: [tuple(row) for row in c.exec_driver_sql(statement)])


@dataclass
class Looker:
    """A browser's page that notes what must not happen."""

    page: Page
    outside: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)


@pytest.fixture
def streams() -> list[tuple[str, str, dict[str, str]]]:
    """Partner's title, job's name, stream's titles."""
    return [
        ("Ambito di Foggia", "ambito-fg1/pacts", {"it": "Patti e misure", "en": "Pacts and measures"}),
        ("Ambito di Taranto", "ambito-ta1/pacts", {"it": "Patti e misure", "en": "Pacts and measures"}),
        ("Centro per l'impiego di Brindisi", "cpi-brindisi/measures", {"it": "Politiche attive", "en": "Policies"}),
        ("Catalogo formativo regionale", "catalogo/courses", {"it": "Corsi", "en": "Courses"}),
        ("Catalogo formativo regionale", "catalogo/attendance", {"it": "Presenze", "en": "Attendance"}),
        ("Cooperativa Il Ponte", "il-ponte/visits", {"it": "Visite", "en": "Visits"}),
    ]


@pytest_asyncio.fixture(loop_scope="module")
async def hub(tmp_path: Path, streams) -> AsyncIterator[Hub]:
    upgrade(tmp_path / "ledger.db")
    ledger = open_ledger(tmp_path / "ledger.db")
    world = World(now=lambda: NOW)
    jobs = {name: _job(number, name, titles) for number, (_, name, titles) in enumerate(streams)}
    await ledger.write(_fill, streams)
    woken: list[str] = []
    site = Site(
        ledger=ledger,
        world=world,
        settings=WebSettings(secure_cookies=False),
        feeds=by_name(views.FEEDS),
        cursor_key=b"k" * 32,
        rates=Rates(10_000, 60.0),
        sightings=Sightings(),
        jobs=jobs,
        wake=lambda: woken.append("woken"),
    )
    runner = web.AppRunner(make_app(site))
    await runner.setup()
    listener = web.TCPSite(runner, "127.0.0.1", 0)
    await listener.start()
    port = runner.addresses[0][1]
    yield Hub(f"http://127.0.0.1:{port}", ledger, world, site, woken)
    await runner.cleanup()
    site.passwords.close()
    await asyncio.to_thread(ledger.close)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def chromium() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        reason = "chromium is not installed: make setup-e2e"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def looker(hub: Hub, chromium: Browser) -> AsyncIterator[Looker]:
    async with await chromium.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = await context.new_page()
        looking = Looker(page)
        page.on("request", lambda request: _note_outside(looking, hub, request.url))
        page.on("console", lambda line: _note_complaint(looking, line))
        page.on("pageerror", lambda error: looking.complaints.append(str(error)))
        page.on("dialog", lambda dialog: _refuse(looking, dialog))
        yield looking
    assert looking.outside == []
    assert looking.complaints == []
    assert looking.dialogs == []


@pytest_asyncio.fixture(loop_scope="module")
async def signed_in(looker: Looker, hub: Hub) -> Page:
    await looker.page.goto(await hub.link())
    return looker.page


@pytest.fixture
def axe(root) -> str:
    """The accessibility checker's source; brought in by npm with the pages' styles."""
    path = root / "frontend/node_modules/axe-core/axe.min.js"
    if not path.is_file():
        reason = "axe-core is not installed: npm ci in frontend/"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    return path.read_text()


def _note_outside(looking: Looker, hub: Hub, url: str) -> None:
    if not url.startswith((hub.address + "/", "data:")):
        looking.outside.append(url)


def _note_complaint(looking: Looker, line: Any) -> None:
    expected = "Failed to load resource: the server responded with a status of"
    if line.type in ("error", "warning") and not line.text.startswith(expected):
        looking.complaints.append(line.text)


async def _refuse(looking: Looker, dialog: Any) -> None:
    looking.dialogs.append(dialog.message)
    await dialog.dismiss()


def _job(number: int, name: str, titles: dict[str, str]) -> Job:
    partner, _, stream = name.partition("/")
    daily = Schedule(cron="30 2 * * *", expected_by=time(6), working_days_only=number == 2)
    schedule = daily if number in (0, 1, 2) else Schedule(every_s=900.0, expected_within_s=7200.0)
    return Job(
        name=name,
        partner=partner,
        partner_id=number + 1,
        plugin="prova",
        connector=Connector(name=stream, settings=NoSettings, summary=titles),
        settings=NoSettings(),
        schedule=schedule,
    )


def _fill(connection, streams) -> None:
    now = round(NOW.timestamp() * 1000)
    partners = dict.fromkeys(name.partition("/")[0] for _, name, _ in streams)
    titles = {name.partition("/")[0]: title for title, name, _ in streams}
    for number, partner in enumerate(partners):
        _put(connection, tables.organisation, id=number + 1, scheme="piva", value=f"0000000000{number}")
        _put(
            connection,
            tables.partner,
            id=number + 1,
            name=partner,
            plugin="p",
            organisation_id=number + 1,
            title=titles[partner],
        )
    names = [name for _, name, _ in streams]
    today = now - 7 * HOUR
    _run(connection, names[0], today - DAY, read=1204, new=12, changed=31, unchanged=1161)
    _run(connection, names[0], today, read=1240, new=36, changed=3, unchanged=1196, quarantined=3, parked=2)
    _run(connection, names[1], today - 4 * DAY, read=803, new=5, unchanged=798)
    _run(
        connection,
        names[1],
        today,
        state="failed",
        trouble_code="http.status",
        trouble_detail="GET /pacts on api.ambito-ta1.example answered 503",
    )
    _run(connection, names[2], today - 2 * DAY, read=51, new=51)
    _run(connection, names[3], now - 9 * DAY, read=334, new=334)
    for ago in (60, 45, 30, 15):
        _run(connection, names[3], now - ago * MINUTE, read=334, unchanged=334)
    _run(connection, names[4], now - 5 * HOUR, read=420, new=20, unchanged=400)
    _put(
        connection,
        tables.job_state,
        job=names[4],
        paused_at=now - HOUR,
        paused_until=now + 20 * HOUR,
        paused_by="anna.bianchi",
        pause_reason="Il catalogo cambia gestionale",
    )
    issues = [{"code": "row.wrong", "where": "$.items[3]", "severity": "error", "values": {}}]
    for number, owner in enumerate(("partner", "partner", "ambito")):
        _put(
            connection,
            tables.quarantine,
            job=names[0],
            run_id=2,
            partner_id=1,
            position=f"$.items[{number + 3}]",
            row=b"CANARY RSSMRA80A01D643X",
            row_digest=number,
            issues=json.dumps(issues * (number + 1)),
            code="row.wrong",
            owner=owner,
            opened_at=today,
            last_at=today,
            times=number + 1,
        )
    for number in range(2):
        _put(
            connection,
            tables.parked,
            job=names[0],
            run_id=2,
            partner_id=1,
            kind="measure",
            key=f"m{number}",
            waits_kind="pact",
            waits_scheme="local:x",
            waits_value="P1",
            since=today,
            patience_until=now,
        )
    for feed, ago in (("pacts", 4), ("enrolments", 64)):
        _put(
            connection,
            tables_feeds.subscription,
            partner=next(iter(partners)),
            feed=feed,
            position=0,
            read_at=now - ago * MINUTE,
        )


def _run(connection, job: str, at: int, *, state: str = "done", **values: Any) -> None:
    _put(
        connection,
        tables.run,
        job=job,
        partner_id=1,
        fence=1,
        owner="h",
        reason="schedule",
        state=state,
        started_at=at,
        finished_at=at + MINUTE,
        **values,
    )


def _put(connection, table, **values: Any) -> None:
    """Insert a row; columns that must have a value and get none here get an empty one."""
    for column in table.columns:
        if not (column.nullable or column.server_default or column.primary_key):
            values.setdefault(column.name, {int: 0, str: "", bytes: b""}[column.type.python_type])
    connection.execute(insert(table).values(values))
