"""What each partner gets by each route, field by field, against a brute-force model of (partner, record, field).

Random worlds: districts send pacts with consents, persons and measures, a school sends enrolments, closings and its own
name; consents come and go, records are corrected, removed and erased. Six partners read, each with subscriptions of its
own: feeds, kinds, identity, an end, a key that opens less. Every route of the real application is then asked over HTTP,
in every format. The model knows the rules and tables of fields written here by hand, and nothing of the hub's code.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
from collections import Counter, defaultdict
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest
import python_calamine
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from lxml import etree

from patto_connectors.contract import Batch
from patto_hub.client import patto_proof
from patto_hub.feeds.closing import Books, close_yesterday
from patto_hub.feeds.pseudonyms import pseudonyms_of
from patto_hub.feeds.spec import by_name
from patto_hub.feeds.subscriptions import subscribe
from patto_hub.feeds.views import FEEDS
from patto_hub.jobs import Limits
from patto_hub.ledger import keys
from patto_hub.road.erase import erase
from patto_hub.web.app import ENDPOINTS, make_app
from patto_hub.web.edges import answer_ahead
from patto_hub.web.rates import Rates
from patto_hub.web.sightings import Sightings
from patto_hub.web.site import BASE, Site, WebSettings
from patto_schemas.model import AttendanceMonth, Enrolment, Measure, Organisation, Pact, Person

WORLDS = int(os.environ.get("PATTO_ROUTE_WORLDS", "6"))
CODES = ("RSSMRA85T10A562S", "BNCLCU80A01A662F")
DISTRICTS = {"fg1": ("ambito", "FG/1"), "le1": ("ambito", "LE/1")}
SENDERS = {**DISTRICTS, "school": ("piva", "00743110157")}
READERS = {
    **SENDERS,
    "centre": ("cpi_11", "D643C000123"),
    "coop": ("piva", "01234567890"),
    "monitor": ("ipa", "r_puglia"),
}
MODELS = {
    "pact": Pact,
    "person": Person,
    "measure": Measure,
    "enrolment": Enrolment,
    "attendance_month": AttendanceMonth,
    "organisation": Organisation,
}
FORMATS = ("json", "ndjson", "xml", "csv", "xlsx")
PUBLIC = "nothing of a record, for everybody:"
ROUTES = {
    "GET /feeds/{feed}/changes": "records",
    "GET /feeds/{feed}/changes.{form}": "records",
    "GET /feeds/{feed}/snapshot": "records",
    "GET /feeds/{feed}/snapshot.{form}": "records",
    "GET /feeds/{feed}/records/{record}": "records",
    "GET /feeds/{feed}/digest": "ids",
    "GET /feeds/{feed}/digests": "days",
    "GET /feeds/{feed}/digests/{day}": "counts",
    "GET /feeds/{feed}/proofs/{record}": "ids and hashes",
    "GET /roots": "nothing of a record: one hash over all of a day",
    "GET /roots/{day}": "nothing of a record: one hash over all of a day",
    "GET /feeds/{feed}/acknowledgements": "ids",
    "POST /feeds/{feed}/acknowledgements": "ids",
    "GET /feeds/{feed}/replays": "what the caller itself has asked for",
    "POST /feeds/{feed}/replays": "what the caller asks for",
    "GET /feeds/{feed}/lanes": "nothing of a record: how the caller is told",
    "GET /refusals": "ids",
    "GET /feeds/{feed}/changes.xsd": f"{PUBLIC} the form of the feed",
    "GET /entities": f"{PUBLIC} which kinds of records there are",
    "GET /entities/{entity}/{form}": f"{PUBLIC} the form of a record",
    "GET /feeds/{feed}/contract": f"{PUBLIC} what the feed promises",
    "GET /feeds/{feed}/json-schema": f"{PUBLIC} the form of the feed",
    "GET /feeds/{feed}/example": f"{PUBLIC} a page of invented people",
    "GET /feeds/{feed}/webhook-vectors": f"{PUBLIC} messages to test a receiver with",
    "GET /status": "nothing of a record",
    "GET /access": "nothing of a record: by what the caller has come in",
    "POST /streams/{stream}": "what became of what the caller itself hands in",
    "POST /streams/{stream}/validations": "what would become of what the caller itself hands in",
    "GET /receipts/{receipt}": "what became of what the caller itself handed in",
    "POST /oauth2/token": "a token for a key that the caller has",
}
"""Every route of the partners' API and what it gives; a new one must be added here, and asked below if it gives any."""
FULL = {
    ("pacts", "person"): "person_id identifiers given_name family_name birth_date",
    ("pacts", "pact"): "pact_id pact_number person_id person_scheme ambito scheme signed_on status",
    ("pacts", "measure"): "measure_id pact_id pact_scheme type title activity_code policy_id provider_id"
    " provider_scheme",
    ("enrolments", "enrolment"): "enrolment_id person_id person_scheme policy_id type status",
    ("enrolments", "attendance_month"): "attendance_month_id enrolment_id month attended_hours status",
    ("catalogue", "organisation"): "organisation_id type legal_name identifiers",
}
"""The fields of the rows of these worlds that each feed may give, by (feed, kind)."""
HIDDEN = {
    ("pacts", "person"): "",
    ("pacts", "pact"): "ambito scheme signed_on status",
    ("pacts", "measure"): "type activity_code",
    ("enrolments", "enrolment"): "type status",
    ("enrolments", "attendance_month"): "month attended_hours status",
    ("catalogue", "organisation"): "organisation_id type legal_name identifiers",
}
"""Those that it may give as they are where identity is not due."""
NAMED = {
    ("pacts", "person", "person_id"): "person",
    ("pacts", "pact", "person_id"): "person",
    ("enrolments", "enrolment", "person_id"): "person",
    ("pacts", "pact", "pact_id"): "pact",
    ("pacts", "measure", "pact_id"): "pact",
    ("pacts", "measure", "measure_id"): "measure",
    ("pacts", "measure", "policy_id"): "policy",
    ("enrolments", "enrolment", "policy_id"): "policy",
    ("pacts", "measure", "provider_id"): "organisation",
    ("enrolments", "enrolment", "enrolment_id"): "enrolment",
    ("enrolments", "attendance_month", "enrolment_id"): "enrolment",
    ("enrolments", "attendance_month", "attendance_month_id"): "attendance_month",
}
"""What each field that becomes a pseudonym names."""
FIXED = {
    "person_scheme": "pseudonym",
    "pact_scheme": "pseudonym",
    "provider_scheme": "pseudonym",
}
DEFAULTS = {"loan_mode": "none", "host_scheme": "cf"}
"""What views write of fields that these rows do not have."""
FEED_NAMES = ("pacts", "enrolments", "catalogue")
KINDS = {name: [kind for feed, kind in FULL if feed == name] for name in FEED_NAMES}


