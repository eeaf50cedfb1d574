"""The partners' portal in a real browser: accessible, narrow, by keyboard, without scripts, and on paper."""

from __future__ import annotations

import csv
import io
import json
import re
import zlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from functools import partial
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import expect
from pydantic import BaseModel
from sqlalchemy import insert

from patto_connectors.contract import Batch, Connector, Door, Outcome, RowOutcome
from patto_connectors.files import Register
from patto_connectors.files.blank import blank_workbook
from patto_connectors.ports import World
from patto_connectors.push import WORKBOOK
from patto_hub.clock.quiet import Quiet, window
from patto_hub.clock.schedule import Schedule
from patto_hub.feeds import views
from patto_hub.feeds.spec import PUSH, by_name
from patto_hub.feeds.subscriptions import subscribe
from patto_hub.jobs import Job
from patto_hub.lanes.terms import Terms
from patto_hub.ledger import acknowledgements, deliveries, keys, lanes, pushed, tables, tables_feeds
from patto_hub.ledger.deliveries import Delivery
from patto_hub.ledger.lanes import LaneName
from patto_hub.ledger.store import open_ledger
from patto_hub.ledger.upgrade import upgrade
from patto_hub.road import runner as road
from patto_hub.web.app import make_app
from patto_hub.web.portal.pages import PAGES as ROUTES
from patto_hub.web.rates import Rates
from patto_hub.web.sightings import Sightings
from patto_hub.web.site import Site, WebSettings
from patto_schemas.model import Person

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from patto_hub.ledger.store import Ledger

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

US = "il_ponte"
RECEIPT = "5f2b8f0c9d4e4a3db1c7a6f0e1d2c3b4"
SECTIONS = [page.path for page in ROUTES if page.method == "GET" and "{" not in page.path and not page.open]
PAGES = (*SECTIONS, f"/portal/receipts/{RECEIPT}", "/portal/receipts/altra")
KNOWN = b"codice;cognome;sesso\nP1;Rossini;F\n"
"""What the hub has taken in of the partner before."""
GOOD = b"codice;cognome;sesso\nP1;Rossi;F\nP2;Bianchi;M\n"
BAD = b"codice;cognome;sesso\nP1;Rossi;F\nP2;Bianchi;Z\nP3;Verdi;M\n"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
NOW = datetime(2026, 3, 12, 9, 30, tzinfo=UTC)
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
BEFORE = 3
"""Files that were handed in before a test begins."""


class NoSettings(BaseModel):
    """A stream without settings."""


@dataclass
class Hub:
    """A hub that is served, and the key of the partner that looks at it."""

    address: str
    ledger: Ledger
    site: Site
    key: str


@pytest_asyncio.fixture(loop_scope="module")
async def hub(tmp_path) -> AsyncIterator[Hub]:
    upgrade(tmp_path / "ledger.db")
    ledger = open_ledger(tmp_path / "ledger.db")
    world = World(now=lambda: NOW)
    await ledger.write(_take_in)
    _, key = await ledger.write(
        keys.add,
        world,
        partner=US,
        scopes=(PUSH, "pacts", "catalogue"),
        expires_at=world.milliseconds() + 6 * DAY,
    )
    site = Site(
        ledger=ledger,
        world=world,
        settings=WebSettings(secure_cookies=False),
        feeds=by_name(views.FEEDS),
        ways={LaneName(US, "pacts", "webhook"): Terms(quiet=Quiet((window("22:00-06:00"),)))},
        subscriptions={
            (US, "pacts"): subscribe(US, views.PACTS, legal_basis="Convenzione n. 12 del 3 febbraio 2026, art. 4"),
            (US, "catalogue"): subscribe(US, views.CATALOGUE),
        },
        cursor_key=b"k" * 32,
        rates=Rates(10_000, 60.0),
        sightings=Sightings(),
        jobs={each.name: each for each in _jobs()},
    )
    told = {"owner": "test", "reason": "cli", "checks": lambda _: ()}
    assert (await road.run(site.jobs[f"{US}/visits"], ledger=ledger, world=world, **told)).state == "done"
    await ledger.write(_fill)
    runner = web.AppRunner(make_app(site))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield Hub(f"http://127.0.0.1:{runner.addresses[0][1]}", ledger, site, key)
    await runner.cleanup()
    site.passwords.close()
    ledger.close()


