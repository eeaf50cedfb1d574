"""Each problem has a page, in both languages, where its `type` leads."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from yarl import URL

from patto_hub.web.causes import CAUSES
from patto_hub.web.kinds import KINDS
from patto_hub.web.problems import Problem
from patto_hub.web.rates import Rates
from patto_hub.web.site import BASE, WebSettings

CHANGES = f"{BASE}/feeds/pacts/changes"


@pytest.fixture
async def client(client_at, site):
    return await client_at(site)


def test_each_problem_says_why_it_comes_about_in_both_languages():
    assert CAUSES.keys() == KINDS.keys()
    assert all(it.strip() and en.strip() and it != en for it, en in CAUSES.values())


@pytest.mark.parametrize("code", KINDS)
async def test_the_type_of_a_problem_leads_to_its_page_in_both_languages(client, code):
    link = Problem(code, ("a", "b")).body("1")["type"]

    pages = {}
    for language in ("it", "en"):
        answer = await client.get(link, params={"lang": language})
        assert (answer.status, answer.content_type) == (200, "text/html")
        pages[language] = (await answer.text()).replace("&#39;", "'").replace("&#34;", '"')

    for at, text in enumerate(pages.values()):
        assert all(words in text for words in (KINDS[code].title[at], KINDS[code].todo[at], CAUSES[code][at], code))
    assert '<html lang="it">' in pages["it"]
    assert '<html lang="en">' in pages["en"]


async def test_a_real_refusal_leads_there_from_a_hub_without_a_public_address(client):
    answer = await client.get(CHANGES)
    problem = await answer.json()

    page = await client.get(answer.url.join(URL(problem["type"])).relative())

    assert (page.status, problem["code"]) == (200, "key-missing")
    assert "Chiave di accesso assente" in await page.text()


async def test_the_type_begins_with_the_public_address_where_there_is_one(client_at, make_site):
    client = await client_at(make_site(settings=WebSettings(public_url="https://hub.example")))

    problem = await (await client.get(CHANGES)).json()

    assert problem["type"] == "https://hub.example/problems/key-missing"


async def test_a_page_names_the_addresses_that_may_answer_so(client):
    text = await (await client.get("/problems/idempotency-key-reused")).text()

    assert f"{BASE}/streams/{{stream}}" in text
    assert f"{BASE}/status" not in text


async def test_what_comes_before_any_address_says_so(client):
    assert "non è arrivata fino all" in await (await client.get("/problems/request-malformed")).text()


async def test_the_list_leads_to_all_of_them(client):
    text = await (await client.get("/problems")).text()

    assert all(f'href="/problems/{code}"' in text for code in KINDS)


@pytest.mark.parametrize("code", ["x", "key-missing%2F..", "<script>"])
async def test_there_is_no_page_of_a_problem_that_there_is_not(client, code):
    answer = await client.get(f"/problems/{code}", headers={"Accept": "text/html"})

    assert answer.status == 404
    assert "<script>" not in await answer.text()


# --- what a problem says besides --------------------------------------------------------------------------------------


async def test_who_comes_too_often_is_told_until_when(client_at, make_site, key_of, world):
    client = await client_at(make_site(rates=Rates(1, 60.0)), key_of())

    await client.get(CHANGES)
    refused = await client.get(CHANGES)
    problem = await refused.json()

    wait = timedelta(seconds=int(refused.headers["Retry-After"]))
    assert (refused.status, problem["retry"]) == (429, True)
    assert datetime.fromisoformat(problem["until"]) == world.now() + wait


async def test_a_record_that_is_asked_for_and_is_not_there_is_not_repeated(client_at, site, key_of):
    client = await client_at(site, key_of())

    answer = await client.get(f"{BASE}/feeds/pacts/records/RSSMRA85T10A562S")

    assert answer.status in {400, 404}
    assert "RSSMRA85T10A562S" not in await answer.text()


async def test_what_is_about_no_record_and_lasts_until_it_is_mended_names_neither(client):
    problem = await (await client.get(CHANGES)).json()

    assert {"record", "until"}.isdisjoint(problem)