@dataclass(frozen=True)
class Right:
    """A subscription as this test draws it."""

    identity: str
    kinds: frozenset
    ended: bool
    in_key: bool


@dataclass
class World:
    """What the partners have said, and who may read what."""

    chance: Random
    said: dict = field(default_factory=dict)
    gone: set = field(default_factory=set)
    erased: set = field(default_factory=set)
    rights: dict = field(default_factory=dict)
    stamp: int = 0
    late: bool = False
    """Whether somebody has read already."""
    heads: dict = field(default_factory=dict)
    """The places of records by their numbers."""

    def row(self, partner, kind, number, **fields):
        self.stamp += 1
        place = (partner, kind, f"{kind[0].upper()}-{number}")
        row = {"is": kind, f"{kind}_id": place[2], "revision": self.stamp, **fields}
        self.said[place] = row
        self.gone.discard(place)
        self.erased.discard(place)
        return row

    def pact(self, partner, number):
        return self.row(
            partner,
            "pact",
            number,
            person_scheme="cf",
            person_id=CODES[number % 2],
            ambito=DISTRICTS[partner][1],
            scheme="ReD_3",
            pact_number=f"N-{partner}-{number}",
            signed_on="2026-02-0" + str(number),
            status=self.chance.choice(("active", "suspended")),
            note="CANARY",
            consents=[self.consent() for _ in range(self.chance.randint(0, 4))],
        )

    def consent(self):
        scheme, value = READERS[self.chance.choice(sorted(READERS))]
        return {
            "organisation_scheme": scheme,
            "organisation_id": value,
            "from_domain": "social",
            "granted": self.chance.random() < 0.75,
            "at": "2026-01-01T10:00:00Z",
        }

    def person(self, partner, number):
        return self.row(
            partner,
            "person",
            number,
            identifiers=[{"scheme": "cf", "value": CODES[number % 2]}],
            given_name=f"Nome{partner}{number}",
            family_name=self.chance.choice(("Rossi", "Bianchi")),
            sex="F",
            birth_date="1985-12-10",
        )

    def measure(self, partner, number):
        return self.row(
            partner,
            "measure",
            number,
            pact_scheme="local",
            pact_id=f"P-{number}",
            policy_id=policy(partner, number),
            provider_scheme="piva",
            provider_id=READERS["coop"][1],
            type="training",
            title=f"Corso {partner}",
            activity_code="C06",
        )

    def enrolment(self, partner, number):
        place = (partner, "enrolment", f"E-{number}")
        known = self.said.get(place, {}).get("policy_id")
        return self.row(
            partner,
            "enrolment",
            number,
            person_scheme="cf",
            person_id=self.chance.choice(CODES),
            policy_id=known or policy(self.chance.choice(sorted(DISTRICTS)), self.chance.randint(1, 2)),
            type="course",
            status=self.chance.choice(("enrolled", "completed")),
        )

    def attendance_month(self, partner, number):
        return self.row(
            partner,
            "attendance_month",
            number,
            enrolment_id=f"E-{number}",
            month="2026-03",
            attended_hours=f"{self.chance.randint(1, 99)}.50",
            status="draft",
        )

    def organisation(self, partner, number):
        return self.row(
            partner,
            "organisation",
            number,
            type="training_provider",
            legal_name=f"Ente {number} {self.stamp}",
            identifiers=[{"scheme": "piva", "value": SENDERS[partner][1]}],
        )

    def act(self):
        partner = self.chance.choice(sorted(SENDERS))
        kinds = ("pact", "pact", "person", "measure") if partner in DISTRICTS else ("enrolment", "attendance_month")
        kind = self.chance.choice((*kinds, "organisation") if partner == "school" else kinds)
        return partner, getattr(self, kind)(partner, self.chance.randint(1, 2))

    def draw_rights(self):
        for reader in READERS:
            for feed in FEED_NAMES:
                if self.chance.random() < 0.85:
                    narrowed = self.chance.sample(KINDS[feed], self.chance.randint(1, len(KINDS[feed])))
                    self.rights[reader, feed] = Right(
                        identity=self.chance.choice(("full", "full", "pseudonym")),
                        kinds=frozenset(KINDS[feed] if self.chance.random() < 0.6 else narrowed),
                        ended=self.chance.random() < 0.1,
                        in_key=self.chance.random() < 0.95,
                    )


