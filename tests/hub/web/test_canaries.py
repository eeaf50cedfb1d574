"""Nothing leaves but the fields that a view names: a canary in every field of every record, and every way out.

Each entity is planted with a canary in each of its fields, and further ones stand around the records: in the partner's
key, in what it sent beyond the schema, in warnings, positions, quarantined rows. Every route that a partner can call is
called for every feed of the hub and of the plugins, in every format, rightly and wrongly; webhooks, signals and sinks
are handed what they would send; the log is kept at its lowest level. What is found must be what the views name.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from importlib import import_module
from io import BytesIO
from types import SimpleNamespace
from zipfile import ZipFile

import pytest
from pydantic import BaseModel

from patto_connectors.contract import Connector, Receipt
from patto_connectors.webhook import Answer, Outcome, Target
from patto_hub.clock.schedule import Schedule
from patto_hub.extensions.found import installed
from patto_hub.feeds.pages import Reader
from patto_hub.feeds.pseudonyms import pseudonyms_of
from patto_hub.feeds.spec import FeedSpec, Projection, by_name
from patto_hub.feeds.subscriptions import concealed, subscribe
from patto_hub.feeds.views import FEEDS, PactView
from patto_hub.jobs import Job
from patto_hub.lanes.batch import Reading
from patto_hub.lanes.signals import OwnAddress, SignalsOutlet
from patto_hub.lanes.webhook import WebhookOutlet
from patto_hub.ledger.lanes import LaneName
from patto_hub.road import runner
from patto_hub.testing.planted import Planted, fields, written
from patto_hub.web.app import ENDPOINTS, make_app
from patto_hub.web.endpoints import Access
from patto_hub.web.portal.pages import PAGES
from patto_hub.web.site import BASE, WebSettings
from patto_schemas.model import ENTITIES

PARTNER = "cpi-foggia"
READER = Reader(partner=PARTNER, organisation=2)
FORMATS = ("json", "ndjson", "xml", "csv", "xlsx")
SHOWS_ALL = ("json", "ndjson", "xml")
"""Formats that spell each text and each day as the record does."""
GIVES = {
    "/feeds/{feed}/changes",
    "/feeds/{feed}/changes.{form}",
    "/feeds/{feed}/snapshot",
    "/feeds/{feed}/snapshot.{form}",
    "/feeds/{feed}/records/{record}",
}
"""The routes that give fields of records; no other may give any."""
GIVES_NOTHING = {
    "/feeds/{feed}/acknowledgements",
    "/feeds/{feed}/digest",
    "/feeds/{feed}/digests",
    "/feeds/{feed}/digests/{day}",
    "/feeds/{feed}/lanes",
    "/feeds/{feed}/proofs/{record}",
    "/feeds/{feed}/replays",
}
"""The routes of a feed that give ids, counts and digests."""
NOT_OF_A_PERSON = {
    "pact": "ambito scheme signed_on valid_from valid_to status loan_mode next_review_on",
    "measure": "type activity_code proposed_on started_on ended_on planned_end_on events.code events.on",
    "enrolment": "type edition_id course_code status status_on requested_on started_on ended_on",
    "attendance_day": "day",
    "attendance_month": "month status",
    "employment": "type contract_code started_on planned_end_on ended_on status",
}
"""What may leave of a kind under pseudonyms, said here anew: no name, number, account, text or address of anybody."""
KEPT = ("SELECT * FROM run", "SELECT * FROM delivery", "SELECT * FROM lane", "SELECT * FROM audit")
PUBLIC = ("course_offering", "organisation", "ambito")


def of_plugins():
    modules = [import_module(each.module) for each in installed() if each.module.startswith("patto_plugins")]
    return [feed for module in modules if hasattr(module, "register_feeds") for feed in module.register_feeds()]


ALL = (*FEEDS, *of_plugins())


@pytest.fixture
def planted(ledger, say):
    """One record of each kind, all of it canaries, and canaries around it."""
    made = Planted()
    for head, (kind, model) in enumerate(ENTITIES.items(), 1):
        say(kind, written(made.record(model, kind)), to=[0] if kind in PUBLIC else [2])
        around = [made.text("around", name) for name in ("extra", "warnings", "position", "key")]
        ledger.write_now(_poison, head, around)
    return made


def _poison(connection, head, around):
    extra, warnings, position, key = around
    connection.exec_driver_sql(
        "UPDATE record_version SET extra = ?, warnings = ?, position = ? WHERE head_id = ?",
        (json.dumps({extra: extra}), json.dumps([warnings]), position, head),
    )
    connection.exec_driver_sql("UPDATE head SET key = ? WHERE id = ?", (key, head))


@pytest.fixture
def site(make_site):
    def made(subscriptions):
        given = {(PARTNER, each.feed.name): each for each in subscriptions}
        return make_site(feeds=by_name(ALL), subscriptions=given)

    return made


@pytest.fixture
def key(key_of):
    return key_of(PARTNER, [feed.name for feed in ALL])


@pytest.fixture
def client_of(aiohttp_client, key):
    async def made(site, change=lambda _: None):
        app = make_app(site)
        change(app)
        return await aiohttp_client(app, headers={"Authorization": f"Bearer {key}"})

    return made


@pytest.fixture
def hub(ledger, world, planted, lines):
    return SimpleNamespace(ledger=ledger, world=world, planted=planted, lines=lines)


def whole():
    return [subscribe(PARTNER, feed) for feed in ALL]


def hidden():
    names = pseudonyms_of(b"s" * 32, PARTNER, 1)
    return [subscribe(PARTNER, feed, pseudonyms=names) for feed in ALL if concealed(feed) is not None]


def due_of(planted, subscription, *, kinds=None):
    """Give the canaries that may leave by a subscription, from the views as they are declared."""
    feed, due = by_name(ALL)[subscription.feed.name], set()
    for view in feed.views:
        if kinds is not None and view.kind not in kinds:
            continue
        if subscription.identity == "full" or view.kind in PUBLIC:
            due |= planted.let_out(view.kind, view.shape)
        elif view.kind in NOT_OF_A_PERSON:
            allowed = NOT_OF_A_PERSON[view.kind].split()
            due |= {canary for canary, place in planted.places.items() if place[0] == view.kind and place[1] in allowed}
    return due


def seen(form, body):
    """Give all that stands in an answer, also within a workbook's parts."""
    if form != "xlsx" or not body.startswith(b"PK"):
        return body
    with ZipFile(BytesIO(body)) as book:
        return b"".join(book.read(each) for each in book.namelist())


