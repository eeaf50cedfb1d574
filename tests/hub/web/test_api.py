from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from structlog.testing import capture_logs

from patto_hub.web.app import ENDPOINTS
from patto_hub.web.endpoints import Access
from patto_hub.web.rates import Rates
from patto_hub.web.site import BASE

PACT = {
    "pact_id": "P1",
    "person_id": "RSSMRA80A01D643X",
    "person_scheme": "cf",
    "ambito": "FG/1",
    "scheme": "ReD_3",
    "status": "active",
    "note": "CANARY",
}
AMBITO = {"code": "FG/1", "name": "Foggia", "lead_municipality": "071024"}
URL = f"{BASE}/feeds/pacts/changes"


@pytest.fixture
def key(key_of):
    return key_of()


@pytest.fixture
async def client(client_at, site, key):
    return await client_at(site, key)


async def test_a_partner_reads_its_feed_to_the_end_by_following_the_link(client, say):
    for n in range(5):
        say("pact", {**PACT, "pact_id": f"P{n}"}, to=[2])
    say("pact", {**PACT, "pact_id": "other"}, to=[1])

    read, link = [], f"{URL}?limit=2"
    while link:
        answer = await client.get(link)
        assert answer.status == 200
        page = await answer.json()
        read += [item["data"]["pact_id"] for item in page["items"]]
        link = page["_links"]["next"]["href"] if page["has_more"] else None

    assert read == ["P0", "P1", "P2", "P3", "P4"]


async def test_nothing_leaves_that_the_view_does_not_name(client, say):
    say("pact", PACT, to=[2])

    assert "CANARY" not in await (await client.get(URL)).text()


async def test_ndjson_has_the_same_items_in_the_same_order_and_ends_with_the_cursor(client, say):
    for n in range(3):
        say("pact", {**PACT, "pact_id": f"P{n}"}, to=[2])

    page = await (await client.get(URL)).json()
    answer = await client.get(URL, headers={"Accept": "application/x-ndjson"})
    lines = [json.loads(line) for line in (await answer.text()).splitlines()]

    assert answer.content_type == "application/x-ndjson"
    assert lines[:-1] == page["items"]
    assert lines[-1] == {name: page[name] for name in ("next_cursor", "has_more", "_links")}


async def test_answers_are_not_to_be_stored_and_say_where_the_api_is_described(client):
    answer = await client.get(URL)

    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert 'rel="service-desc"' in answer.headers["Link"]
    assert answer.headers["X-Request-ID"]


async def test_an_unchanged_page_is_not_sent_twice(client, say):
    say("pact", PACT, to=[2])
    tag = (await client.get(URL)).headers["ETag"]

    again = await client.get(URL, headers={"If-None-Match": tag})
    say("pact", {**PACT, "pact_id": "P2"}, to=[2])
    changed = await client.get(URL, headers={"If-None-Match": tag})

    assert (again.status, await again.read()) == (304, b"")
    assert changed.status == 200


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer x", "Basic eDp5", "Bearer " + "x" * 5000, "Bearer patto_1_2"]
)
async def test_without_a_live_key_nothing_is_read(client_at, site, say, authorization):
    say("pact", PACT, to=[2])
    client = await client_at(site)

    answer = await client.get(URL, headers={} if authorization is None else {"Authorization": authorization})

    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert (await answer.json())["code"] == "key-missing"


async def test_a_key_opens_the_feeds_of_its_scope_only(client):
    refused = await client.get(f"{BASE}/feeds/enrolments/changes")
    unknown = await client.get(f"{BASE}/feeds/altro/changes")

    assert (refused.status, (await refused.json())["who_can_fix"]) == (403, "region")
    assert unknown.status == 404