def policy(partner, number):
    return f"16{sorted(SENDERS).index(partner):04X}{number:04X}A"


# --- the model ------------------------------------------------------------------------------------------------------


def refusal(world, reader, feed):
    """Why a reader gets nothing of a feed: the problem's name, or None."""
    right = world.rights.get((reader, feed))
    if right is not None and not right.in_key:
        return "feed-not-granted"
    if right is None:
        return "feed-withheld"
    return "subscription-ended" if right.ended else None


def held(world, reader, feed):
    """The records (partner, kind, key) that a reader has to hold of a feed."""
    right = world.rights[reader, feed]
    return {
        place
        for place in world.said
        if place[1] in right.kinds and place not in world.gone | world.erased and reader in audience(world, place)
    }


def audience(world, place):
    partner, kind, _ = place
    if kind == "organisation":
        return set(READERS)
    if kind == "person":
        (code,) = (each["value"] for each in world.said[place]["identifiers"])
        pacts = [
            other
            for other, row in world.said.items()
            if other[1] == "pact" and other not in world.gone and row["person_id"] == code
        ]
        return {partner}.union(*(admitted(world, pact) for pact in pacts))
    pact = dossier(world, place)
    return set() if pact is None else admitted(world, pact) | {partner}


def admitted(world, pact):
    """Whoever sent the pact, and whomever its last word about an organisation admits; nobody else once it is gone."""
    if pact in world.gone:
        return set()
    last = {
        (each["organisation_scheme"], each["organisation_id"]): each["granted"] for each in world.said[pact]["consents"]
    }
    return {pact[0]} | {reader for reader, name in READERS.items() if last.get(name)}


def dossier(world, place):
    """The pact that a record hangs on, or None while it waits for what it names."""
    partner, kind, _ = place
    row = world.said[place]
    if kind == "pact":
        return place
    if kind == "measure":
        wanted = (partner, "pact", row["pact_id"])
    elif kind == "enrolment":
        by = {other["policy_id"]: where for where, other in world.said.items() if where[1] == "measure"}
        wanted = by.get(row["policy_id"])
    else:
        wanted = (partner, "enrolment", row["enrolment_id"])
    return dossier(world, wanted) if wanted in world.said else None