@pytest_asyncio.fixture(loop_scope="module")
async def portal(looker, hub):
    """The browser's page, signed in."""
    await looker.page.goto(hub.address + "/portal")
    await looker.page.get_by_label("Chiave di accesso").fill(hub.key)
    await looker.page.keyboard.press("Enter")
    await looker.page.wait_for_url("**/portal")
    return looker.page


async def violations(page, axe):
    """Give the rules that a page breaks; through evaluate, because the page lets no script in."""
    await page.evaluate(axe)
    found = await page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", RULES)
    assert len(found["passes"]) > 10
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]]


async def reach(page, selector):
    """Press the tabulator until an element has the focus, which must be seen."""
    for _ in range(80):
        await page.keyboard.press("Tab")
        if await page.evaluate("s => document.activeElement.matches(s)", selector):
            assert await page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
            return
    raise AssertionError(f"{selector} cannot be reached by keyboard")


async def choose(page, content):
    """Go to the form, choose a file and have it checked."""
    await page.get_by_role("link", name="Invia un file").click()
    await page.get_by_label("Che cosa inviate").select_option("visits")
    await page.get_by_label("File").set_input_files({"name": "visite.csv", "mimeType": "text/csv", "buffer": content})
    await page.get_by_role("button", name="Controlla il file").click()
    await page.wait_for_url("**/portal/upload/*")


# --- everybody can read it ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize("width", [1280, 360])
async def test_pages_break_no_rule_of_wcag_2_1_aa(portal, hub, axe, width, language):
    await portal.set_viewport_size({"width": width, "height": 900})

    for path in PAGES:
        await portal.goto(f"{hub.address}{path}?lang={language}")
        assert (path, await violations(portal, axe)) == (path, [])


async def test_the_steps_of_forms_break_no_rule_of_wcag_2_1_aa(portal, hub, axe):
    await choose(portal, BAD)
    assert await violations(portal, axe) == []

    await portal.goto(f"{hub.address}/portal/replay")
    await portal.get_by_role("button", name="Avanti").click()
    assert await violations(portal, axe) == []
    await portal.get_by_label("Giorno", exact=True).fill("2026-03-01")
    await portal.get_by_role("button", name="Avanti").click()
    assert await violations(portal, axe) == []

    await portal.goto(f"{hub.address}/portal/keys")
    await portal.get_by_role("button", name="Cambia la chiave").click()
    assert await violations(portal, axe) == []


async def test_the_door_breaks_no_rule_of_wcag_2_1_aa(looker, hub, axe):
    await looker.page.goto(hub.address + "/portal/login")
    assert await violations(looker.page, axe) == []

    await looker.page.get_by_label("Chiave di accesso").fill("patto_sbagliata")
    await looker.page.keyboard.press("Enter")
    await expect(looker.page.get_by_role("alert")).to_contain_text("non è valida")
    assert await violations(looker.page, axe) == []


@pytest.mark.parametrize("width", [1280, 992, 768, 360, 320])
async def test_no_page_scrolls_sideways(portal, hub, width):
    await portal.set_viewport_size({"width": width, "height": 700})

    for path in PAGES:
        await portal.goto(hub.address + path)
        assert (path, await portal.evaluate("document.documentElement.scrollWidth")) <= (path, width)


async def test_a_state_has_words_and_an_icon_beside_its_colour(portal):
    badges = await portal.locator(".state").all()

    assert len(badges) >= 4
    for badge in badges:
        assert (await badge.inner_text()).strip()
        assert (await badge.locator("svg").bounding_box())["width"] >= 16


async def test_the_portal_works_without_any_script(hub, chromium):
    async with await chromium.new_context(java_script_enabled=False) as context:
        page = await context.new_page()
        await page.goto(hub.address + "/portal")
        await page.get_by_label("Chiave di accesso").fill(hub.key)
        await page.get_by_role("button", name="Accedi").click()
        await choose(page, GOOD)
        await page.get_by_role("button", name="Invia questo file").click()

        await expect(page.get_by_role("status")).to_contain_text("L'invio è al sicuro")


async def test_the_other_language_is_one_click_away_on_each_page(portal, hub):
    for path in SECTIONS:
        await portal.goto(f"{hub.address}{path}?lang=it")
        await portal.get_by_role("link", name="English").click()
        assert await portal.get_attribute("html", "lang") == "en"
        assert portal.url.partition("?")[0] == hub.address + path


