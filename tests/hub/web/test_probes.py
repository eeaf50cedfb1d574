from __future__ import annotations

from dataclasses import replace

import pytest


async def well():
    return None


async def ill():
    return "ferma da 90 secondi"


async def test_a_process_that_answers_is_alive(client_at, site):
    answer = await (await client_at(site)).get("/livez")

    assert (answer.status, await answer.json()) == (200, {"status": "ok"})


async def test_a_hub_is_ready_when_every_part_is_well(client_at, site):
    client = await client_at(replace(site, probes={"clock": well, "migrations": well}))

    assert (await client.get("/readyz")).status == 200


async def test_a_part_that_is_ill_is_named(client_at, site):
    client = await client_at(replace(site, probes={"migrations": well, "clock": ill}))

    answer = await client.get("/readyz")

    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert (await answer.json())["detail"] == "clock: ferma da 90 secondi"


async def test_figures_are_given_on_this_machine(client_at, site, ledger):
    ledger.write_now(_run)
    client = await client_at(site)
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
async def test_figures_are_not_given_to_whom_a_proxy_speaks_for(client_at, site, header):
    client = await client_at(site)

    assert (await client.get("/metrics", headers={header: "for=192.0.2.1"})).status == 401


async def test_figures_are_given_elsewhere_to_a_key_of_that_scope_only(client_at, site, key_of):
    client = await client_at(site)
    elsewhere = {"X-Forwarded-For": "192.0.2.1"}
    keyed = {scope: key_of("ente", (scope,)) for scope in ("metrics", "pacts")}

    status = {
        scope: (await client.get("/metrics", headers={**elsewhere, "Authorization": f"Bearer {text}"})).status
        for scope, text in keyed.items()
    }

    assert status == {"metrics": 200, "pacts": 403}