def fields_due(world, reader, feed, place):
    """What a reader may hold of a record: its fields as they were said, and what its pseudonyms must stand for."""
    row, kind = world.said[place], place[1]
    if world.rights[reader, feed].identity == "full" or feed == "catalogue":
        plain = {name: row[name] for name in FULL[feed, kind].split()}
        return plain | {name: value for name, value in DEFAULTS.items() if name in WRITTEN.get((feed, kind), ())}, {}
    plain = {name: row[name] for name in HIDDEN[feed, kind].split()}
    plain |= {name: FIXED.get(name, DEFAULTS.get(name)) for name in HIDDEN_WRITTEN.get((feed, kind), ())}
    names = {}
    for (of, what, name), stands_for in NAMED.items():
        if (of, what) == (feed, kind):
            names[name] = (stands_for, *whole_name(row, place, name))
    return plain, names


WRITTEN = {("pacts", "pact"): ("loan_mode",), ("pacts", "measure"): ("host_scheme",)}
HIDDEN_WRITTEN = {
    ("pacts", "pact"): ("loan_mode", "person_scheme"),
    ("pacts", "measure"): ("pact_scheme", "provider_scheme"),
    ("enrolments", "enrolment"): ("person_scheme",),
}


def whole_name(row, place, name):
    """The name that a pseudonym stands for: who gave it, and what it is."""
    if name == "person_id":
        return ("cf", row["identifiers"][0]["value"]) if place[1] == "person" else ("cf", row["person_id"])
    if name == "policy_id":
        return "policy", row[name]
    return ("piva", row[name]) if name == "provider_id" else (place[0], row[name])


# --- the hub --------------------------------------------------------------------------------------------------------


def translate(row):
    row = dict(row)
    return MODELS[row.pop("is")](**row)


async def take(bench, partner, rows, **more):
    bench.ledger.write_now(lambda each: each.exec_driver_sql("DELETE FROM cursor"))
    outcome = await bench.take(
        Batch(rows=[json.dumps(row).encode() for row in rows], **more),
        translate=translate,
        name=f"{partner}/all",
        organisation=SENDERS[partner],
        limits=Limits(page_seconds=5, seconds=20, vanish_share=1.0),
    )
    assert (outcome.balance.quarantined, outcome.balance.refused) == (0, 0)


async def play(bench, world):
    for _ in range(world.chance.randint(8, 20)):
        if world.chance.random() < 0.12:
            await remove(bench, world)
        elif not world.late and world.chance.random() < 0.08:
            blank(bench, world)
        else:
            partner, row = world.act()
            await take(bench, partner, [row])
    if world.late and world.chance.random() < 0.5:
        erase_dossier(bench, world)


async def remove(bench, world):
    partner = world.chance.choice(sorted(SENDERS))
    mine = [place for place in world.said if place[0] == partner and place not in world.gone]
    leaves = [place for place in mine if place[1] in {"pact", "person", "organisation", "attendance_month"}]
    leaves = [place for place in leaves if place[1] in {"person", "organisation"} or dossier(world, place) is not None]
    if leaves and len(mine) > 1:  # an empty listing removes nothing
        lost = world.chance.choice(sorted(leaves))
        world.gone.add(lost)
        await take(bench, partner, [world.said[place] for place in mine if place != lost], complete=True)


def blank(bench, world):
    """Take the content of a record from the ledger, as an erasure of long ago would have."""
    placed = [place for place in world.said if place[1] in {"measure", "pact"} and dossier(world, place) is not None]
    if placed:
        partner, kind, key = lost = world.chance.choice(sorted(placed))
        world.erased.add(lost)
        bench.ledger.write_now(
            lambda each: each.exec_driver_sql(
                "UPDATE record_version SET payload = NULL WHERE head_id = (SELECT h.id FROM head h JOIN partner p"
                " ON p.id = h.partner_id WHERE p.name = ? AND h.kind = ? AND h.key = ?)",
                (partner, kind, key),
            )
        )


def erase_dossier(bench, world):
    """Erase a pact for good: what hangs on it goes, and persons whom no other pact is about."""
    pacts = [place for place in world.said if place[1] == "pact" and place not in world.gone]
    if pacts:
        lost = world.chance.choice(sorted(pacts))
        (head,) = (number for number, place in _heads(bench, world).items() if place == lost)
        bench.ledger.erase_now(erase, pacts=[head], secret=b"e" * 32, reason="r", actor="staff:1", now=2**41)
        others = {row["person_id"] for place, row in world.said.items() if place in pacts and place != lost}
        world.gone |= {
            place for place in world.said if place[1] != "organisation" and _belongs(world, place, lost, others)
        }


