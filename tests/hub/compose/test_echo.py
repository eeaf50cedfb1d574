"""F74: two hubs hand over to each other what they hear: nothing comes back, and nothing goes on for ever."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

import pytest
from aiohttp import web

from patto_connectors.ports import World
from patto_connectors.webhook import fresh_secret
from patto_hub.clock.dispatcher import InProcess
from patto_hub.compose.hub import open_hub
from patto_hub.compose.lanes import make_ways, open_lanes
from patto_hub.ledger import secrets
from patto_hub.road import runner
from patto_hub.settings.read import read_settings

SETTINGS = """
[hub]
data_dir = "data"
[partners.other]
plugin = "notes"
scope = "any"
[partners.other.settings]
folder = "{inbox}"
[partners.other.jobs.notes]
[partners.other.subscriptions.catalogue.webhook]
url = "{url}"
allow = ["127.0.0.0/8"]
payload = "full"
secrets = {{ env = "HOOK" }}
[partners.office]
plugin = "notes"
scope = "any"
[partners.office.settings]
folder = "{office}"
[partners.office.jobs.notes]
"""


@dataclass
class Side:
    """One of two hubs: its folders, and what it has sent to the other."""

    hub: object
    lanes: object
    dispatcher: InProcess
    sent: list
    inbox: object

    async def go(self):
        """Read what came, then hand over what is new."""
        for job in self.hub.jobs.values():
            await self.dispatcher.once(job, "schedule")
        [post] = self.lanes.posts
        while await post.step() is not None:
            pass

    def says(self):
        rows = self.hub.ledger.read_now(
            lambda c: c.exec_driver_sql(
                "SELECT p.name, h.key, h.version FROM head h JOIN partner p ON p.id = h.partner_id ORDER BY 1, 2"
            ).all()
        )
        return [tuple(row) for row in rows]


class Mailbox:
    """Where one hub's messages arrive: it puts the records of the last one into the folder that the other reads."""

    def __init__(self, folder):
        self.folder, self.came = folder, []

    async def take(self, request):
        said = (await request.json())["data"]["items"]
        self.came.append([(item["source"], item["id"]) for item in said])
        rows = [item["data"] for item in said if item["data"]]
        (self.folder / "told.json").write_text(json.dumps(rows))
        return web.Response()


async def open_side(stack, folder, inbox, mailbox):
    app = web.Application()
    app.router.add_post("/", mailbox.take)
    server = web.AppRunner(app, access_log=None)
    await server.setup()
    stack.push_async_callback(server.cleanup)
    await web.TCPSite(server, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{server.addresses[0][1]}/"
    (folder / "office").mkdir(parents=True)
    config = folder / "hub.toml"
    config.write_text(SETTINGS.format(inbox=inbox, url=url, office=folder / "office"))
    world = World()
    hub = await stack.enter_async_context(open_hub(read_settings(config, {"HOOK": fresh_secret(world)}), world))
    ways, mistakes = make_ways(hub.configuration, hub.subscriptions)
    assert mistakes == []
    key = await hub.ledger.write(secrets.get, "cursor", world)
    lanes = await stack.enter_async_context(
        open_lanes(hub, ways, key, withheld=lambda *_: None, told=lambda failure: pytest.fail(str(failure)))
    )
    dispatcher = InProcess(ledger=hub.ledger, world=world, jobs=hub.jobs, run=runner.run, owner=folder.name)
    return Side(hub, lanes, dispatcher, mailbox.came, inbox)


@pytest.fixture
async def sides(office, tmp_path):
    inbox_a, inbox_b = tmp_path / "inbox_a", tmp_path / "inbox_b"
    inbox_a.mkdir()
    inbox_b.mkdir()
    async with AsyncExitStack() as stack:
        open_one = partial(open_side, stack)
        a = await open_one(tmp_path / "a", inbox_a, Mailbox(inbox_b))
        b = await open_one(tmp_path / "b", inbox_b, Mailbox(inbox_a))
        yield a, b, tmp_path / "a" / "office"


async def test_F74_what_a_hub_said_is_never_told_back_to_it(sides):
    a, b, office = sides
    (office / "1.json").write_text(json.dumps([{"organisation_id": "X"}]))
    for _ in range(3):
        await a.go()
        await b.go()

    assert a.sent == [[("office", "organisation-1")]]
    assert b.sent == []
    assert (a.says(), b.says()) == ([("office", "X", 1)], [("other", "X", 1)])


async def test_F74_a_receiver_that_repeats_what_it_was_told_changes_nothing_more_than_once(sides):
    a, b, office = sides
    (office / "1.json").write_text(json.dumps([{"organisation_id": "X"}]))
    await a.go()
    for number in range(3):
        back = json.dumps([{"organisation_id": "X"}])
        (a.inbox / f"back{number}.json").write_text(back)
        await a.go()
        await b.go()

    assert a.says() == [("office", "X", 1), ("other", "X", 1)], "the echo stands as the other's own word, once"
    assert a.sent == [[("office", "organisation-1")]], "and is told to nobody who said it"


async def test_F74_a_correction_goes_one_hop_too(sides):
    a, b, office = sides
    for name in ("Ente", "Ente nuovo", "Ente nuovissimo"):
        (office / "1.json").write_text(json.dumps([{"organisation_id": "X", "legal_name": name}]))
        for _ in range(2):
            await a.go()
            await b.go()

    assert (len(a.sent), len(b.sent)) == (3, 0)
    assert b.says() == [("other", "X", 3)]