async def ways(client, subscription):
    """Yield each answer of each route that gives records: (route, format, headers, all that is in it)."""
    feed = subscription.feed.name
    for part in ("changes", "snapshot"):
        for form in FORMATS:
            answer = await client.get(f"{BASE}/feeds/{feed}/{part}.{form}?limit=1000")
            assert answer.status == 200, (part, form, await answer.text())
            yield part, form, repr(dict(answer.headers)), seen(form, await answer.read())
        answer = await client.get(f"{BASE}/feeds/{feed}/{part}")
        yield part, "json", repr(dict(answer.headers)), await answer.read()


async def leaks(client, planted, subscriptions):
    """Give what leaves and must not, and what should leave and does not, over every format of every feed."""
    found = []
    for subscription in subscriptions:
        due = due_of(planted, subscription)
        async for route, form, headers, body in ways(client, subscription):
            out, told = planted.found(body), planted.found(headers)
            where = f"{subscription.feed.name} {route}.{form}"
            found += [f"{where}: {planted.places[each]} leaves" for each in sorted(out - due)]
            found += [f"{where}: {planted.places[each]} in a header" for each in sorted(told)]
            texts = {each for each in due if form in SHOWS_ALL or each.startswith("knry")}
            found += [f"{where}: {planted.places[each]} is missing" for each in sorted(texts - out)]
    return found


def test_every_entity_is_planted_in_every_field():
    made = Planted()
    for kind, model in ENTITIES.items():
        made.record(model, kind)
    texts = {(kind, path) for kind, path in made.places.values()}

    assert len(made.places) > 300
    assert {("person", "identifiers.value"), ("pact", "note"), ("measure", "events.note")} <= texts
    for kind, model in ENTITIES.items():
        assert {path for of, path in texts if of == kind} <= fields(model)


def test_feeds_of_plugins_are_among_those_that_are_tried():
    assert {"sap", "host-assignments", "enrolment-requests"} <= {feed.name for feed in ALL}


async def test_exactly_what_a_view_names_leaves_in_every_format(site, client_of, planted, lines):
    client = await client_of(site(whole()))

    assert await leaks(client, planted, whole()) == []
    assert planted.found(lines.getvalue()) == set()
    assert "http.request" in lines.getvalue()