def _belongs(world, place, lost, others):
    if place[1] == "organisation":
        return False
    if place[1] == "person":
        code = world.said[place]["identifiers"][0]["value"]
        return code == world.said[lost]["person_id"] and code not in others
    return dossier(world, place) == lost


def open_site(bench, world):
    feeds, secret = by_name(FEEDS), b"s" * 32
    subscriptions = {}
    for (reader, feed), right in world.rights.items():
        subscriptions[reader, feed] = subscribe(
            reader,
            feeds[feed],
            kinds=right.kinds,
            until=date(2020, 1, 1) if right.ended else date(2999, 1, 1),
            pseudonyms=pseudonyms_of(secret, reader, 1) if right.identity == "pseudonym" else None,
        )
    return Site(
        ledger=bench.ledger,
        world=bench.world,
        settings=WebSettings(),
        feeds=feeds,
        subscriptions=subscriptions,
        cursor_key=b"k" * 32,
        rates=Rates(10**6, 60.0),
        sightings=Sightings(),
    )


def key_of(bench, world, reader):
    bench.partner(reader, READERS[reader])
    opens = [feed for feed in FEED_NAMES if (reader, feed) not in world.rights or world.rights[reader, feed].in_key]
    return bench.ledger.write_now(keys.add, bench.world, partner=reader, scopes=opens)[1]


# --- what an answer holds, read as a partner would ------------------------------------------------------------------


def items_of(form, body):
    """Give the items of a page: each as (envelope, fields as texts by their names)."""
    if form == "json":
        return [(item, item["data"]) for item in json.loads(body)["items"]]
    if form == "ndjson":
        return [(item, item["data"]) for item in map(json.loads, body.splitlines()) if "kind" in item]
    if form == "xml":
        return [_of_xml(item) for item in etree.fromstring(body).iterfind("{*}items/{*}item")]
    rows = (
        list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), delimiter=";"))
        if form == "csv"
        else _sheet(body)
    )
    return [_of_row(dict(zip(rows[0], row, strict=False))) for row in rows[1:]]


def _of_xml(item):
    envelope = {etree.QName(each).localname: each.text for each in item if not len(each)}
    data = item.find("{*}data")
    return envelope, None if data is None or not len(data) else _element(data[0])


def _element(element):
    return {etree.QName(each).localname: _listed(each) if len(each) else each.text for each in element}


def _listed(element):
    return [_element(each) for each in element]


def _sheet(body):
    return python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(body)).get_sheet_by_index(0).to_python()


def _of_row(cells):
    envelope = {name: cells.pop(name) for name in ("id", "version", "change", "changed_at", "kind", "source", "view")}
    cells.pop("altered", None)
    data = {name.removeprefix("data."): value for name, value in cells.items() if value not in ("", None)}
    return envelope, data or None


def same(told, due):
    """Whether a cell, an element or a JSON value says what the record says."""
    if told == due:
        return True
    if isinstance(due, list):
        return isinstance(told, str) and json.loads(told) == due
    spelled = {str(due), str(due).replace(".", ","), _in_italian(due), str(due).removesuffix("0")}
    return str(told) in spelled or (isinstance(told, float) and str(told) == str(float(due)))


def _in_italian(value):
    try:
        return f"{date.fromisoformat(value):%d/%m/%Y}"
    except (TypeError, ValueError):
        return value


# --- comparing ------------------------------------------------------------------------------------------------------


