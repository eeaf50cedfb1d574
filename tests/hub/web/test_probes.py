from __future__ import annotations

from dataclasses import replace

import pytest

from patto_hub.feeds import views
from patto_hub.feeds.spec import by_name
from patto_hub.ledger import keys
from patto_hub.web.app import make_app
from patto_hub.web.rates import Rates
from patto_hub.web.sightings import Sightings
from patto_hub.web.site import Site, WebSettings


@pytest.fixture
def site(ledger, world):
    return Site(
        ledger=ledger,
        world=world,
        settings=WebSettings(),
        feeds=by_name(views.FEEDS),
        cursor_key=b"k" * 32,
        rates=Rates(1000, 60.0),
        sightings=Sightings(),
    )


async def well():
    return None


async def ill():
    return "ferma da 90 secondi"


async def test_a_process_that_answers_is_alive(aiohttp_client, site):
    answer = await (await aiohttp_client(make_app(site))).get("/livez")

    assert (answer.status, await answer.json()) == (200, {"status": "ok"})


async def test_a_hub_is_ready_when_every_part_is_well(aiohttp_client, site):
    client = await aiohttp_client(make_app(replace(site, probes={"clock": well, "migrations": well})))

    assert (await client.get("/readyz")).status == 200


async def test_a_part_that_is_ill_is_named(aiohttp_client, site):
    client = await aiohttp_client(make_app(replace(site, probes={"migrations": well, "clock": ill})))

    answer = await client.get("/readyz")

    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert (await answer.json())["detail"] == "clock: ferma da 90 secondi"


async def test_figures_are_given_on_this_machine(aiohttp_client, site, ledger):
    ledger.write_now(_run)
    client = await aiohttp_client(make_app(site))
    await client.get("/livez")

    text = await (await client.get("/metrics")).text()

    assert 'patto_http_requests_total{method="GET",route="/livez",status="200"} 1.0' in text
    assert 'patto_run_records{class="new",job="a/b"} 3.0' in text
    assert 'patto_job_last_good_seconds{job="a/b"}' in text
    assert 'patto_quarantine_open{job="a/b"} 1.0' in text


def _run(connection):
    connection.exec_driver_sql(
        "INSERT INTO run (job, partner_id, fence, owner, reason, state, started_at, finished_at, read, new)"
        " VALUES ('a/b', 1, 1, 'h', 'cli', 'done', 1, 2, 3, 3)"
    )
    connection.exec_driver_sql(
        "INSERT INTO quarantine (job, run_id, partner_id, position, row, row_digest, issues, code, owner, opened_at,"
        " last_at) VALUES ('a/b', 1, 1, '$', x'00', 1, '[]', 'R1', 'partner', 0, 0)"
    )


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
async def test_figures_are_not_given_to_whom_a_proxy_speaks_for(aiohttp_client, site, header):
    client = await aiohttp_client(make_app(site))

    assert (await client.get("/metrics", headers={header: "for=192.0.2.1"})).status == 401


async def test_figures_are_given_elsewhere_to_a_key_of_that_scope_only(aiohttp_client, site, ledger, world):
    client = await aiohttp_client(make_app(site))
    elsewhere = {"X-Forwarded-For": "192.0.2.1"}
    keyed = {
        scope: ledger.write_now(keys.add, world, partner="ente", scopes=[scope])[1] for scope in ("metrics", "pacts")
    }

    status = {
        scope: (await client.get("/metrics", headers={**elsewhere, "Authorization": f"Bearer {text}"})).status
        for scope, text in keyed.items()
    }

    assert status == {"metrics": 200, "pacts": 403}
