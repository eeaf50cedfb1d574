"""What partners and colleagues are called, and what they write, is text and never markup."""

from __future__ import annotations

import json

import pytest

from patto_hub.ledger import job_state

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

ATTACKS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% for x in ().__class__.__mro__ %}{% endfor %}",
    "</title><script>alert(1)</script>",
    '" autofocus onfocus=alert(1) x="',
    '<a href="javascript:alert(1)">x</a>',
    "<div hx-get=/login hx-trigger=load>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "\u202ertl\u202c \u200b\ufeff",
    "`${alert(1)}`",
)


@pytest.fixture
def streams():
    """Partners and streams whose titles and names are attacks."""
    return [
        (attack, f"partner{number}/{_as_name(attack)}", {"it": attack, "en": attack})
        for number, attack in enumerate(ATTACKS)
    ]


def _as_name(attack):
    return attack.replace("/", "")


async def test_attacks_in_titles_and_names_are_shown_as_text(signed_in, hub, looker):
    assert await signed_in.locator("table.streams").first.locator("tbody tr").count() == len(ATTACKS)
    shown = await signed_in.locator("main").inner_text()
    assert all(attack.split("\u202e")[0].strip() in shown for attack in ATTACKS)
    assert "49" not in shown

    for name in hub.site.jobs:
        await signed_in.goto(f"{hub.address}/jobs/{name.replace('%', '%25').replace('#', '%23').replace('?', '%3F')}")
        assert await signed_in.locator(".panel").count() == 1
    assert looker.dialogs == []


async def test_each_streams_own_link_and_button_work_whatever_its_name(signed_in, hub):
    for number, name in enumerate(hub.site.jobs):
        await signed_in.goto(hub.address)
        link = signed_in.locator("table.streams tbody th a").nth(number)
        await link.click()
        assert await signed_in.locator(".panel").count() == 1, name
        if number == 1:
            await signed_in.get_by_role("button", name="Leggi ora").click()
            await signed_in.wait_for_url("**notice.run_requested")


async def test_attacks_in_reasons_troubles_and_positions_are_shown_as_text(signed_in, hub, looker):
    name = next(iter(hub.site.jobs))
    now = hub.world.milliseconds()
    for number, attack in enumerate(ATTACKS):
        await hub.ledger.write(_quarantined, name, number, attack)
    await hub.ledger.write(_failed, name, ATTACKS[1])
    for attack in ATTACKS:
        await hub.ledger.write(job_state.pause, name, by=attack, reason=attack, now=now)
        await signed_in.goto(hub.address)
        await signed_in.locator("table.streams tbody th a").last.click()
        await signed_in.goto(f"{hub.address}/jobs/{name}")

    assert await signed_in.locator("main img, main iframe, main script, main a[href^=javascript]").count() == 0
    assert looker.dialogs == []


def _quarantined(connection, job, number, attack):
    issues = json.dumps([{"code": attack, "where": attack, "values": {attack: attack}}])
    connection.exec_driver_sql(
        "INSERT INTO quarantine (job, run_id, partner_id, position, row, row_digest, issues, code, owner, opened_at,"
        " last_at) VALUES (?, 1, 1, ?, x'00', ?, ?, ?, 'partner', 0, 0)",
        (job, attack, 1000 + number, issues, attack),
    )


def _failed(connection, job, attack):
    connection.exec_driver_sql(
        "INSERT INTO run (job, partner_id, fence, owner, reason, state, started_at, finished_at, trouble_code,"
        " trouble_detail, trouble_hint) VALUES (?, 1, 1, 'h', ?, 'failed', 1, 2, 'x', ?, ?)",
        (job, attack, attack, attack),
    )