@dataclass
class Judged:
    """What was compared, and what differed."""

    world: World
    places: dict
    plain: dict = field(default_factory=dict)
    """The records by the ids that their senders know them by."""
    found: list = field(default_factory=list)
    triples: Counter = field(default_factory=Counter)
    refused: dict = field(default_factory=lambda: defaultdict(set))
    """By (reader, feed): the ids that it has refused."""
    standing_for: dict = field(default_factory=dict)
    """By (reader, pseudonym): what it stands for; and the other way round."""
    days: int = 0
    """How many were closed."""

    def holdings(self, items):
        """Let items follow each other as a partner's copy would: by id, the last one counts."""
        copy = {}
        for envelope, data in items:
            if envelope["change"] == "upsert":
                copy[envelope["id"]] = (envelope, data)
            else:
                copy.pop(envelope["id"], None)
                if data is not None:
                    self.found.append(f"{envelope['id']} is gone and has data")
        return copy

    def compare(self, reader, feed, route, items, due, *, part=None):
        """Compare a copy with what is due, record by record and field by field; `part` is what this route must give."""
        copy, met = self.holdings(items), set()
        for envelope, data in copy.values():
            place = self.place(reader, feed, envelope)
            met.add(place)
            if place not in due:
                self.found.append(f"{reader} {route}: holds {place} and must not")
                continue
            self.fields(reader, feed, route, place, data or {})
        self.found += [f"{reader} {route}: lacks {place}" for place in sorted((due if part is None else part) - met)]

    def place(self, reader, feed, envelope):
        """Find which record an id is, as the ledger knows it, by asking no code of feeds."""
        return self.places.get((reader, feed, envelope["id"])) or (envelope["source"], envelope["kind"], envelope["id"])

    def fields(self, reader, feed, route, place, data):
        plain, names = fields_due(self.world, reader, feed, place)
        data = {name: value for name, value in data.items() if value != []}  # JSON has a list for none, others nothing
        for name in sorted({*plain, *names, *data}):
            self.triples[route.partition("/")[0]] += 1
            told = data.get(name)
            if name in names:
                self.pseudonym(reader, route, (place, name), told, names[name])
            elif name not in plain or not same(told, plain[name]):
                self.found.append(f"{reader} {route}: {place} {name} is {told!r}, not {plain.get(name)!r}")

    def pseudonym(self, reader, route, where, told, name):
        first = self.standing_for.setdefault((reader, told), name)
        back = self.standing_for.setdefault((reader, name), told)
        others = [other for other in READERS if other != reader and (other, told) in self.standing_for]
        if first != name or back != told or others or name[-1] in str(told) or told is None:
            self.found.append(f"{reader} {route}: {where} is {told!r}, which stands for {first}, also for {others}")


async def pages(client, link, form):
    """Follow the links from page to page; gives all items, and the cursor at the end."""
    items, cursor = [], None
    while link:
        answer = await client.get(link)
        body = await answer.read()
        assert answer.status == 200, (link, body)
        items += items_of(form, body)
        cursor = answer.headers["Next-Cursor"]
        head = link.partition("?")[0]
        if answer.headers.get("Snapshot-Complete") == "true":
            break
        link = f"{head}?cursor={cursor}&limit=7" if answer.headers["Has-More"] == "true" else None
    return items, cursor


@asynccontextmanager
async def serving(bench, world):
    """Serve a hub in which readers have the rights of a world; gives a judge that may be asked again."""
    site = open_site(bench, world)
    keys_of = {reader: key_of(bench, world, reader) for reader in READERS}
    judged = Judged(world, {})
    async with TestServer(make_app(site)) as server:
        answer_ahead(server.runner)

        async def judge(due=world):
            heads = _heads(bench, world)
            judged.days += 1
            ahead = replace(bench.world, now=lambda: bench.world.now() + timedelta(days=judged.days))
            await close_yesterday(Books(bench.ledger, ahead, site.place, site.subscriptions))
            judged.world, judged.places = due, _places(heads, site)
            judged.plain = {f"{place[1]}-{head}": place for head, place in heads.items()}
            for reader, key in keys_of.items():
                headers = {"Authorization": f"Bearer {key}"}
                async with ClientSession(server.make_url("/"), headers=headers) as client:
                    for feed in FEED_NAMES:
                        judging = _judge_feed if refusal(due, reader, feed) is None else _judge_refused
                        await judging(client, judged, reader, feed)
                    await _judge_refusals(client, judged, reader)
            return judged

        yield judge


async def _judge_refusals(client, judged, reader):
    """Whoever sent a record learns that somebody refused it, and nobody else does."""
    page = await (await client.get(f"{BASE}/refusals?limit=1000")).json()
    for each in page["items"]:
        plain = judged.plain.get(each["position"]) if each["about"] == "item" else (reader,)
        if plain is None or plain[0] != reader:
            judged.found.append(f"{reader} refusals: is told of {plain}")
        judged.triples["refusals"] += 1


def _heads(bench, world):
    """Give each record's number and place; an erased one keeps the place that it had."""
    rows = bench.ask("SELECT h.id, p.name, h.kind, h.key FROM head h JOIN partner p ON p.id = h.partner_id")
    for head, *place in rows:
        world.heads.setdefault(head, tuple(place))
    return world.heads


def _places(heads, site):
    """Which record each id of each reader is."""
    return {
        (reader, feed, each.item_id(kind, head)): (partner, kind, key)
        for (reader, feed), each in site.subscriptions.items()
        for head, (partner, kind, key) in heads.items()
    }