async def test_a_reason_to_withhold_a_feed_is_told(client_at, site, key):
    withheld = replace(
        site, refuse_feed=lambda partner, feed: (f"{partner} {feed}: accordo scaduto", "no longer agreed")
    )
    answer = await (await client_at(withheld, key)).get(URL)
    problem = await answer.json()

    assert answer.status == 403
    assert (problem["detail"], problem["detail_en"]) == ("cpi-foggia pacts: accordo scaduto", "no longer agreed")


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ("limit=0", "/limit", "greater_than_equal"),
        ("limit=1001", "/limit", "less_than_equal"),
        ("limit=dieci", "/limit", "int_parsing"),
        ("limit=1&limit=2", "/limit", "int_type"),
        ("limits=1", "/limits", "extra_forbidden"),
        ("cursor=" + "a" * 201, "/cursor", "string_too_long"),
        ("feed=enrolments", "/feed", "string_type"),
    ],
)
async def test_a_wrong_parameter_is_named_with_a_right_value(client, query, pointer, code):
    answer = await client.get(f"{URL}?{query}")
    problem = await answer.json()

    assert answer.status == 400
    assert answer.content_type == "application/problem+json"
    assert [(each["pointer"], each["code"]) for each in problem["errors"]] == [(pointer, code)]
    assert problem["errors"][0]["detail"] != problem["errors"][0]["detail_en"]
    assert {"who_can_fix", "what_to_do", "what_to_do_en", "instance", "title", "title_en"} <= set(problem)


async def test_F80_a_forged_cursor_gives_400_and_a_stale_one_410_with_the_way_to_start_again(client_at, site, key, say):
    say("pact", PACT, to=[2])
    client = await client_at(site, key)
    cursor = (await (await client.get(URL)).json())["next_cursor"]

    forged = await client.get(URL, params={"cursor": cursor[:-2] + "AA"})
    assert (forged.status, (await forged.json())["code"]) == (400, "cursor-forged")

    later = replace(site.world, now=lambda: site.world.now() + timedelta(days=402))
    stale = await (await client_at(replace(site, world=later), key)).get(URL, params={"cursor": cursor})
    problem = await stale.json()
    assert (stale.status, problem["code"]) == (410, "cursor-stale")
    again = await client.get(problem["_links"]["snapshot"]["href"])
    assert [item["data"]["pact_id"] for item in (await again.json())["items"]] == ["P1"]


async def test_F80_another_partners_cursor_is_forged(client_at, site, key, key_of):
    mine = (await (await (await client_at(site, key)).get(URL)).json())["next_cursor"]
    other = key_of("ente")

    answer = await (await client_at(site, other)).get(URL, params={"cursor": mine})

    assert answer.status == 400


async def test_F82_the_same_request_twice_gives_the_same_answer(client, say):
    say("pact", PACT, to=[2])

    assert await (await client.get(URL)).read() == await (await client.get(URL)).read()


async def test_too_many_requests_of_one_key_harm_that_key_only(client_at, site, key, key_of):
    other = key_of("ente")
    client = await client_at(replace(site, rates=Rates(3, 60.0)))
    mine, theirs = ({"Authorization": f"Bearer {each}"} for each in (key, other))

    answers = [await client.get(URL, headers=mine) for _ in range(4)]
    spared = await client.get(URL, headers=theirs)

    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert answers[3].headers["Retry-After"] == "20"
    assert (await answers[3].json())["retry"] is True
    assert spared.status == 200


@pytest.mark.parametrize(("per_minute", "words"), [(3, "Riprovare fra 20 secondi."), (60, "Riprovare fra un secondo.")])
async def test_how_long_to_wait_is_said_in_words(client_at, site, key, per_minute, words):
    client = await client_at(replace(site, rates=Rates(per_minute, 60.0)))
    mine = {"Authorization": f"Bearer {key}"}

    for _ in range(per_minute):
        await client.get(URL, headers=mine)
    answer = await client.get(URL, headers=mine)

    assert (await answer.json())["detail"] == words


async def test_guessing_keys_is_slowed_down(client_at, site):
    client = await client_at(replace(site, rates=Rates(3, 60.0)), "patto_x_y")

    assert [(await client.get(URL)).status for _ in range(5)] == [401, 401, 401, 429, 429]


async def test_a_format_that_is_not_offered_is_refused(client):
    assert (await client.get(URL, headers={"Accept": "image/png"})).status == 406
    assert (await client.get(URL, headers={"Accept": "text/html, */*;q=0.1"})).status == 200


async def test_reading_is_noted_for_the_status_page(client, ledger, say):
    seq = say("pact", PACT, to=[2])
    await client.get(URL)

    noted = ledger.read_now(lambda c: c.exec_driver_sql("SELECT partner, feed, position FROM subscription").all())
    assert noted == [("cpi-foggia", "pacts", seq)]


