from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from patto_hub.compose.key_watch import watch_keys
from patto_hub.ledger import keys
from patto_hub.web import access
from patto_hub.web.app import make_app
from patto_hub.web.rates import Rates
from patto_hub.web.site import BASE

FEED = f"{BASE}/feeds/pacts/changes"
STATUS = f"{BASE}/status"


def bearer(text):
    return {"Authorization": f"Bearer {text}"}


async def test_a_revoked_key_opens_nothing_a_second_later(client_of, clock, key, ledger):
    client = await client_of()

    before = await client.get(FEED, headers=bearer(key))
    ledger.write_now(keys.revoke, key.split("_")[1], 0)
    clock.move(seconds=1)
    after = await client.get(FEED, headers=bearer(key))

    assert (before.status, after.status) == (200, 401)


async def test_a_key_that_is_revoked_in_this_process_opens_nothing_from_then_on(site_of, aiohttp_client, key, ledger):
    site, _ = site_of()
    client = await aiohttp_client(make_app(site))

    before = await client.get(FEED, headers=bearer(key))
    ledger.write_now(keys.revoke, key.split("_")[1], 0)
    site.doorkeeper.forget()
    after = await client.get(FEED, headers=bearer(key))

    assert (before.status, after.status) == (200, 401)


async def test_a_key_ends_on_the_millisecond_although_it_is_remembered(client_of, clock, ledger, world):
    end = world.milliseconds() + 500
    _, text = ledger.write_now(keys.add, world, partner="ente", scopes=["pacts"], expires_at=end)
    client = await client_of()

    before = await client.get(FEED, headers=bearer(text))
    clock.move(milliseconds=500)
    after = await client.get(FEED, headers=bearer(text))

    assert (before.status, after.status) == (200, 401)


async def test_a_remembered_key_costs_the_ledger_nothing(site_of, key, ledger, monkeypatch):
    asked = []
    look_up = access._look_up
    monkeypatch.setattr(access, "_look_up", lambda *given: asked.append(given) or look_up(*given))
    site, _ = site_of()

    first = await access._known(site, key)
    again = await access._known(site, key)

    assert first is again
    assert len(asked) == 1


async def test_what_is_remembered_of_a_key_is_not_its_text(site_of, key):
    site, _ = site_of()
    await access._known(site, key)

    assert key not in repr(site.doorkeeper)


async def test_two_keys_of_a_partner_share_its_budget(client_of, key, ledger, world):
    _, other = ledger.write_now(keys.add, world, partner="ente", scopes=["pacts"])
    client = await client_of()

    first = await client.get(FEED, headers=bearer(key))
    second = await client.get(FEED, headers=bearer(other))

    left = [int(each.headers["X-RateLimit-Remaining"]) for each in (first, second)]
    assert left == [999, 998]


async def test_strangers_are_slowed_by_address_and_partners_are_not(site_of, aiohttp_client, key):
    site, _ = site_of()
    client = await aiohttp_client(make_app(replace(site, rates=Rates(3, 60.0))))

    strange = [(await client.get(FEED, headers=bearer("patto_no_no"))).status for _ in range(5)]
    partner = await client.get(FEED, headers=bearer(key))

    assert strange == [401, 401, 401, 429, 429]
    assert partner.status == 200


@pytest.mark.parametrize(
    ("proxies", "told", "statuses"),
    [
        ("", ["192.0.2.1", "192.0.2.2"], [401, 429]),
        ('proxies = ["127.0.0.1"]', ["192.0.2.1", "192.0.2.2"], [401, 401]),
        ('proxies = ["127.0.0.1"]', ["192.0.2.1, 192.0.2.9", "192.0.2.2, 192.0.2.9"], [401, 429]),
        ('proxies = ["10.0.0.5"]', ["192.0.2.1", "192.0.2.2"], [401, 429]),
    ],
    ids=["nobody is believed", "a proxy is believed", "its last word counts", "another proxy is believed"],
)
async def test_behind_a_listed_proxy_strangers_are_told_apart(site_of, aiohttp_client, proxies, told, statuses):
    site, _ = site_of(proxies)
    client = await aiohttp_client(make_app(replace(site, rates=Rates(1, 60.0))))

    answers = [await client.get(FEED, headers={"X-Forwarded-For": each}) for each in told]

    assert [each.status for each in answers] == statuses


@pytest.mark.parametrize("path", [f"{BASE}/feeds/pacts/changes", f"{BASE}/receipts/none", f"{BASE}/feeds/no/changes"])
async def test_the_use_of_a_key_is_gathered_on_every_route_and_written_down_later(  # noqa: PLR0917 - fixtures
    site_of, aiohttp_client, clock, key, ledger, path
):
    site, _ = site_of()
    client = await aiohttp_client(make_app(site))
    clock.move(minutes=5)

    await client.get(path, headers=bearer(key))
    unwritten = ledger.read_now(keys.of_partner, "ente")[0].used_at
    await _watched(site, clock)

    assert unwritten is None
    assert ledger.read_now(keys.of_partner, "ente")[0].used_at == site.world.milliseconds()


async def test_a_staff_member_is_reminded_once_a_day_of_keys_that_end(site_of, clock, ledger, world, log_lines):
    end = world.milliseconds() + timedelta(days=8).total_seconds() * 1000
    ledger.write_now(keys.add, world, partner="ente", scopes=["pacts"], expires_at=int(end))
    site, _ = site_of()

    await _watched(site, clock, sleeps=60 * 49)

    told = [(line["partner"], line["days"]) for line in log_lines if line["event"] == "key.ending"]
    assert told == [("ente", 8), ("ente", 8), ("ente", 7)]  # at once, then at midnight


@pytest.fixture
def log_lines():
    with capture_logs() as lines:
        yield lines


class Enough(Exception):  # noqa: N818 - not an error
    """The watch has gone on for long enough."""


async def test_the_end_of_the_hubs_own_certificate_is_told_once_a_day(site_of, clock, pairs):
    web = 'tls_certificate = "hub.pem"\ntls_key = "hub.key"\n'
    site, _ = site_of(web, {"hub.pem": pairs["hub"].certificate, "hub.key": b""})
    clock.move(days=360)

    with capture_logs() as lines:
        await _watched(site, clock)

    told = [line for line in lines if line["event"] == "ending.near"]
    assert [(line["kind"], line["days"]) for line in told] == [("hub_tls", 3)]


async def _watched(site, clock, sleeps=1):
    """Let the watch over keys go round so many times."""
    left = sleeps

    async def sleep(seconds):
        nonlocal left
        clock.move(seconds=0 if sleeps == 1 else seconds)
        if left == 0:
            raise Enough
        left -= 1

    with pytest.raises(Enough):
        await watch_keys(replace(site, world=replace(site.world, sleep=sleep)))


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
async def test_no_page_of_elsewhere_may_read_an_answer(client_of, key, method):
    client = await client_of()
    headers = {**bearer(key), "Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}

    answer = await client.request(method, FEED, headers=headers)

    assert [name for name in answer.headers if name.lower().startswith("access-control-")] == []
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("https", "told"), [(True, "max-age=31536000"), (False, None)])
async def test_browsers_are_told_to_come_by_tls_where_the_hub_is_reached_so(site_of, aiohttp_client, https, told):
    site, _ = site_of()
    settings = replace(site.settings, https=https)
    client = await aiohttp_client(make_app(replace(site, settings=settings)))

    assert (await client.get(STATUS)).headers.get("Strict-Transport-Security") == told