async def _judge_feed(client, judged, reader, feed):
    world, base = judged.world, f"{BASE}/feeds/{feed}"
    due = held(world, reader, feed)
    for part in ("changes", "snapshot"):
        for form in FORMATS:
            items, cursor = await pages(client, f"{base}/{part}.{form}?limit=7", form)
            judged.compare(reader, feed, f"{part}/{form}", items, due)
        items, cursor = await pages(client, f"{base}/{part}?limit=7", "json")
        judged.compare(reader, feed, f"{part}/json", items, due)
    copy = judged.holdings(items)
    since, _ = await pages(client, f"{base}/changes?since=2026-01-01&limit=7", "json")
    judged.compare(reader, feed, "since/json", since, due)
    await _judge_histories(client, judged, reader, feed, due)
    await _judge_digests(client, judged, reader, feed, {key: each[0]["version"] for key, each in copy.items()})
    await _judge_words(client, judged, reader, feed, cursor=cursor, copy=copy)
    await _judge_proofs(client, judged, reader, feed, copy)


async def _judge_histories(client, judged, reader, feed, due):
    """Ask for the history of every record there is, by every id that anybody may know."""
    for (whose, of, record), place in sorted(judged.places.items()):
        link = f"{BASE}/feeds/{feed}/records/{record}"
        answer = await client.get(link)
        if answer.status == 404:
            if (whose, of) == (reader, feed) and place in due:
                judged.found.append(f"{reader} records: lacks {place}")
            continue
        items, _ = await pages(client, f"{link}?limit=7", "json")
        about = judged.places.get((reader, feed, record))
        part = {other for other in due if other == about or (about and _hangs(judged, other, about))}
        judged.compare(reader, feed, "records/json", items, due, part=part)


def _hangs(judged, other, pact):
    """Whether a record belongs to the history of a pact."""
    world = judged.world
    if pact[1] != "pact" or pact in world.gone:
        return False
    if other[1] == "person":
        return world.said[other]["identifiers"][0]["value"] == world.said[pact]["person_id"]
    return other[1] != "organisation" and dossier(world, other) == pact


async def _judge_digests(client, judged, reader, feed, versions):
    """The digest must be of exactly the ids and versions that the reader holds."""
    lines = sorted(f"{key}\t{version}\n".encode() for key, version in versions.items())
    told = await (await client.get(f"{BASE}/feeds/{feed}/digest?detail=buckets")).json()
    buckets = [each["bucket"] for each in told.get("buckets", [])]
    if told["sha256"] != sha256(b"".join(lines)).hexdigest() or told["count"] != len(lines):
        judged.found.append(f"{reader} {feed} digest: {told['count']} records, not these {len(lines)}")
    listed = {}
    for at in range(0, len(buckets), 16):
        asked = ",".join(buckets[at : at + 16])
        more = await (await client.get(f"{BASE}/feeds/{feed}/digest?records={asked}")).json()
        listed |= {each["id"]: each["version"] for each in more["records"]}
    if listed != versions:
        judged.found.append(f"{reader} {feed} digest: lists {sorted(listed.keys() ^ versions.keys())} otherwise")
    judged.triples["digest"] += len(listed)
    before = await (await client.get(f"{BASE}/feeds/{feed}/digests/2026-01-01")).json()
    if before["count"]:
        judged.found.append(f"{reader} {feed} digests: {before['count']} records before anything was said")


async def _judge_proofs(client, judged, reader, feed, copy):
    """A reader can prove what it holds, as it holds it, and gets no proof of what it has not in its feed."""
    for record in sorted({record for _, _, record in judged.places}):
        base = f"{BASE}/feeds/{feed}"
        answer = await client.get(f"{base}/proofs/{record}")
        told = await client.get(f"{base}/records/{record}?limit=1000")
        if told.status == 404 and answer.status != 404:
            judged.found.append(f"{reader} {feed} proofs: {answer.status} of {record}, which it is not told")
        if record in copy:
            items = [each for each in (await told.json())["items"] if each["id"] == record]
            proof = await answer.json() if answer.status == 200 else {}
            if not proof or not _proved(proof, items[-1]) or items[-1]["data"] is None:
                judged.found.append(f"{reader} {feed} proofs: {answer.status} of {record}, which it holds")
        judged.triples["proofs"] += 1


def _proved(proof, item):
    """Whether a proof holds for an item."""
    try:
        return bool(patto_proof.verify({**proof, "item": item}))
    except patto_proof.Trouble:
        return False