async def test_under_pseudonyms_nothing_leaves_that_identifies(site, client_of, planted, lines):
    client = await client_of(site(hidden()))

    assert {each.feed.name for each in hidden()} == {"pacts", "catalogue", "enrolments", "employments"}
    assert await leaks(client, planted, hidden()) == []
    assert planted.found(lines.getvalue()) == set()


@pytest.mark.parametrize("given", [whole, hidden])
async def test_a_records_history_gives_what_its_feed_gives(site, client_of, planted, given):
    client = await client_of(site(given()))
    for subscription in given():
        page = await (await client.get(f"{BASE}/feeds/{subscription.feed.name}/changes?limit=1000")).json()
        for item in page["items"]:
            answer = await client.get(f"{BASE}/feeds/{subscription.feed.name}/records/{item['id']}")

            assert answer.status == 200
            assert planted.found(await answer.read()) == due_of(planted, subscription, kinds={item["kind"]})


async def test_no_other_route_and_no_error_gives_anything_of_a_record(site, client_of, planted, lines):
    client = await client_of(site(whole()))
    known = {"form": "json", "stream": "x", "receipt": "0" * 32, "partner": PARTNER}
    asked = 0
    for each in ENDPOINTS[BASE]:
        for feed in (*(feed.name for feed in ALL), planted.text("address", "feed")):
            for record in ("pact-5", planted.text("address", "record")):
                values = defaultdict(lambda: "x", {**known, "feed": feed, "record": record})
                path = BASE + each.path.format_map(values)
                for query in ("", "?cursor=AAAA", "?limit=0", f"?limit={planted.text('address', 'query')}"):
                    answer = await client.request(each.method, path + query, headers={"Accept": "image/png"})
                    asked += 1
                    if each.path in GIVES and answer.status == 200:
                        continue
                    out = planted.found(await answer.read(), repr(dict(answer.headers)))
                    assert out == set(), (each.method, path, answer.status, {planted.places[one] for one in out})
                if "{feed}" not in each.path:
                    break

    assert asked > 500
    assert planted.found(lines.getvalue()) == set()
    for path in ("/metrics", "/readyz", "/openapi.json", "/", f"{BASE}/status"):
        assert planted.found(await (await client.get(path)).read()) == set()