async def test_status_has_the_shape_that_the_public_administration_asks_for(client_at, site):
    answer = await (await client_at(site)).get(f"{BASE}/status")

    assert (answer.status, answer.content_type) == (200, "application/problem+json")
    assert (await answer.json())["status"] == 200


async def test_unknown_addresses_and_methods_are_problems(client):
    missing = await client.get(f"{BASE}/nothing")
    wrong = await client.post(URL)

    assert (missing.status, missing.content_type) == (404, "application/problem+json")
    assert (wrong.status, wrong.headers["Allow"]) == (405, "GET,HEAD")


async def test_a_bug_is_answered_without_its_words_and_logged_without_them(client_at, site, key, say):
    say("pact", {**PACT, "status": {"secret": "CANARY"}}, to=[2])
    client = await client_at(site, key)

    with capture_logs() as lines:
        answer = await client.get(URL)

    assert answer.status == 500
    assert "CANARY" not in await answer.text()
    assert "CANARY" not in json.dumps(lines)
    assert [line["error"] for line in lines if line["event"] == "http.failed"] == ["TypeError"]


async def test_neither_keys_nor_cursors_nor_persons_are_logged(client, key, say):
    say("pact", PACT, to=[2])

    with capture_logs() as lines:
        page = await (await client.get(URL)).json()
        await client.get(URL, params={"cursor": page["next_cursor"], "cf": "RSSMRA80A01D643X"})

    text = json.dumps(lines)
    assert lines[0]["route"] == f"{BASE}/feeds/{{feed}}/changes"
    assert not [canary for canary in (key, page["next_cursor"], "RSSMRA80A01D643X") if canary in text]


def test_every_route_says_who_may_call_it():
    assert all(isinstance(each.access, Access) for group in ENDPOINTS.values() for each in group)


async def test_every_partner_route_refuses_strangers(client_at, site):
    client = await client_at(site)
    asked = [each for each in ENDPOINTS[BASE] if each.access is Access.PARTNER]

    assert asked
    for each in asked:
        assert (
            await client.request(
                each.method,
                BASE
                + each.path.format(
                    feed="pacts", form="csv", stream="x", receipt="0" * 32, record="pact-1", day="2026-03-01"
                ),
            )
        ).status == 401


async def test_each_partner_gets_exactly_the_rows_of_its_scope(client_at, site, key_of, say):
    partners = {"ambito-fg1": 1, "cpi-foggia": 2, "ente": 3, "nessuno": None}
    texts = {name: key_of(name, ("pacts", "catalogue")) for name in partners}
    rows = []
    for number, to in enumerate(([1], [2], [1, 2], [3], [], [0], [0, 1], [1, 2, 3])):
        for kind, feed, payload in (("pact", "pacts", PACT), ("ambito", "catalogue", AMBITO)):
            name = f"{kind}{number}"
            say(kind, {**payload, "pact_id": name, "code": name}, to=to)
            rows.append((feed, name, set(to)))

    client = await client_at(site)
    for (partner, organisation), feed in product(partners.items(), ("pacts", "catalogue")):
        answer = await client.get(f"{BASE}/feeds/{feed}/changes", headers={"Authorization": f"Bearer {texts[partner]}"})
        got = [item["data"].get("pact_id") or item["data"]["code"] for item in (await answer.json())["items"]]

        may = {organisation} | ({0} if feed == "catalogue" else set())
        assert got == [name for row_feed, name, to in rows if row_feed == feed and to & may], (partner, feed)


async def test_F84_a_page_is_capped_however_much_is_asked_for_and_there_is(client, say):
    for number in range(1100):
        say("pact", {**PACT, "pact_id": f"P{number}"}, to=[2])

    page = await (await client.get(f"{URL}?limit=1000")).json()
    rest = await (await client.get(page["_links"]["next"]["href"])).json()

    assert (len(page["items"]), page["has_more"]) == (1000, True)
    assert (len(rest["items"]), rest["has_more"]) == (100, False)
    assert (await client.get(f"{URL}?limit=100000")).status == 400