async def _judge_words(client, judged, reader, feed, *, cursor, copy):
    """A reader may refuse what it holds and nothing else, and sees of refusals its own."""
    link = f"{BASE}/feeds/{feed}/acknowledgements"
    own = {record for whose, of, record in judged.places if (whose, of) == (reader, feed)}
    foreign = sorted({record for _, _, record in judged.places} - own)
    for record in foreign[:3]:
        word = {"cursor": cursor, "refused": [{"id": record, "version": 1, "code": "x"}]}
        if (await client.post(link, json=word)).status != 422:
            judged.found.append(f"{reader} {feed}: may speak of {record}")
        judged.triples["acknowledgements"] += 1
    mine = sorted(copy)[:2]
    word = {
        "cursor": cursor,
        "refused": [{"id": each, "version": int(copy[each][0]["version"]), "code": reader} for each in mine],
    }
    posted = await client.post(link, json=word)
    assert posted.status in (200, 201), await posted.text()
    judged.refused[reader, feed].update(mine)
    told = await (await client.get(link)).json()
    ids = {each["id"] for each in told["refusals"]}
    if not judged.refused[reader, feed] >= ids >= set(mine) or {each["code"] for each in told["refusals"]} - {reader}:
        judged.found.append(f"{reader} {feed}: is told of refusals {told['refusals']}, not of {mine}")
    judged.triples["acknowledgements"] += len(mine)


async def _judge_refused(client, judged, reader, feed):
    """Where nothing is due, each route says why and nothing more."""
    why = refusal(judged.world, reader, feed)
    some = next((record for _, _, record in sorted(judged.places)), "pact-1")
    for route, gives in ROUTES.items():
        method, _, path = route.partition(" ")
        if "{feed}" not in path or gives.startswith(PUBLIC):
            continue
        link = BASE + path.format(feed=feed, form="json", record=some, day="2026-01-01")
        body = {"json": {"cursor": "AAAA"}} if method == "POST" else {}
        answer = await client.request(method, link, **body)
        problem = await answer.json()
        if answer.status != 403 or problem["code"] != why or "items" in problem:
            judged.found.append(f"{reader} {route}: {answer.status} {problem.get('type')}, not {why}")
        judged.triples["refused"] += 1


TOTAL: Counter = Counter()


@pytest.mark.parametrize("seed", range(WORLDS))
def test_every_route_gives_each_partner_exactly_the_fields_that_the_rules_let_it_know(make_bench, tmp_path, seed):
    ledger = make_bench.ledger(tmp_path)
    bench = make_bench(ledger)
    try:
        judged = asyncio.run(_whole(bench, Random(seed)))

        assert judged.found == []
        TOTAL.update(judged.triples)
    finally:
        ledger.close()
        if out := os.environ.get("PATTO_ROUTE_TRIPLES"):
            Path(out).write_text(json.dumps({"triples": TOTAL.total(), **TOTAL}), encoding="utf-8")


async def _whole(bench, chance):
    """Play, judge, play on with the same hub, which may have kept pages, and judge again."""
    world = World(chance)
    world.draw_rights()
    await play(bench, world)
    async with serving(bench, world) as judge:
        await judge()
        world.late = True
        await play(bench, world)
        return await judge()


def test_every_route_of_the_partners_api_is_known_to_the_model():
    assert {f"{each.method} {each.path}" for each in ENDPOINTS[BASE]} == ROUTES.keys()


async def _once(bench, given, due):
    async with serving(bench, given) as judge:
        return await judge(due)


WRONG = {
    "a kind more": {"kinds": frozenset(KINDS["pacts"])},
    "names in the place of pseudonyms": {"identity": "full"},
    "pseudonyms in the place of names": {"identity": "pseudonym"},
    "no end": {"ended": False},
    "a kind less": {"kinds": frozenset(("person",))},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_hub_that_gives_other_than_what_is_due_is_found_out(make_bench, tmp_path, wrong):
    ledger = make_bench.ledger(tmp_path)
    try:
        bench, world = make_bench(ledger), World(Random(3))
        asyncio.run(take(bench, "fg1", [world.person("fg1", 1), world.pact("fg1", 1), world.measure("fg1", 1)]))
        due = Right(identity="full", kinds=frozenset(("person", "pact")), ended=False, in_key=True)
        due = {
            "no end": replace(due, ended=True),
            "names in the place of pseudonyms": replace(due, identity="pseudonym"),
        }.get(wrong, due)
        world.rights["fg1", "pacts"] = due
        given = replace(world, rights={("fg1", "pacts"): replace(due, **WRONG[wrong])})

        assert asyncio.run(_once(bench, world, world)).found == []
        assert asyncio.run(_once(bench, given, world)).found != []
    finally:
        ledger.close()