# --- what one does there ------------------------------------------------------------------------------------------


async def test_a_file_is_tried_mended_and_sent_by_keyboard_alone(portal, hub):
    await reach(portal, "a[href='/portal/upload']")
    await portal.keyboard.press("Enter")
    await portal.wait_for_url("**/portal/upload")
    await portal.get_by_label("File").set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": BAD})
    await reach(portal, "main button")
    await portal.keyboard.press("Enter")
    await portal.wait_for_url("**/portal/upload/*")
    await expect(portal.locator("main")).to_contain_text("riga 3")
    await expect(portal.locator("main")).not_to_contain_text("Bianchi")

    await reach(portal, "main a[href='/portal/upload']")
    await portal.keyboard.press("Enter")
    await portal.get_by_label("File").set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": GOOD})
    await reach(portal, "main button")
    await portal.keyboard.press("Enter")
    await expect(portal.locator("main")).to_contain_text("Il file va bene")
    await reach(portal, "main button")
    await portal.keyboard.press("Enter")

    await portal.wait_for_url("**/portal/receipts/*")
    assert (await hub.ledger.read(pushed.after, "il_ponte/visits", BEFORE)).content == GOOD


async def test_a_file_is_dropped_on_the_form_without_any_script(portal, hub, tmp_path):
    """As a person drags it from a folder: the browser's own events, and no script of ours."""
    (tmp_path / "visite.csv").write_bytes(GOOD)
    await portal.goto(hub.address + "/portal/upload")
    box = await portal.get_by_label("File").bounding_box()
    where = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] - 12}
    dragged = {"items": [], "files": [str(tmp_path / "visite.csv")], "dragOperationsMask": 1}

    driver = await portal.context.new_cdp_session(portal)
    for step in ("dragEnter", "dragOver", "drop"):
        await driver.send("Input.dispatchDragEvent", {"type": step, **where, "data": dragged})
    await portal.get_by_role("button", name="Controlla il file").click()

    await portal.wait_for_url("**/portal/upload/*")
    await expect(portal.locator("main")).to_contain_text("Il file va bene")


async def test_what_a_file_changes_is_shown_and_its_values_only_where_asked_for(portal, axe):
    await choose(portal, GOOD)
    changes = portal.get_by_role("table", name="Che cosa cambierebbe")
    await expect(changes).to_contain_text("Cognome")
    await expect(changes).not_to_contain_text("Rossini")

    await portal.get_by_role("button", name="Mostra i valori").click()

    await expect(changes).to_contain_text("Cognome: Rossini → Rossi")
    assert await violations(portal, axe) == []
    await portal.get_by_role("button", name="Invia questo file").click()
    await portal.wait_for_url("**/portal/receipts/*")


async def test_an_empty_file_and_a_receipt_for_programs_come_as_downloads(portal, hub):
    await portal.goto(hub.address + "/portal/upload")
    async with portal.expect_download() as empty:
        await portal.get_by_role("link", name="modello vuoto").click()
    await portal.goto(f"{hub.address}/portal/receipts/{RECEIPT}")
    async with portal.expect_download() as told:
        await portal.get_by_role("link", name="JSON").click()

    assert (await empty.value).suggested_filename == "visits.xlsx"
    assert (await told.value).suggested_filename == f"ricevuta-{RECEIPT}.json"


async def test_F82_a_double_click_hands_in_once(portal, hub):
    await choose(portal, GOOD)
    await portal.get_by_role("button", name="Invia questo file").dblclick()
    await portal.wait_for_url("**/portal/receipts/*")

    assert await hub.ledger.read(_count, "pushed") == BEFORE + 1


async def test_going_back_and_reloading_hand_nothing_in_again(portal, hub):
    await choose(portal, GOOD)
    await portal.get_by_role("button", name="Invia questo file").click()
    await portal.wait_for_url("**/portal/receipts/*")
    await portal.reload()
    await portal.go_back()
    await portal.go_forward()

    assert await hub.ledger.read(_count, "pushed") == BEFORE + 1


async def test_a_receipt_shows_what_became_of_it_when_it_is_reloaded(portal, hub):
    await choose(portal, GOOD)
    await portal.get_by_role("button", name="Invia questo file").click()
    await portal.wait_for_url("**/portal/receipts/*")
    number = re.search(r"receipts/(\w+)", portal.url).group(1)
    told = Outcome(name=number, counts={"read": 2, "new": 2}, rows=[])
    await hub.ledger.write(pushed.tell, "il_ponte/visits", told, hub.site.world.milliseconds())

    await portal.reload()

    await expect(portal.locator(".receipt")).to_contain_text("Accettato per intero")


