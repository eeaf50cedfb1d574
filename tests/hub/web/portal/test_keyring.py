from __future__ import annotations

import asyncio
import re
from http import HTTPStatus

import pytest

from patto_hub.ledger import audit, keys

DAY = 86_400_000
US = "ambito-fg1"


async def held(site, partner=US):
    return await site.ledger.read(keys.of_partner, partner)


async def test_of_a_key_only_its_beginning_is_shown(inside, site):
    (key,) = await held(site)
    text = await inside.text("/portal/keys")

    assert f"patto_{key.prefix}…" in text
    assert f"patto_{key.prefix}_" not in text
    assert "Patti e misure" in text
    assert "inviare dati" in text
    assert "mai usata" in text


@pytest.mark.parametrize(
    ("days", "look", "words"),
    [
        (40, "good", "scade fra 40 giorni"),
        (30, "doubt", "scade fra 30 giorni"),
        (7, "bad", "scade fra 7 giorni"),
        (1, "bad", "cambiatela subito"),
    ],
)
async def test_the_end_of_a_key_is_told_30_7_and_1_days_before(  # noqa: PLR0917 - parameters
    browser, new_key, world, days, look, words
):
    await browser.post("/portal/login", key=new_key(expires_at=world.milliseconds() + days * DAY)[1])

    text = await browser.text("/portal/keys")
    assert re.search(rf'state-{look}">.*?{words}', text, re.DOTALL)
    assert ("Una chiave scade" in await browser.text("/portal")) is (look != "good")


async def test_all_of_the_partners_that_ends_stands_in_one_list_with_what_to_do(browser, new_key, world):
    await browser.post("/portal/login", key=new_key(expires_at=world.milliseconds() + 5 * DAY)[1])

    listed = (await browser.text("/portal/keys")).partition('id="endings"')[2]

    assert "Chiave di accesso" in listed
    assert "fra 5 giorni" in listed
    assert "Se avete già la prossima, passate a quella" in listed


async def test_where_nothing_ends_that_is_said(inside):
    assert "Nulla di vostro ha una scadenza." in await inside.text("/portal/keys")


async def test_a_new_key_is_shown_once_opens_the_same_and_the_old_one_goes_on_for_a_while(inside, site, world):
    (old,) = await held(site)
    ticket = await inside.ticket("/portal/keys")

    text = await (await inside.post("/portal/keys/rotate", ticket=ticket)).text()

    made = re.search(r'id="made"[^>]*value="([^"]+)"', text).group(1)
    before, new = await held(site)
    assert (await site.ledger.read(keys.find, made, world.milliseconds())).id == new.id
    assert new.scopes == old.scopes
    assert before.expires_at == world.milliseconds() + keys.OVERLAP_MS
    assert made not in await inside.text("/portal/keys")
    assert ("partner:ambito-fg1", "key.make", new.prefix) in {
        (each.actor, each.action, each.subject) for each in await site.ledger.read(audit.newest)
    }


async def test_F82_the_same_wish_for_a_new_key_sent_twice_makes_one(inside, site):
    ticket = await inside.ticket("/portal/keys")

    await asyncio.gather(*(inside.post("/portal/keys/rotate", ticket=ticket) for _ in range(4)))

    assert len(await held(site)) == 2


async def test_two_keys_are_the_most(inside, new_key, site):
    ticket = await inside.ticket("/portal/keys")
    new_key()

    answer = await inside.post("/portal/keys/rotate", ticket=ticket)

    assert answer.status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "revocatene una prima" in await answer.text()
    assert "è il massimo" in await inside.text("/portal/keys")


async def test_a_successor_opens_no_more_than_the_key_of_the_session(browser, new_key, site):
    await browser.post("/portal/login", key=new_key(scopes=("catalogue",))[1])

    await browser.post("/portal/keys/rotate", ticket=await browser.ticket("/portal/keys"))

    assert {key.scopes for key in await held(site)} == {frozenset({"catalogue"})}


async def test_a_key_with_an_end_gets_a_successor_with_the_same_life(browser, new_key, site, world):
    await browser.post("/portal/login", key=new_key(expires_at=world.milliseconds() + 90 * DAY)[1])

    await browser.post("/portal/keys/rotate", ticket=await browser.ticket("/portal/keys"))

    assert (await held(site))[-1].expires_at == world.milliseconds() + 90 * DAY


async def test_another_key_is_revoked_at_once_and_only_when_one_is_sure(inside, new_key, site, world):
    other, text = new_key()

    ticket = await inside.ticket("/portal/keys")
    unsure = await inside.post(f"/portal/keys/{other.prefix}/revoke", ticket=ticket)
    assert unsure.status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert await site.ledger.read(keys.find, text, world.milliseconds()) is not None

    sure = await inside.post(f"/portal/keys/{other.prefix}/revoke", ticket=ticket, sure="yes")
    assert "Chiave revocata" in await sure.text()
    assert await site.ledger.read(keys.find, text, world.milliseconds()) is None
    assert ("partner:ambito-fg1", "key.revoke", other.prefix) in {
        (each.actor, each.action, each.subject) for each in await site.ledger.read(audit.newest)
    }


async def test_revoking_ones_own_key_ends_the_session(inside, site):
    (key,) = await held(site)

    answer = await inside.post(
        f"/portal/keys/{key.prefix}/revoke", ticket=await inside.ticket("/portal/keys"), sure="yes"
    )

    assert "La chiave è stata revocata" in await answer.text()
    assert (await inside.get("/portal/keys")).url.path == "/portal/login"


@pytest.mark.parametrize("whose", ["cpi-foggia", US])
async def test_no_key_is_revoked_that_is_anothers_or_opens_more(browser, new_key, site, world, whose):
    other, text = new_key(whose, scopes=("pacts", "enrolments"))
    await browser.post("/portal/login", key=new_key(scopes=("pacts",))[1])

    answer = await browser.post(
        f"/portal/keys/{other.prefix}/revoke", ticket=await browser.ticket("/portal/keys"), sure="yes"
    )

    assert answer.status == HTTPStatus.NOT_FOUND
    assert await site.ledger.read(keys.find, text, world.milliseconds()) is not None
