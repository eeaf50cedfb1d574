"""Consent, erasure and an end hold by every way out alike: each is asked for what a partner holds by it alone."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from patto_connectors.contract import Connector, Receipt
from patto_connectors.webhook import Answer, Outcome, Target
from patto_hub.feeds import pages, snapshot
from patto_hub.feeds.pseudonyms import pseudonyms_of
from patto_hub.feeds.subscriptions import subscribe
from patto_hub.feeds.views import PACTS
from patto_hub.lanes.batch import Reading
from patto_hub.lanes.webhook import WebhookOutlet
from patto_hub.ledger import dossiers, erasure, partners, secrets
from patto_hub.ledger.lanes import LaneName
from patto_hub.road.erase import erase

COOP = ("piva", "01234567890")
KEY = b"k" * 32
NAMES = pseudonyms_of(b"s" * 32, "coop", 1)
GIVEN = {"full": subscribe("coop", PACTS), "pseudonym": subscribe("coop", PACTS, pseudonyms=NAMES)}


def consent(granted, at="2026-01-01T10:00:00Z"):
    scheme, value = COOP
    word = {"organisation_scheme": scheme, "organisation_id": value, "from_domain": "social"}
    return {**word, "granted": granted, "at": at}


@pytest.fixture
def coop(bench):
    bench.partner("coop", COOP)
    number = bench.ledger.read_now(partners.numbers)["coop"]
    return pages.Reader(partner="coop", organisation=bench.ledger.read_now(partners.organisation_of, number))


def question(bench, subscription, reader):
    ask = {"subscription": subscription, "reader": reader, "key": KEY, "cursor": None, "limit": 100}
    return {**ask, "now": bench.world.milliseconds()}


async def by_changes(bench, subscription, reader, _known):
    page = await pages.read(bench.ledger, **question(bench, subscription, reader))
    return json.loads(page.as_json(""))["items"]


async def by_snapshot(bench, subscription, reader, _known):
    piece = await snapshot.read(bench.ledger, **question(bench, subscription, reader))
    return json.loads(piece.page.as_json(""))["items"]


async def by_record(bench, subscription, reader, known):
    found = []
    for record in known:
        try:
            page = await snapshot.read_record(bench.ledger, record=record, **question(bench, subscription, reader))
        except LookupError:
            continue
        found += json.loads(page.as_json(""))["items"]
    return found


class Kept:
    def __init__(self):
        self.bodies = []

    async def send(self, message, _target):
        self.bodies.append(message.body)
        return Answer(Outcome.DELIVERED, status=200)


async def by_webhook(bench, subscription, reader, _known):
    reading = Reading(ledger=bench.ledger, world=bench.world, subscription=subscription, reader=reader, cursor_key=KEY)
    kept = Kept()
    outlet = WebhookOutlet(
        name=LaneName("coop", "pacts", "webhook"),
        sender=kept,
        target=Target("coop", "https://coop.example/", ()),
        key=subscription.key,
        pull="https://hub.example/x",
        source="https://hub.example",
        payload="full",
    )
    batch = await reading.batch(0, limit=100)
    if batch.page.items:
        await outlet.hand_over(batch)
    return [item for body in kept.bodies for item in json.loads(body)["data"]["items"]]


class Taking:
    def __init__(self):
        self.rows = []

    async def write(self, batch):
        self.rows += batch.rows
        return Receipt(accepted=len(batch.rows))


async def by_sink(bench, subscription, _reader, _known):
    bench.ledger.write_now(lambda each: each.exec_driver_sql("DELETE FROM lane"))  # from the beginning again
    sink = Taking()
    job = bench.job([], name="coop/out", organisation=COOP)
    connector = Connector(name="out", settings=job.connector.settings, sink=lambda _: sink)
    await bench.run(replace(job, connector=connector, subscription=subscription))
    return [dict(row) for row in sink.rows]


WAYS = (by_changes, by_snapshot, by_record, by_webhook, by_sink)


def held(items):
    copy = {}
    for item in items:
        copy.pop(item["id"], None)
        if item["change"] == "upsert":
            copy[item["id"]] = item["data"]
        else:
            assert not item.get("data")
    return copy


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__)
def way(request):
    return request.param


@pytest.fixture(params=GIVEN)
def subscription(request):
    return GIVEN[request.param]


async def told(bench, make_pact, **more):
    bench.ledger.write_now(lambda each: each.exec_driver_sql("DELETE FROM cursor"))
    return await bench.take([make_pact(1, **more)])


async def test_without_consent_nothing_leaves(bench, coop, make_pact, way, subscription):
    await told(bench, make_pact)

    assert await way(bench, subscription, coop, [subscription.item_id("pact", 1)]) == []


async def test_with_consent_it_leaves_and_when_it_is_taken_back_nothing_stays(
    bench, coop, make_pact, way, subscription
):
    known = [subscription.item_id("pact", 1)]
    await told(bench, make_pact, consents=[consent(granted=True)])
    before = held(await way(bench, subscription, coop, known))

    await told(bench, make_pact, consents=[consent(granted=False, at="2026-02-01T10:00:00Z")], revision=2)
    after = await way(bench, subscription, coop, known)

    assert list(before) == known
    assert held(after) == {}
    assert {item["change"] for item in after} <= {"withdraw"}


async def test_of_what_was_erased_only_that_it_is_gone_leaves(bench, coop, make_pact, way, subscription):
    known = [subscription.item_id("pact", 1)]
    await told(bench, make_pact, consents=[consent(granted=True)])
    assert list(held(await way(bench, subscription, coop, known))) == known
    (pact,) = bench.ledger.read_now(dossiers.pacts, "P-1")
    secret = bench.ledger.write_now(secrets.get, erasure.SECRET, bench.world)

    bench.ledger.erase_now(erase, pacts={pact.head_id}, secret=secret, reason="r", actor="cli:x", now=5)
    after = await way(bench, subscription, coop, known)

    assert held(after) == {}
    assert {item["change"] for item in after} <= {"erase"}


async def test_a_payload_that_is_blank_is_never_given_as_a_record(bench, coop, make_pact, way, subscription):
    await told(bench, make_pact, consents=[consent(granted=True)])
    bench.ledger.write_now(lambda each: each.exec_driver_sql("UPDATE record_version SET payload = NULL"))

    after = await way(bench, subscription, coop, [subscription.item_id("pact", 1)])

    assert held(after) == {}
    assert {item["change"] for item in after} <= {"erase"}