async def test_a_new_key_is_seen_once_and_opens_the_portal(portal, hub):
    await portal.goto(hub.address + "/portal/keys")
    await portal.get_by_role("button", name="Cambia la chiave").click()
    made = await portal.get_by_label("La chiave nuova").input_value()
    await portal.get_by_role("button", name="Esci").click()

    await portal.get_by_label("Chiave di accesso").fill(made)
    await portal.keyboard.press("Enter")
    await portal.wait_for_url("**/portal")
    await portal.go_back()
    assert made not in await portal.content()


async def test_after_signing_out_the_browsers_way_back_shows_nothing(portal, hub):
    await portal.goto(hub.address + "/portal/receipts")
    await portal.get_by_role("button", name="Esci").click()
    await portal.wait_for_url("**/portal/login*")  # the page that signing out leads to is the active one
    await portal.go_back()

    await portal.wait_for_url("**/portal/login*")
    assert "Visite" not in await portal.locator("main").inner_text()


# --- on paper -----------------------------------------------------------------------------------------------------


async def test_a_receipt_fits_one_sheet_of_a4_and_takes_no_menu_along(portal, hub):
    await portal.goto(f"{hub.address}/portal/receipts/{RECEIPT}")
    paper = await portal.pdf(format="A4", prefer_css_page_size=True)

    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
    await portal.emulate_media(media="print")
    for selector in (".sections", ".slim", ".back", ".no-print", ".bottom"):
        assert not await portal.locator(selector).first.is_visible()
    for words in (RECEIPT, "Cooperativa Il Ponte", "riga 7"):
        await expect(portal.locator(".receipt")).to_contain_text(words)


# --- the partner --------------------------------------------------------------------------------------------------


def rows(body):
    """Read a file of three columns."""
    found = list(csv.DictReader(io.StringIO(body.content.decode()), delimiter=";"))
    yield Batch(rows=found, positions=[f"riga {number + 2}" for number in range(len(found))])


def translate(row):
    """Make a person of a row."""
    return [
        Person(
            person_id=row["codice"],
            identifiers=[{"scheme": "local", "value": row["codice"]}],
            given_name="Anna",
            family_name=row["cognome"],
            sex=row["sesso"],
            birth_date="1980-01-01",
        )
    ]


def _jobs():
    blanks = {WORKBOOK: partial(blank_workbook, [Register(name="Visite", columns=("codice", "cognome", "sesso"))])}
    door = Door(media_types=("text/csv", "application/json"), rows=rows, blanks=blanks)
    daily = Schedule(cron="30 2 * * *", expected_by=time(6))
    often = Schedule(every_s=900.0, expected_within_s=7200.0)
    for name, titles, schedule, way in (
        ("visits", {"it": "Visite domiciliari", "en": "Home visits"}, daily, {"door": lambda _: door}),
        ("hours", {"it": "Ore di laboratorio", "en": "Hours of workshops"}, daily, {"source": lambda _: None}),
        ("accounts", {"it": "Rendiconti", "en": "Accounts"}, often, {"source": lambda _: None}),
    ):
        yield Job(
            name=f"{US}/{name}",
            partner=US,
            partner_id=1,
            plugin="prova",
            connector=Connector(
                name=name, settings=NoSettings, translate=translate, kinds=("person",), summary=titles, **way
            ),
            settings=NoSettings(),
            schedule=schedule,
        )


def _take_in(connection):
    """The partner, and what it has handed in for its first time."""
    _put(connection, tables.organisation, id=1, scheme="piva", value="01234567890")
    _put(connection, tables.partner, id=1, name=US, plugin="p", organisation_id=1, title="Cooperativa Il Ponte")
    how = {"idempotency_key": None, "media_type": "text/csv", "now": round(NOW.timestamp() * 1000) - 2 * DAY}
    pushed.take(connection, job=f"{US}/visits", receipt="0" * 31 + "2", content=KNOWN, **how)


