"""Signals tell that something changed, but of what only to whoever holds the record; a repeat does no harm."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from aiohttp import web

from patto_connectors.http.client import open_client
from patto_connectors.http.settings import HttpSettings
from patto_connectors.testing.webhook import Mood
from patto_hub.feeds import cursors
from patto_hub.lanes.signals import OwnAddress, SignalHub, SignalsOutlet
from patto_hub.ledger.lanes import LaneName
from patto_hub.testing.changes import AT

PULL = "https://patto.regione.example/rest/patto/v1/feeds/pacts/changes"
NAME = LaneName("foggia", "pacts", "signals")


class Hub:
    """PDND's Signal Hub, as far as its push service goes: it refuses a number that it has."""

    def __init__(self):
        self.taken = {}
        self.die_after = None
        self.app = web.Application()
        self.app.router.add_post("/push/signals", self.push)
        self.app.router.add_get("/push/status", self.status)

    async def push(self, request):
        signal = await request.json()
        if self.die_after is not None and len(self.taken) >= self.die_after:
            return web.Response(status=500)
        if signal["signalId"] in self.taken:
            errors = [{"code": "SIGNAL-HUB-0002", "detail": "duplicated"}]
            return web.json_response({"status": 400, "errors": errors}, status=400)
        if signal["eserviceId"] != "e-1":
            return web.json_response({"status": 400, "errors": [{"code": "0001", "detail": "?"}]}, status=400)
        self.taken[signal["signalId"]] = signal
        return web.json_response({"signalId": signal["signalId"]})

    async def status(self, _request):
        return web.json_response("OK")


@pytest.fixture
async def hub(bench):
    hub = Hub()
    runner = web.AppRunner(hub.app, access_log=None)
    await runner.setup()
    bench.stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hub.url = f"http://127.0.0.1:{runner.addresses[0][1]}/push"
    return hub


@pytest.fixture
def signalling(bench):
    async def post(line=None, seed="abc", eservice="e-1"):
        post = await bench.post(name=NAME)
        line = line or OwnAddress(name=NAME, sender=post.outlet.sender, target=post.outlet.target, pull=PULL)
        outlet = SignalsOutlet(line=line, subscription=post.reading.subscription, eservice_id=eservice, seed=seed)
        return replace(post, outlet=outlet)

    return post


@pytest.fixture
async def line(bench, hub):
    repeats = {"attempts": 1}
    settings = HttpSettings.model_validate({"base_url": hub.url, "repeats": repeats})
    return SignalHub(client=await bench.stack.enter_async_context(open_client(settings)))


async def test_a_page_of_signals_names_no_record(bench, signalling):
    bench.say(2)
    await bench.until_rest(await signalling())

    [body] = bench.bodies()
    assert [(each["signalId"], each["signalType"], each["objectType"]) for each in body["signals"]] == [
        (2, "CREATE", "pact"),
        (4, "CREATE", "pact"),
    ]
    assert body["signals"][0]["objectId"] == hashlib.sha256(b"pact-1abc").hexdigest()
    assert body["lastSignalId"] == 4


async def test_a_new_record_that_no_hash_can_name_is_pulled_from_the_cursor_that_the_signals_carry(bench, signalling):
    bench.say(1)
    await bench.until_rest(await signalling())
    bench.say(1)
    post = await signalling()
    await bench.until_rest(post)

    first, second = bench.bodies()
    assert first["pull"] == second["pull"] == PULL
    assert second["pullToken"] == post.reading.cursor(1, AT // cursors.DAY_MS)


def _change(connection, head, version, op="upsert", organisation=1):
    """Tell the organisation once more of a record, in some version."""
    seq = connection.exec_driver_sql("SELECT max(seq) + 1 FROM change").scalar_one()
    connection.exec_driver_sql("UPDATE record_version SET version = ? WHERE head_id = ?", (version, head))
    connection.exec_driver_sql(
        "INSERT INTO change SELECT ?, id, version_id, kind, ?, 1, ? FROM head WHERE id = ?", (seq, op, AT + seq, head)
    )
    connection.exec_driver_sql("INSERT INTO audience VALUES (?, ?)", (organisation, seq))


async def test_a_record_that_the_receiver_does_not_hold_is_created_for_it_whatever_its_version(bench, signalling):
    bench.say(1)
    bench.say(1, organisation=2)  # nobody has told this receiver yet
    post = await signalling()
    types = []
    for head, version, op in [
        (2, 3, "upsert"),
        (2, 4, "upsert"),
        (2, 4, "withdraw"),
        (2, 4, "upsert"),
        (1, 2, "upsert"),
    ]:
        bench.ledger.write_now(_change, head, version, op)
        await bench.until_rest(post)
        types += [each["signalType"] for each in bench.bodies()[-1]["signals"]]

    assert types == ["CREATE", "CREATE", "UPDATE", "DELETE", "CREATE", "UPDATE"]


async def test_another_seed_is_announced_before_it_is_used(bench, signalling):
    bench.say(1)
    await bench.until_rest(await signalling())
    bench.say(1)
    bench.receiver.order(Mood(status=503))
    post = await signalling(seed="def")
    bench.pass_(await bench.until_rest(post))
    await bench.until_rest(post)
    bench.say(1)
    await bench.until_rest(post)

    types = [[each["signalType"] for each in body["signals"]] for body in bench.bodies()]
    assert types == [["CREATE"], ["SEEDUPDATE", "CREATE"], ["CREATE"]]
    assert bench.receiver.arrived[1].id == bench.receiver.arrived[2].id


async def test_F04_the_signal_hub_gets_each_signal_once_however_often_it_is_pushed(bench, signalling, hub, line):
    hub.die_after = 3
    bench.say(5)
    post = await signalling(line)
    rest = await bench.until_rest(post)
    failed = bench.lane(NAME)
    hub.die_after = None
    bench.pass_(rest)
    await bench.until_rest(post)

    assert (failed.position, failed.trouble) == (0, "http.status")
    assert sorted(hub.taken) == [2, 4, 6, 8, 10]
    assert bench.lane(NAME).position == 5


async def test_a_signal_that_the_signal_hub_refuses_is_told(bench, signalling, line):
    bench.say(1)
    await bench.until_rest(await signalling(line, eservice="e-2"))

    assert (bench.lane(NAME).trouble, bench.lane(NAME).position) == ("webhook.refused", 0)


async def test_a_lane_that_waits_asks_the_signal_hub_how_it_is(bench, signalling, hub, line):
    bench.say(1)
    bench.change(lambda lane: replace(lane, state="waiting", since=1, failures=11, not_before=0), NAME)
    await bench.until_rest(await signalling(line))

    assert sorted(hub.taken) == [2]
    assert bench.lane(NAME).state == "running"
