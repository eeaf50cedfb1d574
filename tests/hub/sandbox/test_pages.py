"""The portal of a sandbox: it says everywhere where one is, and has a button for everything."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession, CookieJar

pytestmark = pytest.mark.asyncio(loop_scope="session")
BANNER = "AMBIENTE DI PROVA"


@asynccontextmanager
async def browser(tried, name):
    """Sign in with a partner's key; gives what presses a button of the sandbox's page."""
    async with ClientSession(tried.address, cookie_jar=CookieJar(unsafe=True)) as session:

        async def look(path="/portal/sandbox"):
            async with session.get(path) as answer:
                return await answer.text()

        async def press(button, **fields):
            ticket = re.search(r'name="ticket" value="([^"]+)"', await look())
            data = {**({"ticket": ticket[1]} if ticket else {}), **fields}
            async with session.post(button, data=data, headers={"Origin": tried.address}) as answer:
                return answer.status, await answer.text()

        yield look, press


@pytest.mark.parametrize("path", ["/", "/login", "/portal/login", "/docs", "/nothing"])
async def test_every_page_says_that_nothing_here_is_real(tried, path):
    async with ClientSession() as session, session.get(tried.address + path, headers={"Accept": "text/html"}) as answer:
        text = await answer.text()

    assert answer.headers["Patto-Environment"] == "sandbox"
    assert BANNER in text


async def test_a_partner_makes_something_happen_and_orders_a_fault_by_buttons(tried):
    async with browser(tried, "lecce") as (look, press):
        await press("/portal/login", key=tried.key("lecce"))
        page = await look()
        _, happened = await press("/portal/sandbox/steps", step="new_pact")
        _, ordered = await press("/portal/sandbox/faults", fault="rate")
        status, _, _ = await tried.ask("lecce", "GET", "/feeds/pacts/changes?limit=1")
        await press("/portal/sandbox/faults", fault="slow")
        _, cleared = await press("/portal/sandbox/clear")
        english = await look("/portal/sandbox?lang=en")
        keys = await look("/portal/keys")

    assert BANNER in page
    assert "Ambito territoriale di Lecce" in page
    assert re.search(r"Variazioni per voi: .*pacts [1-9]", happened)
    assert "429" in ordered
    assert status == 429
    assert "Guasti in attesa" not in cleared
    assert "Make something happen" in english
    assert "pattoprova_" in keys


async def test_a_reset_wants_a_tick_and_no_button_works_without_our_form(tried):
    async with browser(tried, "lecce") as (_, press):
        await press("/portal/login", key=tried.key("lecce"))
        _, unsure = await press("/portal/sandbox/reset")
        foreign, _ = await press("/portal/sandbox/reset", sure="yes", ticket="")
        unknown, _ = await press("/portal/sandbox/faults", fault="earthquake")

    assert "Spuntare prima" in unsure
    assert (foreign, unknown) == (403, 403)
    assert not tried.sandbox.reset.is_set()


async def test_a_strangers_browser_is_led_to_the_door(tried):
    async with ClientSession() as session, session.get(tried.address + "/portal/sandbox") as answer:
        path = answer.url.path

    assert path == "/portal/login"
