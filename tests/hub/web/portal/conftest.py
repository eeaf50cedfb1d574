"""A hub of two partners that know nothing of each other, and a browser that signs in by key."""

from __future__ import annotations

import csv
import io
import re
from datetime import time
from functools import partial

import pytest
from aiohttp import FormData
from pydantic import BaseModel

from patto_connectors.contract import Batch, Connector, Door
from patto_connectors.errors import Malformed
from patto_connectors.files import Register
from patto_connectors.files.blank import blank_csv
from patto_hub.clock.schedule import Schedule
from patto_hub.feeds import views
from patto_hub.feeds.spec import PUSH
from patto_hub.feeds.subscriptions import subscribe
from patto_hub.jobs import Job
from patto_hub.lanes.terms import Terms
from patto_hub.ledger import keys
from patto_hub.ledger.lanes import LaneName
from patto_hub.web.app import make_app
from patto_hub.web.rates import Rates
from patto_hub.web.site import WebSettings
from patto_schemas.model import Person

US, THEM = "ambito-fg1", "cpi-foggia"
CSV = "text/csv"
SCOPES = (PUSH, "pacts", "catalogue")


class NoSettings(BaseModel):
    """A stream without settings."""


def rows(body):
    """Read a file of three columns; one that has others is not as agreed."""
    reader = csv.DictReader(io.StringIO(body.content.decode("utf-8-sig")), delimiter=";")
    if reader.fieldnames != ["codice", "cognome", "sesso"]:
        raise Malformed("sheet.columns", "other columns", position="" if reader.fieldnames == ["nessuno"] else "riga 1")
    found = list(reader)
    yield Batch(rows=found, positions=[f"riga {number + 2}" for number in range(len(found))])


@pytest.fixture
def woken():
    return []


@pytest.fixture
def site(make_site, woken):
    blanks = {CSV: partial(blank_csv, Register(columns=("codice", "cognome", "sesso")))}
    door = Door(media_types=(CSV,), rows=rows, blanks=blanks)
    soap = Door(media_types=("text/xml",), rows=rows, answer=lambda _: (b"<ok/>", "text/xml"))
    jobs = [
        job(US, 1, "visits", door, {"it": "Visite", "en": "Visits"}),
        job(US, 1, "notices", soap, {"it": "Avvisi", "en": "Notices"}),
        job(THEM, 2, "courses", door, {"it": "CANARINO corsi", "en": "CANARY courses"}),
    ]
    made = make_site(
        settings=WebSettings(secure_cookies=False, largest_push=10_000),
        subscriptions={
            (US, "pacts"): subscribe(US, views.PACTS, legal_basis="Convenzione n. 12"),
            (US, "catalogue"): subscribe(US, views.CATALOGUE),
            (THEM, "enrolments"): subscribe(THEM, views.ENROLMENTS, legal_basis="CANARINO convenzione"),
        },
        ways={LaneName(US, "pacts", "webhook"): Terms()},
        rates=Rates(10_000, 60.0),
        jobs={each.name: each for each in jobs},
        wake=lambda: woken.append(1),
    )
    yield made
    made.passwords.close()


def job(partner, number, name, door, summary):
    return Job(
        name=f"{partner}/{name}",
        partner=partner,
        partner_id=number,
        plugin="prova",
        connector=Connector(
            name=name, settings=NoSettings, door=lambda _: door, translate=translate, kinds=("person",), summary=summary
        ),
        settings=NoSettings(),
        schedule=Schedule(cron="30 2 * * *", expected_by=time(6)),
    )


def translate(row):
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


class Browser:
    """Fetches pages as a browser does: sends where a form comes from, follows redirects."""

    def __init__(self, client):
        self.client = client
        self.address = str(client.make_url("/")).rstrip("/")

    async def get(self, path, **how):
        return await self.client.get(path, headers={"Accept": "text/html"}, **how)

    async def text(self, path):
        return await (await self.get(path)).text()

    async def post(self, path, *, headers=None, data=None, **form):
        sent = {"Origin": self.address, "Sec-Fetch-Site": "same-origin", "Accept": "text/html", **(headers or {})}
        sent = {name: value for name, value in sent.items() if value is not None}
        return await self.client.post(path, data=form if data is None else data, headers=sent)

    async def ticket(self, path):
        return re.search(r'name="ticket" value="([^"]+)"', await self.text(path)).group(1)

    async def upload(self, content, *, stream="visits", name="file.csv"):
        data = FormData()
        data.add_field("ticket", await self.ticket("/portal/upload"))
        data.add_field("stream", stream)
        data.add_field("file", content, filename=name, content_type="application/octet-stream")
        return await self.post("/portal/upload", data=data)


@pytest.fixture
def browsers(aiohttp_client, site):
    """Give a browser of its own to everybody who asks."""

    async def made():
        return Browser(await aiohttp_client(make_app(site)))

    return made


@pytest.fixture
async def browser(browsers):
    return await browsers()


@pytest.fixture
def new_key(site):
    def made(partner=US, scopes=SCOPES, **how):
        return site.ledger.write_now(keys.add, site.world, partner=partner, scopes=scopes, **how)

    return made


@pytest.fixture
async def inside(browser, new_key):
    """A browser that has signed in as the first partner."""
    await browser.post("/portal/login", key=new_key()[1])
    return browser
