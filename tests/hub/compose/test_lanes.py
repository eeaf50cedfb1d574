"""What the settings say of ways out works in a hub that serves; what is wrong with one is told, with its line."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import pytest

from patto_connectors.ports import World
from patto_connectors.testing.webhook import FakeReceiver, Mood, checking
from patto_connectors.webhook import fresh_pair, fresh_secret
from patto_hub.clock.calendar import milliseconds
from patto_hub.compose.hub import open_hub
from patto_hub.compose.lanes import make_ways, open_lanes, terms_of
from patto_hub.compose.serve import serving
from patto_hub.compose.subscriptions import NO_SECRET, make_subscriptions
from patto_hub.feeds.views import CATALOGUE
from patto_hub.ledger import lane_secrets, lanes
from patto_hub.ledger.lanes import LaneName
from patto_hub.settings.mistakes import WrongSettings
from patto_hub.settings.read import read_settings

NAME = LaneName("reader", "catalogue", "webhook")
WEBHOOK = """
[partners.reader.subscriptions.catalogue.webhook]
url = "{url}"
allow = ["127.0.0.0/8"]
secrets = [{{ env = "HOOK" }}]
{more}
"""
SIGNALS = """
[partners.reader.subscriptions.catalogue.signals]
url = "{url}"
allow = ["127.0.0.0/8"]
secrets = {{ env = "HOOK" }}
eservice_id = "e-1"
seed = {{ env = "SEED" }}
"""


@pytest.fixture
def secret():
    return fresh_secret(World())


@pytest.fixture
def settings(office, secret):
    def read(table, environment=None, **values):
        text = office.config.read_text().replace('feeds = ["catalogue"]', "")
        office.config.write_text(text + table.format(**{"url": "", "more": "", **values}))
        return read_settings(office.config, environment or {"HOOK": secret, "SEED": "abc"})

    return read


async def come(receiver, count):
    while len(receiver.kept) < count:  # noqa: ASYNC110 - a server's loop, which tells nobody
        await asyncio.sleep(0.01)


async def comes_to(started, what):
    """Give the lane once it has come to something."""
    while not what(lane := await started.hub.ledger.read(lanes.get, NAME)):  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(0.01)
    return lane


async def test_a_run_that_brings_something_new_is_told_to_the_receiver(office, settings, secret):
    receiver = FakeReceiver(checking(secret))
    office.send("1.json", {"organisation_id": "A"}, {"organisation_id": "B"})
    async with receiver.running() as url, serving(settings(WEBHOOK, url=url), World()) as started, asyncio.timeout(20):
        started.site.wake()
        await come(receiver, 1)
        lane = await comes_to(started, lambda lane: lane.position)

    [body] = map(json.loads, receiver.kept.values())
    assert body["data"]["items"] == 2
    assert body["data"]["pull"].endswith("/rest/patto/v1/feeds/catalogue/changes")
    assert (lane.position, lane.state, lane.trouble) == (2, "running", None)


async def test_signals_go_to_the_partners_own_address(office, settings, secret):
    receiver = FakeReceiver(checking(secret))
    office.send("1.json", {"organisation_id": "A"})
    async with receiver.running() as url, serving(settings(SIGNALS, url=url), World()), asyncio.timeout(20):
        await come(receiver, 1)

    [body] = map(json.loads, receiver.kept.values())
    assert [each["signalType"] for each in body["signals"]] == ["CREATE"]
    assert "organisation-1" not in str(body)


async def test_F70_times_and_place_of_a_lane_outlive_the_hub(office, settings, secret):
    receiver = FakeReceiver(checking(secret))
    receiver.mood = Mood(status=503, headers={"Retry-After": "7200"})
    office.send("1.json", {"organisation_id": "A"})
    async with receiver.running() as url, asyncio.timeout(30):
        configuration = settings(WEBHOOK, url=url)
        async with serving(configuration, World()) as started:
            before = await comes_to(started, lambda lane: lane.failures)
        async with serving(configuration, World()) as started:
            after = await started.hub.ledger.read(lanes.get, NAME)

    assert after == before
    assert after.not_before - after.attempted_at >= 7_200_000
    assert len(receiver.arrived) == 1


def made(configuration):
    subscriptions, _ = make_subscriptions(configuration, {CATALOGUE.name: CATALOGUE}, NO_SECRET)
    return make_ways(configuration, subscriptions)


def test_two_keys_live_while_one_is_changed(settings, secret):
    pair, _ = fresh_pair(World())
    table = WEBHOOK.replace('[{{ env = "HOOK" }}]', '[{{ env = "HOOK" }}, {{ env = "NEW" }}]')
    [way], mistakes = made(settings(table, {"HOOK": secret, "NEW": pair}, url="https://a.example/hook"))

    assert [key.label for key in way.keys] == ["v1", "v1a"]
    assert mistakes == []
    assert secret not in repr(way)


@pytest.mark.parametrize(
    ("environment", "path", "words"),
    [
        ({}, "webhook.secrets.0", "HOOK"),
        ({"HOOK": "whsec_short"}, "webhook.secrets", "patto webhook secret"),
    ],
)
def test_a_secret_that_cannot_be_used_is_told_with_its_place(settings, environment, path, words):
    configuration = settings(WEBHOOK, {"X": "", **environment}, url="https://a.example/hook")
    ways, [mistake] = made(configuration)

    assert ways == []
    assert ".".join(mistake.path).endswith(path)
    assert words in mistake.en
    assert mistake.place.line > 0
    assert "short" not in mistake.en


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (
            WEBHOOK.replace("127.0.0.0/8", "10.0.0.0/8").format(url="http://127.0.0.1/hook", more=""),
            "may not be dialled",
        ),
        (WEBHOOK.replace('allow = ["127.0.0.0/8"]', "").format(url="https://10.1.2.3/hook", more=""), "allow"),
        (WEBHOOK.format(url="https://user:pw@a.example/hook", more=""), "https"),
        (WEBHOOK.replace("127.0.0.0/8", "127.0.0.1/8").format(url="https://a.example", more=""), "10.20.0.0/16"),
        (WEBHOOK.format(url="https://a.example", more='payload = "fat"'), "thin"),
        (WEBHOOK.format(url="https://a.example", more='secret = "x"'), "secrets"),
        (WEBHOOK.replace("env =", "text =").format(url="https://a.example", more=""), "{ env ="),
        (SIGNALS.replace("secrets", "# secrets").format(url="https://a.example"), "voucher"),
    ],
)
def test_a_mistake_in_the_settings_is_named_with_a_right_value(settings, table, words):
    table = table.replace("{", "{{").replace("}", "}}")
    with pytest.raises(WrongSettings) as wrong:
        settings(table)

    assert words in str(wrong.value)
    assert "pw" not in str(wrong.value)


async def test_a_way_out_that_cannot_be_used_keeps_the_hub_from_nothing(settings):
    configuration = settings(WEBHOOK, {"X": ""}, url="https://a.example/hook")
    async with serving(configuration, World()) as started:
        assert started.listening


async def test_quiet_hours_of_the_settings_hold_for_the_lane_and_are_known_to_who_looks(settings):
    more = 'quiet = ["22:00-06:00"]\nsecret_days = 90'
    configuration = settings(WEBHOOK, url="https://a.example/hook", more=more)
    night = milliseconds(datetime(2026, 3, 2, 21, 30, tzinfo=UTC))
    async with open_hub(configuration, World()) as hub:
        ways, _ = make_ways(configuration, hub.subscriptions)
        opened = open_lanes(hub, ways, b"k" * 32, withheld=lambda *_: None, told=lambda _: None)
        async with opened as lanes_:
            [post] = lanes_.posts
            until = post.quiet(night)

    terms = terms_of(configuration)[NAME]
    assert until == night + 7.5 * 3_600_000
    assert (str(terms.quiet), terms.secret_days, terms.own) == ("22:00-06:00", 90, False)


def test_a_stream_that_delivers_is_a_lane_of_the_settings_and_one_that_is_read_is_none(office, settings):
    table = '[partners.office.jobs.push]\nfeed = "catalogue"\n'
    named = terms_of(settings(WEBHOOK + table, url="https://a.example/hook"))

    assert set(named) == {NAME, LaneName("office", "catalogue", "push")}


async def test_since_when_a_key_signs_is_noted_when_the_hub_starts(settings, secret):
    configuration = settings(WEBHOOK, url="https://a.example/hook")
    async with serving(configuration, World()) as started, asyncio.timeout(20):
        while not (found := await started.hub.ledger.read(lane_secrets.since, [NAME])):  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)

    [(lane, mark)] = found
    assert lane == NAME
    assert secret.encode() not in mark