async def test_no_page_of_the_portal_gives_anything_of_a_record(site, aiohttp_client, key, planted, lines):
    seen_by_partner = replace(site(whole()), settings=WebSettings(secure_cookies=False))
    client = await aiohttp_client(make_app(seen_by_partner))
    form = {"Origin": str(client.make_url("/")).rstrip("/"), "Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
    signed_in = await client.post("/portal/login", data={"key": key}, headers=form)
    assert signed_in.url.path == "/portal"

    for page in PAGES:
        if page.method == "GET":
            path = page.path.replace("{receipt}", "0" * 32).replace("{trial}", "0" * 32)
            answer = await client.get(path, headers={"Accept": "text/html"})
            assert planted.found(await answer.read(), repr(dict(answer.headers))) == set(), path
    assert planted.found(lines.getvalue()) == set()


class Kept:
    """In the place of a sender: keeps what it would have sent."""

    def __init__(self):
        self.messages = []

    async def send(self, message, _target):
        self.messages.append(f"{message.id} {message.headers}".encode() + message.body)
        return Answer(Outcome.DELIVERED, status=200)


def batch_of(ledger, world, subscription):
    return Reading(ledger=ledger, world=world, subscription=subscription, reader=READER, cursor_key=b"k" * 32).batch(
        0, limit=500
    )


@pytest.mark.parametrize("given", [whole, hidden])
@pytest.mark.parametrize("envelope", ["standard", "cloudevents", "cloudevents-binary"])
async def test_a_webhook_carries_what_the_feed_gives_or_nothing(hub, given, envelope):
    for subscription in given():
        feed, out = subscription.feed.name, {}
        for payload in ("thin", "full"):
            kept = Kept()
            outlet = WebhookOutlet(
                name=LaneName(PARTNER, feed, "webhook"),
                sender=kept,
                target=Target(PARTNER, "https://x.example/", ()),
                key=subscription.key,
                pull="https://hub.example/x",
                source="https://hub.example",
                payload=payload,
                envelope=envelope,
            )
            handed = await outlet.hand_over(await batch_of(hub.ledger, hub.world, subscription))
            out[payload] = hub.planted.found(*kept.messages, repr(handed), repr(outlet))

        assert out == {"thin": set(), "full": due_of(hub.planted, subscription)}
    assert hub.planted.found(hub.lines.getvalue()) == set()


@pytest.mark.parametrize("given", [whole, hidden])
async def test_a_signal_carries_nothing_of_a_record(ledger, world, planted, given):
    for subscription in given():
        kept = Kept()
        line = OwnAddress(
            name=LaneName(PARTNER, subscription.feed.name, "signals"),
            sender=kept,
            target=Target(PARTNER, "https://x.example/", ()),
            pull="https://hub.example/pull",
        )
        outlet = SignalsOutlet(line=line, subscription=subscription, eservice_id="e", seed="s")
        await outlet.hand_over(await batch_of(ledger, world, subscription))

        assert kept.messages
        assert planted.found(*kept.messages) == set()


class Nothing(BaseModel):
    pass


class Taking:
    def __init__(self):
        self.rows = []

    async def write(self, batch):
        self.rows += [f"{batch.name} {json.dumps(dict(row), default=str)}" for row in batch.rows]
        return Receipt(accepted=len(batch.rows))


@pytest.mark.parametrize("render", [None, lambda shown: shown.model_dump(mode="json")], ids=["as it is", "rendered"])
@pytest.mark.parametrize("given", [whole, hidden])
async def test_a_sink_is_handed_what_the_feed_gives(hub, given, render):
    for subscription in given():
        sink = Taking()
        job = Job(
            name=f"{PARTNER}/out",
            partner=PARTNER,
            partner_id=2,
            plugin="test",
            connector=Connector(name="out", settings=Nothing, sink=lambda _, sink=sink: sink, render=render),
            settings=Nothing(),
            schedule=Schedule(),
            subscription=subscription,
        )
        outcome = await runner.run(
            job, ledger=hub.ledger, world=hub.world, owner="test", reason="cli", checks=lambda _: ()
        )

        assert outcome.state == "done"
        assert hub.planted.found(*sink.rows) == due_of(hub.planted, subscription)
    assert hub.planted.found(hub.lines.getvalue()) == set()
    for kept in KEPT:
        rows = hub.ledger.read_now(lambda each, kept=kept: each.exec_driver_sql(kept).all())
        assert hub.planted.found(repr(rows)) == set()


# --- the test itself is tested: what it must find, it finds ----------------------------------------------------------


class Wider(PactView):
    note: str | None = None


class Renamed(Projection):
    pact_id: str
    status: str


def behind_the_view(shape):
    feed = by_name(ALL)["pacts"]
    views = [replace(view, shape=shape) if view.kind == "pact" else view for view in feed.views]
    return subscribe(PARTNER, FeedSpec(name="pacts", title=feed.title, views=views))


@pytest.mark.parametrize(("shape", "told"), [(Wider, "note') leaves"), (Renamed, "ambito') is missing")])
async def test_a_field_that_is_let_out_or_held_back_behind_the_views_back_is_found(
    site, client_of, planted, shape, told
):
    client = await client_of(site([behind_the_view(shape)]))

    assert any(told in each for each in await leaks(client, planted, [behind_the_view(shape)]))


async def test_a_name_in_a_header_is_found(site, client_of, planted):
    name = next(canary for canary, place in planted.places.items() if place == ("person", "family_name"))

    async def tell(_request, answer):
        answer.headers["X-About"] = name.upper()

    client = await client_of(site(whole()), lambda app: app.on_response_prepare.append(tell))

    assert any("family_name') in a header" in each for each in await leaks(client, planted, whole()[:1]))


async def test_a_mark_that_was_forgotten_is_found(site, client_of, planted):
    feed = by_name(ALL)["pacts"]
    views = [replace(view, under_pseudonyms=PactView) if view.kind == "pact" else view for view in feed.views]
    names = pseudonyms_of(b"s" * 32, PARTNER, 1)
    careless = subscribe(PARTNER, replace(feed, views=views), pseudonyms=names)
    client = await client_of(site([careless]))

    found = await leaks(client, planted, [careless])

    assert any("'person_id') leaves" in each for each in found)


def test_every_route_of_partners_that_names_a_feed_is_known_to_give_records_or_not():
    named = {each.path for each in ENDPOINTS[BASE] if each.access is Access.PARTNER and "{feed}" in each.path}

    assert named == GIVES | GIVES_NOTHING