def _fill(connection):
    now = round(NOW.timestamp() * 1000)
    _run(connection, "visits", now - 6 * HOUR, read=124, new=12, changed=3, unchanged=107, quarantined=2)
    _run(connection, "hours", now - 3 * DAY, read=80, new=80)
    _run(connection, "accounts", now - 2 * HOUR, read=9, new=9)
    _run(connection, "accounts", now - HOUR, state="failed", trouble_code="http.timeout", trouble_detail="10.0.0.7")
    _receipts(connection, now)
    _quarantine(connection, now)
    _feeds(connection, now)


def _receipts(connection, now):
    told = [
        RowOutcome(
            position="riga 7",
            verdict="quarantined",
            code="field.missing",
            message="Manca un dato obbligatorio: la data di nascita.",
            owner="partner",
        ),
        RowOutcome(
            position="riga 31",
            verdict="refused",
            code="scope.outside",
            message="La riga parla di un Ambito per cui non potete parlare.",
            owner="partner",
        ),
    ]
    counts = {"read": 124, "new": 12, "changed": 3, "unchanged": 107, "quarantined": 1, "refused": 1}
    for receipt, rows_told, ago in ((RECEIPT, told, 6 * HOUR), ("0" * 31 + "1", [], DAY)):
        taken = {"idempotency_key": None, "content": zlib.compress(b"x" * 4000) * 60, "media_type": "text/csv"}
        pushed.take(connection, job=f"{US}/visits", receipt=receipt, **taken, now=now - ago)
        kept = counts if rows_told else {"read": 40, "new": 40}
        outcome = Outcome(name=receipt, counts=kept, rows=rows_told)
        pushed.tell(connection, f"{US}/visits", outcome, now - ago + MINUTE)


def _quarantine(connection, now):
    for number, (code, where, owner) in enumerate(
        (
            ("field.missing", "/birth_date", "partner"),
            ("R1", "/identifiers/0", "partner"),
            ("code.unknown", "", "region"),
        )
    ):
        issues = [{"code": code, "where": where, "severity": "error", "values": {}}]
        _put(
            connection,
            tables.quarantine,
            job=f"{US}/visits",
            run_id=1,
            partner_id=1,
            position=f"riga {7 + 12 * number}",
            row=b"CANARINO",
            row_digest=number,
            issues=json.dumps(issues),
            code=code,
            owner=owner,
            opened_at=now - 6 * HOUR,
            last_at=now,
            times=number + 1,
        )


def _feeds(connection, now):
    for seq in range(11, 41):
        _put(connection, tables_feeds.change, seq=seq, kind="pact", op="upsert", at=now - (41 - seq) * HOUR)
        _put(connection, tables_feeds.audience, organisation_id=1, seq=seq)
    keys.note_reading(connection, US, feed="pacts", position=28, at=now - 5 * HOUR)
    keys.note_reading(connection, US, feed="catalogue", position=0, at=now - HOUR)
    trouble = {"position": 32, "state": "waiting", "since": now - 2 * DAY, "trouble": "tcp", "not_before": now + HOUR}
    lanes.change(connection, LaneName(US, "pacts", "webhook"), lambda lane: replace(lane, **trouble))
    for number, (state, receipt) in enumerate((("done", {"reference": "A-17"}), ("failed", {"code": "tcp"}))):
        told = Delivery(
            partner=US,
            feed="pacts",
            way="webhook",
            from_seq=1 + 11 * number,
            to_seq=11 + 11 * number,
            items=11,
            view="PactView/1",
            digest=b"d",
            at=now - (2 - number) * DAY,
            state=state,
            receipt=receipt,
        )
        deliveries.note(connection, told)
    said = acknowledgements.Said(partner=US, feed="pacts", position=28, applied=True, digest=b"d")
    acknowledgements.note(connection, said, (0, 28), now - 4 * HOUR)


def _run(connection, name, at, *, state="done", **values):
    told = {"partner_id": 1, "fence": 1, "owner": "h", "reason": "schedule", "state": state, **values}
    _put(connection, tables.run, job=f"{US}/{name}", started_at=at, finished_at=at + MINUTE, **told)


def _put(connection, table, **values):
    """Insert a row; columns that must have a value and get none here get an empty one."""
    for column in table.columns:
        if not (column.nullable or column.server_default or column.primary_key):
            values.setdefault(column.name, {int: 0, str: "", bytes: b""}[column.type.python_type])
    connection.execute(insert(table).values(values))


def _count(connection, table):
    return connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()  # noqa: S608 - a name of ours
